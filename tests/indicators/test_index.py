"""The CX index of a made-up laundry: worked out by hand, and what always holds."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.facts_factory import ENGINES, Engine, Rule, StubBlueprint, facts_of

from lastmeter.indicators import registry
from lastmeter.indicators.index import Component, Index, Standard, make_index
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period

CATALOGUE = {indicator.code: indicator for indicator in registry.all()}
APRIL, MAY = parse_period("2024-04"), parse_period("2024-05")
LAUNDRY = {"order": StubBlueprint((Rule("delivery", "", "promise", "rider"), Rule("score", "", "feedback", "ear")))}
KEPT = Component("promise_kept_rate", weight=3, worst=0.5, target=1.0, red_line=0.6)
RETURNED = Component("returned_share", weight=1, worst=0.4, target=0.0)


def month(number: int, kept: int, returned: int, *, of: int = 10, coverage: str = "delivery") -> list[dict[str, Any]]:
    return [
        {"journey_id": f"{number}-{each}", "counted": True, "due_on": date(2024, number, 1 + each % 28),
         "started_on": date(2024, number, 1),
         "promise": "kept" if each < kept else "missed", "state": "returned" if each < returned else "completed",
         "coverage": coverage, "rules_total": 2}
        for each in range(of)
    ]


def laundry(engine: Engine, *months: list[dict[str, Any]]) -> Facts:
    return facts_of(engine, journeys=[row for each in months for row in each], blueprints=LAUNDRY)


def index(facts: Facts, *components: Component, cap: float = 59.0) -> Index:
    return make_index(facts, Standard(components or (KEPT, RETURNED), cap), CATALOGUE, MAY)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_index_and_its_movement_by_hand(engine: Engine) -> None:
    found = index(laundry(engine, month(4, 8, 2), month(5, 9, 1)))
    # May: kept .9 is 80 of 100, returned .1 is 75: (3 · 80 + 75) / 4 = 78.75. April: 60 and 50: 57.5.
    assert found.value == pytest.approx(78.75)
    assert found.previous == pytest.approx(57.5)
    assert [row.score for row in found.rows] == pytest.approx([80, 75])
    assert [row.post for row in found.rows] == ["rider", "rider"]
    assert found.movement is not None
    assert found.movement.points == pytest.approx(21.25)
    assert [part.indicator for part in found.movement.parts] == ["promise_kept_rate", "returned_share"]
    assert [part.points for part in found.movement.parts] == pytest.approx([15.0, 6.25])
    assert found.low is not None
    assert found.high is not None
    assert found.low < 78.75 < found.high
    assert (found.complete, found.mature, found.crossed) == (True, True, ())


@pytest.mark.parametrize("engine", ENGINES)
def test_six_less_one_is_nought(engine: Engine) -> None:
    found = index(laundry(engine, month(4, 9, 1), month(5, 5, 0)), KEPT, RETURNED, Component("cancelled_share", 8, 1.0, 0.0), cap=20.0)
    # Kept .5 scores 0, the others 100: 9 / 12 of 100 is 75; the red line at .6 caps it at 20. April: (3 · 80 + 75 + 800) / 12.
    assert found.value == 20.0
    assert found.composite == pytest.approx(75.0)
    (line,) = found.crossed
    assert (line.indicator, line.post, line.value, line.red_line, line.surely) == ("promise_kept_rate", "rider", 0.5, 0.6, False)
    assert found.movement is not None
    assert found.movement.points == pytest.approx(20.0 - 1115 / 12)
    assert found.movement.parts[-1].part == "red_lines"
    assert found.movement.parts[-1].points == pytest.approx(-55.0)
    assert math.fsum(part.points for part in found.movement.parts) == pytest.approx(found.movement.points)


def test_a_line_crossed_by_the_whole_interval_is_crossed_surely() -> None:
    (line,) = index(laundry("polars", month(5, 10, 0, of=100))).crossed
    assert line.surely


def test_a_component_without_a_figure_is_left_out_and_said() -> None:
    found = index(laundry("polars", month(4, 8, 2), month(5, 9, 1)), KEPT, RETURNED, Component("csat", 4, 0.0, 1.0))
    assert found.value == pytest.approx(78.75)
    assert not found.complete
    assert [row.indicator for row in found.left_out] == ["csat"]
    assert found.movement is not None, "the same one was left out in April"
    nothing = index(laundry("polars", month(4, 8, 2)))
    assert (nothing.value, nothing.movement, nothing.low) == (None, None, None)
    assert nothing.not_compared is not None


def test_different_coverage_is_never_compared() -> None:
    found = index(laundry("polars", month(4, 8, 2, coverage="delivery,score"), month(5, 9, 1)))
    assert found.value == pytest.approx(78.75)
    assert found.movement is None
    assert "Promise kept rate" in (found.not_compared.en if found.not_compared else "")
    new = index(laundry("polars", month(4, 8, 2, coverage=""), month(5, 9, 1)), KEPT, RETURNED)
    assert new.movement is None, "in April the promise was not observed"


def test_changed_weights_are_a_part_of_the_movement() -> None:
    old = Component("promise_kept_rate", 1, 0.5, 1.0, until=date(2024, 4, 30))
    new = Component("promise_kept_rate", 3, 0.5, 1.0, since=date(2024, 5, 1))
    found = index(laundry("polars", month(4, 8, 2), month(5, 9, 1)), old, new, RETURNED)
    # April by its own standard (60 + 50) / 2 = 55, by that of May 57.5.
    assert found.previous == pytest.approx(55.0)
    assert found.movement is not None
    assert [part.part for part in found.movement.parts] == ["figure", "figure", "standard"]
    assert [part.points for part in found.movement.parts] == pytest.approx([15.0, 6.25, 2.5])
    assert found.movement.points == pytest.approx(23.75)


@pytest.mark.parametrize(("component", "code"), [
    (Component("no_such", 1, 0, 1), "indicator_unknown"),
    (Component("promise_kept_rate", 1, 0.5, 0.5), "no_scale"),
    (Component("promise_kept_rate", 1, 1.0, 0.5), "wrong_way"),
    (Component("promise_kept_rate", 1, 0.5, 0.9, red_line=0.95), "red_line_outside"),
    (KEPT, "twice"),
])
def test_a_standard_that_cannot_be_measured_is_refused(component: Component, code: str) -> None:
    with pytest.raises(LastMeterError) as raised:
        index(laundry("polars", month(5, 9, 1)), KEPT, component)
    assert raised.value.code == f"index.{code}"
    assert raised.value.hint("zh")


counts = st.integers(0, 12)
components = st.tuples(
    st.floats(0.1, 9), st.floats(0, 0.9), st.floats(0.01, 0.5), st.one_of(st.none(), st.floats(0, 0.9)), st.floats(0.1, 9),
    st.floats(0.05, 1),
)


def drawn(drawn_from: tuple[Any, ...]) -> tuple[Component, Component]:
    weight, worst, span, line, other, returned = drawn_from
    red_line = None if line is None or line > worst + span else line
    return Component("promise_kept_rate", weight, worst, worst + span, red_line), Component("returned_share", other, returned, 0.0)


@settings(max_examples=40, deadline=None)
@given(numbers=st.tuples(counts, counts, counts, counts), made=components, cap=st.floats(0, 100))
def test_the_parts_add_up_to_the_movement(numbers: tuple[int, ...], made: tuple[Any, ...], cap: float) -> None:
    kept, returned, kept_now, returned_now = numbers
    found = index(laundry("polars", month(4, kept, returned, of=12), month(5, kept_now, returned_now, of=12)), *drawn(made), cap=cap)
    assert found.value is not None
    assert found.previous is not None
    assert found.movement is not None
    assert math.fsum(part.points for part in found.movement.parts) == pytest.approx(found.movement.points, abs=1e-9)
    assert found.value - found.previous == pytest.approx(found.movement.points, abs=1e-9)
    assert 0 <= found.value <= 100
    assert found.low is not None
    assert found.high is not None
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


@settings(max_examples=40, deadline=None)
@given(kept=st.integers(0, 11), more=st.integers(1, 12), returned=counts, made=components, cap=st.floats(0, 100))
def test_a_better_figure_never_lowers_the_index(kept: int, more: int, returned: int, made: tuple[Any, ...], cap: float) -> None:
    worse = index(laundry("polars", month(5, kept, returned, of=12)), *drawn(made), cap=cap)
    better = index(laundry("polars", month(5, min(12, kept + more), returned, of=12)), *drawn(made), cap=cap)
    assert worse.value is not None
    assert better.value is not None
    assert better.value >= worse.value - 1e-9

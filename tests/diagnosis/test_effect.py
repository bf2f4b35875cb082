"""Did the action work? Lin Mei changed the carrier of her worst district; here is what luck would have done, too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from lastmeter.diagnosis.effect import Effect, effect
from lastmeter.diagnosis.effect.estimate import estimate
from lastmeter.diagnosis.effect.forecast import Grid, siblings
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import BLUEPRINT
from tests.indicators.facts_factory import ENGINES, Engine, facts_of

DISTRICTS = ["Old Town", "Riverside", "Eastgate", "Lakeside", "Harbour", "Hilltop", "Station", "Meadow"]
BEFORE = 9


def journeys(rates: dict[str, tuple[float, float]], *, n: int = 60, periods: int = 13) -> list[dict[str, Any]]:
    """Each district's months with its share of flawed journeys before and after; spread evenly, without chance."""
    rows, first = [], date(2023, 6, 1)
    for place, (before, after) in rates.items():
        for month in range(periods):
            flawed = round(n * (before if month < BEFORE else after))
            due = date(first.year + (first.month + month - 1) // 12, (first.month + month - 1) % 12 + 1, 1)
            rows += [{
                "journey_id": f"{place}{month}-{number}", "place": place, "due_on": due + timedelta(days=number % 28),
                "due_month": f"{due:%Y-%m}", "counted": True, "perfect": number >= flawed, "state": "completed",
            } for number in range(n)]
    return rows


def told(engine: Engine, rates: dict[str, tuple[float, float]], **choice: Any) -> Effect:
    facts = facts_of(engine, journeys=journeys(rates), blueprints={"order": BLUEPRINT})
    return effect(facts, **{"conditions": {"place": "Old Town"}, "since": parse_period("2024-03"), **choice})


CALM = {place: (0.1 + 0.01 * (row % 4), 0.1 + 0.01 * (row % 4)) for row, place in enumerate(DISTRICTS)}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_carrier_that_halved_the_flaws_worked(engine: Engine) -> None:
    found = told(engine, CALM | {"Old Town": (0.30, 0.10)})
    assert found.verdict == "worked"
    assert (found.n_before, found.n_after) == (540, 240)
    assert (found.before, found.after) == (0.3, 0.1)
    assert found.effect.low <= found.effect.value <= found.effect.high < 0
    assert found.words.en.startswith("It worked: ")
    assert found.words.zh.startswith("有效：")
    assert "Old Town" not in found.runners_up
    assert [point.period for point in found.points][BEFORE] == "2024-03"
    assert all((point.expected is None) == (point.period < "2024-03") for point in found.points)


def test_a_carrier_that_changed_nothing_is_no_success() -> None:
    found = told("duckdb", CALM | {"Old Town": (0.30, 0.30)})
    assert found.verdict != "worked"
    assert found.effect.high > 0


def test_a_carrier_that_breaks_more_is_said_to_have_made_it_worse() -> None:
    found = told("duckdb", CALM | {"Old Town": (0.10, 0.40)})
    assert found.verdict == "did_not"
    assert found.words.en.startswith("It did not work, it got worse: ")
    assert found.words.zh.startswith("无效，而且变差了：")


def test_what_the_whole_town_gained_is_not_the_carriers_doing() -> None:
    found = told("duckdb", dict.fromkeys(DISTRICTS, (0.3, 0.12)))
    assert found.verdict != "worked"
    assert found.effect.value == pytest.approx(0, abs=0.01)


def test_the_two_engines_agree_to_the_bit() -> None:
    rates = CALM | {"Old Town": (0.30, 0.2)}
    assert told("duckdb", rates) == told("polars", rates)


def test_a_day_in_the_month_begins_with_the_next_month() -> None:
    assert told("duckdb", CALM, since=date(2024, 3, 10)).since == "2024-04"
    assert told("duckdb", CALM, since=date(2024, 3, 1)).since == "2024-03"


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"conditions": {}}, "effect.no_condition"),
        ({"conditions": {"colour": "red"}}, "effect.dimension_unknown"),
        ({"conditions": {"place": "Nowhere"}}, "effect.too_few_journeys"),
        ({"rule": "gold_plating"}, "effect.rule_unknown"),
        ({"since": parse_period("2023-07")}, "effect.too_few_periods"),
        ({"since": parse_period("2024-09")}, "effect.too_few_periods"),
    ],
)
def test_what_cannot_be_asked_is_said(choice: dict[str, Any], code: str) -> None:
    with pytest.raises(LastMeterError) as refused:
        told("duckdb", CALM, **choice)
    assert refused.value.code == code


def test_three_districts_are_no_comparison() -> None:
    with pytest.raises(LastMeterError) as refused:
        told("duckdb", dict(list(CALM.items())[:3]))
    assert refused.value.code == "effect.too_few_siblings"


def test_an_excess_that_is_all_luck_is_expected_to_go() -> None:
    # Groups that differ by chance alone: the worst one's forecast is the mean of all, not its own past.
    random = np.random.default_rng(8)
    hits = random.binomial(200, 0.1, size=(30, 8)).astype(float)
    worst = int(hits[:, :6].sum(axis=1).argmax())
    beside = siblings(Grid(hits, np.full((30, 8), 200.0), worst, 6))
    past = hits[worst, :6].sum() / 1200
    assert beside.forecast(worst).expected < 0.1 + 0.4 * (past - 0.1)


def test_an_excess_that_lasts_is_expected_to_stay() -> None:
    random = np.random.default_rng(8)
    shares = np.array([0.05, 0.1, 0.15, 0.2, 0.1, 0.05, 0.15, 0.3])
    hits = random.binomial(2000, shares[:, None], size=(8, 10)).astype(float)
    assert siblings(Grid(hits, np.full((8, 10), 2000.0), 7, 8)).forecast(7).expected == pytest.approx(0.3, abs=0.02)


def test_before_and_after_alone_would_have_been_fooled() -> None:
    """The worst of 25 by luck, nothing done: plain before and after calls it a success far more often."""
    random = np.random.default_rng(2)
    plain = ours = 0
    for _ in range(150):
        hits = random.binomial(150, np.clip(0.1 + 0.02 * random.normal(size=(25, 9)), 0.01, 1)).astype(float)
        worst = int(hits[:, 3:6].sum(axis=1).argmax())
        old, new = hits[worst, 3:6].sum() / 450, hits[worst, 6:].sum() / 450
        plain += new - old < -1.96 * (old * (1 - old) / 450 + new * (1 - new) / 450) ** 0.5
        ours += estimate(Grid(hits, np.full((25, 9), 150.0), worst, 6)).verdict == "worked"
    assert plain >= 30
    assert ours <= 6

"""Ines can clear three or four things. She wants those that add most, and nothing counted twice."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from lastmeter.diagnosis.focus import Chosen, Focus, focus
from lastmeter.diagnosis.pareto import pareto
from lastmeter.diagnosis.reefs import Reefs, find_reefs
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace import focusing
from tests.diagnosis.shoals import YEAR, Trouble, facts_of, parcels

VANS = "pickup: origin=north"
GLASS = "damaged: performer=courier:c, product=glass"


@cache
def year() -> tuple[Facts, Reefs]:
    facts = facts_of(parcels([
        Trouble("pickup", 0.20, {"origin": "north"}), Trouble("damaged", 0.35, {"performer": "courier:c", "product": "glass"}),
    ]))
    return facts, find_reefs(facts, period=YEAR)


def list_of(size: int = 2, chosen: tuple[Chosen, ...] = ()) -> Focus:
    facts, reefs = year()
    return focus(facts, period=YEAR, reefs=reefs, causes=pareto(facts, period=YEAR), size=size, chosen=chosen,
                 owners={"vans": "Lin Fang"})


def test_what_adds_most_comes_first_with_its_owner_and_trend() -> None:
    found = list_of()
    first = found.items[0]
    assert first.code == VANS
    assert (first.kind, first.post, first.owner) == ("reef", "vans", "Lin Fang")
    assert first.segment == {"origin": "north"}
    assert len(first.trend) == 12
    assert first.trend[-1] == pytest.approx(first.flaws / first.n, abs=0.001)


def test_rates_add_up_and_nothing_is_counted_twice() -> None:
    _, reefs = year()
    found = list_of(size=4)
    due = reefs.due
    rate = found.now
    for item in found.items:
        rate += item.adds / due
        assert item.rate_after == pytest.approx(rate, abs=1e-5)
        assert item.adds > 0
    assert found.rate == found.items[-1].rate_after <= 1
    vans = next(reef for reef in reefs.all if reef.code == VANS)
    pickup = next((item for item in found.items if item.code == "pickup"), None)
    # The cause “pickup” holds the reef's flaws: beside the reef it adds only what lies outside.
    assert pickup is None or pickup.adds < vans.potential.journeys


def test_the_next_one_is_the_largest_once_these_are_cleared() -> None:
    short, long = list_of(size=1), list_of(size=3)
    assert short.following is not None
    assert short.following.code == long.items[1].code
    assert short.following.adds == long.items[1].adds


def test_what_was_chosen_stays_on_the_list_and_what_is_gone_is_settled() -> None:
    glass = Chosen(GLASS, owner="Bo", action="New boxes", due=date(2026, 3, 1), since=date(2026, 1, 5))
    found = list_of(size=2, chosen=(glass, Chosen("pickup: origin=south")))
    assert found.items[0].code == GLASS
    assert (found.items[0].owner, found.items[0].chosen) == ("Bo", glass)
    assert found.items[1].code == VANS
    assert [one.code for one in found.settled] == ["pickup: origin=south"]


def test_without_any_reef_causes_fill_the_list() -> None:
    facts, reefs = year()
    found = focus(facts, period=YEAR, reefs=Reefs(YEAR.code, reefs.due, 0, 0, 0, [], []), causes=pareto(facts, period=YEAR))
    assert {item.kind for item in found.items} == {"cause"}


def test_the_file_keeps_what_was_chosen_and_can_be_amended(tmp_path: Path) -> None:
    assert focusing.read_chosen(tmp_path) == []
    first = Chosen(GLASS, owner="Bo", since=date(2026, 1, 5))
    focusing.choose(tmp_path, first)
    focusing.choose(tmp_path, Chosen(VANS, since=date(2026, 1, 6)))
    focusing.choose(tmp_path, Chosen(GLASS, action="New boxes", due=date(2026, 3, 1), since=date(2026, 2, 2)))
    amended = Chosen(GLASS, "Bo", "New boxes", date(2026, 3, 1), date(2026, 1, 5))
    assert focusing.read_chosen(tmp_path) == [amended, Chosen(VANS, since=date(2026, 1, 6))]
    focusing.drop(tmp_path, VANS)
    assert focusing.read_chosen(tmp_path) == [amended]
    with pytest.raises(LastMeterError) as error:
        focusing.drop(tmp_path, VANS)
    assert error.value.code == "focus.not_chosen"


@pytest.mark.parametrize(("text", "line"), [
    ("[[focus]]\ncode = 'x'\ncolour = 'red'\n", 3), ("[[focus]]\ncode = 'x'\ndue = 'soon'\n", 3), ("[[focus]]\nowner = 'Bo'\n", 1),
    ("list = 3\n", 1),
])
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "focus.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LastMeterError) as error:
        focusing.read_chosen(tmp_path)
    assert (error.value.code, error.value.places["line"]) == ("focus.invalid", line)


def test_a_code_that_nobody_found_cannot_be_chosen() -> None:
    with pytest.raises(LastMeterError) as error:
        focusing.check_code("pickup: origin=nord", [VANS, GLASS], "2025")
    assert error.value.places["known"] == VANS

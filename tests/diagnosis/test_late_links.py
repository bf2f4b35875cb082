"""Which link made the late ones late: worked out by hand on a dozen orders."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from lastmeter.diagnosis.examples import examples
from lastmeter.diagnosis.links import LateLink, late_links
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import DAY, Order, facts_of

MARCH = parse_period("2026-03")
DAY_IN_MARCH = date(2026, 3, 2)


def orders() -> list[Order]:
    """Kept: packing 1, 1, 1 day, handover 1, 1, 1, transit 2, 2, 3 (usual 1, 1, 2). Promised: six days. Four are late."""
    kept = [
        Order(f"kept{n}", DAY_IN_MARCH, {"packing": 1, "handover": 1, "transit": transit})
        for n, transit in enumerate((2, 2, 3))
    ]
    late = [
        Order("late0", DAY_IN_MARCH, {"packing": 1, "handover": 5, "transit": 2}),   # handover 4 days over its usual
        Order("late1", DAY_IN_MARCH, {"packing": 1, "handover": 4, "transit": 3}),   # handover 3, transit 1
        Order("late2", DAY_IN_MARCH, {"packing": 1, "handover": 2, "transit": 5}),   # handover 1, transit 3
        Order("late3", DAY_IN_MARCH, {"packing": 1, "handover": 1, "transit": 2}, promised_days=3),  # nothing over usual
    ]
    return kept + late


@pytest.fixture(params=["duckdb", "polars"])
def facts(request: pytest.FixtureRequest) -> Facts:
    return facts_of(orders(), engine=request.param)


def by_link(facts: Facts) -> dict[str, LateLink]:
    return {row.link: row for row in late_links(facts, period=MARCH).rows}


def test_each_late_journey_blames_its_largest_excess(facts: Facts) -> None:
    rows = by_link(facts)
    assert {link: row.blamed for link, row in rows.items()} == {"packing": 0, "handover": 2, "transit": 1}
    assert rows["handover"].blamed_share == 0.5
    assert rows["handover"].usual == 1 * DAY
    assert rows["transit"].usual == 2 * DAY


def test_excess_is_shared_over_all_late_journeys(facts: Facts) -> None:
    rows = by_link(facts)
    assert rows["handover"].excess_share == round(8 / 12, 6)  # 4 + 3 + 1 of 12 days
    assert rows["transit"].excess_share == round(4 / 12, 6)


def test_a_promise_that_was_too_short_blames_no_link(facts: Facts) -> None:
    found = late_links(facts, period=MARCH)
    assert (found.late, found.due, found.unblamed) == (4, 7, 1)


def test_median_p90_and_spread(facts: Facts) -> None:
    now = by_link(facts)["transit"].now  # 2 2 2 2 3 3 5 days
    assert (now.n, now.median, now.p10, now.p90) == (7, 2 * DAY, 2 * DAY, round(3.8 * DAY, 1))
    assert now.spread == round(1.8 * DAY, 1)


def test_late_share_is_against_the_links_own_limit(facts: Facts) -> None:
    handover = by_link(facts)["handover"]  # limit one day: 5, 4 and 2 days are over
    assert (handover.now.late, handover.now.judged, handover.now.late_share) == (3, 7, round(3 / 7, 6))
    assert handover.before.n == 0


def test_a_journey_that_is_still_stuck_blames_where_it_is_stuck() -> None:
    stuck = Order("stuck", DAY_IN_MARCH, {"packing": 1})
    facts = facts_of([*orders(), stuck], at=datetime(2026, 11, 2, 16))
    rows = by_link(facts)
    assert rows["handover"].blamed == 3
    assert rows["handover"].now.n == 7  # it has no duration yet


def test_a_tie_goes_to_the_earlier_link() -> None:
    tie = Order("tie", DAY_IN_MARCH, {"packing": 3, "handover": 3, "transit": 2})
    rows = by_link(facts_of([*orders()[:3], tie]))
    assert (rows["packing"].blamed, rows["handover"].blamed) == (1, 0)


def test_a_link_around_others_is_described_but_never_blamed() -> None:
    rows = by_link(facts_of(orders(), whole_link=True))
    assert (rows["whole"].encloses, rows["whole"].blamed, rows["whole"].usual) == (True, 0, None)
    assert rows["whole"].now.median == 5 * DAY  # 4 4 4 5 8 8 8 days: still told what it takes
    assert rows["handover"].blamed == 2


def test_examples_are_the_worst_first_then_by_id(facts: Facts) -> None:
    shown = examples(facts, period=MARCH, rules=["handover", "delivery"])
    assert [(each.rule, each.journey_id) for each in shown] == [
        ("handover", "late0"), ("handover", "late1"), ("delivery", "late2"), ("delivery", "late3"),
    ]
    assert shown[0].excess_seconds == 4 * DAY
    assert shown[0].slow is not None
    assert (shown[0].slow.link, shown[0].slow.took, shown[0].slow.usual) == ("handover", 5 * DAY, 1 * DAY)
    assert [title.en for title in shown[0].also] == ["Delivered by the promised day"]
    assert shown[3].slow is None  # no link took longer than usual

"""Lin Mei asks what broke in March: ten orders, counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from lastmeter.diagnosis.pareto import pareto
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Title
from tests.diagnosis.northquay import Order, facts_of

MARCH = parse_period("2026-03")
FEBRUARY_DAY, MARCH_DAY = date(2026, 2, 3), date(2026, 3, 3)
QUICK = {"packing": 0.5, "handover": 0.5, "transit": 2.0}
SLOW_HANDOVER = {"packing": 0.5, "handover": 1.5, "transit": 2.0}


def ten_orders() -> list[Order]:
    """March: three slow handovers, one of them also damaged, one more damaged, four perfect. February: one missing call."""
    return [
        *(Order(f"m{n}", MARCH_DAY, SLOW_HANDOVER, damaged=n == 0) for n in range(3)),
        Order("m3", MARCH_DAY, QUICK, damaged=True),
        *(Order(f"m{n}", MARCH_DAY, QUICK) for n in range(4, 8)),
        Order("f0", FEBRUARY_DAY, QUICK, called=False), Order("f1", FEBRUARY_DAY, QUICK),
    ]


@pytest.fixture(params=["duckdb", "polars"])
def facts(request: pytest.FixtureRequest) -> Facts:
    return facts_of(ten_orders(), engine=request.param)


def test_causes_are_counted_shared_and_cumulated(facts: Facts) -> None:
    causes = pareto(facts, period=MARCH)
    assert [(c.rule, c.count, c.share, c.cumulative, c.journeys) for c in causes] == [
        ("handover", 3, 0.6, 0.6, 3), ("damaged", 2, 0.4, 1.0, 2), ("call_before", 0, 0.0, 1.0, 0),
    ]


def test_the_month_before_stands_beside(facts: Facts) -> None:
    before = {cause.rule: (cause.previous, cause.previous_share) for cause in pareto(facts, period=MARCH)}
    assert before == {"handover": (0, 0.0), "damaged": (0, 0.0), "call_before": (1, 1.0)}


def test_a_trend_is_a_share_of_due_journeys(facts: Facts) -> None:
    handover = pareto(facts, period=MARCH)[0]
    assert len(handover.trend) == 12
    assert handover.trend[:10] == [None] * 10  # nothing was due
    assert handover.trend[10:] == [0.0, 0.375]  # none of two, three of eight


def test_two_months_are_too_few_to_call_a_signal(facts: Facts) -> None:
    change = pareto(facts, period=MARCH)[0].change
    assert (change.verdict, change.usual, change.from_previous) == ("unknown", None, 0.375)


def test_words_come_from_blueprint_and_workspace(facts: Facts) -> None:
    dock = Title("出库组", "Outbound dock")
    handover, damaged, _ = pareto(facts, period=MARCH, posts={"outbound": dock})
    assert (handover.title.en, handover.post, handover.post_title) == ("Packed → handed over", "outbound", dock)
    assert damaged.post_title == Title("purchasing", "purchasing")  # the workspace has no name for that post


def test_a_cancelled_order_is_nobodys_flaw() -> None:
    orders = [Order("a", MARCH_DAY, QUICK), Order("b", MARCH_DAY, QUICK, damaged=True, cancelled=True)]
    assert pareto(facts_of(orders), period=MARCH) == []

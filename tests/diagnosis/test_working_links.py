"""Links in working time: a night is nobody's fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from lastmeter.diagnosis import words, working
from lastmeter.diagnosis.links import late_links
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.calendars import Calendar, load_calendar
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import BLUEPRINT, Order, facts_of

MARCH = parse_period("2026-03")
HOUR = 3600.0


@dataclass(frozen=True)
class Limit:
    unit: str


@dataclass(frozen=True)
class WorkedLine:
    code: str
    limit: Limit


@dataclass(frozen=True)
class Worked:
    links: tuple[WorkedLine, ...]
    calendar: Calendar

    def calendar_of(self, link: Any) -> Calendar:
        return self.calendar


def in_working_time(facts: Facts) -> Facts:
    """Packing has a limit in working hours: an eighth of its elapsed time is worked."""
    packing = nw.col("link") == "packing"
    links = facts.links.with_columns(
        limit_unit=nw.when(packing).then(nw.lit("working_hours")).otherwise(nw.col("limit_unit")),
        working_seconds=nw.when(packing).then(nw.col("seconds") / 8),
    )
    return replace(facts, links=links)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_weekend_in_the_office_is_not_blamed_for_a_slow_road(engine: str) -> None:
    """Late: packing 1 + 2 days (of them 6 hours worked beyond the usual 3), transit 1 day beyond its usual 2."""
    kept = [Order(f"k{n}", date(2026, 3, 2), {"packing": 1, "handover": 1, "transit": 2}) for n in range(3)]
    late = Order("late", date(2026, 3, 2), {"packing": 3, "handover": 1, "transit": 3})
    facts = facts_of([*kept, late], engine=engine)
    assert {row.link: row.blamed for row in late_links(facts, period=MARCH).rows}["packing"] == 1
    rows = {row.link: row for row in late_links(in_working_time(facts), period=MARCH).rows}
    assert (rows["packing"].blamed, rows["transit"].blamed) == (0, 1)
    assert (rows["packing"].usual, rows["packing"].now.median) == (3 * HOUR, 3 * HOUR)


def test_the_part_of_a_month_that_is_worked() -> None:
    """March 2026 has 22 weekdays of 8 hours in its 31 days (09-12 and 13-18)."""
    calendar = load_calendar("cn")
    facts = replace(facts_of([]), blueprints={"visit": Worked(
        (WorkedLine("hours", Limit("working_hours")), WorkedLine("days", Limit("working_days")), WorkedLine("plain", Limit("hours"))),
        calendar,
    )})
    assert working.shares(facts, MARCH) == {"hours": pytest.approx(22 * 8 / (31 * 24)), "days": pytest.approx(22 / 31)}
    assert working.shares(facts, parse_period("2031-03")) == {}


def test_blueprints_without_working_limits_have_no_shares() -> None:
    assert BLUEPRINT.links
    assert working.shares(facts_of([]), MARCH) == {}


def test_working_limits_in_words() -> None:
    assert words.limit(8 * HOUR, "working_hours").en == "8 working hours"
    assert words.limit(24 * HOUR, "working_days").zh == "1 个工作日"
    assert words.limit(24 * HOUR, "working_days").en == "1 working day"
    assert words.duration(50 * HOUR, "working_hours").en == "50 h"
    assert words.duration(36 * HOUR, "working_days").en == "1.5 days"

"""Links whose limit is in working time: measured in it, so that a night or a holiday is nobody's fault."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import Facts
from lastmeter.kernel.calendars import Calendar
from lastmeter.kernel.periods import Period

UNITS = ("working_hours", "working_days")
_DAY = timedelta(days=1)


def taken() -> nw.Expr:
    """What a row of links took: seconds, of working time where its limit is in it."""
    return nw.when(nw.col("limit_unit").is_in(UNITS)).then(nw.col("working_seconds")).otherwise(nw.col("seconds"))


def shares(facts: Facts, period: Period) -> dict[str, float]:
    """By link with a working limit: the part of all time in the period that its calendar counts, 0 to 1.

    A working day counts as 86,400 seconds, as it does in the fact tables. A link whose calendar does not reach so far is
    left out: nothing of that time was judged by it.
    """
    found = {}
    for blueprint in facts.blueprints.values():
        for link in blueprint.links:
            unit = getattr(getattr(link, "limit", None), "unit", None)
            if unit not in UNITS:
                continue
            calendar = blueprint.calendar_of(link)
            if calendar.first_year <= period.first.year and period.last.year <= calendar.last_year:
                found[link.code] = _days(calendar, period) if unit == "working_days" else _hours(calendar, period)
    return found


def _days(calendar: Calendar, period: Period) -> float:
    days = sum(period.first <= day <= period.last for day in calendar.workdays)
    return days / ((period.last - period.first).days + 1)


def _hours(calendar: Calendar, period: Period) -> float:
    first, last = calendar.span
    start, end = (datetime.combine(day, time()) for day in (period.first, period.last + _DAY))
    start, end = max(start, first), min(end, last)
    return calendar.between(start, end) / (end - start).total_seconds()

"""Drivers and effects as tables, and the times that people write for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from lastmeter.diagnosis.drivers import Drivers
from lastmeter.diagnosis.effect import Effect
from lastmeter.kernel.periods import Period, parse_period
from lastmeter.kernel.titles import Lang


def first_period(since: str | Period | date) -> Period | date:
    """The period, or the day, that an action began with: `2025-03`, or `2025-03-10`."""
    if not isinstance(since, str):
        return since
    period = parse_period(since)
    return period.first if period.grain == "day" else period


def named_period(code: str | Period | None) -> Period | None:
    """The period of a code, if there is one."""
    return parse_period(code) if isinstance(code, str) else code


def driver_rows(found: Drivers, lang: Lang) -> list[dict[str, Any]]:
    """Drivers as rows of a table, the largest share first."""
    return [
        {
            "driver": row.driver, "title": row.title.say(lang), "share": row.share, "low": row.low, "high": row.high,
            "attributable_fraction": row.attributable_fraction, "fraction_low": row.fraction_low,
            "fraction_high": row.fraction_high, "met": row.met, "n": found.n, "auc": found.auc,
        }
        for row in found.rows
    ]


def effect_rows(found: Effect) -> list[dict[str, Any]]:
    """An effect's periods as rows of a table."""
    return [
        {
            "period": point.period, "n": point.n, "value": point.value, "siblings": point.siblings, "expected": point.expected,
        }
        for point in found.points
    ]

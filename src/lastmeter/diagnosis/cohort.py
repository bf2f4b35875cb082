"""Who is counted: the journeys that fell due in a period, and the run of periods that leads up to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import Frame
from lastmeter.kernel.periods import Grain, Period, parse_period, period_of

TREND = 12
"""Periods of a trend, the brief's own included."""

CHARTED = 60
"""Periods that a control chart looks at, the brief's own included: more than its baseline, which passes over crises."""

_COLUMN: dict[Grain, str] = {
    "day": "due_on", "week": "due_week", "month": "due_month", "quarter": "due_month", "year": "due_month",
}
_TRUNCATED: dict[Grain, str] = {"quarter": "1q", "year": "1y"}


def due_in(period: Period) -> nw.Expr:
    """Rows of the due cohort of a period."""
    return due_between(period, period)


def due_between(first: Period, last: Period) -> nw.Expr:
    """Rows of the due cohorts from one period to another, both included."""
    return nw.col("counted") & (nw.col("due_on") >= first.first) & (nw.col("due_on") <= last.last)


def run_up(period: Period, length: int) -> list[Period]:
    """The period and those before it, oldest first."""
    periods = [period]
    while len(periods) < length:
        periods.append(periods[-1].previous())
    return periods[::-1]


def rows(frame: Frame) -> list[dict[str, Any]]:
    """A small lazy table as dictionaries, in no order: sort by what you show."""
    return list(frame.collect().rows(named=True))


def counts_by_period(
    frame: Frame, values: Mapping[str, nw.Expr], period: Period, length: int, *keys: str
) -> dict[str, dict[tuple[Any, ...], int]]:
    """For each named value a whole number per (keys..., period code) over the run-up; empty cells are left out.

    Values must add up over the finer cells (a count, a sum), because quarters and years are folded from months.
    """
    periods = run_up(period, length)
    column = _COLUMN[period.grain]
    table = rows(
        frame.filter(due_between(periods[0], periods[-1])).group_by(*keys, column)
        .agg(**{f"sum_{name}": value for name, value in values.items()})
    )
    folded: dict[str, dict[tuple[Any, ...], int]] = {name: {} for name in values}
    for row in table:
        cell = (*(row[key] for key in keys), code_of(row[column], period.grain))
        for name, sums in folded.items():
            sums[cell] = sums.get(cell, 0) + int(row[f"sum_{name}"] or 0)
    return folded


def spelled(values: Mapping[tuple[Any, ...], int], periods: Iterable[Period], *keys: Any) -> list[int]:
    """The numbers of one line of `counts_by_period`, 0 where a period is missing."""
    return [values.get((*keys, period.code), 0) for period in periods]


def by_period(grain: Grain) -> nw.Expr:
    """What to group by where values do not add up over finer cells: a column `period` whose values `code_of` names."""
    if grain in _TRUNCATED:
        return nw.col("due_on").dt.truncate(_TRUNCATED[grain]).alias("period")
    return nw.col(_COLUMN[grain]).alias("period")


def code_of(value: Any, grain: Grain) -> str:
    """The code of the period in which a value of these columns lies: a day, or the code of a week or month."""
    if isinstance(value, date):
        return period_of(value, grain).code
    return period_of(parse_period(value).first, grain).code if grain in _TRUNCATED else str(value)

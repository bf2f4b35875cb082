"""The index of a period: each component's figure on its scale, weighted, capped where a red line is crossed.

Its interval holds whatever the components have in common (the same late parcel lowers several of them): it is the index
at the worse ends of all their 95 % intervals and the index at the better ends. For standard errors that is the delta
method with every correlation taken as 1, its largest (Minkowski): too wide rather than too narrow. A red line that the
worse end crosses pulls the lower end down to the cap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from lastmeter.indicators.index.movement import Movement, moved_between
from lastmeter.indicators.index.rows import Row, Taken, crosses, take
from lastmeter.indicators.index.standard import Standard, check
from lastmeter.indicators.indicator import Indicator
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """A red line that is crossed, and by whose post; `surely` where the whole interval lies beyond it."""

    indicator: str
    title: Title
    post: str | None
    value: float
    red_line: float
    surely: bool


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """The index of a period.

    value: `composite` (the weighted mean of scores), at most `cap` where a red line is crossed; None without a figure.
    low and high: None where a component has no interval. complete: False where a component was left out for want of a
    figure. mature: False while part of the period has not fallen due. previous: the index of the period before, by the
    standard that held then. movement: None with `not_compared` saying why.
    """

    period: str
    value: float | None
    composite: float | None
    low: float | None
    high: float | None
    cap: float
    complete: bool
    mature: bool
    rows: tuple[Row, ...]
    crossed: tuple[Crossing, ...]
    previous: float | None
    movement: Movement | None
    not_compared: Title | None

    @property
    def left_out(self) -> tuple[Row, ...]:
        """The components without a figure."""
        return tuple(row for row in self.rows if row.score is None)


def make_index(facts: Facts, standard: Standard, indicators: Mapping[str, Indicator], period: Period) -> Index:
    """The index of a period, and what moved it since the period before.

    Raises:
        LastMeterError: `index.*` where the standard cannot be measured.
    """
    check(standard, indicators)
    before = period.previous()
    now = take(facts, standard.of(period), indicators, period)
    then = take(facts, standard.of(before), indicators, before)
    then_by_now = then if then.standard == now.standard else take(facts, now.standard, indicators, before)
    movement, not_compared = moved_between(now, then_by_now, then)
    measured = [row.figure for row in now.rows if row.score is not None]
    return Index(
        period=period.code, value=now.value, composite=now.composite, low=_at_ends(now, "low"), high=_at_ends(now, "high"),
        cap=standard.cap, complete=len(measured) == len(now.rows), mature=all(figure.mature for figure in measured),
        rows=now.rows, crossed=_crossed(now), previous=then.value, movement=movement, not_compared=not_compared,
    )


def _at_ends(taken: Taken, end: Literal["low", "high"]) -> float | None:
    scored = [row for row in taken.rows if row.score is not None]
    ends = [getattr(row, end) for row in scored]
    if not scored or any(each is None for each in ends):
        return None
    composite = math.fsum(row.share * each for row, each in zip(scored, ends, strict=True))
    crossed = any(crosses(taken.standard, taken.rows, end))
    return min(composite, taken.standard.cap) if crossed else composite


def _crossed(taken: Taken) -> tuple[Crossing, ...]:
    crossing = crosses(taken.standard, taken.rows, "value")
    surely = crosses(taken.standard, taken.rows, "high")
    return tuple(
        Crossing(
            indicator=row.indicator, title=row.title, post=row.post, value=row.figure.value, red_line=row.red_line,
            surely=sure,
        )
        for row, crosses, sure in zip(taken.rows, crossing, surely, strict=True)
        if crosses and row.figure.value is not None and row.red_line is not None
    )

"""One period under one standard: each component's figure on the scale of the index, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lastmeter.indicators.figure import Figure
from lastmeter.indicators.index.standard import Component, Standard
from lastmeter.indicators.indicator import Indicator, owner_of
from lastmeter.indicators.measure import measure
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

End = Literal["value", "low", "high"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A component: its figure, its scores (0 to 100; low and high at the worse and better end of the figure's interval).

    `share` is its weight among the components that have a figure, 0 where it has none; `points` = share · score.
    """

    indicator: str
    title: Title
    unit: str
    direction: str
    kind: str | None
    post: str | None
    weight: float
    worst: float
    target: float
    red_line: float | None
    figure: Figure
    share: float
    score: float | None
    low: float | None
    high: float | None
    points: float


class Taken(msgspec.Struct, frozen=True):
    """The rows, the weighted mean of their scores, and the index: the cap where a red line is crossed."""

    standard: Standard
    rows: tuple[Row, ...]
    composite: float | None
    value: float | None


def take(facts: Facts, standard: Standard, indicators: Mapping[str, Indicator], period: Period) -> Taken:
    """Measure a period by a standard that holds in it."""
    measured = [_figure(facts, each, indicators[each.indicator], period) for each in standard.components]
    total = math.fsum(
        each.weight for each, figure in zip(standard.components, measured, strict=True) if figure.value is not None
    )
    rows = tuple(
        _row(facts, each, indicators[each.indicator], figure, total)
        for each, figure in zip(standard.components, measured, strict=True)
    )
    if not total:
        return Taken(standard, rows, None, None)
    composite = math.fsum(row.points for row in rows)
    crossed = any(crosses(standard, rows, "value"))
    return Taken(standard, rows, composite, min(composite, standard.cap) if crossed else composite)


def _figure(facts: Facts, component: Component, indicator: Indicator, period: Period) -> Figure:
    chosen = facts.of_kind(component.kind) if component.kind else facts
    (figure,) = measure(chosen, indicator, period=period)
    return figure


def _row(facts: Facts, component: Component, indicator: Indicator, figure: Figure, total: float) -> Row:
    worse, better = (figure.low, figure.high) if indicator.direction == "up" else (figure.high, figure.low)
    share = component.weight / total if figure.value is not None else 0.0
    score = None if figure.value is None else component.score(figure.value)
    chosen = facts.of_kind(component.kind) if component.kind else facts
    return Row(
        indicator=indicator.code, title=indicator.title, unit=indicator.unit, direction=indicator.direction,
        kind=component.kind, post=owner_of(indicator, chosen), weight=component.weight, worst=component.worst,
        target=component.target, red_line=component.red_line, figure=figure, share=share, score=score,
        low=None if score is None or worse is None else component.score(worse),
        high=None if score is None or better is None else component.score(better), points=share * (score or 0.0),
    )


def crosses(standard: Standard, rows: Sequence[Row], where: End) -> list[bool]:
    """Which rows cross their red line: at their figure's value, or at the worse (low) or better (high) end of its interval."""
    found = []
    for component, row in zip(standard.components, rows, strict=True):
        end = {"low": "high", "high": "low"}[where] if where != "value" and row.direction == "down" else where
        value = getattr(row.figure, end) if row.score is not None else None
        found.append(value is not None and component.crosses(value))
    return found

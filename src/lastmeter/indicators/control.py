"""Signal or noise: the company's chart over the months.

Shares: Laney's p' chart (Laney 2002, “Improved control charts for attributes”): z = (p − p̄) / √(p̄(1 − p̄)/n), sigma_z
the mean moving range of z over 1.128, never below 1. Beside it an EWMA (Roberts 1959; Lucas and Saccucci 1990 for
λ = 0.4) for small lasting shifts. Other measures: the individuals chart (XmR).

The baseline is what earlier periods that were neither signals nor declared peaks were like: the last 24 of them. Three
sigmas hold for a known process, and a baseline of months is far from known: with plain limits one calm month in sixty
alarms. So a period's distance from the centre is turned into the normal score that is as rare, given how little is
known (Quesenberry 1991, Q charts: Student's t, the centre's own error; degrees of freedom of a mean moving range after
Wheeler); a score beyond 3 is a signal, and the EWMA runs over scores, its limit widened by what its scores have in
common: the centre's error, and the memory of months that resemble each other (`baseline`). And where a period is larger
than the baseline's were, the between-period part of sigma_z does not shrink with √n (the additive reading of
overdispersion, Spiegelhalter 2005): a growing company would else alarm for growing.

Fewer than 8 baseline periods: learning. Eight signals in a row to one side: that is how things are now, and they become
the new baseline. A signal restarts the EWMA, as after a cause found.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from lastmeter.indicators.baseline import BASELINE, LEARNING, Fit, Observation, shares_level, values_level
from lastmeter.indicators.indicator import Direction
from lastmeter.indicators.watch import Charted, Limits, Rule, Signal, Watch

__all__ = [
    "BASELINE", "LEARNING", "Chart", "Charted", "Point", "Rule", "Signal", "Value", "company_chart", "xmr_chart",
]


@dataclass(frozen=True, slots=True)
class Point:
    """`hits` of `n` in a period; `mature` as in Figure."""

    period: str
    hits: float
    n: int
    mature: bool = True


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a period, for the individuals chart; None where nothing was counted."""

    period: str
    value: float | None
    mature: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's periods in order.

    `kind` is p_prime (values are shares), peers (a share minus the peers') or xmr; `direction` says which way is better.
    """

    kind: Literal["p_prime", "peers", "xmr"]
    direction: Direction
    points: tuple[Charted, ...]

    def at(self, period: str) -> Charted | None:
        """The period of that code."""
        return next((point for point in self.points if point.period == period), None)

    @property
    def signals(self) -> tuple[Charted, ...]:
        """The periods that are signals."""
        return tuple(point for point in self.points if point.signal != "none")


def company_chart(
    series: Sequence[Point], *, direction: Direction = "down", declared: Collection[str] = (),
) -> Chart:
    """Laney's p' chart with EWMA over periods in order; `direction` up where hits are what is wanted.

    A period in which fewer than one hit, or one miss, would be expected is too small to judge and no baseline.
    """
    observations = [
        Observation(each.period, each.hits / each.n if each.n else None, each.hits, each.n, each.mature)
        for each in series
    ]
    return Chart("p_prime", direction, _walk(observations, shares_level, direction, declared))


def xmr_chart(
    series: Sequence[Value], *, direction: Direction = "down", declared: Collection[str] = (),
) -> Chart:
    """The individuals chart with EWMA over periods in order: for small series and for what is no share."""
    observations = [Observation(each.period, each.value, 0.0, 1, each.mature) for each in series]
    return Chart("xmr", direction, _walk(observations, values_level, direction, declared))


def _walk(
    observations: Sequence[Observation], fit: Fit, direction: Direction, declared: Collection[str],
) -> tuple[Charted, ...]:
    watch, limits, judged = Watch(fit, direction), Limits(), []
    for seen in observations:
        level = watch.level()
        charted = watch.look(seen, level, declared=seen.period in declared)
        judged.append(watch.settle(seen, level, charted, limits))
    return tuple(judged)

"""What an action did, by two comparisons that luck cannot fool: its forecast, and those that were not chosen.

Against the forecast: the rate after the action minus what was to be expected without it (`forecast`). Against the
runners-up: the same, minus the same of the groups that were next in line: whatever the forecast gets wrong for the worst
groups, it gets wrong for them too. The interval reaches over both comparisons' own 95 % intervals (Student's t, as many
degrees of freedom as siblings less one), so that an effect is called one only where both say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lastmeter.diagnosis.effect.forecast import Forecast, Grid, siblings
from lastmeter.indicators.intervals import t_quantile

Verdict = Literal["worked", "did_not", "cannot_tell"]
RUNNERS_UP = 5
FEWEST_SIBLINGS = 4
WORTHWHILE = 0.01


@dataclass(frozen=True, slots=True)
class Compared:
    """A change of the share of flawed journeys that is due to the action, with 95 % interval; negative is better."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Both comparisons and the interval over them; `runners_up` are rows of the grid."""

    forecast: Forecast
    against_forecast: Compared
    against_runners_up: Compared
    effect: Compared
    runners_up: list[int]
    verdict: Verdict


def estimate(grid: Grid, *, worthwhile: float = WORTHWHILE) -> Estimate:
    """The effect of an action on the treated group; `worthwhile` is the smallest betterment worth the name."""
    beside = siblings(grid)
    own = beside.forecast(grid.treated)
    reach = t_quantile(len(grid.n) - 2)
    first = _compared(own.seen - own.expected, own.variance, reach)
    chosen = beside.runners_up(RUNNERS_UP)
    others = [beside.forecast(group) for group in chosen]
    drifted = [other.seen - other.expected for other in others]
    weights = np.array([1 / max(other.variance, 1e-12) for other in others])
    weights = weights / weights.sum()
    variance = own.variance + float((weights**2 * [other.variance for other in others]).sum())
    second = _compared(own.seen - own.expected - float(weights @ drifted), variance, reach)
    whole = Compared((first.value + second.value) / 2, min(first.low, second.low), max(first.high, second.high))
    return Estimate(own, first, second, whole, chosen, _verdict(whole, worthwhile))


def _compared(value: float, variance: float, reach: float) -> Compared:
    half = reach * math.sqrt(variance)
    return Compared(value, value - half, value + half)


def _verdict(effect: Compared, worthwhile: float) -> Verdict:
    if effect.high < 0:
        return "worked"
    return "did_not" if effect.low > -worthwhile else "cannot_tell"

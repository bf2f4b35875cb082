"""From the grouped rows of one group to its estimate: one function for each aggregation.

Sums are of integers or by `fsum`, rows come sorted by value: neither the order of rows nor the names of clusters can
change a bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lastmeter.indicators.indicator import Aggregation
from lastmeter.indicators.intervals import (
    INDEPENDENT,
    Design,
    Floats,
    Integers,
    cluster_totals,
    design,
    linearised_variance,
    mean_design,
    quantile,
    quantile_interval,
    share_design,
    wilson,
)

# Between two quantiles 10 and 90 of one sample: sqrt(.1 · .1 / (.9 · .9)).
_TAIL_CORRELATION = 1 / 9


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one group: `n` like rows each on a day, in a cluster; further columns as the aggregation needs."""

    n: Floats
    days: Integers
    clusters: Integers
    hits: Floats
    values: Floats
    answered: Floats
    strata: Integers

    def at(self, chosen: Integers) -> Rows:
        """These rows in that order."""
        return Rows(*(getattr(self, name)[chosen] for name in Rows.__slots__))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval and the design behind it."""

    value: float | None
    n: int
    population: int
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    design: Design = INDEPENDENT
    n_effective: float = 0.0


def share(rows: Rows, fallback: Design) -> Estimate:
    """Hits of n, Wilson on the effective n. Where none or all are hits, the design effect of all groups stands in."""
    total, hits = int(rows.n.sum()), int(rows.hits.sum())
    if total == 0:
        return Estimate(None, 0, 0, 0)
    found = share_design(rows.hits, rows.n, rows.days, rows.clusters) if 0 < hits < total else fallback
    effective = found.effective(total)
    low, high = wilson(hits / total, effective)
    return Estimate(hits / total, total, total, hits, low, high, found, effective)


def weighted_share(rows: Rows, fallback: Design) -> Estimate:
    """Respondents weighted back to the population by strata (post-stratification, Cochran 1977, section 5A.9).

    A stratum nobody answered from takes part with the respondents' own rate.
    """
    population, answered = int(rows.n.sum()), int(rows.answered.sum())
    if answered == 0:
        return Estimate(None, 0, population, 0)
    in_stratum, answered_in, hits_in = cluster_totals(rows.strata, rows.n, rows.answered, rows.hits)
    heard = answered_in > 0
    weights = in_stratum / in_stratum[heard].sum()
    rates = np.divide(hits_in, answered_in, out=np.zeros_like(hits_in), where=heard)
    value = min(1.0, math.fsum((weights * rates)[heard].tolist()))
    found = fallback
    if 0 < value < 1:
        _, stratum = np.unique(rows.strata, return_inverse=True)
        per_answer = np.divide(weights, answered_in, out=np.zeros_like(weights), where=heard)[stratum]
        deviations = _exact(per_answer * (rows.hits - rates[stratum] * rows.answered))
        spoke = rows.answered > 0
        both = [_deviation_variance(codes[spoke], deviations[spoke]) for codes in (rows.days, rows.clusters)]
        found = design(value * (1 - value) / answered, both[0], both[1])
    effective = found.effective(answered)
    low, high = wilson(value, effective)
    return Estimate(value, answered, population, int(rows.hits.sum()), low, high, found, effective)


def value_share(rows: Rows, fallback: Design) -> Estimate:
    """What part of the summed value is in hits: a ratio, linearised (Cochran 1977, section 6.3), Wilson on Kish's n.

    `n` and `hits` are rows. Sums of whole values are exact, in whatever order they come.
    """
    total, hits = int(rows.n.sum()), int(rows.hits.sum())
    all_value = float((rows.values * rows.n).sum())
    if all_value <= 0:
        return Estimate(None, total, total, hits)
    value = float((rows.values * rows.hits).sum()) / all_value
    squares = rows.values * rows.values
    if not 0 < value < 1:
        effective = all_value**2 / math.fsum((squares * rows.n).tolist()) / fallback.effect
        return Estimate(value, total, total, hits, *wilson(value, effective), fallback, effective)
    misses = rows.n - rows.hits
    deviations = squares * (rows.hits * (1 - value) ** 2 + misses * value**2)
    simple = math.fsum(deviations.tolist()) / all_value**2
    both = [_value_variance(rows, codes, value, all_value) for codes in (rows.days, rows.clusters)]
    found = design(simple, both[0], both[1])
    effective = found.effective(value * (1 - value) / simple)
    return Estimate(value, total, total, hits, *wilson(value, effective), found, effective)


def _value_variance(rows: Rows, codes: Integers, value: float, all_value: float) -> tuple[float, int]:
    hits_in, all_in = cluster_totals(codes, rows.values * rows.hits, rows.values * rows.n)
    return linearised_variance(hits_in - value * all_in, all_value), len(all_in)


def _deviation_variance(codes: Integers, deviations: Floats) -> tuple[float, int]:
    (summed,) = cluster_totals(codes, deviations)
    return linearised_variance(summed, 1.0), len(summed)


def _exact(amounts: Floats) -> Floats:
    """Amounts on a grid of 2⁻⁴⁰: sums of them are exact, so that the order of rows cannot change a bit."""
    return np.round(amounts * 2.0**40) / 2.0**40


def mean(rows: Rows, fallback: Design) -> Estimate:
    """The mean, Student's t over clusters."""
    del fallback
    rows = _by_value(rows)
    total = int(rows.n.sum())
    if total == 0:
        return Estimate(None, 0, 0)
    value = math.fsum((rows.values * rows.n).tolist()) / total
    found, simple = mean_design(rows.values, rows.n, rows.days, rows.clusters, value)
    if total < 2:
        return Estimate(value, total, total, n_effective=1.0)
    half = found.t * math.sqrt(simple * found.effect)
    return Estimate(value, total, total, None, value - half, value + half, found, found.effective(total))


def median(rows: Rows, fallback: Design) -> Estimate:
    """The median with its order-statistic interval."""
    del fallback
    return _quantile(_by_value(rows), 0.5)


def p90(rows: Rows, fallback: Design) -> Estimate:
    """The 90th percentile with its order-statistic interval."""
    del fallback
    return _quantile(_by_value(rows), 0.9)


def spread(rows: Rows, fallback: Design) -> Estimate:
    """How wide the window is into which eight of ten fall: 90th minus 10th percentile.

    The interval adds the variances that the two order-statistic intervals imply (Woodruff 1952), less their covariance.
    """
    del fallback
    rows = _by_value(rows)
    low, high = _quantile(rows, 0.1), _quantile(rows, 0.9)
    if low.value is None or high.value is None:
        return low
    value = high.value - low.value
    weaker = max(low, high, key=lambda estimate: estimate.design.effect)
    bounds: tuple[float | None, float | None] = (None, None)
    if None not in (low.low, low.high, high.low, high.high):
        first, second = _half_width(low), _half_width(high)
        half = math.sqrt(max(0.0, first**2 + second**2 - 2 * _TAIL_CORRELATION * first * second))
        bounds = (max(0.0, value - half), value + half)
    return Estimate(value, low.n, low.population, None, *bounds, weaker.design, weaker.n_effective)


def _half_width(estimate: Estimate) -> float:
    assert estimate.low is not None  # noqa: S101 - narrowed by the caller
    assert estimate.high is not None  # noqa: S101
    return (estimate.high - estimate.low) / 2


def _quantile(rows: Rows, q: float) -> Estimate:
    """Of rows sorted by value."""
    total = int(rows.n.sum())
    if total == 0:
        return Estimate(None, 0, 0)
    value = quantile(rows.values, rows.n, q)
    found = share_design(np.where(rows.values <= value, rows.n, 0.0), rows.n, rows.days, rows.clusters)
    effective = found.effective(total)
    low, high = quantile_interval(rows.values, rows.n, q, effective)
    return Estimate(value, total, total, None, low, high, found, effective)


def _by_value(rows: Rows) -> Rows:
    order = np.lexsort((rows.n, rows.values))
    return rows.at(order.astype(np.int64))


AGGREGATIONS: dict[Aggregation, Callable[[Rows, Design], Estimate]] = {
    "share": share, "weighted_share": weighted_share, "value_share": value_share,
    "mean": mean, "median": median, "p90": p90, "spread": spread,
}

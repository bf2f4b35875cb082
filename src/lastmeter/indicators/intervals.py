"""Intervals at 95 % that admit that journeys of one day, or of one courier, resemble each other.

Shares: Wilson's score interval on the effective n (Wilson 1927; Korn and Graubard 1998). Quantiles: order statistics
(Conover 1999, section 3.2) on the effective n after Woodruff (1952). Means: Student's t on the linearised variance.
The design effect is the linearised ("ratio") variance over clusters divided by that of a simple random sample of the
same size (Cochran 1977, section 6.3; Kish 1965), never below 1. No resampling: the same data give the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Source = Literal["none", "day", "cluster"]

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)

_SPARSE = 8  # codes that reach beyond so many times the rows are numbered anew, rather than counted one by one

# Student's t at 97.5 % for 1 to 30 degrees of freedom; above that the expansion below is exact to three decimals.
_T_TABLE = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)


@dataclass(frozen=True, slots=True)
class Design:
    """How much less than `n` independent journeys the data are worth.

    `effect` is at least 1; `source` names the clustering that decided it; `clusters` is how many it has (0: none).
    """

    effect: float
    source: Source
    clusters: int

    def effective(self, n: float) -> float:
        """The effective n: n over the design effect, and over the price of estimating that effect from few clusters."""
        return n / self.effect * (Z / self.t) ** 2

    @property
    def t(self) -> float:
        """Student's t for the number of clusters; the normal quantile where there are none."""
        return t_quantile(self.clusters - 1) if self.source != "none" else Z


INDEPENDENT = Design(1.0, "none", 0)


def t_quantile(freedom: int) -> float:
    """Student's t at 97.5 %: a table up to 30 degrees of freedom, then Cornish and Fisher's expansion."""
    if freedom < 1:
        return _T_TABLE[0]
    if freedom <= len(_T_TABLE):
        return _T_TABLE[freedom - 1]
    return Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)


def wilson(share: float, n_effective: float) -> tuple[float, float]:
    """Wilson's interval of a share on an effective n that need not be whole: `wilson(0.5, 100)` is 0.404 to 0.596."""
    if n_effective <= 0:
        return 0.0, 1.0
    square = Z * Z / n_effective
    middle = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / n_effective + square / (4 * n_effective)) / (1 + square)
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return low, high


def cluster_totals(clusters: Integers, *amounts: Floats) -> tuple[Floats, ...]:
    """Sum each of `amounts` within clusters, in the order of their codes; `clusters` are whole numbers, one for each row."""
    if len(clusters) and (clusters.min() < 0 or clusters.max() > _SPARSE * len(clusters)):
        clusters = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    present = np.flatnonzero(np.bincount(clusters))
    return tuple(np.bincount(clusters, weights=amount)[present].astype(np.float64) for amount in amounts)


def linearised_variance(deviations: Floats, total: float) -> float:
    """Variance of a ratio from its clusters' summed deviations: k / (k - 1) · Σ d² / total²; 0 for one cluster."""
    count = len(deviations)
    if count < 2 or total <= 0:
        return 0.0
    return count / (count - 1) * math.fsum((deviations * deviations).tolist()) / (total * total)


def design(
    simple_variance: float, day: tuple[float, int], cluster: tuple[float, int]
) -> Design:
    """The larger of two design effects, each given as (linearised variance, number of clusters); floor 1.

    `simple_variance` is that of a simple random sample; where it is 0 (nothing varies) nothing can be learnt and the
    caller decides what to fall back on.
    """
    found = INDEPENDENT
    if simple_variance <= 0:
        return found
    sources: tuple[tuple[Source, tuple[float, int]], ...] = (("day", day), ("cluster", cluster))
    for source, (variance, count) in sources:
        effect = variance / simple_variance
        if count >= 2 and effect > found.effect:
            found = Design(effect, source, count)
    return found


def share_design(hits: Floats, n: Floats, days: Integers, clusters: Integers) -> Design:
    """Design effect of a share from rows (hits of n, on a day, in a cluster)."""
    total = float(n.sum())
    share = float(hits.sum()) / total if total else 0.0
    if total < 2 or share in (0.0, 1.0):
        return INDEPENDENT
    simple = share * (1 - share) / (total - 1)
    return design(simple, *(_share_variance(hits, n, codes, share, total) for codes in (days, clusters)))


def _share_variance(hits: Floats, n: Floats, codes: Integers, share: float, total: float) -> tuple[float, int]:
    hits_in, n_in = cluster_totals(codes, hits, n)
    return linearised_variance(hits_in - share * n_in, total), len(n_in)


def mean_design(values: Floats, n: Floats, days: Integers, clusters: Integers, mean: float) -> tuple[Design, float]:
    """Design effect and simple variance of a mean from rows (value seen n times, on a day, in a cluster)."""
    total = float(n.sum())
    deviations = values - mean
    if total < 2:
        return INDEPENDENT, 0.0
    simple = math.fsum((deviations * deviations * n).tolist()) / (total * (total - 1))
    both = []
    for codes in (days, clusters):
        (summed,) = cluster_totals(codes, deviations * n)
        both.append((linearised_variance(summed, total), len(summed)))
    return design(simple, both[0], both[1]), simple


def quantile(values: Floats, n: Floats, q: float) -> float:
    """The q-quantile of sorted `values` seen `n` times each, interpolated as numpy does by default (type 7)."""
    ends = np.cumsum(n)
    position = (float(ends[-1]) - 1) * q
    below = math.floor(position)
    first = float(values[np.searchsorted(ends, below, side="right")])
    if position == below:
        return first
    second = float(values[np.searchsorted(ends, below + 1, side="right")])
    return first + (second - first) * (position - below)


def quantile_interval(values: Floats, n: Floats, q: float, n_effective: float) -> tuple[float | None, float | None]:
    """Conover's order-statistic interval of a quantile of sorted values, on an effective n.

    An end for which there are too few observations is None: three parcels say nothing about their 90th percentile.
    """
    reach = Z * math.sqrt(n_effective * q * (1 - q))
    low_rank = math.ceil(n_effective * q - reach)
    high_rank = math.ceil(n_effective * q + reach)
    ends = np.cumsum(n)
    total = float(ends[-1])
    low = _at_rank(values, ends, low_rank * total / n_effective) if low_rank >= 1 else None
    high = _at_rank(values, ends, high_rank * total / n_effective) if high_rank <= n_effective else None
    return low, high


def _at_rank(values: Floats, ends: Floats, rank: float) -> float:
    whole = min(max(math.ceil(rank - 1e-9), 1), int(ends[-1]))
    return float(values[np.searchsorted(ends, whole, side="left")])

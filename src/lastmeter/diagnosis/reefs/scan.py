"""How far the flaws of many segments exceed what is expected, and how likely chance does that.

The statistic is the Poisson likelihood ratio of a segment against all else (Kulldorff 1997), one-sided, divided by the
dispersion of the segment's flaws over days and clusters where that exceeds Poisson's (quasi-likelihood, Wedderburn 1974).
"""

from __future__ import annotations

import math

import numpy as np

from lastmeter.indicators.intervals import Floats, Integers, cluster_totals

_ERFC = np.vectorize(math.erfc, otypes=[np.float64])


def log_ratio(found: Floats, expected: Floats, total: Floats | float) -> Floats:
    """Kulldorff's log likelihood ratio of a segment with more flaws than expected, else 0; `total` flaws with those outside."""
    rest, rest_expected = np.maximum(total - found, 0.0), np.maximum(total - expected, 1e-12)
    inside = found * np.log(np.maximum(found, 1e-12) / np.maximum(expected, 1e-12))
    outside = rest * np.log(np.maximum(rest, 1e-12) / rest_expected)
    return np.asarray(np.where((found > expected) & (expected > 0), np.maximum(inside + outside, 0.0), 0.0))


def tail(found: Floats, expected: Floats) -> Floats:
    """P(X >= found) for a Poisson X, found above expected: Lugannani and Rice's saddlepoint with continuity correction.

    Within two in a hundred of the exact tail from 5 flaws up; 1 where found is not above expected by half a flaw.
    """
    k = np.maximum(found - 0.5, 1e-9)
    above = (k > expected) & (expected > 0)
    mean = np.where(above, expected, k / 2)
    root = np.sqrt(np.maximum(2 * (k * np.log(k / mean) - (k - mean)), 0.0))
    slope = 2 * np.sinh(np.log(k / mean) / 2) * np.sqrt(k)
    far = root > 1e-4
    adjusted = np.where(far, root + np.log(np.where(far, slope / np.maximum(root, 1e-12), 1.0)) / np.maximum(root, 1e-12), 0.0)
    return np.asarray(np.where(above, 0.5 * _ERFC(adjusted / math.sqrt(2)), 1.0))


def dispersion(broken: Floats, expected: Floats, *clusterings: Integers) -> float:
    """Variance of a segment's flaws around its own rate, over Poisson's: the largest of the clusterings, at least 1.

    Arrays have one entry a journey of the segment. Clusterings that are worth fewer than five equal clusters, by the flaws
    expected in each, tell nothing (Carter, Schnepel and Steigerwald 2017).
    """
    found, awaited = float(broken.sum()), float(expected.sum())
    if found <= 0 or awaited <= 0:
        return 1.0
    largest = 1.0
    deviations = broken - expected * (found / awaited)
    for codes in clusterings:
        summed, sizes = cluster_totals(codes, deviations, expected)
        count = len(summed)
        if awaited * awaited >= _FEWEST_CLUSTERS * float((sizes * sizes).sum()):
            largest = max(largest, count / (count - 1) * math.fsum((summed * summed).tolist()) / found)
    return largest


_FEWEST_CLUSTERS = 5


def discovered(chances: Floats, rate: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of these p-values pass at a false discovery rate (Benjamini and Hochberg 1995)."""
    ranked = np.sort(chances)
    passing = np.flatnonzero(ranked <= rate * np.arange(1, len(ranked) + 1) / max(len(ranked), 1))
    return np.asarray(chances <= (ranked[passing[-1]] if len(passing) else -1.0))

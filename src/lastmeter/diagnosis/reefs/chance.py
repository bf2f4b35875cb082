"""What chance alone finds: the largest likelihood ratio of all segments and rules, with flaws dealt anew.

Flaws are dealt within period and place, all rules of a journey together, and not one by one: within its place and part of
the period the journeys stand in the order of day and cluster, and the flaws are moved along that line by a random
distance. What broke together on one day or with one performer stays together, so chance has the clusters that the flaws
have, while nothing ties them to segments any more. The tail is a Gumbel distribution fitted to the largest ratios
(Abrams, Kulldorff and Kleinman 2010), so that hundredths need no thousands of deals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lastmeter.indicators.intervals import Floats, Integers

_EULER = 0.5772156649015329


@dataclass(frozen=True)
class Chance:
    """The Gumbel distribution of the largest ratio."""

    place: float
    scale: float

    def p(self, ratio: float) -> float:
        """How likely chance alone finds a ratio at least so large anywhere."""
        if self.scale <= 0:
            return 1.0 if ratio <= self.place else 0.0
        return -math.expm1(-math.exp(-min(max((ratio - self.place) / self.scale, -700.0), 700.0)))


def fit(largest: Floats) -> Chance:
    """The distribution by moments."""
    scale = float(largest.std(ddof=1)) * math.sqrt(6) / math.pi if len(largest) > 1 else 0.0
    return Chance(float(largest.mean()) - _EULER * scale, scale)


def deals(strata: Integers, order: Integers, times: int, rng: np.random.Generator) -> Iterator[Integers]:
    """`times` arrays that say for each journey at which journey its flaws are now; `order` sorts within the strata."""
    line = np.lexsort((order, strata))
    sizes = np.bincount(strata)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    stratum, place = strata[line], np.arange(len(strata)) - starts[strata[line]]
    for _ in range(times):
        moved = (rng.random(len(sizes)) * sizes).astype(np.int64)
        target = np.empty(len(strata), dtype=np.int64)
        target[line] = line[starts[stratum] + (place + moved[stratum]) % sizes[stratum]]
        yield target

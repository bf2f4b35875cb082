"""What chance alone finds: the largest likelihood ratio of all segments and rules, with flaws dealt anew.

Places, and segments of one, two and three conditions, are each given an equal share of chance (the largest ratio within
each kind, Bonferroni over the kinds): there are a hundred times as many long names as short ones, and a short one need not
pay for them.

Flaws are dealt within period and place, all rules of a journey together, and not one by one: within its place and part of
the period the journeys stand in the order of day and cluster, and the flaws are moved along that line by a random
distance. What broke together on one day or with one performer stays together, so chance has the clusters that the flaws
have, while nothing ties them to segments any more. The tail is a Gumbel distribution fitted to the largest ratios
(Abrams, Kulldorff and Kleinman 2010), so that hundredths need no thousands of deals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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

    def ratio(self, p: float) -> float:
        """The ratio that chance alone reaches so often."""
        return self.place - self.scale * math.log(-math.log1p(-p))


PLACE_ALONE = 0
"""The kind of a place alone, which is held against other places; any other segment's kind is the number of its conditions."""


def kind_of(dimensions: Sequence[str]) -> int:
    """Among which segments one is compared with chance."""
    return PLACE_ALONE if tuple(dimensions) == ("place",) else len(dimensions)


@dataclass(frozen=True)
class Chances:
    """Chance by the kind of segment."""

    by_kind: Mapping[int, Chance]

    def p(self, ratio: float, dimensions: Sequence[str]) -> float:
        """How likely chance alone finds a segment of any kind that is as far beyond others of its kind."""
        return min(1.0, len(self.by_kind) * self.by_kind[kind_of(dimensions)].p(ratio))

    def ratio(self, p: float, dimensions: Sequence[str]) -> float:
        """The ratio that a segment of these dimensions must have to be found at p."""
        return self.by_kind[kind_of(dimensions)].ratio(p / len(self.by_kind))


def fit(largest: Floats) -> Chance:
    """The distribution by moments."""
    scale = float(largest.std(ddof=1)) * math.sqrt(6) / math.pi if len(largest) > 1 else 0.0
    return Chance(float(largest.mean()) - _EULER * scale, scale)


@dataclass(frozen=True)
class Line:
    """The journeys in a line along which flaws are moved: stratum by stratum, in each by `order`.

    `journeys` by their place in the line, `stands` the place of each journey.
    """

    journeys: Integers
    stands: Integers
    strata: Integers

    @classmethod
    def of(cls, strata: Integers, order: Integers) -> Line:
        """`strata` (codes from 0) and `order`, one a journey."""
        journeys = np.lexsort((order, strata))
        stands = np.empty(len(strata), dtype=np.int64)
        stands[journeys] = np.arange(len(strata))
        return cls(journeys, stands, strata)

    def deals(self, rows: Integers, times: int, rng: np.random.Generator) -> Iterator[Integers]:
        """`times` arrays that say for each of the journeys `rows` where in the line its flaws are now: in the same stratum,
        all flaws of it as far apart as they were.
        """
        sizes = np.bincount(self.strata)
        stratum = self.strata[rows]
        first, size = (np.cumsum(sizes) - sizes)[stratum], sizes[stratum]
        place = self.stands[rows] - first
        for _ in range(times):
            moved = (rng.random(len(sizes)) * sizes).astype(np.int64)
            now = place + moved[stratum]
            yield first + np.where(now >= size, now - size, now)

"""What a chart takes for usual: the level of a baseline, its spread, its memory, and how rare a period is beside it.

Laney's sigma_z is a mean moving range, which neighbours that resemble each other make too small by √(1 − φ), and an
average of such neighbours swings more than one of strangers. So the lag-1 autocorrelation φ of the baseline is
estimated (Marriott and Pope 1954 for its bias), drawn to 0 by as much as so few periods leave it unsure, never taken
below 0, and sigma, the centre's error and the drift's limit are widened by it (Schmid 1997 for the EWMA).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

BASELINE = 24
LEARNING = 8
LIMIT = 3.0
FEWEST_EXPECTED = 1.0
MOVING_RANGE = 1.128  # expected range of two standard normal values
MOVING_RANGE_FREEDOM = 0.62  # per range
MEMORY_SPREAD = 0.3  # how far from 0 the autocorrelation of monthly rates is, as a standard deviation
MOST_MEMORY = 0.6


@dataclass(frozen=True, slots=True)
class Observation:
    """A period as a chart sees it: `value` None where nothing was counted; `peers` are hits and n of all others."""

    period: str
    value: float | None
    hits: float
    n: int
    mature: bool
    peers: tuple[float, int] = (0.0, 0)


class Usual(Protocol):
    """What a baseline says about a period beside it; `memory` is how much of a deviation the next period repeats."""

    @property
    def size(self) -> int:
        """Periods that it is made of."""

    @property
    def sigma(self) -> float:
        """How much more periods differ than chance alone would have them."""

    @property
    def memory(self) -> float:
        """Lag-1 autocorrelation, 0 to MOST_MEMORY."""

    def centre_of(self, seen: Observation) -> float:
        """The value that would be usual for this period."""

    def limits(self, seen: Observation, limit: float) -> tuple[float, float]:
        """The values between which the period's score stays within `limit`."""

    def score(self, seen: Observation) -> float:
        """The normal score as rare as the distance of `seen` from what is usual."""

    def doubt(self, seen: Observation) -> float:
        """The variance of what is usual as a part of that of the period."""

    def too_few(self, seen: Observation) -> bool:
        """Whether the period is too small to judge."""

    def distance(self, seen: Observation) -> float:
        """How many sigmas a period of the baseline itself lies from the centre."""


Fit = Callable[[Sequence[Observation]], "Usual | None"]


@dataclass(frozen=True, slots=True)
class Level:
    """A level that stays: `weight` is the baseline's n together (shares) or its number of periods (values)."""

    centre: float
    sigma: float
    weight: float
    size: int
    shares: bool
    memory: float = 0.0

    def centre_of(self, seen: Observation) -> float:
        """The same for every period."""
        del seen
        return self.centre

    def limits(self, seen: Observation, limit: float) -> tuple[float, float]:
        """The limits; those of shares end at 0 and 1."""
        reach = student(limit, self._freedom) * self._spread(seen.n) * math.sqrt(1 + self.doubt(seen))
        low, high = self.centre - reach, self.centre + reach
        return (max(0.0, low), min(1.0, high)) if self.shares else (low, high)

    def score(self, seen: Observation) -> float:
        """Student's t of the distance from the centre, as a normal score."""
        assert seen.value is not None  # noqa: S101 - the caller has looked
        distance = (seen.value - self.centre) / (self._spread(seen.n) * math.sqrt(1 + self.doubt(seen)))
        return normal_score(distance, self._freedom)

    def doubt(self, seen: Observation) -> float:
        """The centre's variance as a part of the period's."""
        return seen.n / self.weight * (1 + self.memory) / (1 - self.memory)

    def too_few(self, seen: Observation) -> bool:
        """Whether less than one hit, or one miss, is to be expected."""
        return self.shares and seen.n * min(self.centre, 1 - self.centre) < FEWEST_EXPECTED

    def distance(self, seen: Observation) -> float:
        """In sigmas of the chart, without the centre's own error."""
        scale = self.sigma * self._unit(seen.n)
        if seen.value is None or scale == 0 or self.too_few(seen):
            return 0.0
        return abs(seen.value - self.centre) / scale

    def _unit(self, n: int) -> float:
        """What sigma is a multiple of: the binomial error of a share of n; 1 for a plain value."""
        return math.sqrt(self.centre * (1 - self.centre) / n) if self.shares else 1.0

    def _spread(self, n: int) -> float:
        """Standard deviation of a period with `n`: sigma units, more where n is larger than the baseline's were."""
        if not self.shares:
            return self.sigma
        return overdispersed(self.sigma, n * self.size / self.weight) * self._unit(n)

    @property
    def _freedom(self) -> float:
        return moving_range_freedom(self.size)


def moving_range_freedom(periods: int) -> float:
    """Degrees of freedom of a sigma that comes from a mean moving range (Wheeler)."""
    return MOVING_RANGE_FREEDOM * (periods - 1)


def overdispersed(sigma: float, size: float) -> float:
    """Sigma of a period `size` times as large as the baseline's: what lies between periods does not shrink with √n."""
    return max(sigma, math.sqrt(1 + (sigma**2 - 1) * size))


def normal_score(distance: float, freedom: float) -> float:
    """The normal score as rare as a Student's t of that many degrees of freedom (Wallace 1959)."""
    normal = math.sqrt(freedom * math.log1p(distance**2 / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return math.copysign(normal, distance)


def student(score: float, freedom: float) -> float:
    """The Student's t as rare as a normal score: what `normal_score` takes back."""
    corrected = score * (8 * freedom + 3) / (8 * freedom + 1)
    return math.sqrt(freedom * math.expm1(corrected**2 / freedom))


def without_outliers(usual: list[Observation], fit: Fit) -> list[Observation]:
    """Montgomery's phase I: while learning, drop one by one what lies beyond the limits of the others with it."""
    while (level := fit(usual)) is not None and level.size >= LEARNING:
        distances = [level.distance(each) for each in usual]
        worst = max(range(len(usual)), key=distances.__getitem__)
        if distances[worst] <= LIMIT:
            break
        usual = usual[:worst] + usual[worst + 1 :]
    return usual


def shares_level(usual: Sequence[Observation]) -> Level | None:
    """p̄ and sigma_z of the last periods that are large enough for it."""
    total = sum(each.n for each in usual)
    if not total:
        return None
    rough = (sum(each.hits for each in usual) + 0.5) / (total + 1)
    chosen = [each for each in usual if each.n * min(rough, 1 - rough) >= FEWEST_EXPECTED][-BASELINE:]
    if not chosen:
        return None
    n = sum(each.n for each in chosen)
    centre = sum(each.hits for each in chosen) / n
    scores = [(each.hits - centre * each.n) / math.sqrt(each.n) for each in chosen]
    unit = math.sqrt(centre * (1 - centre))
    repeated = memory(scores)
    sigma = max(1.0, moving_range_sigma(scores, repeated) / unit) if unit else 1.0
    return Level(centre, sigma, float(n), len(chosen), shares=True, memory=repeated)


def values_level(usual: Sequence[Observation]) -> Level | None:
    """Mean and sigma of the last periods."""
    values = [each.value for each in usual if each.value is not None][-BASELINE:]
    if not values:
        return None
    centre = math.fsum(values) / len(values)
    repeated = memory([value - centre for value in values])
    sigma = moving_range_sigma(values, repeated)
    return Level(centre, sigma, float(len(values)), len(values), shares=False, memory=repeated)


def moving_range_sigma(values: Sequence[float], repeated: float = 0.0) -> float:
    """Mean distance of neighbours over 1.128: sees what changes from period to period, not the slow drift.

    repeated: their autocorrelation, which makes neighbours lie closer than strangers.
    """
    if len(values) < 2:
        return 0.0
    ranges = [abs(after - before) for before, after in pairwise(values)]
    return math.fsum(ranges) / len(ranges) / MOVING_RANGE / math.sqrt(1 - repeated)


def memory(deviations: Sequence[float]) -> float:
    """Lag-1 autocorrelation of deviations from their centre, as far as so few of them can show one; 0 to MOST_MEMORY."""
    return repeated_part([deviations])


def repeated_part(series: Sequence[Sequence[float]]) -> float:
    """The same of several series that are alike in it."""
    told = [each for each in series if len(each) >= LEARNING and any(each)]
    count = sum(len(each) for each in told)
    if not count:
        return 0.0
    unbiased = math.fsum(len(each) * _autocorrelation(each) for each in told) / count
    kept = MEMORY_SPREAD**2 / (MEMORY_SPREAD**2 + 1 / count)
    return min(MOST_MEMORY, max(0.0, kept * unbiased))


def _autocorrelation(deviations: Sequence[float]) -> float:
    count = len(deviations)
    found = math.fsum(before * after for before, after in pairwise(deviations)) / math.fsum(each**2 for each in deviations)
    return (found + 1 / count) / (1 - 3 / count)

"""Signal or noise: the company's chart over the months.

Shares: Laney's p' chart (Laney 2002, “Improved control charts for attributes”): z = (p − p̄) / √(p̄(1 − p̄)/n), sigma_z
the mean moving range of z over 1.128, never below 1. Beside it an EWMA (Roberts 1959; Montgomery, section 9.2: λ = 0.2,
L = 2.962 for an in-control run of 500) for small lasting shifts. Other measures: the individuals chart (XmR).

The baseline is what earlier periods that were neither signals nor declared peaks were like: the last 24 of them. Three
sigmas hold for a known process, and a baseline of months is far from known: with plain limits one calm month in sixty
alarms. So a period's distance from the centre is turned into the normal score that is as rare, given how little is
known (Quesenberry 1991, Q charts: Student's t, the centre's own error; degrees of freedom of a mean moving range after
Wheeler); a score beyond 3 is a signal, and the EWMA runs over scores. And where a period is larger than the baseline's
were, the between-period part of sigma_z does not shrink with √n (the additive reading of overdispersion, Spiegelhalter
2005): a growing company would else alarm for growing.

Fewer than 8 baseline periods: learning. Eight signals in a row to one side: that is how things are now, and they become
the new baseline. A signal restarts the EWMA, as after a cause found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from lastmeter.indicators.indicator import Direction

Signal = Literal["none", "worse", "better"]
Rule = Literal["", "beyond_limits", "drift", "learning", "too_few", "no_spread"]

BASELINE = 24
LEARNING = 8
NEW_LEVEL_AFTER = 8
LIMIT = 3.0
LAMBDA = 0.2
EWMA_LIMIT = 2.962
FEWEST_EXPECTED = 1.0
MOVING_RANGE = 1.128  # expected range of two standard normal values
MOVING_RANGE_FREEDOM = 0.62  # per range


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
class Charted:
    """A period on a chart.

    centre, lower, upper: of the baseline of `baseline` periods before it (None while learning). sigma: sigma_z (p') or
    the standard deviation (XmR). score: how unusual the period is, as a normal score; ewma: the drift of scores, with
    its limit `ewma_limit`. signal with the rule that raised it; without a signal, rule says why nothing could be judged
    (learning, too_few, no_spread) or is empty.
    declared: in a declared peak; mature: the period is complete; new_level: the first after a new baseline.
    """

    period: str
    value: float | None
    n: int
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None = None
    ewma: float | None = None
    ewma_limit: float | None = None
    sigma: float | None = None
    baseline: int = 0
    signal: Signal = "none"
    rule: Rule = ""
    declared: bool = False
    mature: bool = True
    new_level: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's periods in order; `kind` is p_prime or xmr, `direction` which way is better."""

    kind: Literal["p_prime", "xmr"]
    direction: Direction
    points: tuple[Charted, ...]

    def at(self, period: str) -> Charted | None:
        """The period of that code."""
        return next((point for point in self.points if point.period == period), None)

    @property
    def signals(self) -> tuple[Charted, ...]:
        """The periods that are signals."""
        return tuple(point for point in self.points if point.signal != "none")


@dataclass(frozen=True, slots=True)
class _Observation:
    period: str
    value: float | None
    hits: float
    n: int
    mature: bool


@dataclass(frozen=True, slots=True)
class _Level:
    """What a baseline of `size` periods was like; `weight` is their n together (shares) or their number (values)."""

    centre: float
    sigma: float
    weight: float
    size: int
    shares: bool

    def unit(self, n: int) -> float:
        """What sigma is a multiple of: the binomial error of a share of n; 1 for a plain value."""
        return math.sqrt(self.centre * (1 - self.centre) / n) if self.shares else 1.0

    def spread(self, n: int) -> float:
        """Standard deviation of a period with `n`: sigma units, more where n is larger than the baseline's were."""
        if not self.shares:
            return self.sigma
        additive = math.sqrt(1 + (self.sigma**2 - 1) * n * self.size / self.weight)
        return max(self.sigma, additive) * self.unit(n)

    def reach(self, n: int) -> float:
        """How far from the centre a period with `n` may lie: where its score would be 3."""
        freedom = self.freedom
        correction = (8 * freedom + 3) / (8 * freedom + 1)
        student = math.sqrt(freedom * math.expm1((LIMIT * correction) ** 2 / freedom))
        return student * self.spread(n) * math.sqrt(1 + n / self.weight)

    def score(self, value: float, n: int) -> float:
        """The normal score as rare as this distance from the centre (Wallace 1959 for Student's t)."""
        distance = (value - self.centre) / (self.spread(n) * math.sqrt(1 + n / self.weight))
        freedom = self.freedom
        normal = math.sqrt(freedom * math.log1p(distance**2 / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
        return math.copysign(normal, distance)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a sigma that comes from a mean moving range (Wheeler)."""
        return MOVING_RANGE_FREEDOM * (self.size - 1)

    def too_few(self, n: int) -> bool:
        """Whether less than one hit, or one miss, is to be expected of n."""
        return self.shares and n * min(self.centre, 1 - self.centre) < FEWEST_EXPECTED

    def bounded(self, value: float) -> float:
        """A limit of the chart: shares end at 0 and 1."""
        return min(1.0, max(0.0, value)) if self.shares else value

    def distance(self, seen: _Observation) -> float:
        """How many sigmas of the chart an observation of the baseline itself lies from the centre."""
        scale = self.sigma * self.unit(seen.n)
        if seen.value is None or scale == 0 or self.too_few(seen.n):
            return 0.0
        return abs(seen.value - self.centre) / scale


def company_chart(
    series: Sequence[Point], *, direction: Direction = "down", declared: Collection[str] = (),
) -> Chart:
    """Laney's p' chart with EWMA over periods in order; `direction` up where hits are what is wanted.

    A period in which fewer than one hit, or one miss, would be expected is too small to judge and no baseline.
    """
    observations = [
        _Observation(each.period, each.hits / each.n if each.n else None, each.hits, each.n, each.mature)
        for each in series
    ]
    return Chart("p_prime", direction, _watch(observations, _shares_level, direction, declared))


def xmr_chart(
    series: Sequence[Value], *, direction: Direction = "down", declared: Collection[str] = (),
) -> Chart:
    """The individuals chart with EWMA over periods in order: for small series and for what is no share."""
    observations = [_Observation(each.period, each.value, 0.0, 1, each.mature) for each in series]
    return Chart("xmr", direction, _watch(observations, _values_level, direction, declared))


_Fit = Callable[[Sequence[_Observation]], "_Level | None"]


def _watch(
    observations: Sequence[_Observation], fit: _Fit, direction: Direction, declared: Collection[str],
) -> tuple[Charted, ...]:
    watch = _Watch(fit, direction)
    return tuple(watch.judge(each, declared=each.period in declared) for each in observations)


class _Watch:
    """Walks through the periods once; only what came before a period judges it."""

    def __init__(self, fit: _Fit, direction: Direction) -> None:
        self.fit, self.direction = fit, direction
        self.usual: list[_Observation] = []  # neither signals nor declared: what baselines are made of
        self.run: list[_Observation] = []  # signals in a row to one side
        self.run_side: Signal = "none"
        self.established = self.new_level = False
        self.restart()

    def restart(self) -> None:
        self.ewma, self.steps = 0.0, 0

    def level(self) -> _Level | None:
        """The level before this period; at first also freed of what stands out within it (phase I)."""
        if not self.established:
            self.usual = _without_outliers(self.usual, self.fit)
        level = self.fit(self.usual)
        if level is None or level.size < LEARNING:
            return None
        self.established = True
        return level

    def judge(self, seen: _Observation, *, declared: bool) -> Charted:
        level = self.level()
        blank = Charted(seen.period, seen.value, seen.n, declared=declared, mature=seen.mature)
        if seen.value is None:
            return replace(blank, rule="too_few")
        if level is None:
            if not declared:
                self.usual.append(seen)
            return replace(blank, rule="learning")
        reach = level.reach(seen.n)
        charted = replace(
            blank, centre=level.centre, lower=level.bounded(level.centre - reach),
            upper=level.bounded(level.centre + reach), sigma=level.sigma, baseline=level.size, new_level=self.new_level,
        )
        self.new_level = False
        if level.too_few(seen.n):
            return replace(charted, rule="too_few", lower=None, upper=None)
        if reach == 0:
            self.usual.append(seen)
            return replace(charted, rule="no_spread")
        charted = self.verdict(charted, level.score(seen.value, seen.n))
        self.remember(seen, charted)
        return charted

    def verdict(self, charted: Charted, score: float) -> Charted:
        """The period with its score and drift, and the signal they raise; a declared peak is no part of a drift."""
        charted = replace(charted, score=score)
        limit = math.inf
        if not charted.declared:
            self.steps += 1
            self.ewma = LAMBDA * score + (1 - LAMBDA) * self.ewma
            limit = EWMA_LIMIT * math.sqrt(LAMBDA / (2 - LAMBDA) * (1 - (1 - LAMBDA) ** (2 * self.steps)))
            charted = replace(charted, ewma=self.ewma, ewma_limit=limit)
        if abs(score) > LIMIT:
            return replace(charted, signal=self.side(score), rule="beyond_limits")
        if abs(self.ewma) > limit:
            return replace(charted, signal=self.side(self.ewma), rule="drift")
        return charted

    def side(self, amount: float) -> Signal:
        return "worse" if (amount > 0) == (self.direction == "down") else "better"

    def remember(self, seen: _Observation, charted: Charted) -> None:
        """Signals stay out of the baseline until eight in a row say that this is how things are now."""
        if charted.declared or not charted.mature:
            return
        if charted.signal == "none":
            self.usual.append(seen)
            self.run.clear()
            return
        self.restart()
        if charted.signal != self.run_side:
            self.run.clear()
        self.run_side = charted.signal
        self.run.append(seen)
        if len(self.run) >= NEW_LEVEL_AFTER:
            self.usual, self.run, self.new_level = list(self.run), [], True


def _without_outliers(usual: list[_Observation], fit: _Fit) -> list[_Observation]:
    """Montgomery's phase I: while learning, drop one by one what lies beyond the limits of the others with it."""
    while (level := fit(usual)) is not None and level.size >= LEARNING:
        distances = [level.distance(each) for each in usual]
        worst = max(range(len(usual)), key=distances.__getitem__)
        if distances[worst] <= LIMIT:
            break
        usual = usual[:worst] + usual[worst + 1 :]
    return usual


def _shares_level(usual: Sequence[_Observation]) -> _Level | None:
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
    sigma = max(1.0, _moving_range_sigma(scores) / unit) if unit else 1.0
    return _Level(centre, sigma, float(n), len(chosen), shares=True)


def _values_level(usual: Sequence[_Observation]) -> _Level | None:
    """Mean and sigma of the last periods."""
    values = [each.value for each in usual if each.value is not None][-BASELINE:]
    if not values:
        return None
    centre = math.fsum(values) / len(values)
    return _Level(centre, _moving_range_sigma(values), float(len(values)), len(values), shares=False)


def _moving_range_sigma(values: Sequence[float]) -> float:
    """Mean distance of neighbours over 1.128: sees what changes from period to period, not the slow drift."""
    if len(values) < 2:
        return 0.0
    ranges = [abs(after - before) for before, after in pairwise(values)]
    return math.fsum(ranges) / len(ranges) / MOVING_RANGE

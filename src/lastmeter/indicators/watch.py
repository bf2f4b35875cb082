"""The walk of a chart through its periods: what came before judges each, and what is usual is learnt on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from lastmeter.indicators.baseline import LEARNING, LIMIT, Fit, Observation, Usual, without_outliers
from lastmeter.indicators.indicator import Direction

Signal = Literal["none", "worse", "better"]
Rule = Literal["", "beyond_limits", "drift", "learning", "too_few", "no_spread"]

NEW_LEVEL_AFTER = 8
LAMBDA = 0.4  # a lasting shift should be found within three periods, not within ten
EWMA_LIMIT = 2.3  # with LIMIT: less than one calm month in a hundred alarms
MOST_TOGETHER = 3
GUARD = MOST_TOGETHER - 1
"""Periods before this one that are no part of the level: a shift that is not found at once must not become usual."""


@dataclass(frozen=True, slots=True)
class Charted:
    """A period on a chart.

    centre, lower, upper: of the baseline of `baseline` periods before it (None while learning). sigma: sigma_z (shares)
    or the standard deviation (XmR); memory: how much of a deviation the next period usually repeats. score: how unusual
    the period is, as a normal score; ewma: the drift of scores (of a post: the mean of its last two or three), with its
    limit `ewma_limit`. signal with the rule that
    raised it; without a signal, rule says why nothing could be judged (learning, too_few, no_spread) or is empty.
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
    memory: float = 0.0


class Course(Protocol):
    """What the scores of several periods together say."""

    @property
    def value(self) -> float:
        """The course now."""

    @property
    def deviation(self) -> float:
        """Its standard deviation while nothing changes."""

    @property
    def standardised(self) -> list[float]:
        """All that it looks at, each in its standard deviations."""

    def add(self, score: float, memory: float, doubt: float) -> None:
        """One more period."""


@dataclass(slots=True)
class Drift:
    """The EWMA of scores and how far it swings by itself.

    Scores of neighbours share the centre's error, and where months resemble each other also part of their deviations:
    both make the average swing more than the textbook's √(λ/(2 − λ)).
    """

    value: float = 0.0
    _variance: float = 0.0
    _covariance: float = 0.0
    _weight: float = 0.0
    _doubt: float = 0.0

    def add(self, score: float, memory: float, doubt: float) -> None:
        """One more period."""
        before = (1 - LAMBDA) * memory * self._covariance
        self._variance = LAMBDA**2 + 2 * LAMBDA * before + (1 - LAMBDA) ** 2 * self._variance
        self._covariance = LAMBDA + before
        self._weight = LAMBDA + (1 - LAMBDA) * self._weight
        self._doubt = doubt
        self.value = LAMBDA * score + (1 - LAMBDA) * self.value

    @property
    def deviation(self) -> float:
        """Its standard deviation while nothing changes."""
        return math.sqrt((self._variance + self._weight**2 * self._doubt) / (1 + self._doubt))

    @property
    def standardised(self) -> list[float]:
        """The one average."""
        return [self.value / self.deviation]


@dataclass(slots=True)
class Together:
    """The last two, or three, scores summed up: whichever says more.

    Sharper than an EWMA for a shift that should be found within three periods, provided that those periods are no part of
    the level that they are held against: see `GUARD`.
    """

    _scores: list[float] = field(default_factory=list)
    _memory: float = 0.0
    _doubt: float = 0.0

    def add(self, score: float, memory: float, doubt: float) -> None:
        """One more period."""
        self._scores = [*self._scores, score][-MOST_TOGETHER:]
        self._memory, self._doubt = memory, doubt

    @property
    def value(self) -> float:
        """The mean of those scores."""
        return math.fsum(self._scores[-self._length :]) / self._length

    @property
    def deviation(self) -> float:
        """Its standard deviation while nothing changes."""
        return self._deviation(self._length)

    @property
    def standardised(self) -> list[float]:
        """The mean of the last two, of the last three, each in its standard deviations."""
        return [self._standardised(length) for length in range(2, len(self._scores) + 1)]

    @property
    def _length(self) -> int:
        lengths = range(2, len(self._scores) + 1)
        return max(lengths, key=lambda length: abs(self._standardised(length)), default=1)

    def _standardised(self, length: int) -> float:
        return math.fsum(self._scores[-length:]) / length / self._deviation(length)

    def _deviation(self, length: int) -> float:
        """Neighbours share the level's error, and where months resemble each other a part of their deviations."""
        alike = 2 * math.fsum((length - apart) * self._memory**apart for apart in range(1, length))
        return math.sqrt(((length + alike) / length**2 + self._doubt) / (1 + self._doubt))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a score may lie from 0, and the drift in its standard deviations."""

    score: float = LIMIT
    drift: float = EWMA_LIMIT


class Watch:
    """Walks through the periods of one series once; only what came before a period judges it.

    For each period: `level`, then `look` with it, then `settle`. `course`: what is made of several periods; `guard`: how
    many of the last periods the level leaves out, once there are enough without them.
    """

    def __init__(
        self, fit: Fit, direction: Direction, *, course: Callable[[], Course] = Drift, guard: int = 0,
    ) -> None:
        self.fit, self.direction, self._course, self._guard = fit, direction, course, guard
        self.usual: list[Observation] = []  # neither signals nor declared: what baselines are made of
        self.drift = course()
        self._run: list[Observation] = []  # signals in a row to one side
        self._run_side: Signal = "none"
        self._established = self._new_level = False

    def level(self) -> Usual | None:
        """The level before this period; at first also freed of what stands out within it (phase I)."""
        if not self._established:
            self.usual = without_outliers(self.usual, self.fit)
        level = self.fit(self._learnt_from())
        if level is None or level.size < LEARNING:
            return None
        self._established = True
        return level

    def _learnt_from(self) -> Sequence[Observation]:
        return self.usual[: max(LEARNING, len(self.usual) - self._guard)]

    def look(self, seen: Observation, level: Usual | None, *, declared: bool) -> Charted:
        """The period with its score and drift, not judged yet; a declared peak is no part of a drift."""
        blank = Charted(seen.period, seen.value, seen.n, declared=declared, mature=seen.mature)
        if seen.value is None:
            return replace(blank, rule="too_few")
        if level is None:
            if not declared:
                self.usual.append(seen)
            return replace(blank, rule="learning")
        charted = replace(
            blank, centre=level.centre_of(seen), sigma=level.sigma, baseline=level.size, memory=level.memory,
            new_level=self._new_level,
        )
        self._new_level = False
        if level.too_few(seen):
            return replace(charted, rule="too_few")
        if level.sigma == 0:
            self.usual.append(seen)
            return replace(charted, rule="no_spread", lower=charted.centre, upper=charted.centre)
        score = level.score(seen)
        if declared:
            return replace(charted, score=score)
        self.drift.add(score, level.memory, level.doubt(seen))
        return replace(charted, score=score, ewma=self.drift.value)

    def settle(self, seen: Observation, level: Usual | None, charted: Charted, limits: Limits) -> Charted:
        """The period judged by these limits, and remembered."""
        if level is None or charted.score is None:
            return charted
        score = charted.score
        lower, upper = level.limits(seen, limits.score)
        charted = replace(charted, lower=lower, upper=upper)
        if charted.ewma is not None:
            charted = replace(charted, ewma_limit=limits.drift * self.drift.deviation)
        charted = self._judged(charted, score, limits)
        self._remember(seen, charted)
        return charted

    def _judged(self, charted: Charted, score: float, limits: Limits) -> Charted:
        if abs(score) > limits.score:
            return replace(charted, signal=self._side(score), rule="beyond_limits")
        if charted.ewma is not None and charted.ewma_limit is not None and abs(charted.ewma) > charted.ewma_limit:
            return replace(charted, signal=self._side(charted.ewma), rule="drift")
        return charted

    def _side(self, amount: float) -> Signal:
        return "worse" if (amount > 0) == (self.direction == "down") else "better"

    def _remember(self, seen: Observation, charted: Charted) -> None:
        """Signals stay out of the baseline until eight in a row say that this is how things are now."""
        if charted.declared or not charted.mature:
            return
        if charted.signal == "none":
            self.usual.append(seen)
            self._run.clear()
            return
        self.drift = self._course()
        if charted.signal != self._run_side:
            self._run.clear()
        self._run_side = charted.signal
        self._run.append(seen)
        if len(self._run) >= NEW_LEVEL_AFTER:
            self.usual, self._run, self._new_level = list(self._run), [], True

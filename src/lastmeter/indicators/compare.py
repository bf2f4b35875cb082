"""Places, posts, people side by side: who differs from the others beyond chance, and who cannot be told apart.

Nobody is ranked. A group is held against the mean of all others (a funnel, Spiegelhalter 2005) on its cluster-adjusted n;
because many are looked at, those that stand out are chosen at a false discovery rate of 5 % (Benjamini and Hochberg
1995). The one that stands out most leaves the others' mean, and all are looked at again: one disaster does not make
everybody else good. What a small group may be expected to do is shrunk towards the mean of all by how much groups really differ:
empirical Bayes, beta-binomial for shares, normal for other figures, the variance between groups by moments
(DerSimonian and Laird 1986).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from lastmeter.indicators.discoveries import discovery_limit
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Indicator
from lastmeter.indicators.intervals import Z, wilson

Standing = Literal["worse", "better", "alike", "too_few", "other_coverage"]

FEWEST = 10
FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """A group's figure and its standing; shrunk with low and high is what to expect of it (None where not compared)."""

    figure: Figure
    standing: Standing
    shrunk: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups as they came. mean: of all that are compared; between: standard deviation between them, 0 if chance
    explains all; distinct: whether any stands out at all.
    """

    groups: tuple[Compared, ...]
    mean: float | None
    between: float

    @property
    def distinct(self) -> bool:
        """Whether at least one group differs from the mean of all beyond chance."""
        return any(group.standing in ("worse", "better") for group in self.groups)


@dataclass(frozen=True, slots=True)
class _Peers:
    """What the compared groups have in common: the mean with its interval, and the variance between them."""

    mean: float
    low: float
    high: float
    variance_between: float
    shares: bool


def compare(indicator: Indicator, figures: Sequence[Figure]) -> Comparison:
    """Each figure of one indicator against all of them; figures of another coverage than most take no part."""
    usual = Counter(figure.rules for figure in figures if figure.value is not None)
    coverage = min(usual, key=lambda rules: (-usual[rules], rules), default="")
    outside: list[Standing | None] = [_outside(figure, coverage) for figure in figures]
    members = [figure for figure, standing in zip(figures, outside, strict=True) if standing is None]
    if len(members) < 2:
        return Comparison(tuple(Compared(f, s or "alike") for f, s in zip(figures, outside, strict=True)), None, 0.0)
    peers = _peers(members, shares=indicator.is_share)
    scores, telling = _stand_out(members, peers)
    judged = iter(
        _compared(figure, peers, _standing(score, indicator) if tells else "alike")
        for figure, score, tells in zip(members, scores, telling, strict=True)
    )
    groups = tuple(
        next(judged) if standing is None else Compared(figure, standing)
        for figure, standing in zip(figures, outside, strict=True)
    )
    return Comparison(groups, peers.mean, math.sqrt(peers.variance_between))


def _outside(figure: Figure, coverage: str) -> Standing | None:
    if figure.value is None or figure.n < FEWEST or figure.low is None or figure.high is None:
        return "too_few"
    return None if figure.rules == coverage else "other_coverage"


def _value(figure: Figure) -> float:
    assert figure.value is not None  # noqa: S101 - others are outside
    return figure.value


def _variance(figure: Figure, mean: float, *, shares: bool) -> float:
    """Sampling variance of a group's value, for a share under the mean of all, as a funnel has it."""
    if shares:
        return mean * (1 - mean) / figure.n_effective
    assert figure.low is not None  # noqa: S101 - others are outside
    assert figure.high is not None  # noqa: S101
    return ((figure.high - figure.low) / (2 * Z)) ** 2


def _peers(members: Sequence[Figure], *, shares: bool) -> _Peers:
    """Mean by n, and what the groups differ by beyond their sampling variances."""
    total = sum(figure.n for figure in members)
    mean = math.fsum(_value(figure) * figure.n for figure in members) / total
    variances = [_variance(figure, mean, shares=shares) for figure in members]
    half = Z * math.sqrt(math.fsum((f.n / total) ** 2 * v for f, v in zip(members, variances, strict=True)))
    low, high = wilson(mean, math.fsum(f.n_effective for f in members)) if shares else (mean - half, mean + half)
    known = [(figure, 1 / variance) for figure, variance in zip(members, variances, strict=True) if variance > 0]
    if len(known) < 2:
        return _Peers(mean, low, high, 0.0, shares)
    weights = math.fsum(weight for _, weight in known)
    weighted = math.fsum(_value(figure) * weight for figure, weight in known) / weights
    squares = math.fsum(weight * (_value(figure) - weighted) ** 2 for figure, weight in known)
    scale = weights - math.fsum(weight**2 for _, weight in known) / weights
    return _Peers(mean, low, high, max(0.0, (squares - (len(known) - 1)) / scale), shares)


def _stand_out(members: Sequence[Figure], peers: _Peers) -> tuple[list[float], list[bool]]:
    """Each group's distance from the ordinary others, and whether it is a finding; most stay ordinary."""
    ordinary = [True] * len(members)
    while True:
        scores = _scores(members, peers, ordinary)
        chances = [2 * NormalDist().cdf(-abs(score)) for score in scores]
        limit = discovery_limit(chances, FALSE_DISCOVERY_RATE)
        telling = [chance <= limit for chance in chances]
        found = [place for place, tells in enumerate(telling) if tells and ordinary[place]]
        if not found or sum(ordinary) <= max(2, (len(members) + 1) // 2):
            return scores, telling
        ordinary[max(found, key=lambda place: abs(scores[place]))] = False


def _scores(members: Sequence[Figure], peers: _Peers, ordinary: Sequence[bool]) -> list[float]:
    """How many standard errors each group lies from the mean of the ordinary others."""
    rows = [(f.n, f.n * _value(f), f.n**2 * _variance(f, peers.mean, shares=peers.shares)) for f in members]
    among = [row for row, usual in zip(rows, ordinary, strict=True) if usual]
    n_all, sum_all, variance_all = (math.fsum(column) for column in zip(*among, strict=True))
    scores = []
    for (n, summed, variance), usual in zip(rows, ordinary, strict=True):
        own = (n, summed, variance) if usual else (0, 0.0, 0.0)
        others = n_all - own[0]
        error = variance / n**2 + max(0.0, variance_all - own[2]) / others**2
        scores.append((summed / n - (sum_all - own[1]) / others) / math.sqrt(error) if error > 0 else 0.0)
    return scores


def _standing(score: float, indicator: Indicator) -> Standing:
    return "better" if (score > 0) == (indicator.direction == "up") else "worse"


def _compared(figure: Figure, peers: _Peers, standing: Standing) -> Compared:
    if peers.variance_between == 0:
        return Compared(figure, standing, peers.mean, peers.low, peers.high)
    if peers.shares:
        return _shrunk_share(figure, peers, standing)
    variance = _variance(figure, peers.mean, shares=False)
    kept = peers.variance_between / (peers.variance_between + variance)
    shrunk = peers.mean + kept * (_value(figure) - peers.mean)
    half = Z * math.sqrt(kept * variance)
    return Compared(figure, standing, shrunk, shrunk - half, shrunk + half)


def _shrunk_share(figure: Figure, peers: _Peers, standing: Standing) -> Compared:
    """The beta-binomial posterior: the peers count as so many journeys more, at the mean of all."""
    spread = peers.mean * (1 - peers.mean)
    prior = max(0.0, spread / peers.variance_between - 1)
    worth = figure.n_effective + prior
    shrunk = (_value(figure) * figure.n_effective + peers.mean * prior) / worth
    return Compared(figure, standing, shrunk, *wilson(shrunk, worth))

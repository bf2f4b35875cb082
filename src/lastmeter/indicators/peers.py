"""Signal or noise at one post: its share minus its peers' share of the same period, so that what moves all cancels.

Usual is how the post has stood to its peers: a lasting difference of log odds, learnt from its last 24 periods (with a
weak pull to 0, that a post without a hit has one at all). A period's hits are held against what that difference makes
of the peers' rate of the same period, on the angle scale (Anscombe 1948), where few hits are not called many so easily,
with the peers' own error added. How much more than chance a post swings is a moving range like the company's, but a
post's few months say little about it: its square is averaged with that of all posts, which counts for the more the more
alike all posts swing (empirical Bayes; Smyth 2004), and is never below 1. Memory, that of all posts together, and doubt:
`baseline`. The two periods before the one that is judged are no part of what is usual: they may be the beginning of
what is to be found (a guard, as in Hutwagner et al. 2003).

A post is judged by one period and by the last two or three together, and many posts are looked at: of all these chances
those are signals that Benjamini and Hochberg's rule passes at 3 % a period; all posts together then alarm in about one
calm period of a hundred (`benchmarks/show_charts.py`). Whoever looks at one post alone need not pay for the others:
then it is 1 % for that post.
A post that stands out counts, among the peers of all others, as it usually is: one disaster does not make everybody
else good.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from lastmeter.indicators.baseline import (
    BASELINE,
    FEWEST_EXPECTED,
    Observation,
    moving_range_freedom,
    moving_range_sigma,
    normal_score,
    overdispersed,
    repeated_part,
    student,
)
from lastmeter.indicators.control import Chart, Point
from lastmeter.indicators.discoveries import discovery_limit
from lastmeter.indicators.indicator import Direction
from lastmeter.indicators.watch import GUARD, Charted, Limits, Together, Watch

ALARMS = 0.025
ALARMS_ALONE = 0.01
PULL = 1.0  # standard deviation of posts' differences of log odds, taken widely
POOL_FREEDOM = 20.0  # by presumption: what all posts together say about sigma counts as 33 periods of one post ...
PRESUMED = 5.0  # ... which counts as much as what so many posts show of how alike they swing
_NEWTON_STEPS = 12
_LEAST_DIFFERENCE = 0.01  # of log variances: a pool counts as 201 degrees of freedom at most
_ASYMPTOTIC = 6.0


@dataclass(frozen=True, slots=True)
class PeersLevel:
    """How a post stands to its peers.

    offset: difference of log odds. weight: information of the baseline on it; freedom: degrees of freedom of sigma;
    deviations: of the baseline's periods, in binomial errors.
    """

    offset: float
    sigma: float
    weight: float
    size: int
    freedom: float
    deviations: tuple[float, ...]
    memory: float = 0.0

    def expected(self, seen: Observation) -> float:
        """The share that would be usual beside the peers of this period."""
        return _expected(seen, self.offset)

    def centre_of(self, seen: Observation) -> float:
        """The usual difference from the peers' share."""
        return self.expected(seen) - seen.peers[0] / seen.peers[1]

    def limits(self, seen: Observation, limit: float) -> tuple[float, float]:
        """Differences from the peers between which the score stays within `limit`."""
        reach = student(limit, self.freedom) * self._spread(seen) * math.sqrt(1 + self.doubt(seen)) * _unit(seen, self.offset)
        middle, peers = _angle(self.expected(seen) * seen.n, seen.n, shift=0.0), seen.peers[0] / seen.peers[1]
        low, high = (_share_at(middle + side * reach, seen.n) - peers for side in (-1, 1))
        return low, high

    def score(self, seen: Observation) -> float:
        """Student's t of the distance on the angle scale, as a normal score."""
        distance = self._distance(seen) / (self._spread(seen) * math.sqrt(1 + self.doubt(seen)))
        return normal_score(distance, self.freedom)

    def doubt(self, seen: Observation) -> float:
        """The offset's variance as a part of the period's."""
        return _information(seen, self.offset) / self.weight * (1 + self.memory) / (1 - self.memory)

    def too_few(self, seen: Observation) -> bool:
        """Whether less than one hit, or one miss, is to be expected here, or among the peers."""
        usual, (hits, n) = self.expected(seen), seen.peers
        return seen.n * min(usual, 1 - usual) < FEWEST_EXPECTED or min(hits, n - hits) < FEWEST_EXPECTED

    def distance(self, seen: Observation) -> float:
        """In sigmas, without the offset's own error."""
        return 0.0 if seen.value is None or self.too_few(seen) else abs(self._distance(seen)) / max(1.0, self.sigma)

    def _distance(self, seen: Observation) -> float:
        return _deviation(seen, self.offset)

    def _spread(self, seen: Observation) -> float:
        return overdispersed(self.sigma, _information(seen, self.offset) * self.size / self.weight)


def peers_charts(
    series: Mapping[str, Sequence[Point]], *, direction: Direction = "down", declared: Collection[str] = (),
    alone: bool = False,
) -> dict[str, Chart]:
    """The chart of each post (place, performer) against all others of the mapping.

    The limits are for somebody who looks at all of them, for whom a false alarm of any is one; `alone`: for somebody who
    looks at one, where that one may alarm falsely as often as the company's chart does.

    Periods are put in the order of their codes; one that a post lacks counts as empty. A period is too few to judge
    where less than one hit, or one miss, is to be expected of the post or was seen of the peers. With one post there
    are no peers and nothing is judged.
    """
    periods = sorted({point.period for points in series.values() for point in points})
    by_post = {post: {point.period: point for point in points} for post, points in series.items()}
    watches = {post: Watch(_peers_level, direction, course=Together, guard=GUARD) for post in series}
    found: dict[str, list[Charted]] = {post: [] for post in series}
    for period in periods:
        points = {post: by_post[post].get(period, Point(period, 0.0, 0)) for post in series}
        for post, charted in _judge(points, watches, declared=period in declared, alone=alone).items():
            found[post].append(charted)
    return {post: Chart("peers", direction, tuple(points)) for post, points in found.items()}


def _judge(
    points: Mapping[str, Point], watches: Mapping[str, Watch], *, declared: bool, alone: bool,
) -> dict[str, Charted]:
    """One period of all posts."""
    levels = _pooled({post: watch.level() for post, watch in watches.items()})
    seen = _beside_ordinary_peers(points, levels)
    looked = {post: watch.look(seen[post], levels[post], declared=declared) for post, watch in watches.items()}
    chances = {post: _chances(charted, watches[post]) for post, charted in looked.items()}
    of_all = discovery_limit([chance for each in chances.values() for chance in each], ALARMS)
    settled = {}
    for post, watch in watches.items():
        limit = _score_of(discovery_limit(chances[post], ALARMS_ALONE) if alone else of_all)
        settled[post] = watch.settle(seen[post], levels[post], looked[post], Limits(limit, limit))
    return settled


def _chances(charted: Charted, watch: Watch) -> list[float]:
    """How likely chance alone goes so far: this period, and the last ones together."""
    if charted.score is None:
        return []
    together = [] if charted.ewma is None else watch.drift.standardised
    return [_chance(score) for score in (charted.score, *together)]


def _beside_ordinary_peers(
    points: Mapping[str, Point], levels: Mapping[str, PeersLevel | None],
) -> dict[str, Observation]:
    """Each post beside the others; those that stand out count there as they usually are. At least half stay as seen."""
    others = dict(points)
    while True:
        seen = {post: _observed(point, [others[other] for other in others if other != post]) for post, point in points.items()}
        known = {post: level for post, level in levels.items() if level is not None and _judged(seen[post], level)}
        scores = {post: abs(level.score(seen[post])) for post, level in known.items()}
        limit = _score_of(discovery_limit([_chance(score) for score in scores.values()], ALARMS))
        outside = [post for post, score in scores.items() if score > limit and others[post] is points[post]]
        changed = sum(others[post] is not points[post] for post in points)
        if not outside or 2 * (changed + 1) > len(points):
            return seen
        worst = max(outside, key=lambda post: (scores[post], post))
        others[worst] = replace(points[worst], hits=points[worst].n * known[worst].expected(seen[worst]))


def _judged(seen: Observation, level: PeersLevel) -> bool:
    return seen.value is not None and not level.too_few(seen)


def _observed(own: Point, others: Sequence[Point]) -> Observation:
    """A post's period; without value where it, or its peers, had nothing."""
    hits, n = math.fsum(point.hits for point in others), sum(point.n for point in others)
    value = own.hits / own.n - hits / n if own.n and n else None
    return Observation(own.period, value, own.hits, own.n, own.mature, (hits, n))


def _peers_level(usual: Sequence[Observation]) -> PeersLevel | None:
    """Where a post stands by its last periods in which something was to be expected; its own sigma, not pooled yet."""
    told = [each for each in usual if each.value is not None]
    told = [each for each in told if each.n * _bounded(each) >= FEWEST_EXPECTED][-BASELINE:]
    if not told:
        return None
    offset = _offset(told)
    weight = math.fsum(_information(each, offset) for each in told) + 1 / PULL**2
    deviations = tuple(_deviation(each, offset) for each in told)
    sigma = moving_range_sigma(deviations)
    return PeersLevel(offset, sigma, weight, len(told), max(1.0, moving_range_freedom(len(told))), deviations)


def _bounded(seen: Observation) -> float:
    share = _peers_share(seen)
    return min(share, 1 - share)


def _pooled(levels: Mapping[str, object]) -> dict[str, PeersLevel | None]:
    """Each post's sigma averaged with that of all posts, and the memory of all."""
    known = {post: level for post, level in levels.items() if isinstance(level, PeersLevel)}
    total = math.fsum(level.freedom for level in known.values())
    pool = math.fsum(level.freedom * level.sigma**2 for level in known.values()) / total if total else 1.0
    freedom = _pool_freedom(list(known.values()))
    repeated = repeated_part([level.deviations for level in known.values()])
    return {post: _shrunk(known[post], pool, freedom, repeated) if post in known else None for post in levels}


def _pool_freedom(levels: Sequence[PeersLevel]) -> float:
    """For how many degrees of freedom all posts together count: the more, the less their sigmas differ beyond chance.

    The log of a variance of f degrees of freedom varies by trigamma(f / 2); what it varies more is the posts' own
    difference, and the trigamma of half the pool's freedom (Smyth 2004).
    """
    logs = [2 * math.log(level.sigma) for level in levels if level.sigma > 0]
    beyond = 0.0
    if len(logs) > 1:
        mean, by_chance = math.fsum(logs) / len(logs), math.fsum(_trigamma(level.freedom / 2) for level in levels) / len(levels)
        beyond = math.fsum((log - mean) ** 2 for log in logs) - (len(logs) - 1) * by_chance
    differ = (beyond + PRESUMED * _trigamma(POOL_FREEDOM / 2)) / (max(0, len(logs) - 1) + PRESUMED)
    return 1 + 2 / max(differ, _LEAST_DIFFERENCE)  # trigamma(x) is near 1 / (x - 1/2)


def _trigamma(x: float) -> float:
    """Second derivative of the log of the gamma function."""
    found = 0.0
    while x < _ASYMPTOTIC:
        found, x = found + 1 / x**2, x + 1
    return found + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5)


def _shrunk(level: PeersLevel, pool: float, pool_freedom: float, repeated: float) -> PeersLevel:
    freedom = level.freedom + pool_freedom
    square = (level.freedom * level.sigma**2 + pool_freedom * pool) / freedom / (1 - repeated)
    return replace(level, sigma=max(1.0, math.sqrt(square)), freedom=freedom, memory=repeated)


def _offset(told: Sequence[Observation]) -> float:
    """The most likely difference of log odds, by Newton's method; the pull to 0 keeps it finite."""
    offset = 0.0
    for _ in range(_NEWTON_STEPS):
        units = [_unit(each, offset) ** 2 for each in told]
        usual = [_expected(each, offset) for each in told]
        slope = math.fsum((e.hits - e.n * p) / u for e, p, u in zip(told, usual, units, strict=True)) - offset / PULL**2
        curve = math.fsum(e.n * p * (1 - p) / u for e, p, u in zip(told, usual, units, strict=True)) + 1 / PULL**2
        step = max(-1.0, min(1.0, slope / curve))
        offset += step
        if abs(step) < 1e-7:
            break
    return offset


def _peers_share(seen: Observation) -> float:
    """The peers' share, kept off 0 and 1."""
    hits, n = seen.peers
    return (hits + 0.5) / (n + 1)


def _expected(seen: Observation, offset: float) -> float:
    share = _peers_share(seen)
    return 1 / (1 + (1 - share) / share * math.exp(-offset))


def _unit(seen: Observation, offset: float) -> float:
    """Standard deviation of the angle: 1 for the post's own hits, more for what the peers' hits leave open."""
    usual, share = _expected(seen, offset), _peers_share(seen)
    return math.sqrt(1 + seen.n * usual * (1 - usual) / (seen.peers[1] * share * (1 - share)))


def _information(seen: Observation, offset: float) -> float:
    usual = _expected(seen, offset)
    return seen.n * usual * (1 - usual) / _unit(seen, offset) ** 2


def _deviation(seen: Observation, offset: float) -> float:
    """How many binomial errors the hits are from usual."""
    usual = _angle(_expected(seen, offset) * seen.n, seen.n, shift=0.0)
    return (_angle(seen.hits, seen.n) - usual) / _unit(seen, offset)


def _angle(hits: float, n: int, shift: float = 0.375) -> float:
    """Anscombe's angle: of variance 1 whatever the share."""
    return 2 * math.sqrt(n + 0.5) * math.asin(math.sqrt(min(1.0, (hits + shift) / (n + 2 * shift))))


def _share_at(angle: float, n: int) -> float:
    """The share of n whose angle this is, within 0 and 1."""
    turned = min(math.pi / 2, max(0.0, angle / (2 * math.sqrt(n + 0.5))))
    return min(1.0, max(0.0, (math.sin(turned) ** 2 * (n + 0.75) - 0.375) / n))


def _chance(score: float) -> float:
    return 2 * NormalDist().cdf(-abs(score))


def _score_of(chance: float) -> float:
    return -NormalDist().inv_cdf(chance / 2)

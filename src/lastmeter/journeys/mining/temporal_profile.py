"""Temporal profile of a log and the deviations from it (Stertz, Mangler, Rinderle-Ma 2020).

For every two activities of which one ever follows the other in a case, at whatever distance: mean and standard deviation
(of the sample; 0 for a single pair) of the seconds between them. A pair of events deviates whose seconds lie outside of
mean ± zeta deviations.

A case of n events has n (n - 1) / 2 pairs, so they are made a few at a time and never held all at once. Where many cases have
one path, the pairs of two places in it are of the same activities: rows of a matrix, for which nothing is looked up. The pairs
of other cases are looked up one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lastmeter.journeys.mining.coded_log import CodedLog, Ints

MANY_ALIKE = 32
"""From so many cases of one path on a matrix is faster."""
CHUNK = 16_384
"""Events, or pairs, that are looked at together: few enough to stay in a processor's cache."""

Floats = npt.NDArray[np.float64]


class Span(NamedTuple):
    """Two activities, how many pairs of events they make, mean and deviation of the seconds between."""

    activity: str
    later: str
    pairs: int
    mean: float
    deviation: float


def temporal_profile(log: CodedLog) -> list[Span]:
    """The profile, by activity and later activity."""
    kinds = len(log.activities)
    total = _Moments(kinds ** 2)
    for rows, seconds, _ in _matrices(log):
        mean = seconds.mean(axis=1)
        apart = seconds - mean[:, None]
        squares = np.einsum("ij,ij->i", apart, apart)
        for row, key in enumerate(rows):  # one after the other: a path can go through the same activities twice
            total.add(key, seconds.shape[1], mean[row], squares[row])
    for keys, seconds, _ in _lists(log):
        pairs = np.bincount(keys, minlength=kinds ** 2)
        means: Floats = np.bincount(keys, seconds, minlength=kinds ** 2) / np.maximum(pairs, 1)
        apart = seconds - means[keys]
        squares = np.bincount(keys, apart * apart, minlength=kinds ** 2).astype(np.float64)
        total.add(slice(None), pairs, means, squares)
    deviation = np.sqrt(total.squares / np.maximum(total.pairs - 1, 1))
    return [Span(log.activities[key // kinds], log.activities[key % kinds], int(total.pairs[key]), float(total.mean[key]),
                 float(deviation[key])) for key in np.flatnonzero(total.pairs).tolist()]


def deviations(log: CodedLog, profile: Iterable[Span], *, zeta: float) -> dict[str, int]:
    """Case -> number of its pairs of events that deviate from the profile, which may be that of another log; cases without
    any are left out. Pairs of activities that the profile does not know do not deviate.
    """
    kinds = len(log.activities)
    code = {activity: number for number, activity in enumerate(log.activities)}
    low, high = np.full(kinds ** 2, -np.inf), np.full(kinds ** 2, np.inf)
    for span in profile:
        if span.activity in code and span.later in code:
            key, reach = code[span.activity] * kinds + code[span.later], zeta * span.deviation
            low[key], high[key] = span.mean - reach, span.mean + reach
    counts = np.zeros(len(log.opens), dtype=np.int64)
    for rows, seconds, cases in _matrices(log):
        if (seconds.min(axis=1) < low[rows]).any() or (seconds.max(axis=1) > high[rows]).any():
            counts[cases] += ((seconds < low[rows, None]) | (seconds > high[rows, None])).sum(axis=0)
    for keys, seconds, cases in _lists(log):
        np.add.at(counts, cases[(seconds < low[keys]) | (seconds > high[keys])], 1)
    deviating = np.flatnonzero(counts)
    return dict(zip(log.case_ids(deviating), counts[deviating].tolist(), strict=True))


class _Moments:
    """Of each pair of activities (code * activities + later code): number, mean, sum of squares about the mean."""

    def __init__(self, size: int) -> None:
        self.pairs, self.mean, self.squares = np.zeros(size), np.zeros(size), np.zeros(size)

    def add(self, which: int | slice, pairs: int | Ints, mean: float | Floats, squares: float | Floats) -> None:
        """By the formula of Chan, Golub and LeVeque (1979), which keeps small deviations of long spans."""
        both, step = np.maximum(self.pairs[which] + pairs, 1), mean - self.mean[which]
        self.squares[which] += squares + step * step * self.pairs[which] * pairs / both
        self.mean[which] += step * pairs / both
        self.pairs[which] += pairs


def _matrices(log: CodedLog) -> Iterator[tuple[Ints, Floats, Ints]]:
    """Of many cases of one path: pair of activities of each row, seconds between, case of each column."""
    for alike in log.alike:
        if len(alike) < MANY_ALIKE:
            continue
        places = np.arange(log.lengths[alike[0]])
        codes = log.codes[log.opens[alike[0]] + places].astype(np.int64)
        width = max(1, CHUNK // len(places))
        for start in range(0, len(alike), width):
            cases = alike[start: start + width]
            moments = log.moments[log.opens[cases] + places[:, None]]
            for place in places[:-1]:
                yield codes[place] * len(log.activities) + codes[place + 1:], (moments[place + 1:] - moments[place]) / 1e6, cases


def _lists(log: CodedLog) -> Iterator[tuple[Ints, Floats, Ints]]:
    """Of all other cases: pair of activities, seconds between and case of each pair of events."""
    few = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *(alike for alike in log.alike if len(alike) < MANY_ALIKE)]))
    ends = np.cumsum(log.lengths[few])
    waiting: list[tuple[Ints, Floats, Ints]] = []
    first = 0
    while first < len(few):
        # At least one case, else so many as make a chunk of events.
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + CHUNK, side="right")))
        for pairs in _by_distance(log, few[first:last]):
            waiting.append(pairs)
            if sum(len(keys) for keys, _, _ in waiting) >= CHUNK:
                yield _joined(waiting)
                waiting = []
        first = last
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[tuple[Ints, Floats, Ints]]) -> tuple[Ints, Floats, Ints]:
    keys, seconds, cases = zip(*parts, strict=True)
    return np.concatenate(keys), np.concatenate(seconds), np.concatenate(cases)


def _by_distance(log: CodedLog, cases: Ints) -> Iterator[tuple[Ints, Floats, Ints]]:
    """All pairs of neighbours, then of events two apart, and so on to the length of the longest of the cases."""
    lengths = log.lengths[cases]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    events, following = np.repeat(log.opens[cases], lengths) + within, np.repeat(lengths, lengths) - 1 - within
    owner = np.repeat(cases, lengths)
    for distance in count(1):
        going_on = following >= distance
        events, following, owner = events[going_on], following[going_on], owner[going_on]
        if not len(events):
            break
        later = events + distance
        keys = log.codes[events].astype(np.int64) * len(log.activities) + log.codes[later]
        yield keys, (log.moments[later] - log.moments[events]) / 1e6, owner

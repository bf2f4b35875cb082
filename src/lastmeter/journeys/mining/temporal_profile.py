"""Temporal profile of a log and the deviations from it (Stertz, Mangler, Rinderle-Ma 2020).

For every two activities of which one ever follows the other in a case, at whatever distance: mean and standard deviation
(of the sample; 0 for a single pair) of the seconds between them. A pair of events deviates whose seconds lie outside of
mean ± zeta deviations.

A case of n events has n (n - 1) / 2 pairs, so they are made in batches and never held all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lastmeter.journeys.mining.coded_log import CodedLog, Ints

CHUNK, BATCH = 16_384, 32_768
"""Events, and at least so many pairs, that are looked at together: few enough to stay in a processor's cache."""

Floats = npt.NDArray[np.float64]


class Span(NamedTuple):
    """Two activities, how many pairs of events they make, mean and deviation of the seconds between."""

    activity: str
    later: str
    pairs: int
    mean: float
    deviation: float


def temporal_profile(log: CodedLog) -> list[Span]:
    """The profile, by activity and later activity.

    Batches are joined by the formula of Chan, Golub and LeVeque (1979), which keeps small variances of long spans.
    """
    kinds = len(log.activities)
    pairs, mean, squares = np.zeros(kinds ** 2), np.zeros(kinds ** 2), np.zeros(kinds ** 2)
    for keys, seconds, _ in _batches(log):
        here = np.bincount(keys, minlength=kinds ** 2)
        mean_here = np.bincount(keys, seconds, minlength=kinds ** 2) / np.maximum(here, 1)
        apart = seconds - mean_here[keys]
        both, step = np.maximum(pairs + here, 1), mean_here - mean
        squares += np.bincount(keys, apart * apart, minlength=kinds ** 2) + step * step * pairs * here / both
        mean += step * here / both
        pairs += here
    deviation = np.sqrt(squares / np.maximum(pairs - 1, 1))
    return [Span(log.activities[key // kinds], log.activities[key % kinds], int(pairs[key]), float(mean[key]), float(deviation[key]))
            for key in np.flatnonzero(pairs).tolist()]


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
    for keys, seconds, events in _batches(log):
        outside = np.flatnonzero((seconds < low[keys]) | (seconds > high[keys]))
        np.add.at(counts, np.searchsorted(log.opens, events[outside], side="right") - 1, 1)
    deviating = np.flatnonzero(counts)
    return dict(zip(log.case_ids[deviating].tolist(), counts[deviating].tolist(), strict=True)) if len(deviating) else {}


def _batches(log: CodedLog) -> Iterator[tuple[Ints, Floats, Ints]]:
    """Pairs of events of one case: pair of activities, seconds between, place of the earlier event."""
    waiting: list[tuple[Ints, Floats, Ints]] = []
    held = 0
    for pairs in _by_distance(log):
        waiting.append(pairs)
        held += len(pairs[0])
        if held >= BATCH:
            yield _joined(waiting)
            waiting, held = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[tuple[Ints, Floats, Ints]]) -> tuple[Ints, Floats, Ints]:
    keys, seconds, events = zip(*parts, strict=True)
    return np.concatenate(keys), np.concatenate(seconds), np.concatenate(events)


def _by_distance(log: CodedLog) -> Iterator[tuple[Ints, Floats, Ints]]:
    """Of some cases at a time: all pairs of neighbours, then of events two apart, and so on to the length of the longest case."""
    codes = log.codes.astype(np.int64)
    first = codes * len(log.activities)
    for start in range(0, len(codes), CHUNK):
        events = np.arange(start, min(start + CHUNK, len(codes)))
        following = log.following[events]
        for distance in count(1):
            going_on = following >= distance
            events, following = events[going_on], following[going_on]
            if not len(events):
                break
            later = events + distance
            yield first[events] + codes[later], (log.moments[later] - log.moments[events]) / 1e6, events

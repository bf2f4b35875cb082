"""The directly-follows graph of a log, with how long each arc takes (van der Aalst, Process Mining, 2016)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lastmeter.journeys.mining.coded_log import CodedLog, Ints, compact


class Arc(NamedTuple):
    """One activity directly followed by another in the same case: how often (`times`), and after how many seconds.

    `deviation` is the standard deviation of the sample, 0 for a single time.
    """

    activity: str
    following: str
    times: int
    mean: float
    median: float
    shortest: float
    longest: float
    deviation: float


def directly_follows(log: CodedLog) -> list[Arc]:
    """Every arc of the log, the most frequent first; ties by name."""
    size = len(log.activities)
    before = np.flatnonzero(log.following[:-1] > 0)
    keys = log.codes[before].astype(np.int64) * size + log.codes[before + 1]
    arcs, places = compact(keys, size * size)
    # By radix where the places are of 16 bits, which is why `compact` gives such.
    micros = (log.moments[before + 1] - log.moments[before])[np.argsort(places, kind="stable")]
    ends_at = np.cumsum(np.bincount(places, minlength=len(arcs)))
    found = [_arc(log.activities[arc // size], log.activities[arc % size], spans)
             for arc, spans in zip(arcs.tolist(), np.split(micros, ends_at[:-1]), strict=False)]
    return sorted(found, key=lambda arc: (-arc.times, arc.activity, arc.following))


def _arc(activity: str, following: str, micros: Ints) -> Arc:
    times = len(micros)
    deviation = float(np.std(micros, ddof=1)) if times > 1 else 0.0
    return Arc(activity, following, times, int(micros.sum()) / times / 1e6, float(np.median(micros)) / 1e6,
               int(micros.min()) / 1e6, int(micros.max()) / 1e6, deviation / 1e6)


def ends(log: CodedLog) -> tuple[dict[str, int], dict[str, int]]:
    """In how many cases each activity is the first, and the last."""
    return _counted(log, log.opens), _counted(log, log.opens + log.lengths - 1)


def _counted(log: CodedLog, events: Ints) -> dict[str, int]:
    counts = np.bincount(log.codes[events], minlength=len(log.activities)).tolist()
    return {activity: count for activity, count in zip(log.activities, counts, strict=True) if count}

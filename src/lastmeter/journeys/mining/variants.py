"""Variants of a log: the sequences of activities that cases run through, and how many cases run through each."""

from __future__ import annotations

from itertools import count

import numpy as np

from lastmeter.journeys.mining.coded_log import CodedLog, compact


def variants(log: CodedLog) -> dict[tuple[str, ...], int]:
    """Sequence of activities -> number of cases; the most frequent first, ties by the sequence.

    All cases walk down one tree of beginnings, a step at a time: cases that stop at the same node are of one variant.
    """
    found: dict[tuple[str, ...], int] = {}
    cases = np.arange(len(log.opens))
    nodes = np.zeros(len(cases), dtype=np.int64)
    width = 1
    for step in count():
        if not len(cases):
            break
        stops = log.lengths[cases] == step
        if stops.any():
            _, examples, times = np.unique(nodes[stops], return_index=True, return_counts=True)
            found |= {log.path(case): int(often) for case, often in zip(cases[stops][examples], times, strict=True)}
            cases, nodes = cases[~stops], nodes[~stops]
        keys = nodes.astype(np.int64) * len(log.activities) + log.codes[log.opens[cases] + step]
        kept, nodes = compact(keys, width * len(log.activities))
        width = len(kept)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

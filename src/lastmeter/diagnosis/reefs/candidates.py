"""Which segments are looked at: values of one dimension, and conjunctions of two or three.

A conjunction that holds nearly all journeys of one of its parts is that part under a longer name and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lastmeter.diagnosis.reefs.sample import Dimension, Flags
from lastmeter.indicators.intervals import Floats, Integers

MOST_CONDITIONS = 3
_REFINES = 0.9  # of the smaller part's journeys: above that it is no refinement
_WHOLE = 0.9    # of all journeys: a segment is a part


@dataclass(frozen=True)
class Grouping:
    """The journeys by the values of some dimensions.

    `codes` (int32) one a journey, -1 where its segment is not a candidate; `cells` the segments' value codes by dimension,
    one row a segment; `n` their journeys.
    """

    dimensions: tuple[str, ...]
    codes: np.ndarray[tuple[int], np.dtype[np.int32]]
    cells: Integers
    n: Integers

    def __len__(self) -> int:
        return len(self.n)

    def sums(self, weights: Floats) -> Floats:
        """Summed weights by segment; one weight a journey."""
        return np.asarray(np.bincount(self.codes + 1, weights=weights, minlength=len(self) + 1)[1:], dtype=np.float64)

    def counts(self, rows: Integers) -> Floats:
        """How many of these journeys (by number) are in each segment."""
        return np.bincount(self.codes[rows] + 1, minlength=len(self) + 1)[1:].astype(np.float64)


def groupings(dimensions: Sequence[Dimension], looked_at: Flags, fewest: int) -> list[Grouping]:
    """Every grouping that has a candidate of at least `fewest` of the journeys that are looked at."""
    useful = [one for one in dimensions if len(np.unique(one.codes[looked_at & (one.codes >= 0)])) > 1]
    parts: dict[tuple[str, ...], tuple[Integers, Integers]] = {}
    found = []
    for size in range(1, min(MOST_CONDITIONS, len(useful)) + 1):
        for chosen in combinations(useful, size):
            names = tuple(one.name for one in chosen)
            if any(key not in parts for key in _parts_of(names)):
                continue
            made = _group(chosen, looked_at, fewest, parts)
            if made is not None:
                found.append(made)
    return found


def _parts_of(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return combinations(names, len(names) - 1) if len(names) > 1 else iter(())


def _group(
    chosen: Sequence[Dimension], looked_at: Flags, fewest: int, parts: dict[tuple[str, ...], tuple[Integers, Integers]],
) -> Grouping | None:
    """The candidates of these dimensions; also noted in `parts`: segment number and size by journey, -1 and 0 for none."""
    combined = np.zeros(len(looked_at), dtype=np.int64)
    whole = np.ones(len(looked_at), dtype=bool)
    for one in chosen:
        combined = combined * len(one.values) + np.maximum(one.codes, 0)
        whole &= one.codes >= 0
    distinct, number = np.unique(combined[whole], return_inverse=True)
    numbers = np.full(len(looked_at), -1, dtype=np.int64)
    numbers[whole] = number
    n = np.bincount(numbers[looked_at] + 1, minlength=len(distinct) + 1)[1:]
    large = n >= fewest
    if not large.any():
        return None
    names = tuple(one.name for one in chosen)
    parts[names] = (np.where(numbers >= 0, np.append(np.where(large, n, 0), 0)[numbers], 0), n)
    candidate = large & (n <= _WHOLE * int(looked_at.sum()))
    if len(names) > 1:
        first = np.zeros(len(distinct), dtype=np.int64)
        first[numbers[whole]] = np.flatnonzero(whole)  # any journey of the segment shows how large its parts are
        smallest = np.min([parts[key][0][first] for key in _parts_of(names)], axis=0)
        candidate &= n <= _REFINES * smallest
    kept = np.flatnonzero(candidate)
    if not len(kept):
        return None
    renumbered = np.full(len(distinct) + 1, -1, dtype=np.int32)
    renumbered[kept] = np.arange(len(kept))
    return Grouping(names, renumbered[numbers], _cells(distinct[kept], chosen), n[kept])


def _cells(combined: Integers, chosen: Sequence[Dimension]) -> Integers:
    columns = []
    for one in chosen[::-1]:
        combined, code = np.divmod(combined, len(one.values))
        columns.append(code)
    return np.stack(columns[::-1], axis=1)

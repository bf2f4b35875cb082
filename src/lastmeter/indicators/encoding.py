"""Columns as numpy wants them: numbers as they are, texts and dates as whole numbers to group and sum by.

By DLPack and not by `to_numpy`: that loads pandas where it is installed, a second of a cold start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lastmeter.indicators.intervals import Floats, Integers


class Encoded(NamedTuple):
    """`codes` from 0 up, one a row; `values[code]` is what it stands for."""

    codes: Integers
    values: list[Any]


def encoded(column: pa.ChunkedArray) -> Encoded:
    """Codes of a column and what each stands for; a missing value has a code of its own."""
    dictionary = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return Encoded(np.from_dlpack(dictionary.indices).astype(np.int64), dictionary.dictionary.to_pylist())


def combined(columns: Sequence[Encoded]) -> tuple[list[tuple[Any, ...]], Integers]:
    """The different rows of some columns, and which of them each row is."""
    cells = columns[0].codes
    for column in columns[1:]:
        cells = cells * len(column.values) + column.codes
    distinct, index = np.unique(cells, return_inverse=True) if _sparse(cells) else _counted(cells)
    rows = []
    for cell in distinct.tolist():
        values, rest = [], cell
        for column in columns[:0:-1]:
            rest, code = divmod(rest, len(column.values))
            values.append(column.values[code])
        rows.append((columns[0].values[rest], *reversed(values)))
    return rows, index.astype(np.int64)


def _sparse(cells: Integers) -> bool:
    return not len(cells) or int(cells.max()) > len(cells)


def _counted(cells: Integers) -> tuple[Integers, Integers]:
    """What np.unique gives, without sorting."""
    distinct = np.flatnonzero(np.bincount(cells))
    places = np.zeros(int(cells.max()) + 1, dtype=np.int64)
    places[distinct] = np.arange(len(distinct))
    return distinct, places[cells]


def numbers(column: pa.ChunkedArray) -> Floats:
    """A column of numbers without a missing one."""
    return np.from_dlpack(column.combine_chunks()).astype(np.float64)

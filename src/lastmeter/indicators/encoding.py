"""Columns as numpy wants them: numbers as they are, texts and dates as whole numbers to group and sum by.

By DLPack and not by `to_numpy`: that loads pandas where it is installed, a second of a cold start.
"""

from __future__ import annotations

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


def numbers(column: pa.ChunkedArray) -> Floats:
    """A column of numbers without a missing one."""
    return np.from_dlpack(column.combine_chunks()).astype(np.float64)

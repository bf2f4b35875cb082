"""Columns of text or dates as whole numbers, which numpy groups and sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lastmeter.indicators.intervals import Integers


class Encoded(NamedTuple):
    """`codes` from 0 up, one a row; `values[code]` is what it stands for."""

    codes: Integers
    values: list[Any]


def encoded(column: pa.ChunkedArray) -> Encoded:
    """Codes of a column and what each stands for; a missing value has a code of its own."""
    dictionary = column.combine_chunks().dictionary_encode(null_encoding="encode")
    # Not to_numpy: that loads pandas where it is installed, a second of a cold start.
    return Encoded(np.from_dlpack(dictionary.indices).astype(np.int64), dictionary.dictionary.to_pylist())

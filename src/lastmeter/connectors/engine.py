"""Reading with DuckDB: literals, streamed results, errors that quote nothing of a file."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class ReadError(Exception):
    """The engine could not read on. Its own text may quote the file, so it goes no further."""


def tables(duck: duckdb.DuckDBPyConnection, query: str, size: int) -> Iterator[pa.Table]:
    """The result of a query, streamed, as tables of exactly `size` rows (the last may be shorter); none if empty.

    Raises:
        ReadError: at whatever row it happens.
    """
    try:
        yield from _tables(duck.sql(query).to_arrow_reader(size), size)
    except (duckdb.Error, OSError, pa.ArrowException):
        raise ReadError from None


def _tables(reader: pa.RecordBatchReader, size: int) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        while count + batch.num_rows >= size:
            cut = size - count
            yield pa.Table.from_batches([*waiting, batch.slice(0, cut)], reader.schema)
            batch, waiting, count = batch.slice(cut), [], 0
        if batch.num_rows:
            waiting.append(batch)
            count += batch.num_rows
    if count:
        yield pa.Table.from_batches(waiting, reader.schema)

"""Parquet: typed columns, read as the text that a CSV of them would hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lastmeter.connectors.engine import ReadError, quoted, tables
from lastmeter.connectors.kinds import Chunk, OpenFile, SourceKind, numbered
from lastmeter.connectors.survey import Survey, parquet_damaged
from lastmeter.journal.engine import open_duckdb
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class _Parquet:
    source: Survey
    columns: list[str]
    rows: int

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        names = ", ".join(
            f"nullif(CAST({_name(column)} AS VARCHAR), '') AS c{number}" for number, column in enumerate(columns)
        )
        query = f"SELECT {names} FROM read_parquet({quoted(str(self.source.path))})"
        first = 0
        with open_duckdb() as duck:
            try:
                for rows in tables(duck, query, size):
                    yield Chunk(first, numbered(rows, first))
                    first += rows.num_rows
                if not first:
                    yield Chunk(0, numbered(duck.sql(f"{query} LIMIT 0").to_arrow_table(), 0))
            except ReadError:
                raise parquet_damaged(self.source.path) from None


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[OpenFile]:  # noqa: ARG001 — nothing to unpack
    with open_duckdb() as duck:
        try:
            file = duck.read_parquet(str(source.path))
            columns = list(file.columns)
            rows = file.aggregate("count(*)").fetchall()[0][0]
        except duckdb.Error:
            raise parquet_damaged(source.path) from None
    yield _Parquet(source, columns, rows)


KIND = SourceKind(
    "parquet", Title("Parquet", "Parquet"), (".parquet",), lambda source: source.is_parquet, _open,
)

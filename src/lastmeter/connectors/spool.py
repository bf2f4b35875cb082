"""Rows that come one by one (sheets, logs, queries) written down as Parquet in a private folder, then read in chunks.

Such sources tell their columns only when they have been read to the end, and must be read twice: once to recognise
them, once to import. A spool reads them once and holds one block of rows in memory.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from lastmeter.connectors.engine import quoted, tables
from lastmeter.connectors.kinds import Chunk, UnreadableRow
from lastmeter.connectors.marks import KEPT_TEXT, no_rows, without_marked
from lastmeter.journal.engine import open_duckdb

BLOCK_ROWS = 50_000
# Beside the cells, which are called x0, x1, ...: the engine would take columns that differ in case for one.
_ROW, _FAULT, _RAW = "row", "fault", "raw"


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    cells: Mapping[str, str | None]
    fault: str | None = None
    raw: str | None = None


class Spool:
    """Rows of text cells by column name, added in ascending order of `row`. An `OpenFile` once it is `close`d.

    `types` holds what the source itself says of its columns, as attribute types of a mapping: text, integer, number,
    boolean, time. Columns that it says nothing of are missing.
    """

    def __init__(self, folder: Path, columns: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.types: dict[str, str] = {}
        self._folder = folder
        self._places: dict[str, int] = {}
        self._place(columns)
        self._block: list[_Line] = []
        self._digest = hashlib.sha256()
        self._files = 0
        self._rows = 0

    @property
    def columns(self) -> list[str]:
        """Every column that a row named so far."""
        return list(self._places)

    @property
    def rows(self) -> int:
        """How many rows could be read."""
        return self._rows

    @property
    def digest(self) -> str:
        """SHA-256 of what was added, in hex: for sources that are no file."""
        return self._digest.hexdigest()

    def add(self, row: int, cells: Mapping[str, str | None]) -> None:
        """A row; empty texts count as no value."""
        self._place(cells)
        self._rows += 1
        self._take(_Line(row, cells))

    def set_aside(self, row: int, code: str, raw: str) -> None:
        """A row that cannot be read: `code` is one of `faults`."""
        self._take(_Line(row, {}, code, raw[:KEPT_TEXT]))

    def close(self) -> Spool:
        """Write what is left; the spool itself."""
        self._flush()
        return self

    def _place(self, columns: Iterable[str]) -> None:
        for column in columns:
            self._places.setdefault(column, len(self._places))

    def _take(self, line: _Line) -> None:
        self._block.append(line)
        if len(self._block) >= BLOCK_ROWS:
            self._flush()

    def _flush(self) -> None:
        block = self._block
        columns = {
            _ROW: pa.array([line.row for line in block], pa.int64()),
            _FAULT: pa.array([line.fault for line in block], pa.string()),
            _RAW: pa.array([line.raw for line in block], pa.string()),
        }
        for name, place in self._places.items():
            cells = [line.cells.get(name) or None for line in block]
            self._digest.update(repr((name, cells)).encode("utf-8", "surrogatepass"))
            columns[f"x{place}"] = pa.array(cells, pa.string())
        pa_parquet.write_table(pa.table(columns), self._folder / f"{self._files:08d}.parquet", compression="zstd")
        self._files += 1
        self._block = []

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        """The rows in the order they were added; see `OpenFile`."""
        aside = self._unreadable()
        waiting = next(aside, None)
        first = 0
        for rows in self._batches(columns, size):
            last = rows["row"][-1].as_py()
            found = []
            while waiting is not None and waiting.row <= last:
                found.append(waiting)
                waiting = next(aside, None)
            yield without_marked(Chunk(first, rows, found))
            first += rows.num_rows
        left = [waiting, *aside] if waiting is not None else []
        if left or not first:
            empty = no_rows(len(columns)).append_column("row", pa.array([], pa.int64()))
            yield Chunk(first, empty, left)

    def sample(self, columns: Sequence[str], limit: int) -> list[tuple[str | None, ...]]:
        """The cells of the first rows."""
        chunk = next(iter(self.chunks(columns, limit)))
        return list(zip(*(chunk.rows[f"c{number}"].to_pylist() for number in range(len(columns))), strict=True))

    def values(self, columns: Sequence[str]) -> list[tuple[str | None, ...]]:
        """The different combinations of cells in these columns."""
        listed = ", ".join(self._cell(column) for column in columns)
        with open_duckdb() as duck:
            return duck.execute(f"SELECT DISTINCT {listed} FROM {self._reading()} WHERE {_FAULT} IS NULL ORDER BY ALL").fetchall()

    def filled_by(self, column: str) -> dict[str, list[str]]:
        """For each value of a column: which columns have a value in its rows."""
        counts = ", ".join(f"count({self._cell(name)})" for name in self.columns)
        with open_duckdb() as duck:
            found = duck.execute(f"SELECT {self._cell(column)}, {counts} FROM {self._reading()} "
                                 f"WHERE {_FAULT} IS NULL AND {self._cell(column)} IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall()
        return {value: [name for name, count in zip(self.columns, filled, strict=True) if count] for value, *filled in found}

    def holds_days(self, column: str) -> bool:
        """Whether every cell of a column is a date like 2024-03-03."""
        day = "regexp_full_match({cell}, '\\d{{4}}-\\d\\d-\\d\\d') AND try_cast({cell} AS DATE) IS NOT NULL"
        with open_duckdb() as duck:
            found = duck.execute(f"SELECT bool_and({day.format(cell=self._cell(column))}) FROM {self._reading()} "
                                 f"WHERE {self._cell(column)} IS NOT NULL").fetchone()
        return bool(found and found[0])

    def _batches(self, columns: Sequence[str], size: int) -> Iterator[pa.Table]:
        cells = [f"{self._cell(column)} AS c{number}" for number, column in enumerate(columns)]
        query = f"SELECT {', '.join([*cells, _ROW])} FROM {self._reading()} WHERE {_FAULT} IS NULL"
        with open_duckdb() as duck:
            yield from tables(duck, query, size)

    def _unreadable(self) -> Iterator[UnreadableRow]:
        with open_duckdb() as duck:
            found = duck.execute(f"SELECT {_ROW}, {_FAULT}, {_RAW} FROM {self._reading()} WHERE {_FAULT} IS NOT NULL")
            while rows := found.fetchmany(1_000):
                yield from itertools.starmap(UnreadableRow, rows)

    def _cell(self, column: str) -> str:
        return f"x{self._places[column]}"

    def _reading(self) -> str:
        return f"read_parquet({quoted(str(self._folder / '*.parquet'))}, union_by_name = true)"

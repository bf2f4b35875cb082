"""Rows of a text file through DuckDB's CSV reader, streamed in chunks; rows that it cannot cut into cells set aside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lastmeter.connectors.engine import ReadError, quoted, tables
from lastmeter.connectors.kinds import Chunk, UnreadableRow, numbered
from lastmeter.connectors.marks import KEPT_TEXT, no_rows, without_marked
from lastmeter.connectors.survey import LONG_LINE, Survey, write_utf8
from lastmeter.connectors.text_survey import LONGEST_LINE
from lastmeter.journal.engine import open_duckdb
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_CODES = {
    "MISSING COLUMNS": "too_few_columns", "TOO MANY COLUMNS": "too_many_columns", "UNQUOTED VALUE": "quote_open",
    "LINE SIZE OVER MAXIMUM": "line_too_long", "INVALID ENCODING": "encoding",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines are cut into cells: one character each, empty quote for none; `header` lines stand before the first row."""

    delimiter: str
    quote: str
    header: int
    width: int


def readable_path(source: Survey, scratch: Path) -> Path:
    """The file itself where DuckDB can read it, else an unpacked UTF-8 copy in the private folder `scratch`."""
    if source.encoding in ("utf-8", "utf-8-sig") and not source.has_long_lines and not source.bad_lines:
        return source.path
    copy = scratch / f"{source.digest}.txt"
    if not copy.exists():
        write_utf8(source, copy)
    return copy


def stream(path: Path, source: Survey, layout: Layout, cells: Sequence[str], size: int) -> Iterator[Chunk]:
    """Chunks of `cells`, SQL expressions over the text columns x0, x1, ... of the file; rows with bad bytes in such a cell
    are set aside.
    """
    for chunk in _stream(path, source, layout, cells, size):
        yield without_marked(chunk) if source.bad_lines else chunk


def _stream(path: Path, source: Survey, layout: Layout, cells: Sequence[str], size: int) -> Iterator[Chunk]:
    """The chunks as the reader cuts them.

    The first reading is strict, which costs nothing. At the first row that cannot be cut into cells it starts again,
    learns where such rows are, and goes on behind the last chunk given.
    """
    first = 0
    try:
        for rows in _batches(path, source, layout, cells, size, strict=True):
            yield Chunk(first, numbered(rows, first, header=layout.header))
            first += rows.num_rows
        if not first:
            yield Chunk(0, numbered(no_rows(len(cells)), 0, header=layout.header))
    except ReadError:
        unreadable = _unreadable(path, source, layout)
        if not unreadable:
            raise _unreadable_file(source) from None
        yield from _around(path, source, layout, cells, size, unreadable, done=first)


def _around(
    path: Path, source: Survey, layout: Layout, cells: Sequence[str], size: int, unreadable: list[UnreadableRow], done: int
) -> Iterator[Chunk]:
    """The chunks after the first `done` readable rows, numbered as they stand in the file."""
    holes = [row.row for row in unreadable]
    first, left = 0, unreadable
    for rows in _batches(path, source, layout, cells, size, strict=False):
        if first >= done:
            yield Chunk(first, numbered(rows, first, holes, layout.header), left)
            left = []
        first += rows.num_rows
    if left:
        yield Chunk(first, numbered(no_rows(len(cells)), first, holes, layout.header), left)


def _batches(
    path: Path, source: Survey, layout: Layout, cells: Sequence[str], size: int, *, strict: bool
) -> Iterator[pa.Table]:
    names = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(cells))
    with open_duckdb() as duck:
        yield from tables(duck, f"SELECT {names} FROM {_reading(path, source, layout, strict=strict)}", size)


def _unreadable(path: Path, source: Survey, layout: Layout) -> list[UnreadableRow]:
    """The rows that the reader refuses, in file order, each once."""
    with open_duckdb() as duck:
        every = ", ".join(f"x{number}" for number in range(layout.width))
        # Hashing every cell makes the reader cut every line, and keeps nothing.
        duck.execute(f"SELECT bit_xor(hash({every})) FROM {_reading(path, source, layout, strict=False)}").fetchall()
        found = duck.execute(
            f"SELECT line, min_by(error_type, column_idx)::VARCHAR, left(any_value(csv_line), {KEPT_TEXT}) "
            "FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
    return [_unreadable_row(row, kind, (raw or "").strip()) for row, kind, raw in found]


def _unreadable_row(row: int, kind: str, raw: str) -> UnreadableRow:
    if raw == LONG_LINE.decode():
        return UnreadableRow(row, "line_too_long", "")
    return UnreadableRow(row, _CODES.get(kind, "row_unreadable"), raw)


def _reading(path: Path, source: Survey, layout: Layout, *, strict: bool) -> str:
    columns = ", ".join(f"'x{number}': 'VARCHAR'" for number in range(layout.width))
    is_packed = source.is_gzip and path == source.path
    tolerance = "" if strict else ", ignore_errors = true, store_rejects = true, rejects_limit = 0"
    return (
        f"read_csv({quoted(str(path))}, auto_detect = false, header = {str(layout.header > 0).lower()}, "
        f"delim = {quoted(layout.delimiter)}, quote = {quoted(layout.quote)}, escape = {quoted(layout.quote)}, "
        f"columns = {{{columns}}}, max_line_size = {LONGEST_LINE}, "
        f"compression = '{'gzip' if is_packed else 'none'}'{tolerance})"
    )


def _unreadable_file(source: Survey) -> LastMeterError:
    return LastMeterError(
        "import.unreadable",
        Title("{file} 无法按表格读取", "{file} cannot be read as a table"),
        Title("用电子表格软件打开检查，再另存为 CSV（UTF-8）",
              "Open it in a spreadsheet, look for what is odd, and save it as CSV (UTF-8)"),
        file=source.path.name,
    )


def blank_ends(text: str) -> str:
    """A header cell without byte order mark, blanks and control characters around it."""
    return re.sub(r"^[\s\ufeff\x00]+|[\s\x00]+$", "", text)

"""Parquet files of events: written sorted by object, one month each, and read back with their registered types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lastmeter.journal.columns import COLUMNS, UNDATED, all_columns, attribute_columns
from lastmeter.journal.durable import written_durably
from lastmeter.journal.engine import columns_of, file_list, literal
from lastmeter.journal.keys import Keys, damaged
from lastmeter.journal.locks import not_writable
from lastmeter.journal.manifest import Kind, Segment

FOLDER = "segments"
# Sorted by object, so that the events of one journey lie together and a few journeys prune the rest.
ORDER = "object_type, object_id, occurred_at, id"
ORDER_OF_ONE_TYPE = "object_id, occurred_at, id"
# In the files an id that begins with its type, as those of mappings do, is `=` and the rest, with a mark in the place of
# the object's id; any other is `:` and itself. Ids were a third of all bytes, and said mostly what stands beside them.
SHORT_ID = """CASE WHEN starts_with(id, type) AND NOT contains(id, chr(1))
    THEN '=' || replace(substr(id, length(type) + 1), object_id, chr(1)) ELSE ':' || id END"""
FULL_ID = "CASE WHEN left(id, 1) = '=' THEN type || replace(substr(id, 2), chr(1), object_id) ELSE substr(id, 2) END"
# Measured on 2 million events: delta encodings (version 2) and zstd 1 take a third of the time and a quarter of the
# bytes off DuckDB's defaults; ids are all different, so a large dictionary is built only to be thrown away. Small row
# groups: a few journeys read few of them.
PARQUET = (
    "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 5000,"
    " ROW_GROUP_SIZE 61440"
)
# What a file mostly says of all its events alike. Said as a literal it is neither sorted nor looked up row by row.
ALIKE = ("source", "precision", "zone", "object_type", "channel", "revision", "recorded_at", "batch")
MONTH_NUMBER = "(year(occurred_at) * 12 + month(occurred_at) - 1)::INTEGER"


@dataclass(frozen=True, slots=True)
class _Content:
    """One month of a table: the month in SQL and by name, the columns that have a value, as SQL the value of those where
    all rows have the same, the types of other objects.

    A column without any value costs time and bytes in every file: it is left out, and NULL (or false) when read.
    """

    month: str
    name: str
    columns: tuple[str, ...]
    alike: Mapping[str, str]
    beside: frozenset[str]

    def sorted_rows(self, relation_where: str) -> str:
        """SQL of the rows as a file holds them."""
        order = ORDER_OF_ONE_TYPE if "object_type" in self.alike else ORDER
        differing = [column for column in self.columns if column not in self.alike]
        inner = ", ".join(f"{SHORT_ID} AS id" if column == "id" else column for column in differing)
        outer = ", ".join(f"{self.alike[column]} AS {column}" if column in self.alike else column for column in self.columns)
        return f"SELECT {outer} FROM (SELECT {inner} FROM {relation_where} ORDER BY {order})"


class SegmentWriter:
    """Writes the files of one chunk, seal or rewrite, with the numbers that were taken for them."""

    def __init__(
        self,
        folder: Path,
        numbers: Iterator[int],
        attributes: Mapping[str, str],
        *,
        batch: int | None = None,
        chunk: int | None = None,
    ) -> None:
        """`folder`: the journal's. `attributes`: those that the written relations have."""
        self._folder = folder
        self._numbers = numbers
        self._attributes = attributes
        self._batch = batch
        self._chunk = chunk

    def months(self, duck: duckdb.DuckDBPyConnection, relation: str) -> list[Segment]:
        """One sorted file of originals for each month of a table that has the column `month` (a number, NULL undated)."""
        return [
            self._write(duck, f"{relation} WHERE month IS NOT DISTINCT FROM {content.month}", "events", content)
            for content in self._contents(duck, relation, "month")
        ]

    def corrections(self, duck: duckdb.DuckDBPyConnection, relation: str) -> list[Segment]:
        """One file of the rows of contested slots, of all months together; none for no rows."""
        return [
            self._write(duck, relation, "corrections", content) for content in self._contents(duck, relation, "'all'")
        ]

    def _write(self, duck: duckdb.DuckDBPyConnection, relation_where: str, kind: Kind, content: _Content) -> Segment:
        number = next(self._numbers)
        file = f"{FOLDER}/{content.name if kind == 'events' else kind}.{number}.parquet"
        path = self._folder / file
        with written_durably(path) as temporary:
            rows = copy(duck, content.sorted_rows(relation_where), temporary)
        return Segment(
            number=number, kind=kind, month=content.name if kind == "events" else None, batch=self._batch,
            chunk=self._chunk, file=file, rows=rows, size=path.stat().st_size, object_types=content.beside,
            columns=frozenset(content.columns),
        )  # fmt: skip

    def _contents(self, duck: duckdb.DuckDBPyConnection, relation: str, month: str) -> list[_Content]:
        """What a table holds, month by month."""
        attributes = [name for name in attribute_columns(columns_of(duck, relation)) if name in self._attributes]
        columns = [*COLUMNS, *(f"attr_{name}" for name in attributes)]
        counts = ", ".join("count_if(voids)" if column == "voids" else f"count({column})" for column in columns)
        value = "CASE WHEN count({0}) = count(*) AND min({0}) = max({0}) THEN min({0})::VARCHAR END"
        values = ", ".join(value.format(column) for column in ALIKE)
        found = duck.execute(f"SELECT {month} AS m, {values}, {counts} FROM {relation} GROUP BY m ORDER BY m").fetchall()
        beside = dict(
            duck.execute(
                f"""SELECT m, list(DISTINCT o.type) FROM (SELECT {month} AS m, unnest(objects) AS o FROM {relation}
                WHERE objects IS NOT NULL) GROUP BY m"""
            ).fetchall()
        )
        return [
            _Content(
                month="NULL" if row[0] is None else str(row[0]),
                name=UNDATED if row[0] is None else month_name(row[0]),
                columns=tuple(column for column, count in zip(columns, row[1 + len(ALIKE) :], strict=True) if count),
                alike={
                    column: f"{literal(text)}::{COLUMNS[column]}"
                    for column, text in zip(ALIKE, row[1 : 1 + len(ALIKE)], strict=True)
                    if text is not None
                },
                beside=frozenset(beside.get(row[0]) or ()),
            )
            for row in found
        ]

    def keys(self, keys: Keys, kind: Kind) -> list[Segment]:
        """One file of keys; none for no keys."""
        if not len(keys):
            return []
        number = next(self._numbers)
        file = f"{FOLDER}/{kind}.{number}.keys"
        size = keys.write(self._folder / file)
        return [
            Segment(
                number=number, kind=kind, month=None, batch=self._batch, chunk=self._chunk, file=file, rows=len(keys),
                size=size,
            )
        ]  # fmt: skip

    def touched(self, duck: duckdb.DuckDBPyConnection, query: str) -> list[Segment]:
        """One file of (object_type, object_id, month) whose events an undo or an erasure changed; none for no rows."""
        number = next(self._numbers)
        file = f"{FOLDER}/touched.{number}.parquet"
        path = self._folder / file
        with written_durably(path) as temporary:
            rows = copy(duck, query, temporary)
        if not rows:
            path.unlink()
            return []
        return [
            Segment(
                number=number, kind="touched", month=None, batch=self._batch, chunk=None, file=file, rows=rows,
                size=path.stat().st_size,
            )
        ]  # fmt: skip


def copy(duck: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows to a Parquet file; how many.

    Raises:
        LastMeterError: `journal.disk_full`, `journal.not_writable`.
    """
    try:
        done = duck.execute(f"COPY ({query}) TO {literal(str(path))} ({PARQUET})").fetchone()
    except duckdb.IOException as error:
        # DuckDB hides the errno; ask the file system itself what is wrong.
        raise not_writable(path, _reason(path, error)) from None
    return int(done[0]) if done else 0


def select_segments(folder: Path, segments: Iterable[Segment], attributes: Mapping[str, str], *, only: str = "") -> str:
    """SQL of all rows of these segments with every column of an event and these attributes.

    `only`: a join or WHERE that narrows the rows before their ids are put together; it may not name ids.

    Raises:
        LastMeterError: `journal.damaged` if a file is missing or not as long as it was.
    """
    listed = list(segments)
    columns = all_columns(attributes)
    if not listed:
        return f"SELECT {', '.join(_nothing(name, kind) for name, kind in columns.items())} WHERE false"
    for segment in listed:
        check(folder, segment)
    held = frozenset[str]().union(*(segment.columns for segment in listed))
    names = ", ".join(_read(name) if name in held else _nothing(name, kind) for name, kind in columns.items())
    files = file_list(segment.path(folder) for segment in listed)
    return f"SELECT {names} FROM read_parquet({files}, union_by_name = true) AS p {only}"


def _read(name: str) -> str:
    match name:
        case "id":
            return f"{FULL_ID} AS id"
        case "voids":
            return "coalesce(voids, false) AS voids"
        case _:
            return name


def _nothing(name: str, kind: str) -> str:
    return "false AS voids" if name == "voids" else f"NULL::{kind} AS {name}"


def check(folder: Path, segment: Segment) -> None:
    """Refuse a file that is missing or not as long as the manifest says."""
    path = segment.path(folder)
    try:
        size = path.stat().st_size
    except OSError:
        raise damaged(path) from None
    if size != segment.size:
        raise damaged(path)


def month_name(number: int | str) -> str:
    """`2018-03` of the number in the column `month`; any other name is its own."""
    return number if isinstance(number, str) else f"{number // 12:04d}-{number % 12 + 1:02d}"


def _reason(path: Path, error: duckdb.IOException) -> OSError:
    try:
        path.with_name(path.name + ".probe").write_bytes(b"\0" * 4096)
    except OSError as found:
        return found
    finally:
        path.with_name(path.name + ".probe").unlink(missing_ok=True)
    return OSError(28 if "space" in str(error).lower() or "too large" in str(error).lower() else 5, "")

"""Parquet files of events: written sorted by object, one month each, and read back with their registered types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from lastmeter.journal.columns import COLUMNS, UNDATED, all_columns, attribute_columns
from lastmeter.journal.durable import written_durably
from lastmeter.journal.engine import columns_of, file_list, literal
from lastmeter.journal.keys import Keys, damaged
from lastmeter.journal.manifest import Kind, Segment
from lastmeter.journal.store import not_writable

FOLDER = "segments"
# Sorted by object, so that the events of one journey lie together and a few journeys prune the rest.
ORDER = "object_type, object_id, occurred_at, id"
# Small row groups: one journey reads one of them. zstd 3 is DuckDB's default.
ROW_GROUP_ROWS = 61_440
MONTH_NUMBER = "(year(occurred_at) * 12 + month(occurred_at) - 1)::INTEGER"


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
            self._write(duck, f"{relation} WHERE month IS NOT DISTINCT FROM {sql_month}", "events", name, held, others)
            for sql_month, name, held, others in self._contents(duck, relation, "month")
        ]

    def corrections(self, duck: duckdb.DuckDBPyConnection, relation: str) -> list[Segment]:
        """One file of the rows of contested slots, of all months together; none for no rows."""
        return [
            self._write(duck, relation, "corrections", None, held, others)
            for _all, _name, held, others in self._contents(duck, relation, "0")
        ]

    def _write(
        self,
        duck: duckdb.DuckDBPyConnection,
        relation_where: str,
        kind: Kind,
        month: str | None,
        held: frozenset[str],
        others: frozenset[str],
    ) -> Segment:
        number = next(self._numbers)
        file = f"{FOLDER}/{month or kind}.{number}.parquet"
        columns = ", ".join([*COLUMNS, *(f"attr_{name}" for name in sorted(held))])
        path = self._folder / file
        with written_durably(path) as temporary:
            rows = copy(duck, f"SELECT {columns} FROM {relation_where} ORDER BY {ORDER}", temporary)
        return Segment(
            number=number, kind=kind, month=month, batch=self._batch, chunk=self._chunk, file=file, rows=rows,
            size=path.stat().st_size, object_types=others, attributes=held,
        )  # fmt: skip

    def _contents(
        self, duck: duckdb.DuckDBPyConnection, relation: str, month: str
    ) -> list[tuple[str, str | None, frozenset[str], frozenset[str]]]:
        """For each month of a table: the month in SQL and by name, attributes that have values, types of other objects.

        An attribute without a value costs a column chunk in every file, so it is left out.
        """
        names = [name for name in attribute_columns(columns_of(duck, relation)) if name in self._attributes]
        counts = "".join(f", count(attr_{name})" for name in names)
        found = duck.execute(f"SELECT {month} AS m, count(*){counts} FROM {relation} GROUP BY m ORDER BY m").fetchall()
        types = dict(
            duck.execute(
                f"""SELECT m, list(DISTINCT o.type) FROM (SELECT {month} AS m, unnest(objects) AS o FROM {relation}
                WHERE objects IS NOT NULL) GROUP BY m"""
            ).fetchall()
        )
        return [
            (
                "NULL" if row[0] is None else str(row[0]),
                month_name(row[0]),
                frozenset(name for name, count in zip(names, row[2:], strict=True) if count),
                frozenset(types.get(row[0]) or ()),
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
        done = duck.execute(
            f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        ).fetchone()
    except duckdb.IOException as error:
        # DuckDB hides the errno; ask the file system itself what is wrong.
        raise not_writable(path, _reason(path, error)) from None
    return int(done[0]) if done else 0


def select(paths: Sequence[Path], held: Iterable[str], attributes: Mapping[str, str]) -> str:
    """SQL of all rows of these files with every column: `held` are the attributes that the files have."""
    columns = all_columns(attributes)
    if not paths:
        nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
        return f"SELECT {nothing} WHERE false"
    present = {f"attr_{name}" for name in held} | COLUMNS.keys()
    listed = ", ".join(name if name in present else f"NULL::{kind} AS {name}" for name, kind in columns.items())
    return f"SELECT {listed} FROM read_parquet({file_list(paths)}, union_by_name = true)"


def select_segments(folder: Path, segments: Iterable[Segment], attributes: Mapping[str, str]) -> str:
    """SQL of all rows of these segments with every column.

    Raises:
        LastMeterError: `journal.damaged` if a file is missing or not as long as it was.
    """
    listed = list(segments)
    for segment in listed:
        check(folder, segment)
    held = frozenset[str]().union(*(segment.attributes for segment in listed))
    return select([segment.path(folder) for segment in listed], held, attributes)


def check(folder: Path, segment: Segment) -> None:
    """Refuse a file that is missing or not as long as the manifest says."""
    path = segment.path(folder)
    try:
        size = path.stat().st_size
    except OSError:
        raise damaged(path) from None
    if size != segment.size:
        raise damaged(path)


def month_name(number: int | None) -> str:
    """`2018-03` of the number in the column `month`; undated for NULL."""
    return UNDATED if number is None else f"{number // 12:04d}-{number % 12 + 1:02d}"


def _reason(path: Path, error: duckdb.IOException) -> OSError:
    try:
        path.with_name(path.name + ".probe").write_bytes(b"\0" * 4096)
    except OSError as found:
        return found
    finally:
        path.with_name(path.name + ".probe").unlink(missing_ok=True)
    return OSError(28 if "space" in str(error).lower() or "too large" in str(error).lower() else 5, "")

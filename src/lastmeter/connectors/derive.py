"""One chunk of a file to its events, in DuckDB: what the SQL of `events_sql` is run on, and what comes of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.connectors import cells_sql, drafts_sql
from lastmeter.connectors.events_sql import EventCompiler, EventQuery, Fault, token_columns
from lastmeter.connectors.faults import reason
from lastmeter.connectors.kinds import Chunk
from lastmeter.connectors.mapping import (
    FINER_THAN_DAY,
    ObjectColumn,
    Table,
    ZoneColumn,
    rule_attribute_types,
)
from lastmeter.connectors.mapping import (
    Mapping as SourceMapping,
)
from lastmeter.connectors.rows_sql import RowColumns
from lastmeter.journal.rejected import Rejection

ARRIVALS = "arrivals"
EMPTIED_EVENTS = "SELECT * FROM emptied"
# Rows kept with their text, for each file and reason; all are counted and stored with row, column and code.
KEPT_TEXTS = 1_000
_AT_ONCE = 10_000


class Batch(Protocol):
    """What the derivation asks of an import batch."""

    def tokens(self, kind: Any, values: pa.Array) -> pa.Array:
        """A token for each value, in order; NULL for NULL and for what was erased."""
        ...

    def known(self, duck: duckdb.DuckDBPyConnection, relation: str) -> npt.NDArray[np.bool_]:
        """Which rows of a relation (source, id) name an event that the journal held before."""
        ...


class Derivation:
    """The events of one table's files. One for each file; `run` once a chunk, then read what it left."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, mapping: SourceMapping, table: Table, file: str, at: datetime) -> None:
        self.duck = duck
        self.mapping = mapping
        self.table = table
        self.file = file
        self.at = at
        self.columns = table.columns()
        # What was taken but looks wrong: rows by (code, earlier event type, later event type).
        self.oddities: Counter[tuple[str, str, str]] = Counter()
        self.rejected: Counter[str] = Counter()
        self._cells = {column: f"c{number}" for number, column in enumerate(self.columns)}
        self._attributes: dict[str, str] = {}
        for rule in table.event:
            self._attributes |= rule_attribute_types(rule)
        self._faults: list[Fault] = []
        self._has_faults = False
        self.types_told: set[str] = set()
        # The start of the latest event of the chunk that ran last, UTC.
        self.last_time: datetime | None = None
        self._texts_kept: Counter[str] = Counter()

    def run(self, chunk: Chunk, batch: Batch) -> None:
        """Leave the chunk's good events in the view `arrivals`; `rejections` has the others."""
        self.duck.register("chunk", chunk.rows)
        tokens = self._replace_personal(batch)
        rows = RowColumns(self._cells, self._aware(), self._distinct())
        compiler = EventCompiler(self.mapping.source, self.table, rows, tokens, self.at)
        queries = [compiler.compile(rule) for rule in self.table.event]
        numbers = {fault: number for number, fault in enumerate(dict.fromkeys(f for q in queries for _, f in q.faults))}
        self._faults = list(numbers)
        # A table where several events read it; the events themselves stay a view, so that the journal's one reading of
        # them writes them once.
        kind = "TABLE" if len(queries) > 1 else "VIEW"
        self._drop("parsed")
        self.duck.execute(f"CREATE TEMP {kind} parsed AS {rows.select('cells')}")
        every = drafts_sql.drafts(queries, self._attributes, numbers, self._cells)
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW drafts AS {every}")
        emptied = " UNION ALL " + EMPTIED_EVENTS if self._find_emptied(queries, batch) else ""
        self.duck.execute(
            f"CREATE OR REPLACE TEMP VIEW {ARRIVALS} AS "
            f"SELECT * EXCLUDE (row, fault) FROM drafts WHERE fault IS NULL{emptied}"
        )
        found = self.duck.execute("SELECT fault, type, max(occurred_at) FROM drafts GROUP BY fault, type").fetchall()
        self._has_faults = any(fault is not None for fault, _, _ in found)
        self.types_told |= {kind for fault, kind, _ in found if fault is None}
        self.last_time = max((latest for fault, _, latest in found if fault is None and latest is not None), default=None)
        self._count_oddities(queries)

    def last_in_column(self) -> datetime | None:
        """The latest time in the table's watermark column, UTC."""
        if self.table.watermark is None:
            return None
        rows = RowColumns(self._cells, self._aware())
        zone = rows.zone(self.mapping.source.zone)
        time = rows.time(self.table.watermark, None, "second", zone)
        latest: datetime | None = self._one(f"SELECT max({time.start}) FROM ({rows.select('cells')})")
        return latest

    def rejections(self, chunk: Chunk) -> Iterator[list[Rejection]]:
        """What the chunk's rows and events are set aside for, some thousands at a time."""
        yield from _parts([self._rejection(row.row, Fault(row.code, ""), lambda raw=row.raw: raw)
                           for row in chunk.unreadable])
        if not self._has_faults:
            return
        cells = ", ".join(f"parsed.{cell}" for cell in self._cells.values())
        found = self.duck.execute(
            f"SELECT drafts.row, fault, {self._codes()} AS code, {cells} "
            "FROM (SELECT DISTINCT row, fault FROM drafts WHERE fault IS NOT NULL) AS drafts "
            "JOIN parsed ON parsed.row = drafts.row ORDER BY drafts.row, fault"
        )
        while rows := found.fetchmany(_AT_ONCE):
            yield [self._event_rejection(*row) for row in rows]

    def _event_rejection(self, row: int, fault: int, code: str | None, *cells: str | None) -> Rejection:
        blamed = self._faults[fault]
        return self._rejection(row, Fault(code or blamed.code, blamed.column, blamed.type),
                               lambda: json.dumps(dict(zip(self.columns, cells, strict=True)), ensure_ascii=False))

    def _rejection(self, row: int, fault: Fault, text: Any) -> Rejection:
        self.rejected[fault.code] += 1
        raw = None
        if self._texts_kept[fault.code] < KEPT_TEXTS:
            self._texts_kept[fault.code] += 1
            raw = text()
        places = {"column": fault.column, "type": fault.type}
        return Rejection(self.file, row, fault.column or None, fault.code, reason(fault.code), places, raw)

    def _codes(self) -> str:
        """SQL: a sharper code where a time could not be read."""
        cases = " ".join(
            f"WHEN {number} THEN {cells_sql.misreading('parsed.' + self._cells[fault.column], fault.format)}"
            for number, fault in enumerate(self._faults) if fault.code == "time_unreadable"
        )
        return f"CASE fault {cases} END" if cases else "CAST(NULL AS VARCHAR)"

    def _replace_personal(self, batch: Batch) -> dict[tuple[str, str], str]:
        """Make the view `cells`: the chunk without blank rows, and a token for each value that is personal."""
        joins, added = [], []
        found: dict[tuple[str, str], str] = {}
        for number, (kind, column) in enumerate(dict.fromkeys(token_columns(self.table))):
            cell = self._cells[column]
            values = self.duck.sql(f"SELECT DISTINCT {cell} AS value FROM chunk WHERE {cell} IS NOT NULL").to_arrow_table()
            plain = values["value"].combine_chunks().cast(pa.string())
            tokens = batch.tokens(kind, plain)
            self.duck.register(f"tokens{number}", pa.table({"value": plain, "token": tokens}))
            joins.append(f" LEFT JOIN tokens{number} AS t{number} ON t{number}.value = chunk.{cell}")
            added.append(f", t{number}.token AS k{number}")
            found[kind, cell] = f"k{number}"
        every = ", ".join(f"chunk.{cell}" for cell in self._cells.values())
        self.duck.execute(
            f"CREATE OR REPLACE TEMP VIEW cells AS SELECT chunk.*{''.join(added)} FROM chunk{''.join(joins)} "
            f"WHERE coalesce({every}) IS NOT NULL"
        )
        return found

    def _aware(self) -> list[str]:
        """The cells of times without a declared format that somewhere state their own offset."""
        cells = [self._cells[column] for column in dict.fromkeys(_free_times(self.table))]
        if not cells:
            return []
        asked = ", ".join(f"bool_or({cells_sql.has_offset(cell)})" for cell in cells)
        answers = self.duck.execute(f"SELECT {asked} FROM chunk").fetchall()[0]
        return [cell for cell, is_aware in zip(cells, answers, strict=True) if is_aware]

    def _distinct(self) -> dict[str, list[str]]:
        """The values of the columns that hold zones and currencies."""
        found = {}
        for column in dict.fromkeys(_listing_columns(self.table)):
            cell = self._cells[column]
            found[column] = [value for (value,) in self.duck.execute(
                f"SELECT DISTINCT {cell} FROM chunk WHERE {cell} IS NOT NULL ORDER BY 1").fetchall()]
        return found

    def _count_oddities(self, queries: Sequence[EventQuery]) -> None:
        pairs = list(_comparable(queries))
        asked = [f"count(*) FILTER ({_runs_backwards(earlier, later)})" for _, earlier, later in pairs]
        if all(query.when for query in queries):
            told = " OR ".join(f"({' AND '.join(query.when)})" for query in queries)
            asked.append(f"count(*) FILTER (WHERE NOT coalesce({told}, false))")
        if not asked:
            return
        counts = self.duck.execute(f"SELECT {', '.join(asked)} FROM parsed").fetchall()[0]
        for (code, earlier, later), count in zip(pairs, counts, strict=False):
            self.oddities[code, earlier.rule.type, later.rule.type] += count
        if len(counts) > len(pairs):
            self.oddities["no_event", "", ""] += counts[-1]

    def _find_emptied(self, queries: Sequence[EventQuery], batch: Batch) -> bool:
        """Make the table of corrections that void what earlier exports told of and this one leaves empty.

        An event that another row of the chunk still states is not voided. Whether there are any.
        """
        selects = [select for query in queries if (select := query.emptied(self._attributes))]
        if not selects:
            return False
        self.duck.execute(
            f"CREATE OR REPLACE TEMP TABLE silent AS SELECT *, corrects AS target FROM ({' UNION ALL '.join(selects)})"
        )
        self.duck.execute("CREATE OR REPLACE TEMP VIEW silent_ids AS SELECT source, target AS id FROM silent")
        known = batch.known(self.duck, "silent_ids")
        if not known.any():
            return False
        self.duck.register("known_rows", pa.table({"row": np.flatnonzero(known)}))
        self.duck.execute(
            "CREATE OR REPLACE TEMP TABLE emptied AS SELECT * EXCLUDE (target) FROM silent "
            "WHERE rowid IN (SELECT row FROM known_rows) "
            "AND target NOT IN (SELECT id FROM drafts WHERE fault IS NULL)"
        )
        return bool(self._one("SELECT count(*) FROM emptied"))

    def _drop(self, name: str) -> None:
        for kind, found in self.duck.execute(
            "SELECT table_type, table_name FROM information_schema.tables WHERE table_name = ?", [name]
        ).fetchall():
            self.duck.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {found}")

    def _one(self, query: str) -> Any:
        return self.duck.execute(query).fetchall()[0][0]


def _comparable(queries: Sequence[EventQuery]) -> Iterator[tuple[str, EventQuery, EventQuery]]:
    """Pairs of events of a row that should follow each other as declared: neighbours, and each with the first."""
    dated = [query for query in queries if query.time is not None]
    pairs = [("negative_duration", *pair) for pair in pairwise(dated)]
    pairs += [("before_start", dated[0], later) for later in dated[2:]]
    for code, earlier, later in pairs:
        if earlier.rule.at != later.rule.at:
            yield code, earlier, later


def _runs_backwards(earlier: EventQuery, later: EventQuery) -> str:
    """Whether the later-declared event of a row lies before the earlier one, as far as the coarser clock can tell."""
    assert earlier.time is not None and later.time is not None  # noqa: S101, PT018 — the caller chose dated ones
    first, second = earlier.time.local, later.time.local
    if {earlier.rule.precision, later.rule.precision} - FINER_THAN_DAY:
        first, second = f"date_trunc('day', {first})", f"date_trunc('day', {second})"
    conditions = " AND ".join([f"{second} < {first}", *earlier.when, *later.when])
    return f"WHERE {conditions}"


def _free_times(table: Table) -> Iterator[str]:
    """Columns of times whose format is not declared."""
    for rule in table.event:
        if rule.is_dated and rule.format is None:
            yield rule.at
        for attribute in rule.attributes.values():
            if attribute.type == "time" and attribute.format is None and attribute.column is not None:
                yield attribute.column
        for promise in rule.promise.values():
            if promise.format is None:
                yield promise.column
    if table.watermark is not None:
        yield table.watermark


def _listing_columns(table: Table) -> Iterator[str]:
    """Columns that hold zones or currencies."""
    for rule in table.event:
        if isinstance(rule.zone, ZoneColumn):
            yield rule.zone.column
        for attribute in rule.attributes.values():
            if isinstance(attribute.currency, ObjectColumn):
                yield attribute.currency.column


def _parts(rows: list[Rejection]) -> Iterator[list[Rejection]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]

"""A snapshot: the manifest and the single events of one moment, read through a DuckDB of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from lastmeter.journal import manifest, slots, statements
from lastmeter.journal.columns import UNDATED, all_columns
from lastmeter.journal.connection import Connection
from lastmeter.journal.digest import STATED_CORRECTS_SQL, Digester
from lastmeter.journal.engine import count, drop, file_list, identifier, literal, numbers, open_duckdb
from lastmeter.journal.hot import HotRow, keys_of, relation, rows_of
from lastmeter.journal.keys import Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import select_segments
from lastmeter.journal.store import Store
from lastmeter.journal.vault import Vault

_UNCONTESTED = "ANTI JOIN lm_slots AS s ON e.source = s.source AND e.id = s.slot"
MONTH_SQL = f"coalesce(strftime(occurred_at, '%Y-%m'), '{UNDATED}')"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source: which event types it tells of, and until when it is complete (UTC)."""

    name: str
    event_types: frozenset[str]
    watermark: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """An import was published: when it was recorded, and up to when its source was complete by it (UTC)."""

    source: str
    at: datetime
    watermark: datetime | None


class Snapshot:
    """The journal at one moment. `duck` is private to it and may be used for further queries."""

    def __init__(self, store: Store, folder: Path, digester: Digester, vault: Vault) -> None:
        self._store = store
        self._folder = folder
        self._digester = digester
        self._vault = vault
        with store.reading() as connection:
            self.manifest_number = manifest.number(connection)
            self._live = manifest.read(connection)
            self._batches: dict[int, int] = dict(connection.execute(statements.BATCH_MANIFESTS))
            self._attributes: dict[str, str] = dict(connection.execute(statements.ATTRIBUTES))
            self._sources = read_sources(connection)
            self._hot: list[HotRow] = rows_of(connection, self._attributes)
            self._hot_attested = keys_of(connection.execute(statements.ATTESTED_ALL))
        self.duck: duckdb.DuckDBPyConnection = open_duckdb()
        relation(self.duck, "lm_hot", self._hot, self._attributes)
        self._contested = False
        self._settle()

    def close(self) -> None:
        """Give the connection back."""
        self.duck.close()

    def sources(self) -> list[SourceState]:
        """The sources of published batches, by name."""
        return self._sources

    def attributes(self) -> dict[str, str]:
        """Registered attributes and their types."""
        return dict(self._attributes)

    def reveal(self, tokens: Iterable[str], *, raw: bool = False) -> dict[str, str]:
        """What stands behind vault tokens: redacted words, masked personal values; everything as it came with raw."""
        with self._store.reading() as connection:
            return self._vault.reveal(connection, tokens, raw=raw)

    def define_events(
        self,
        name: str,
        *,
        at: datetime | None = None,
        months: Collection[str] | None = None,
        objects: str | None = None,
        primary: bool = False,
    ) -> None:
        """Define the view `name` of effective events.

        `at`: later events are left out. `months` ("2018-03", UTC): only these, and the undated. `objects`: the name of
        a table (object_type, object_id) in `duck`; only events that name one of them. `primary`: that name it first, which
        spares reading what events name beside.
        """
        parts = [
            self._sealed(months, objects, primary=primary),
            self._of_objects("SELECT * EXCLUDE (hash, digest) FROM lm_hot_plain", objects, primary=primary),
            self._of_objects("SELECT * FROM lm_winners", objects, primary=primary),
        ]
        wanted = (
            []
            if at is None
            else [f"(occurred_at <= TIMESTAMP {literal(at.isoformat(sep=' '))} OR occurred_at IS NULL)"]
        )
        if months is not None:
            wanted.append(f"({MONTH_SQL} IN ({', '.join(literal(m) for m in sorted({*months, UNDATED}))}))")
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        columns = ", ".join(all_columns(self._attributes))
        union = " UNION ALL ".join(f"SELECT {columns} FROM ({part}){where}" for part in parts)
        drop(self.duck, name)
        self.duck.execute(f"CREATE TEMP VIEW {identifier(name)} AS {union}")

    def define_touched(self, name: str, *, since: int) -> None:
        """Define the table `name` (object_type, object_id, month) of all objects that something after `since` concerns.

        That is every object named by a row of a newer segment or a single event, by any row of a slot with a newer
        correction or restatement, or by what an undo or an erasure removed. month is of the event: UTC, or `undated`.
        """
        newer = [s for s in self._live if s.manifest > since]
        parts = [
            self._newer_rows([s for s in newer if s.kind == "events"], since),
            "SELECT source, id, corrects, object_type, object_id, objects, occurred_at FROM lm_hot",
            self._disputed(newer, since),
        ]
        touched = [s.path(self._folder) for s in newer if s.kind == "touched"]
        union = " UNION ALL ".join(parts)
        removed = f" UNION SELECT * FROM read_parquet({file_list(touched)})" if touched else ""
        drop(self.duck, name)
        self.duck.execute(
            f"""CREATE TEMP TABLE {identifier(name)} AS
            WITH rows AS ({union})
            SELECT object_type, object_id, {MONTH_SQL} AS month FROM rows
            UNION
            SELECT o.type, o.id, month FROM (
                SELECT unnest(objects) AS o, {MONTH_SQL} AS month FROM rows WHERE objects IS NOT NULL)
            {removed}"""
        )

    def define_raw(self, name: str) -> None:
        """Define the view `name` of every row as stored: originals, corrections, voided and losing versions."""
        columns = ", ".join(all_columns(self._attributes))
        events = select_segments(self._folder, self._of_kind("events"), self._attributes)
        self.duck.execute(
            f"""CREATE OR REPLACE TEMP VIEW {identifier(name)} AS SELECT {columns} FROM ({events})
            UNION ALL SELECT {columns} FROM lm_corrections WHERE corrects IS NOT NULL
            UNION ALL SELECT {columns} FROM lm_hot"""
        )

    def tied(self) -> list[tuple[str, str]]:
        """(source, id) of the events whose best two statements have the same revision: the digest decided."""
        return self.duck.execute(
            """SELECT source, slot FROM (
                SELECT source, slot, digest, row_number() OVER best AS place,
                    lead(revision) OVER best = revision AND lead(ruling) OVER best = ruling AS tie
                FROM (SELECT source, slot, digest, max(revision) AS revision, any_value(ruling) AS ruling
                    FROM lm_statements GROUP BY ALL)
                WINDOW best AS (PARTITION BY source, slot ORDER BY revision DESC, ruling DESC, digest DESC))
            WHERE place = 1 AND tie ORDER BY ALL"""
        ).fetchall()

    def _of_kind(self, kind: manifest.Kind) -> list[Segment]:
        return [s for s in self._live if s.kind == kind]

    def _sealed(self, months: Collection[str] | None, objects: str | None, *, primary: bool) -> str:
        """SQL of the originals in the segments that nobody contests."""
        events = self._of_kind("events")
        if months is not None:
            events = [s for s in events if s.month in {*months, UNDATED}]
        if objects is not None and events:
            rows = self._segments_of_objects(events, objects, primary=primary)
            return f"SELECT e.* FROM ({rows}) AS e {_UNCONTESTED}" if self._contested else rows
        if not self._contested:
            return select_segments(self._folder, events, self._attributes)
        # Ids are put together only for rows about objects of contested originals: those are all known.
        apart = "JOIN lm_contested_objects AS c ON p.object_id = c.object_id"
        others = select_segments(self._folder, events, self._attributes, only=f"ANTI {apart}")
        near = select_segments(self._folder, events, self._attributes, only=f"SEMI {apart}")
        return f"{others} UNION ALL SELECT e.* FROM ({near}) AS e {_UNCONTESTED}"

    def _of_objects(self, rows: str, objects: str | None, *, primary: bool) -> str:
        """SQL of the rows that name one of the objects in the table."""
        if objects is None:
            return rows
        table = identifier(objects)
        first = f"SELECT e.* FROM ({rows}) AS e SEMI JOIN {table} AS t USING (object_type, object_id)"
        return first if primary else f"{first} UNION ALL {self._beside(rows, rows, table)}"

    def _segments_of_objects(self, segments: list[Segment], objects: str, *, primary: bool) -> str:
        """SQL of the rows of segments that name one of the objects in the table, reading as little as may be."""
        table = identifier(objects)
        by_primary = f"SEMI JOIN {table} AS t ON p.object_type = t.object_type AND p.object_id = t.object_id"
        first = select_segments(self._folder, segments, self._attributes, only=by_primary)
        if primary:
            return first
        # Only segments whose rows name such objects beside their primary one need the list read.
        types = {row[0] for row in self.duck.execute(f"SELECT DISTINCT object_type FROM {table}").fetchall()}
        listing = [s for s in segments if s.object_types & types]
        if not listing:
            return first
        only = "WHERE objects IS NOT NULL"
        rows = select_segments(self._folder, listing, self._attributes, only=only)
        return f"{first} UNION ALL {self._beside(rows, select_segments(self._folder, listing, {}, only=only), table)}"

    def _beside(self, rows: str, narrow: str, table: str) -> str:
        """SQL of the rows that name one of the objects beside a primary one that is not in the table."""
        return f"""SELECT e.* FROM ({rows}) AS e ANTI JOIN {table} AS t USING (object_type, object_id)
            WHERE objects IS NOT NULL AND (source, id) IN (
                SELECT (source, id) FROM (
                    SELECT source, id, unnest(objects) AS o FROM ({narrow}) WHERE objects IS NOT NULL)
                SEMI JOIN {table} AS t ON o.type = t.object_type AND o.id = t.object_id)"""

    def _settle(self) -> None:
        """Find the winner of every contested slot: few rows, whatever the journal's size."""
        columns = ", ".join(all_columns(self._attributes))
        files = self._of_kind("corrections")
        self.duck.execute(
            f"CREATE TEMP TABLE lm_corrections AS {select_segments(self._folder, files, self._attributes)}"
        )
        self.duck.execute(
            f"""CREATE TEMP TABLE lm_slots AS SELECT DISTINCT source, {slots.SLOT_SQL} AS slot FROM lm_corrections
            UNION SELECT DISTINCT source, corrects FROM lm_hot WHERE corrects IS NOT NULL"""
        )
        self._contested = count(self.duck, "lm_slots") > 0
        self.duck.execute(
            f"""CREATE TEMP TABLE lm_pool AS SELECT {columns} FROM lm_corrections
            UNION ALL SELECT h.* EXCLUDE (hash, digest) FROM lm_hot AS h
            SEMI JOIN lm_slots AS s ON h.source = s.source AND coalesce(h.corrects, h.id) = s.slot"""
        )
        self._fetch_originals()
        self.duck.execute(
            "CREATE TEMP TABLE lm_contested_objects AS SELECT DISTINCT object_id FROM lm_pool WHERE corrects IS NULL"
        )
        self.duck.execute(
            f"""CREATE TEMP TABLE lm_statements AS
            SELECT *, {slots.SLOT_SQL} AS slot, ({STATED_CORRECTS_SQL} IS NOT NULL) AS ruling,
                {self._digester.identity_sql(stated=False)} AS hash,
                {self._digester.digest_sql(self._attributes, stated=False)} AS digest
            FROM lm_pool"""
        )
        self._restate()
        self.duck.execute(
            f"""CREATE TEMP TABLE lm_winners AS
            SELECT {
                ", ".join(
                    "NULL::VARCHAR AS corrects" if c == "corrects" else "slot AS id" if c == "id" else c
                    for c in all_columns(self._attributes)
                )
            }
            FROM lm_statements
            QUALIFY row_number() OVER (
                PARTITION BY source, slot ORDER BY revision DESC, ruling DESC, digest DESC, batch) = 1"""
        )
        self.duck.execute("DELETE FROM lm_winners WHERE voids")
        self.duck.execute(
            """CREATE TEMP VIEW lm_hot_plain AS SELECT h.* FROM lm_hot AS h
            ANTI JOIN lm_slots AS s ON h.source = s.source AND coalesce(h.corrects, h.id) = s.slot"""
        )

    def _fetch_originals(self) -> None:
        """Single events that correct: their originals have no copy yet, look for them in the segments."""
        wanted = sorted({(row.event.source, row.event.corrects) for row in self._hot if row.event.corrects})
        if not wanted:
            return
        hashes = [self._digester.identity(source, str(target)) for source, target in wanted]
        held = [Keys.read(s.path(self._folder)) for s in self._of_kind("keys")]
        array = np.array(hashes, np.uint64)
        known = np.zeros(len(array), np.bool_)
        for keys in held:
            known |= keys.has_hash(array)
        pairs = [pair for pair, there in zip(wanted, known, strict=True) if there]
        if not pairs:
            return
        self.duck.register("lm_wanted", pa.table({"source": [p[0] for p in pairs], "slot": [p[1] for p in pairs]}))
        columns = ", ".join(all_columns(self._attributes))
        self.duck.execute(
            f"""INSERT INTO lm_pool SELECT {columns} FROM
            ({select_segments(self._folder, self._of_kind("events"), self._attributes)}) AS e
            SEMI JOIN lm_wanted AS w ON e.source = w.source AND e.id = w.slot"""
        )
        self.duck.unregister("lm_wanted")

    def _restate(self) -> None:
        """A statement counts with the highest revision under which any batch made it."""
        found = numbers(self.duck, "SELECT DISTINCT hash FROM lm_statements")["hash"]
        if not len(found):
            return
        said = Keys.merged(
            [
                k.of_hashes(found)
                for k in [*(Keys.read(s.path(self._folder)) for s in self._of_kind("attested")), self._hot_attested]
            ]
        )
        if not len(said):
            return
        self.duck.register(
            "lm_said", pa.table({"hash": said.hashes, "digest": said.digests, "revision": said.revisions})
        )
        self.duck.execute(
            """UPDATE lm_statements SET revision = s.revision FROM
            (SELECT hash, digest, max(revision) AS revision FROM lm_said GROUP BY hash, digest) AS s
            WHERE s.hash = lm_statements.hash AND s.digest = lm_statements.digest AND s.revision > lm_statements.revision"""
        )
        self.duck.unregister("lm_said")

    def _newer_rows(self, segments: list[Segment], since: int) -> str:
        """SQL of the rows of newer segments that came in after `since`: a compacted one holds older rows as well."""
        rows = select_segments(self._folder, segments, {})
        return f"""SELECT source, id, corrects, object_type, object_id, objects, occurred_at FROM ({rows})
            WHERE {self._came_after(since)}"""

    def _came_after(self, since: int) -> str:
        newer = sorted(number for number, at in self._batches.items() if at > since)
        return f"batch IN ({', '.join(str(number) for number in [0, *newer])})"

    def _disputed(self, newer: list[Segment], since: int) -> str:
        """SQL of all rows of the slots in which something is newer: a correction, or a restatement of a contested one."""
        said = Keys.merged(
            [Keys.read(s.path(self._folder)) for s in newer if s.kind == "attested"] + [self._hot_attested]
        )
        hashes = numbers(self.duck, "SELECT hash FROM lm_statements")["hash"]
        self.duck.register("lm_restated", pa.table({"hash": hashes[said.has_hash(hashes)]}))
        fresh = select_segments(self._folder, [s for s in newer if s.kind == "corrections"], {})
        self.duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_disputed AS
            SELECT source, {slots.SLOT_SQL} AS slot FROM ({fresh}) WHERE {self._came_after(since)}
            UNION SELECT source, slot FROM lm_statements SEMI JOIN lm_restated USING (hash)
            UNION SELECT source, coalesce(corrects, id) FROM lm_hot"""
        )
        self.duck.unregister("lm_restated")
        return """SELECT p.source, p.id, p.corrects, p.object_type, p.object_id, p.objects, p.occurred_at
            FROM lm_statements AS p SEMI JOIN lm_disputed AS d ON p.source = d.source AND p.slot = d.slot"""


def read_sources(connection: Connection) -> list[SourceState]:
    """The sources of published batches: all their event types, their latest watermark."""
    found: dict[str, SourceState] = {}
    for name, types, text in connection.execute(statements.SOURCES):
        before = found.get(name, SourceState(name, frozenset(), None))
        watermarks = [w for w in (before.watermark, None if text is None else datetime.fromisoformat(text)) if w]
        found[name] = SourceState(name, before.event_types | frozenset(types.split()), max(watermarks, default=None))
    return list(found.values())


def read_contacts(connection: Connection) -> list[Contact]:
    """Each published import of each source, by time."""
    return [
        Contact(name, datetime.fromisoformat(at), None if watermark is None else datetime.fromisoformat(watermark))
        for name, at, watermark in connection.execute(statements.CONTACTS)
    ]

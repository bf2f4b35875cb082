"""Taking references into the vault out of events: in segments, in hot rows, and in rows that are being staged.

A stripped event says less, so its digest changes. The new digest stands in for the old one wherever the journal knows
the statement: so a file that is imported again says nothing new, and an undo still finds what its batch attested.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from lastmeter.journal import hot, manifest, statements
from lastmeter.journal.closure import CLOSURE, Thing, naming
from lastmeter.journal.connection import Connection
from lastmeter.journal.digest import STATED_ID_SQL, Digester, stated, version_id
from lastmeter.journal.engine import count as rows_in
from lastmeter.journal.engine import literal
from lastmeter.journal.event import Event, is_version
from lastmeter.journal.keys import U64, Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import MONTH_NUMBER, SegmentWriter, select_segments
from lastmeter.journal.snapshot import MONTH_SQL
from lastmeter.journal.vault import TOKEN_PREFIX, Vault, is_token

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

_HIT = "(source, id) IN (SELECT (h.source, h.id) FROM lm_hit AS h)"
_PRIMARY_ERASED = f"object_id IN (SELECT c.id FROM {CLOSURE} AS c WHERE c.id LIKE '{TOKEN_PREFIX}%')"


class Stripping:
    """One erasure's work on the events of a journal: first the new files, then everything in one transaction."""

    def __init__(
        self,
        journal: Journal,
        connection: Connection,
        duck: duckdb.DuckDBPyConnection,
        events: str,
        attributes: Mapping[str, str],
        objects: Collection[Thing],
    ) -> None:
        """`events`: a view of all events; `objects`: those of the table CLOSURE. Finds the events to strip."""
        self._journal = journal
        self._connection = connection
        self._duck = duck
        self._events = events
        self._attributes = attributes
        self._objects = frozenset(objects)
        self._tokens = sorted({thing.id for thing in objects if is_token(thing.id)})
        self._gone: list[Segment] = []
        self._come: list[Segment] = []
        self._replaced: list[tuple[Segment, Segment]] = []
        self._pairs = Keys.none()
        self._fresh: U64 = np.empty(0, np.uint64)
        # All that was said about such an event goes with it: corrections need not name its objects again.
        duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_hit AS
            WITH named AS ({naming(events, CLOSURE)}),
            slots AS (SELECT DISTINCT source, coalesce(corrects, id) AS slot FROM {events} SEMI JOIN named USING (source, id))
            SELECT DISTINCT e.source, e.id FROM {events} AS e
            JOIN slots AS s ON e.source = s.source AND coalesce(e.corrects, e.id) = s.slot"""
        )

    @property
    def rows(self) -> str:
        """SQL of the events to strip, as they are."""
        return f"SELECT * FROM {self._events} WHERE {_HIT}"

    def write_segments(self) -> None:
        """Write stripped copies of the files that hold such events, and of the key files that hold their digests."""
        listed = manifest.read(self._connection, "live", "staged")
        concerned = [s for s in listed if s.kind in {"events", "corrections"} and self._hits(s)]
        self._find_pairs()
        key_files = [s for s in listed if s.kind in {"keys", "attested", "contradicted"}]
        numbers = manifest.new_numbers(self._connection)
        for segment in concerned:
            self._replace(segment, self._stripped(segment, numbers))
        for segment in key_files:
            keys = self._with_new_digests(Keys.read(segment.path(self._journal.folder)))
            if keys is not None:
                self._replace(segment, self._writer(segment, numbers).keys(keys, segment.kind))
        self._come += SegmentWriter(self._journal.folder, numbers, {}).touched(self._duck, self._touched())

    def apply(self, at: datetime) -> int:
        """Put the new files in the place of the old ones and strip hot rows, in the open transaction; how many events."""
        connection = self._connection
        count = self._duck.execute("SELECT count(*) FROM lm_hit").fetchone()
        number = manifest.advance(connection) if count and count[0] else 0
        manifest.retire(connection, [s for s in self._gone if s.state == "live"], at)
        manifest.forget(connection, [s for s in self._gone if s.state == "staged"])
        manifest.add(
            connection, [replace(s, state="live", manifest=number) if s.kind == "touched" else s for s in self._come]
        )
        self._attest_anew()
        self._strip_hot()
        return int(count[0]) if count else 0

    def still_used(self, tokens: Collection[str]) -> set[str]:
        """Those of the tokens that an event refers to which was not stripped."""
        return used_tokens(self._duck, f"(SELECT * FROM {self._events} WHERE NOT {_HIT})", self._attributes, tokens)

    def _hits(self, segment: Segment) -> bool:
        select = select_segments(self._journal.folder, [segment], {})
        return bool(self._duck.execute(f"SELECT 1 FROM ({select}) WHERE {_HIT} LIMIT 1").fetchall())

    def _stripped(self, segment: Segment, numbers: Iterator[int]) -> list[Segment]:
        held = {name: self._attributes[name] for name in sorted(segment.attributes)}
        select = select_segments(self._journal.folder, [segment], held)
        digest = self._journal.digester.digest_sql(held, stated=False)
        new_id = f"CASE WHEN lm_is_hit AND id[-17] = '~' THEN printf('%s~%016x', {STATED_ID_SQL}, {digest}) ELSE id END"
        self._duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_stripped AS
            SELECT * EXCLUDE (lm_is_hit) REPLACE ({new_id} AS id), {MONTH_NUMBER} AS month FROM (
                SELECT * REPLACE ({_stripped_columns(held, "lm_is_hit", self._tokens)}) FROM (
                    SELECT *, {_HIT} AS lm_is_hit FROM ({select}))
                WHERE NOT (lm_is_hit AND {_PRIMARY_ERASED}))"""
        )
        writer = self._writer(segment, numbers, held)
        if segment.kind == "events":
            return writer.months(self._duck, "lm_stripped")
        return writer.corrections(self._duck, "lm_stripped")

    def _writer(self, segment: Segment, numbers: Iterator[int], held: Mapping[str, str] | None = None) -> SegmentWriter:
        folder = self._journal.folder
        return SegmentWriter(folder, numbers, held or {}, batch=segment.batch, chunk=segment.chunk)

    def _replace(self, old: Segment, new: list[Segment]) -> None:
        self._gone.append(old)
        self._come += [replace(s, state=old.state, manifest=old.manifest) for s in new]

    def _find_pairs(self) -> None:
        """Identity, old and new digest of the stripped statements."""
        digest = self._journal.digester.digest_sql(self._attributes, stated=False)
        found = self._duck.execute(
            f"""SELECT DISTINCT {self._journal.digester.identity_sql(stated=False)} AS hash, old, {digest} AS new FROM (
                SELECT * REPLACE ({_stripped_columns(self._attributes, "true", self._tokens)})
                FROM (SELECT *, {digest} AS old FROM {self._events} WHERE {_HIT}) WHERE NOT {_PRIMARY_ERASED})
            ORDER BY hash, old"""
        ).fetchnumpy()
        hashes, old, new = (np.asarray(found[name], np.uint64) for name in ("hash", "old", "new"))
        changed = old != new
        self._pairs = Keys(hashes[changed], old[changed], np.zeros(int(changed.sum()), np.int64))
        self._fresh = new[changed]

    def _with_new_digests(self, keys: Keys) -> Keys | None:
        """The keys with new digests for stripped statements; None where it has none of them."""
        here = keys.has_pair(self._pairs.hashes, self._pairs.digests)
        if not here.any():
            return None
        digests = np.array(keys.digests)
        for hashed, old, new in zip(
            self._pairs.hashes[here], self._pairs.digests[here], self._fresh[here], strict=True
        ):
            low, high = (int(np.searchsorted(keys.hashes, hashed, side)) for side in ("left", "right"))
            place = low + np.flatnonzero(np.asarray(keys.digests[low:high]) == old)
            digests[place] = new
        return Keys.of(np.array(keys.hashes), digests, np.array(keys.revisions))

    def _attest_anew(self) -> None:
        renewed = {
            (int(hashed), int(old)): int(new)
            for hashed, old, new in zip(self._pairs.hashes, self._pairs.digests, self._fresh, strict=True)
        }
        for hashed, digest, revision in self._connection.execute(statements.ATTESTED_ALL):
            new = renewed.get((hot.unsigned(hashed), hot.unsigned(digest)))
            if new is not None:
                self._connection.execute(statements.ATTESTED_DELETE, (hashed, digest, revision))
                self._connection.execute(statements.ATTESTED_ADD, (hashed, hot.signed(new), revision))

    def _strip_hot(self) -> None:
        slots = set(self._duck.execute(
            f"SELECT DISTINCT source, coalesce(corrects, id) FROM {self._events} WHERE {_HIT}"
        ).fetchall())  # fmt: skip
        for row in hot.rows_of(self._connection, self._attributes):
            event = row.event
            named = {Thing(ref.type, ref.id) for ref in event.objects}
            if (event.source, event.corrects or event.id) not in slots and not named & self._objects:
                continue
            self._connection.execute(statements.HOT_DELETE, (hot.signed(row.hash), hot.signed(row.digest)))
            stripped = strip_event(event, self._attributes, self._objects, self._journal.digester)
            if stripped is not None:
                digest = self._journal.digester.digest(stripped)
                self._connection.execute(statements.HOT_ADD, (
                    hot.signed(row.hash), hot.signed(digest), stripped.source, stripped.id,
                    hot.body_of(stripped, row.recorded_at),
                ))  # fmt: skip

    def _touched(self) -> str:
        month = f"{MONTH_SQL} AS month"
        return f"""SELECT DISTINCT object_type, object_id, month FROM (
            SELECT object_type, object_id, {month} FROM ({self.rows})
            UNION ALL
            SELECT o.type, o.id, month FROM (SELECT unnest(objects) AS o, {month} FROM ({self.rows})))"""


def strip_event(
    event: Event, attributes: Mapping[str, str], erased: Collection[Thing], digester: Digester
) -> Event | None:
    """An event without references into the vault; None where its primary object is an erased identity."""
    gone = {thing.id for thing in erased if is_token(thing.id)}
    kept = tuple(ref for ref in event.objects if ref.id not in gone)
    if not kept or kept[0] != event.objects[0]:
        return None
    plain = {name: value for name, value in event.attributes.items() if attributes.get(name) != "token"}
    stripped: Event = msgspec.structs.replace(event, objects=kept, attributes=plain)
    if not is_version(event.id):
        return stripped
    return msgspec.structs.replace(stripped, id=version_id(stated(event.id, None)[0], digester.digest(stripped)))


def suppress(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    connection: Connection,
    vault: Vault,
    digester: Digester,
    attributes: Mapping[str, str],
) -> int:
    """Strip those rows of a stage table (with `digest`) that name an erased object; how many lost something.

    Most journals never erased anything: then it costs one small query.
    """
    if not vault.any_erased(connection, "object"):
        return 0
    named = duck.execute(
        f"""SELECT DISTINCT object_type, object_id FROM {table}
        UNION SELECT DISTINCT o.type, o.id FROM (SELECT unnest(objects) AS o FROM {table} WHERE objects IS NOT NULL)"""
    ).fetchall()
    hashes = {vault.object_hash(kind, name): Thing(kind, name) for kind, name in named}
    erased = [hashes[found] for found in vault.erased(connection, hashes)]
    tokens = [name for name, kind in attributes.items() if kind == "token"]
    if not erased or not tokens:
        return 0
    duck.register("lm_erased_arrow", pa.table({"type": [t.type for t in erased], "id": [t.id for t in erased]}))
    rows = f"(source, id) IN (SELECT (n.source, n.id) FROM ({naming(table, 'lm_erased_arrow')}) AS n)"
    # Found anew by their ids, as one file may hold several versions of an event.
    some = " OR ".join(f"attr_{name} IS NOT NULL" for name in tokens)
    duck.execute(f"CREATE OR REPLACE TEMP TABLE lm_suppressed AS SELECT rowid AS row FROM {table} WHERE {rows} AND ({some})")
    count = rows_in(duck, "lm_suppressed")
    if count:
        here = "rowid IN (SELECT s.row FROM lm_suppressed AS s)"
        duck.execute(f"UPDATE {table} SET {', '.join(f'attr_{name} = NULL' for name in tokens)} WHERE {here}")
        duck.execute(f"UPDATE {table} SET digest = {digester.digest_sql(attributes)} WHERE {here}")
    duck.execute("DROP TABLE lm_suppressed")
    duck.unregister("lm_erased_arrow")
    return count


def tokens_of(duck: duckdb.DuckDBPyConnection, query: str, attributes: Mapping[str, str]) -> set[str]:
    """All tokens in the attributes of a query's rows."""
    names = [name for name, kind in attributes.items() if kind == "token"]
    if not names:
        return set()
    values = " UNION ".join(f"SELECT DISTINCT attr_{name} AS token FROM lm_rows" for name in names)
    rows = duck.execute(f"WITH lm_rows AS ({query}) SELECT token FROM ({values}) WHERE token IS NOT NULL").fetchall()
    return {row[0] for row in rows}


def used_tokens(
    duck: duckdb.DuckDBPyConnection, events: str, attributes: Mapping[str, str], tokens: Collection[str]
) -> set[str]:
    """Those of the tokens that the rows of `events` hold, as an attribute or as the id of an object."""
    names = [name for name, kind in attributes.items() if kind == "token"]
    duck.register("lm_tokens", pa.table({"token": pa.array(sorted(tokens), pa.string())}))
    columns = [f"SELECT attr_{name} AS token FROM {events}" for name in names]
    columns += [
        f"SELECT object_id AS token FROM {events}",
        f"SELECT o.id AS token FROM (SELECT unnest(objects) AS o FROM {events} WHERE objects IS NOT NULL)",
    ]
    rows = duck.execute(
        f"SELECT DISTINCT u.token FROM ({' UNION ALL '.join(columns)}) AS u SEMI JOIN lm_tokens AS t ON u.token = t.token"
    ).fetchall()
    duck.unregister("lm_tokens")
    return {row[0] for row in rows}


def _stripped_columns(attributes: Mapping[str, str], hit: str, erased: Sequence[str]) -> str:
    """The REPLACE list: token attributes without value, erased identities not among the objects."""
    gone = "[" + ", ".join(map(literal, erased)) + "]::VARCHAR[]"
    objects = f"""CASE WHEN {hit} AND objects IS NOT NULL
        THEN nullif(list_filter(objects, lambda o: NOT list_contains({gone}, o.id)), []) ELSE objects END AS objects"""
    names = [name for name, kind in attributes.items() if kind == "token"]
    return ", ".join([objects, *(f"CASE WHEN {hit} THEN NULL ELSE attr_{name} END AS attr_{name}" for name in names)])

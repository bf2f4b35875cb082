"""Erasure: what a person is known by and what they said goes; that something happened, and when, stays.

Every event that names one of the person's objects (see `closure`) loses its references into the vault, the vault rows
that nobody else's events refer to are removed, and so are rejected rows that hold the values. Keyed hashes of what was
erased are logged, in the database and beside it, so that later imports and restored backups do not bring it back.
The bytes are gone only after `purge`.

A text that others said too ("很好") stays for them: a row of the vault goes when no event refers to it any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from lastmeter.journal import manifest, rejected, statements
from lastmeter.journal.closure import Closure, Thing, find_closure
from lastmeter.journal.connection import Connection
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.erasure_log import Erased, ErasureLog
from lastmeter.journal.hot import relation as hot_relation
from lastmeter.journal.hot import rows_of
from lastmeter.journal.purging import PURGE_PENDING, PurgeReport, purge_bytes, purge_pending
from lastmeter.journal.rejected import CELL
from lastmeter.journal.segments import select_segments
from lastmeter.journal.stripping import Stripping, tokens_of, used_tokens
from lastmeter.journal.traces import holds_any
from lastmeter.journal.vault import COUNTER, canonical_identity, is_token, last_number

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

__all__ = ["PERSON_TYPES", "ErasureReport", "PurgeReport", "begin_batch", "erase", "finish_batch", "purge", "purge_pending",
    "reapply"]

PERSON_TYPES = ("customer", "person")
"""Object types whose ids are looked at where the caller names none."""

_EVENTS = "lm_all"
_FLOOR = "vault_before_batch_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """What an erasure did. Nothing in it tells who was erased."""

    objects: int
    """Objects that belong to the person."""
    by_type: dict[str, int] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    """Objects next to them that others share, by type: they were left alone. A `person` among them has other records."""
    events: int = 0
    """Events that lost something or were dropped."""
    vault: int = 0
    """Rows removed from the vault."""
    rejected: int = 0
    """Set-aside rows removed."""

    @property
    def found(self) -> bool:
        """Whether the journal knew anything; what it did not know is suppressed in later imports all the same."""
        return bool(self.events or self.vault or self.rejected)


def erase(
    journal: Journal,
    value: str | Collection[str],
    at: datetime,
    *,
    object_types: Collection[str] = PERSON_TYPES,
) -> ErasureReport:
    """Erase people by what they are known by: phone, e-mail or account (an identity of the vault), or an object's id.

    `object_types`: in which types of objects an id is looked for. Waits its turn. `purge` then removes the bytes.
    """
    values = [value] if isinstance(value, str) else list(value)
    with journal.store.turn(), journal.connected() as connection:
        start = {Thing(kind, one) for kind in object_types for one in values}
        tokens = {token for one in values if (token := journal.vault.find(connection, "identity", one))}
        hashes = {journal.vault.hash_of("identity", one) for one in values}
        return _erase(journal, connection, _Wanted(start, tokens, hashes, values), at)


def purge(journal: Journal) -> PurgeReport:
    """Make the bytes of what was erased disappear; pending, with the reason, while somebody still reads.

    Vault rows that no event refers to go too: of undone or abandoned imports.
    """
    with journal.store.turn(), journal.connected() as connection:
        with connection.transaction():
            forget_unused(journal, connection)
        return purge_bytes(journal, connection)


def reapply(journal: Journal, at: datetime) -> ErasureReport:
    """Erase again what the log beside the database holds and the database does not: after a backup was restored."""
    with journal.store.turn(), journal.connected() as connection:
        missing = _missing(journal, connection)
        objects = {entry.hash for entry in missing if entry.kind == "object"}
        hashes = {entry.hash for entry in missing if entry.kind == "identity"}
        with open_duckdb() as duck:
            _define_events(journal, connection, duck)
            start = {thing for thing in _all_objects(duck) if journal.vault.object_hash(*thing) in objects}
        tokens = set(journal.vault.find_hashes(connection, hashes).values())
        with connection.transaction():
            _remember(journal, connection, missing, at)
        return _erase(journal, connection, _Wanted(start, tokens, hashes, []), at)


def needs_reapplying(journal: Journal, connection: Connection) -> bool:
    """Whether the database forgot erasures that the log beside it holds: it was restored from a backup."""
    return bool(_missing(journal, connection))


def begin_batch(connection: Connection, batch: int) -> None:
    """Remember, in the transaction that opens an import, which vault rows are older than it."""
    connection.execute(statements.SET_META, (f"{_FLOOR}{batch}", str(last_number(connection, COUNTER))))


def finish_batch(journal: Journal, connection: Connection, batch: int) -> None:
    """After an import: remove what it brought into the vault about erased people.

    A text enters the vault before it is known whose it is, and then no event refers to it. Where nothing was ever
    erased, there is nothing to look for.
    """
    found = connection.execute(statements.GET_META, (f"{_FLOOR}{batch}",))
    if found and journal.vault.any_erased(connection):
        with connection.transaction():
            forget_unused(journal, connection, since=int(found[0][0]))
    with connection.transaction(exclusive=False):
        connection.execute(statements.DROP_META, (f"{_FLOOR}{batch}",))


def forget_unused(journal: Journal, connection: Connection, *, since: int = 0) -> int:
    """Remove vault rows newer than number `since` that no event refers to, in the open transaction; how many."""
    tokens = journal.vault.held(connection, since=since)
    if not tokens:
        return 0
    with open_duckdb() as duck:
        attributes = _define_events(journal, connection, duck)
        used = used_tokens(duck, _EVENTS, attributes, tokens)
    return len(journal.vault.forget(connection, tokens - used))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be erased, in every form it is known by."""

    objects: set[Thing]
    identities: set[str]
    hashes: set[bytes]
    values: list[str]


def _erase(journal: Journal, connection: Connection, wanted: _Wanted, at: datetime) -> ErasureReport:
    with open_duckdb() as duck:
        attributes = _define_events(journal, connection, duck)
        start = wanted.objects | {thing for thing in _all_objects(duck, tokens=True) if thing.id in wanted.identities}
        closure = find_closure(duck, _EVENTS, start)
        known = {thing for thing in closure.objects if thing not in wanted.objects} | _seen(duck, wanted.objects)
        stripping = Stripping(journal, connection, duck, _EVENTS, attributes, closure.objects)
        taken = tokens_of(duck, stripping.rows, attributes) | wanted.identities
        taken |= {thing.id for thing in closure.objects if is_token(thing.id)}
        known_by = [*wanted.values, *(thing.id for thing in known if not is_token(thing.id))]
        values = [*known_by, *journal.vault.reveal(connection, taken, raw=True).values()]
        known_by += journal.vault.reveal(connection, taken, raw=True, kinds=("identity", "personal")).values()
        stripping.write_segments()
        with connection.transaction():
            events = stripping.apply(at)
            used = stripping.still_used(taken)
            gone = journal.vault.forget(connection, taken - used)
            rows = rejected.forget(connection, holds_any(values))
            erased = _log_entries(journal, wanted, closure, gone, known_by)
            _remember(journal, connection, erased, at)
            connection.execute(statements.SET_META, (PURGE_PENDING, at.isoformat()))
            # Before the commit: a database that knows less than its log is put right by `reapply`, not the reverse.
            ErasureLog(journal.folder).add(erased, at)
        ErasureLog(journal.folder).told()
        return ErasureReport(
            objects=len(known), by_type=_by_type(known), shared=_by_type(closure.shared), events=events,
            vault=len(gone), rejected=rows,
        )  # fmt: skip


def _define_events(
    journal: Journal, connection: Connection, duck: duckdb.DuckDBPyConnection
) -> dict[str, str]:
    """The view of all events, of open batches too; the attributes that it has."""
    attributes: dict[str, str] = dict(journal.attributes(connection))
    listed = [s for s in manifest.read(connection, "live", "staged") if s.kind in {"events", "corrections"}]
    hot_relation(duck, "lm_hot_now", rows_of(connection, attributes), attributes)
    duck.execute(
        f"""CREATE OR REPLACE TEMP VIEW {_EVENTS} AS {select_segments(journal.folder, listed, attributes)}
        UNION ALL BY NAME SELECT * EXCLUDE (hash, digest) FROM lm_hot_now"""
    )
    return attributes


def _all_objects(duck: duckdb.DuckDBPyConnection, *, tokens: bool = False) -> set[Thing]:
    """Every object that any event names; only those known by a token."""
    only = "WHERE id LIKE 'v~%'" if tokens else ""
    rows = duck.execute(
        f"""SELECT DISTINCT type, id FROM (
            SELECT object_type AS type, object_id AS id FROM {_EVENTS}
            UNION ALL
            SELECT o.type, o.id FROM (SELECT unnest(objects) AS o FROM {_EVENTS} WHERE objects IS NOT NULL)) {only}"""
    ).fetchall()
    return {Thing(*row) for row in rows}


def _seen(duck: duckdb.DuckDBPyConnection, objects: set[Thing]) -> set[Thing]:
    """Those of a few objects that any event names."""
    wanted = {thing.id for thing in objects}
    found = duck.execute(
        f"""SELECT DISTINCT o.type, o.id FROM (
            SELECT unnest(list_prepend({{'type': object_type, 'id': object_id}},
                coalesce(objects, []::STRUCT("type" VARCHAR, id VARCHAR)[]))) AS o FROM {_EVENTS})
        WHERE o.id IN (SELECT unnest(?::VARCHAR[]))""",
        [sorted(wanted)],
    ).fetchall()
    return objects & {Thing(*row) for row in found}


def _log_entries(
    journal: Journal, wanted: _Wanted, closure: Closure, gone: Sequence[tuple[bytes, str, str]], known_by: Sequence[str]
) -> list[Erased]:
    """What is remembered: objects, identities, and by what raw rows are known to be theirs; never anybody's words."""
    vault = journal.vault
    hashes: dict[str, set[bytes]] = {
        "object": {vault.object_hash(*thing) for thing in closure.objects if not is_token(thing.id)},
        "identity": wanted.hashes | {hashed for hashed, kind, _ in gone if kind == "identity"},
        CELL: {vault.hash_of(CELL, canonical_identity(value)) for value in known_by},
    }
    return [Erased(kind, hashed) for kind, found in hashes.items() for hashed in sorted(found)]


def _remember(journal: Journal, connection: Connection, entries: Sequence[Erased], at: datetime) -> None:
    for kind in ("object", "identity", CELL):
        hashes = [entry.hash for entry in entries if entry.kind == kind]
        journal.vault.remember_erased(connection, kind, hashes, at=at.isoformat())


def _missing(journal: Journal, connection: Connection) -> list[Erased]:
    entries = ErasureLog(journal.folder).read()
    known = journal.vault.erased(connection, (entry.hash for entry in entries))
    return [entry for entry in entries if entry.hash not in known]


def _by_type(things: Collection[Thing]) -> dict[str, int]:
    kinds = sorted(thing.type for thing in things)
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}

"""After an erasure: the bytes themselves go. Until they are gone the purge is pending, and says why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection
from lastmeter.journal.locks import take_lock
from lastmeter.journal.postgresql import PostgresConnection
from lastmeter.journal.sqlite import SqliteConnection
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

PURGE_PENDING = "purge_pending"
"""Name in lm_meta: since when there is something to purge; empty if nothing."""

WAIT_SECONDS = 5
"""How long a purge waits for readers."""

_READERS = Title("还有程序在读取数据库", "somebody is still reading the database")
_DONE_SQLITE = Title("数据库文件和预写日志中已无残留", "nothing is left in the database file and its log")
_DONE_POSTGRES = Title(
    "表中已无残留；PostgreSQL 的预写日志（WAL）、其归档和备份要在回收之后才没有",
    "nothing is left in the tables; PostgreSQL's log (WAL), its archive and backups only after recycling",
)
_TABLES = ("lm_vault", "lm_rejected", "lm_hot", "lm_meta", "lm_batch", "lm_chunk")


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """Whether the bytes are gone; `reason` says what holds them, or where they may still be."""

    done: bool
    reason: Title


def purge_bytes(journal: Journal, connection: Connection) -> PurgeReport:
    """Rewrite the database without what was deleted; pending where a reader still needs the old pages."""
    if isinstance(connection, SqliteConnection):
        report = _purge_sqlite(connection, journal)
    else:
        report = _purge_postgres(cast(PostgresConnection, connection))
    if report.done:
        with connection.transaction():
            connection.execute(statements.SET_META, (PURGE_PENDING, ""))
    return report


def mark_pending(connection: Connection, at: datetime) -> None:
    """Note, in the caller's transaction, that deleted rows of the vault wait for their bytes to go."""
    connection.execute(statements.SET_META, (PURGE_PENDING, at.isoformat()))


def purge_pending(connection: Connection) -> str | None:
    """Since when erased bytes wait for their purge; None if none do."""
    found = connection.execute(statements.GET_META, (PURGE_PENDING,))
    return (found[0][0] or None) if found else None


def _purge_sqlite(connection: SqliteConnection, journal: Journal) -> PurgeReport:
    held = take_lock(journal.store.folder / "write.lock")
    try:
        connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
        connection.execute("VACUUM")
        busy, _log, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")[0]
    finally:
        os.close(held)
    return PurgeReport(False, _READERS) if busy else PurgeReport(True, _DONE_SQLITE)


def _purge_postgres(connection: PostgresConnection) -> PurgeReport:
    """VACUUM FULL keeps rows that an older snapshot may still see: so nobody may have one."""
    connection.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    if _snapshots(connection):
        return PurgeReport(False, _READERS)
    import psycopg  # loaded only here and in the store: a journal in SQLite has no use for it

    try:
        for table in _TABLES:
            connection.raw.execute(f"VACUUM (FULL, ANALYZE) {table}")
    except psycopg.errors.LockNotAvailable:
        return PurgeReport(False, _READERS)
    return PurgeReport(False, _READERS) if _snapshots(connection) else PurgeReport(True, _DONE_POSTGRES)


def _snapshots(connection: PostgresConnection) -> bool:
    return bool(connection.execute(statements.OTHERS_WITH_SNAPSHOT)[0][0])

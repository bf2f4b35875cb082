# ruff: noqa: D102 - what a connection does is said once, in its abstract class
"""The journal's connection to PostgreSQL, durable with fsync and, in every write transaction, synchronous_commit on.

Writers queue behind an advisory lock, shared for single events and exclusive for whoever moves the manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection, Row, not_durable, require_transaction, unavailable

# Loaded where PostgreSQL is used: a quarter of a second that a journal in SQLite need not wait for.
if TYPE_CHECKING:
    import psycopg

# Any fixed number will do, as long as nobody else in the database uses it: "lastmetr" in ASCII.
ADVISORY_LOCK = 0x6C6173746D657472

class PostgresConnection(Connection):
    """PostgreSQL: readers REPEATABLE READ, writers behind an advisory lock with synchronous_commit on."""

    dialect = "postgresql"

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self.raw = raw

    @classmethod
    def open(cls, url: str) -> PostgresConnection:
        """Connect; refuse a server that runs with fsync off."""
        import psycopg

        try:
            raw = psycopg.connect(url, autocommit=True)
            row = raw.execute("SHOW fsync").fetchone()
        except psycopg.Error as error:
            raise unavailable(error) from None
        if row is None or row[0] != "on":
            raw.close()
            raise not_durable("fsync=off")
        return cls(raw)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        import psycopg

        try:
            cursor = self.raw.execute(_percent(sql), params)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            raise unavailable(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        import psycopg

        try:
            with self.raw.cursor() as cursor:
                cursor.executemany(_percent(sql), rows)
        except psycopg.OperationalError as error:
            raise unavailable(error) from None

    def in_transaction(self) -> bool:
        import psycopg

        return self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

    def join(self) -> None:
        if self.raw.autocommit:
            require_transaction(self)
        self.execute("SET LOCAL synchronous_commit = on")
        self.execute("SELECT pg_advisory_xact_lock_shared(?)", (ADVISORY_LOCK,))

    def close(self) -> None:
        self.raw.close()

    def _begin(self, write: bool, exclusive: bool) -> None:
        if not write:
            self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.execute(statements.SCHEMA_VERSION)
            return
        self.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            self.execute("SET LOCAL synchronous_commit = on")
            lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
            self.execute(f"SELECT {lock}(?)", (ADVISORY_LOCK,))
        except BaseException:
            self._end("ROLLBACK")
            raise

    def _end(self, how: Literal["COMMIT", "ROLLBACK"]) -> None:
        if not self.raw.closed and self.in_transaction():
            self.execute(how)


@lru_cache(maxsize=512)
def _percent(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")

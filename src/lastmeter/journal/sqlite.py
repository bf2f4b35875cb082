# ruff: noqa: D102 - what a connection does is said once, in its abstract class
"""The journal's connection to SQLite, durable in WAL with synchronous=FULL.

Writers queue behind a file lock and BEGIN IMMEDIATE: a deferred upgrade fails at once, a busy timeout starves.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection, Row, not_durable, require_transaction, unavailable
from lastmeter.journal.locks import take_lock

SQLITE_PATIENCE_SECONDS = 60.0


class SqliteConnection(Connection):
    """SQLite: WAL, synchronous=FULL, a file lock before every BEGIN IMMEDIATE."""

    dialect = "sqlite"

    def __init__(self, raw: sqlite3.Connection, lock_file: Path | None) -> None:
        self.raw = raw
        self._lock_file = lock_file
        self._held: int | None = None

    @classmethod
    def open(cls, path: Path, lock_file: Path) -> SqliteConnection:
        """Open (and make) the database file; refuse it where the settings that make it durable did not take."""
        try:
            raw = sqlite3.connect(path, timeout=SQLITE_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
            mode = raw.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            raw.execute("PRAGMA synchronous=FULL")
            synchronous = raw.execute("PRAGMA synchronous").fetchone()[0]
        except sqlite3.Error as error:
            raise unavailable(error) from None
        if mode != "wal" or synchronous != 2:
            raw.close()
            raise not_durable(f"journal_mode={mode}, synchronous={synchronous}")
        return cls(raw, lock_file)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        try:
            return self.raw.execute(sql, params).fetchall()
        except sqlite3.OperationalError as error:
            raise unavailable(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self.raw.executemany(sql, rows)
        except sqlite3.OperationalError as error:
            raise unavailable(error) from None

    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    def join(self) -> None:
        # Python's sqlite3 begins by itself at the first write, unless it was told not to.
        if self.raw.isolation_level is None:
            require_transaction(self)
        # Takes the write lock where the caller has only read so far; identities are probed under it.
        self.execute(statements.TOUCH_META)

    def close(self) -> None:
        self.raw.close()

    def _begin(self, write: bool, exclusive: bool) -> None:  # noqa: ARG002 - SQLite has one writer in any case
        if not write:
            self.execute("BEGIN DEFERRED")
            # A deferred transaction takes its snapshot at the first read: take it now.
            self.execute(statements.SCHEMA_VERSION)
            return
        if self._lock_file is not None:
            self._held = take_lock(self._lock_file)
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._release()
            raise

    def _end(self, how: Literal["COMMIT", "ROLLBACK"]) -> None:
        done = False
        try:
            if self.raw.in_transaction:
                self.execute(how)
            done = True
        finally:
            # After a failed COMMIT the ROLLBACK still follows under the same lock.
            if done or how == "ROLLBACK":
                self._release()

    def _release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

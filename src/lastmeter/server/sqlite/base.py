"""Django's SQLite, durable, its write transactions queued behind the journal's file lock.

The journal and the server share one database file, so that an act and its event are one transaction. A deferred
transaction that upgrades fails at once and a busy timeout starves: hence the lock, then BEGIN IMMEDIATE. A single write of the
ORM outside a transaction is given one, so that none goes past the queue.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as SQLiteOperations

from lastmeter.journal.locks import take_lock
from lastmeter.server.company import served

LOCK_NAME = "write.lock"


class DatabaseOperations(SQLiteOperations):
    """Writes in transactions."""

    compiler_module = "lastmeter.server.sqlite.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose `atomic` blocks hold the write lock."""

    ops_class = DatabaseOperations
    _held: int | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection in WAL with synchronous=FULL."""
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            # Opening the journal takes the same lock: whoever opened it within a transaction would wait for himself.
            served.journal  # noqa: B018
            self._held = take_lock(Path(str(self.settings_dict["NAME"])).parent / LOCK_NAME)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._release()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._release()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release()

    def _release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

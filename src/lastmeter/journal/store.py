"""The SQL side of the journal: where its rows live, who may write, and the schema.

What is acknowledged is durable: the settings that make it so are verified, not assumed. Writers queue.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection, Dialect, Row
from lastmeter.journal.locks import not_writable, take_lock
from lastmeter.journal.postgresql import PostgresConnection
from lastmeter.journal.sqlite import SqliteConnection
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    import psycopg


class Store:
    """Where the journal's rows live: opens connections and keeps the schema at the newest version."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        """`folder` is the journal's; rows go to folder/journal.sqlite3, or to PostgreSQL by its URL."""
        self.folder = folder
        self.url = database_url
        if database_url is not None and not database_url.startswith(("postgresql://", "postgres://")):
            raise LastMeterError(
                "journal.database_url",
                Title("不认识的数据库地址", "Unknown kind of database address"),
                Title(
                    "请留空（使用 SQLite），或写成 postgresql://...", "Leave it out (SQLite), or use postgresql://..."
                ),
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_writable(folder, error) from None
        self._migrate()

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return "sqlite" if self.url is None else "postgresql"

    @property
    def database_file(self) -> Path:
        """SQLite's file; with -wal and -shm beside it."""
        return self.folder / "journal.sqlite3"

    def connect(self) -> Connection:
        """A new connection; the caller closes it."""
        if self.url is not None:
            return PostgresConnection.open(self.url)
        return SqliteConnection.open(self.database_file, self.folder / "write.lock")

    @contextmanager
    def writing(self, *, exclusive: bool = True) -> Iterator[Connection]:
        """A connection of its own inside one write transaction."""
        connection = self.connect()
        try:
            with connection.transaction(exclusive=exclusive):
                yield connection
        finally:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection of its own inside one consistent read transaction."""
        connection = self.connect()
        try:
            with connection.transaction(write=False):
                yield connection
        finally:
            connection.close()

    @contextmanager
    def turn(self, *, wait: bool = True) -> Iterator[None]:
        """The turn to change files (import, seal, compact, undo, erase): one at a time, in order of arrival.

        Raises:
            LastMeterError: `journal.busy` if it is another's turn and wait is false.
        """
        held = take_lock(self.folder / "turn.lock", wait=wait)
        try:
            yield
        finally:
            os.close(held)

    def _migrate(self) -> None:
        connection = self.connect()
        try:
            with connection.transaction():
                connection.execute(statements.CREATE_META)
                found = connection.execute(statements.SCHEMA_VERSION)
                version = int(found[0][0]) if found else 0
                if version > len(statements.MIGRATIONS):
                    raise LastMeterError(
                        "journal.newer",
                        Title(
                            "事件簿由更新的版本写成（第 {found} 版，本程序只认到第 {known} 版）",
                            "The journal was written by a newer release (schema {found}, this one knows {known})",
                        ),
                        Title("请升级 Last Meter", "Upgrade Last Meter"),
                        found=version,
                        known=len(statements.MIGRATIONS),
                    )
                for migration in statements.MIGRATIONS[version:]:
                    for sql in migration:
                        connection.execute(sql)
                connection.execute(statements.SET_META, ("schema_version", str(len(statements.MIGRATIONS))))
        finally:
            connection.close()


def wrap(raw: sqlite3.Connection | psycopg.Connection[Row] | Connection) -> Connection:
    """The caller's own connection, with the caller's transaction, in the journal's dialect."""
    if isinstance(raw, Connection):
        return raw
    return SqliteConnection(raw, None) if isinstance(raw, sqlite3.Connection) else PostgresConnection(raw)

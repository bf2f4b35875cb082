# ruff: noqa: D102 - what a connection does is said once, in its abstract class
"""The SQL side of the journal: one thin connection over SQLite and PostgreSQL, one dialect with `?` placeholders.

What is acknowledged is durable: SQLite runs in WAL with synchronous=FULL, PostgreSQL with fsync and, in every write
transaction, synchronous_commit on; both are verified, not assumed. Writers queue: on SQLite behind a file lock and
BEGIN IMMEDIATE (a deferred upgrade fails at once, a busy timeout starves), on PostgreSQL behind an advisory lock,
shared for single events and exclusive for whoever moves the manifest.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lastmeter.journal import statements
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

# Loaded where PostgreSQL is used: a quarter of a second that a journal in SQLite need not wait for.
if TYPE_CHECKING:
    import psycopg

Dialect = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]

# Any fixed number will do, as long as nobody else in the database uses it: "lastmetr" in ASCII.
ADVISORY_LOCK = 0x6C6173746D657472
SQLITE_PATIENCE_SECONDS = 60.0


class Connection(ABC):
    """One database connection, used by one thread at a time; rows are tuples."""

    dialect: Dialect

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement with `?` placeholders; its rows, none for a statement without a result."""

    @abstractmethod
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""

    @contextmanager
    def transaction(self, *, write: bool = True, exclusive: bool = True) -> Iterator[Connection]:
        """A transaction: committed at the end (and durable then), rolled back on any error.

        write=False gives one consistent snapshot. exclusive=False lets several writers of single events go on
        together on PostgreSQL; SQLite has one writer in any case.
        """
        self._begin(write, exclusive)
        try:
            yield self
        except BaseException:
            self._end("ROLLBACK")
            raise
        else:
            try:
                self._end("COMMIT")
            except BaseException:
                self._end("ROLLBACK")
                raise

    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    @abstractmethod
    def join(self) -> None:
        """Make sure that the open transaction of the caller holds the lock of a writer of single events."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    @abstractmethod
    def _begin(self, write: bool, exclusive: bool) -> None: ...

    @abstractmethod
    def _end(self, how: Literal["COMMIT", "ROLLBACK"]) -> None: ...


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
            raise _unavailable(error) from None
        if mode != "wal" or synchronous != 2:
            raw.close()
            raise _not_durable(f"journal_mode={mode}, synchronous={synchronous}")
        return cls(raw, lock_file)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        try:
            return self.raw.execute(sql, params).fetchall()
        except sqlite3.OperationalError as error:
            raise _unavailable(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self.raw.executemany(sql, rows)
        except sqlite3.OperationalError as error:
            raise _unavailable(error) from None

    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    def join(self) -> None:
        # Python's sqlite3 begins by itself at the first write, unless it was told not to.
        if self.raw.isolation_level is None:
            _require_transaction(self)
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
            raise _unavailable(error) from None
        if row is None or row[0] != "on":
            raw.close()
            raise _not_durable("fsync=off")
        return cls(raw)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        import psycopg

        try:
            cursor = self.raw.execute(_percent(sql), params)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            raise _unavailable(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        import psycopg

        try:
            with self.raw.cursor() as cursor:
                cursor.executemany(_percent(sql), rows)
        except psycopg.OperationalError as error:
            raise _unavailable(error) from None

    def in_transaction(self) -> bool:
        import psycopg

        return self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

    def join(self) -> None:
        if self.raw.autocommit:
            _require_transaction(self)
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
            self.raw.execute(how)


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


def take_lock(path: Path, *, wait: bool = True, shared: bool = False) -> int:
    """Lock a file (made if need be); the lock lasts until the returned descriptor is closed.

    Raises:
        LastMeterError: `journal.busy`, `journal.not_writable`.
    """
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise not_writable(path, error) from None
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(held, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise LastMeterError(
            "journal.busy",
            Title("另一个任务正在写入事件簿", "Another job is writing to the journal"),
            Title("稍后再试，或去掉 --no-wait 排队等候", "Try again later, or leave out --no-wait to queue"),
        ) from None
    except BaseException:
        os.close(held)
        raise
    return held


def not_writable(path: Path, error: OSError) -> LastMeterError:
    """The error for a folder or file that cannot be written, or a disk that is full."""
    return LastMeterError(
        "journal.disk_full" if error.errno in {28, 27, 122} else "journal.not_writable",
        Title("无法写入“{file}”：{reason}", "Cannot write “{file}”: {reason}"),
        Title("请检查磁盘空间和目录权限", "Check the disk space and the folder's permissions"),
        file=path.name,
        reason=os.strerror(error.errno or 0),
    )


def _require_transaction(connection: Connection) -> None:
    if not connection.in_transaction():
        raise LastMeterError(
            "journal.no_transaction",
            Title("写入事件时没有打开的事务", "No transaction is open to append events in"),
            Title(
                "请先 BEGIN（SQLite 用 BEGIN IMMEDIATE），或用 journal.record",
                "BEGIN first (BEGIN IMMEDIATE on SQLite), or use journal.record",
            ),
        )


def _not_durable(setting: str) -> LastMeterError:
    return LastMeterError(
        "journal.not_durable",
        Title("数据库设置不能保证写入不丢：{setting}", "The database is set so that a commit can be lost: {setting}"),
        Title("SQLite 需要 WAL 和 FULL，PostgreSQL 需要 fsync=on", "SQLite needs WAL and FULL, PostgreSQL fsync=on"),
        setting=setting,
    )


def _unavailable(error: Exception) -> LastMeterError:
    """The error of a database that could not do it: by code only, an engine's text may quote values."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__
    full = code in {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100"}
    return LastMeterError(
        "journal.disk_full" if full else "journal.database",
        Title("数据库未能完成操作（{reason}）", "The database could not do it ({reason})"),
        Title("请检查磁盘空间、权限和数据库是否在运行", "Check disk space, permissions, and that the database runs"),
        reason=code,
    )


@lru_cache(maxsize=512)
def _percent(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")

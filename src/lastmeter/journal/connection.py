"""What the journal asks of a database: one thin connection over SQLite and PostgreSQL, one dialect with `?` placeholders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Dialect = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]

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


def require_transaction(connection: Connection) -> None:
    """Refuse to append where the caller has begun none."""
    if not connection.in_transaction():
        raise LastMeterError(
            "journal.no_transaction",
            Title("写入事件时没有打开的事务", "No transaction is open to append events in"),
            Title(
                "请先 BEGIN（SQLite 用 BEGIN IMMEDIATE），或用 journal.record",
                "BEGIN first (BEGIN IMMEDIATE on SQLite), or use journal.record",
            ),
        )


def not_durable(setting: str) -> LastMeterError:
    """The error of a database whose settings let a commit be lost."""
    return LastMeterError(
        "journal.not_durable",
        Title("数据库设置不能保证写入不丢：{setting}", "The database is set so that a commit can be lost: {setting}"),
        Title("SQLite 需要 WAL 和 FULL，PostgreSQL 需要 fsync=on", "SQLite needs WAL and FULL, PostgreSQL fsync=on"),
        setting=setting,
    )


def unavailable(error: Exception) -> LastMeterError:
    """The error of a database that could not do it: by code only, an engine's text may quote values."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__
    full = code in {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100"}
    return LastMeterError(
        "journal.disk_full" if full else "journal.database",
        Title("数据库未能完成操作（{reason}）", "The database could not do it ({reason})"),
        Title("请检查磁盘空间、权限和数据库是否在运行", "Check disk space, permissions, and that the database runs"),
        reason=code,
    )

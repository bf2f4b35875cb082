"""Sources that are databases: SQLite and PostgreSQL, read only, each read of one moment.

Nothing that an engine says reaches anybody: its texts quote rows, hosts and users. Passwords come from the environment.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lastmeter.connectors import sqlite_file
from lastmeter.connectors.mapping import Mapping, Source, Table
from lastmeter.connectors.spool import Spool
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 5_000
_CONNECT_SECONDS = 15
_SCHEMES = ("postgresql://", "postgres://", "sqlite:")

_FAILURES: dict[str, tuple[Title, Title]] = {
    "url_unset": (
        Title("环境变量 {name} 没有设置", "The environment variable {name} is not set"),
        Title("运行前先设置：export {name}=postgresql://...", "Set it before you run: export {name}=postgresql://..."),
    ),
    "url_unknown": (
        Title("不认识来源“{source}”的数据库地址", "The database address of source “{source}” is not known"),
        Title("写 postgresql://user@host/name 或 sqlite:文件", "Write postgresql://user@host/name or sqlite:FILE"),
    ),
    "sql_unreachable": (
        Title("连不上来源“{source}”的数据库", "The database of source “{source}” cannot be reached"),
        Title("检查地址、端口、网络，以及数据库是否在运行", "Check address, port and network, and whether it runs"),
    ),
    "sql_login": (
        Title("来源“{source}”的数据库不接受这个用户或密码", "The database of source “{source}” does not accept the user or password"),
        Title("检查 url_env 所指的环境变量，或 ~/.pgpass", "Check the variable that url_env names, or ~/.pgpass"),
    ),
    "sql_no_database": (
        Title("来源“{source}”的数据库不存在", "The database of source “{source}” does not exist"),
        Title("检查地址里的库名或文件名", "Check the name of the database or file in the address"),
    ),
    "sql_table": (
        Title("来源“{source}”里没有表“{table}”要读的表或视图", "Source “{source}” lacks the table or view that “{table}” reads"),
        Title("是不是改名或删除了？改映射里的 from 或 query", "Was it renamed or dropped? Change `from` or `query` in the mapping"),
    ),
    "sql_column": (
        Title("表“{table}”的 query 或 incremental 用到了不存在的列",
              "`query` or `incremental` of table “{table}” use a column that is not there"),
        Title("是不是改名了？改映射", "Was it renamed? Change the mapping"),
    ),
    "sql_permission": (
        Title("没有读取表“{table}”的权限", "No permission to read table “{table}”"),
        Title("请数据库管理员给这个用户 SELECT 权限；只需要读", "Ask for SELECT for this user; reading is all that is needed"),
    ),
    "sql_writes": (
        Title("表“{table}”的 query 想写数据库；这里只读", "The `query` of table “{table}” wants to write; here databases are only read"),
        Title("改成一条 SELECT", "Make it one SELECT"),
    ),
    "sql_query": (
        Title("表“{table}”的 query 无法执行（{state}）", "The `query` of table “{table}” cannot be run ({state})"),
        Title("先在数据库工具里试一下这条 SELECT", "Try that SELECT in a database tool first"),
    ),
    "sql_column_twice": (
        Title("表“{table}”的 query 给出了两列都叫“{column}”", "The `query` of table “{table}” gives two columns named “{column}”"),
        Title("用 AS 给其中一列改名", "Rename one of them with AS"),
    ),
    "sql_mixed": (
        Title("表“{table}”的 incremental 列里有不同类型的值，分不出先后",
              "The `incremental` column of table “{table}” holds values of different types, which have no order"),
        Title("换一列，或去掉 incremental", "Choose another column, or leave `incremental` out"),
    ),
}
# SQLSTATE of PostgreSQL to what is told.
_STATES = {"42P01": "sql_table", "42703": "sql_column", "42501": "sql_permission", "25006": "sql_writes",
           "28000": "sql_login", "28P01": "sql_login", "3D000": "sql_no_database"}


def _failure(code: str, **places: object) -> LastMeterError:
    message, hint = _FAILURES[code]
    return LastMeterError(f"import.{code}", message, hint, **places)


@dataclass(frozen=True, slots=True)
class TableRead:
    """One table read to the end: its rows, and the last value of its `incremental` column as JSON."""

    table: Table
    rows: Spool
    reached: str | None


_Rows = tuple[list[str], Iterator[Sequence[Any]]]


class _Base(Protocol):
    def rows(self, select: str, table: Table, since: object | None) -> AbstractContextManager[_Rows]:
        """Column names and rows of a SELECT; only those from `since` on by the table's `incremental` column, where given."""
        ...


def read_tables(mapping: Mapping, since: dict[str, str | None], base: Path, scratch: Path) -> list[TableRead]:
    """Read every table of the mapping's database into `scratch`, in one transaction.

    Args:
        mapping: one whose source is a database.
        since: by table, the value of its `incremental` column to read from, as JSON; None reads all.
        base: the folder that a relative SQLite path starts from.
        scratch: a private folder.

    Raises:
        LastMeterError: `import.url_*`, `import.sql_*`.
    """
    with _opened(mapping.source, base) as database:
        return [_read(database, table, since.get(table.name), scratch / str(number))
                for number, table in enumerate(mapping.table)]


def _read(database: _Base, table: Table, since: str | None, folder: Path) -> TableRead:
    select = table.query.strip().rstrip(";") if table.query else f"SELECT * FROM {_name(table.from_ or '')}"
    start = None if since is None else json.loads(since)
    with database.rows(f"SELECT * FROM ({select}) AS source_rows", table, start) as (names, rows):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _failure("sql_column_twice", table=table.name, column=twice)
        if table.incremental is not None and table.incremental not in names:
            raise _failure("sql_column", table=table.name)
        spool = Spool(folder, names)
        latest = _spooled(rows, names, table, spool)
    return TableRead(table, spool.close(), since if latest is None else json.dumps(_plain(latest)))


def _spooled(rows: Iterator[Sequence[Any]], names: Sequence[str], table: Table, spool: Spool) -> Any:
    """Write the rows down; the highest value of the table's `incremental` column."""
    place = names.index(table.incremental) if table.incremental is not None else None
    latest: Any = None
    for number, row in enumerate(rows, 1):
        spool.add(number, {name: _text(value) for name, value in zip(names, row, strict=True)})
        if place is not None and row[place] is not None:
            try:
                latest = row[place] if latest is None else max(latest, row[place])
            except TypeError:
                raise _failure("sql_mixed", table=table.name) from None
    return latest


def _from(table: Table) -> str:
    """From, not after: rows of the same moment may have come later; those seen before are duplicates."""
    return f" WHERE {sqlite_file.quoted_name(table.incremental or '')} >= "


def _name(table: str) -> str:
    return ".".join(sqlite_file.quoted_name(part) for part in table.split("."))


def _plain(value: Any) -> object:
    return value if isinstance(value, int | float | str) else _text(value)


def _text(value: Any) -> str | None:
    """A value as a CSV would hold it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


@contextmanager
def _opened(source: Source, base: Path) -> Iterator[_Base]:
    url = source.url or os.environ.get(source.url_env or "", "")
    if not url:
        raise _failure("url_unset", name=source.url_env)
    if not url.startswith(_SCHEMES):
        raise _failure("url_unknown", source=source.name)
    if url.startswith("sqlite:"):
        path = base / url.removeprefix("sqlite:").removeprefix("//")
        if not path.is_file():
            raise _failure("sql_no_database", source=source.name)
        with sqlite_file.reading(path) as connection:
            yield _Sqlite(connection, source)
    else:
        with _Postgres.opened(url, source) as database:
            yield database


@dataclass(slots=True)
class _Sqlite:
    connection: sqlite3.Connection
    source: Source

    @contextmanager
    def rows(self, select: str, table: Table, since: object | None) -> Iterator[_Rows]:
        try:
            query, values = (select, ()) if since is None else (f"{select}{_from(table)}?", (since,))
            found = self.connection.execute(query, values)
        except sqlite3.OperationalError as error:
            told = str(error)
            code = ("sql_table" if "no such table" in told else "sql_column" if "no such column" in told
                    else "sql_writes" if "readonly" in told else "sql_query")
            raise _failure(code, source=self.source.name, table=table.name, state=type(error).__name__) from None
        yield [column[0] for column in found.description], found


@dataclass(slots=True)
class _Postgres:
    connection: psycopg.Connection[Any]
    source: Source

    @classmethod
    @contextmanager
    def opened(cls, url: str, source: Source) -> Iterator[_Postgres]:
        """A connection in one read-only transaction that sees one moment."""
        import psycopg

        try:
            connection = psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, options="-c default_transaction_read_only=on")
        except psycopg.Error as error:
            raise _failure(_login_code(error), source=source.name) from None
        with connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield cls(connection, source)

    @contextmanager
    def rows(self, select: str, table: Table, since: object | None) -> Iterator[_Rows]:
        import psycopg

        # a named cursor stays in the server and hands out rows as they are asked for
        with self.connection.cursor(name=f"lm_{table.name}") as cursor:
            cursor.itersize = _AT_ONCE
            try:
                if since is None:
                    cursor.execute(select.encode())
                else:  # the value goes as text without a type: the server reads it as the column's
                    asked = f"{select}{_from(table)}".replace("%", "%%")
                    cursor.execute(f"{asked}%s".encode(), (str(since),))
            except psycopg.Error as error:
                raise self._failed(error, table) from None
            yield [column.name for column in cursor.description or ()], self._safely(cursor, table)

    def _safely(self, rows: Iterable[Sequence[Any]], table: Table) -> Iterator[Sequence[Any]]:
        import psycopg

        try:
            yield from rows
        except psycopg.Error as error:
            raise self._failed(error, table) from None

    def _failed(self, error: psycopg.Error, table: Table) -> LastMeterError:
        code = _STATES.get(error.sqlstate or "", "sql_query" if error.sqlstate else "sql_unreachable")
        return _failure(code, source=self.source.name, table=table.name, state=error.sqlstate or "")


def _login_code(error: psycopg.Error) -> str:
    """Connecting gives no SQLSTATE: only the text tells a wrong password from a wrong host."""
    if error.sqlstate in _STATES:
        return _STATES[error.sqlstate]
    told = str(error)
    if "password" in told or "authentication" in told or ("role" in told and "does not exist" in told):
        return "sql_login"
    return "sql_no_database" if "does not exist" in told else "sql_unreachable"

"""SQLite files, opened for reading only; their errors without the engine's own words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, in one transaction: all that is read is of one moment.

    Raises:
        LastMeterError: `import.sqlite_damaged`.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield connection
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "no such" in str(error):
            raise
        raise LastMeterError(
            "import.sqlite_damaged",
            Title("SQLite 文件 {file} 打不开，或已损坏", "The SQLite file {file} cannot be opened, or is damaged"),
            Title("确认文件完整、没有被别的程序独占", "Is it whole, and does no other program hold it?"),
            file=path.name,
        ) from None


def table_names(connection: sqlite3.Connection) -> list[str]:
    """The tables and views, in the order of their names."""
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name")
    return [str(name) for (name,) in found]


def quoted_name(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'

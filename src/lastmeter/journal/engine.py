"""In-memory DuckDB connections of the journal's own, and SQL text made from checked names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt


def open_duckdb() -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB that fetches nothing from elsewhere; instants are UTC."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def literal(text: str) -> str:
    """A SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def file_list(paths: Iterable[Path]) -> str:
    """A SQL list of file names."""
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def numbers(duck: duckdb.DuckDBPyConnection, query: str) -> dict[str, npt.NDArray[Any]]:
    """The columns of a query that gives numbers and no NULLs, as arrays."""
    return {name: np.asarray(column) for name, column in duck.execute(query).fetchnumpy().items()}


def count(duck: duckdb.DuckDBPyConnection, from_where: str) -> int:
    """How many rows a FROM clause gives."""
    found = duck.execute(f"SELECT count(*) FROM {from_where}").fetchone()
    return int(found[0]) if found else 0


def columns_of(duck: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Names and types of the columns of a table or view."""
    rows = duck.execute(f"DESCRIBE SELECT * FROM {identifier(relation)}").fetchall()
    return {row[0]: row[1] for row in rows}


def drop(duck: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Drop tables and views of these names, if there are any."""
    for name in names:
        kind = "VIEW" if _is_view(duck, name) else "TABLE"
        duck.execute(f"DROP {kind} IF EXISTS {identifier(name)}")


def _is_view(duck: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(duck.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ?", [name]).fetchall())

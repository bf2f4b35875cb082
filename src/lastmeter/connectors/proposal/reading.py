"""Files as tables of text in DuckDB, and what a look at each column tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from lastmeter.connectors.kinds import OpenFile, opened, table_name
from lastmeter.connectors.survey import survey
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

# Rows that are looked at: enough for keys and joins of most exports, little enough for a laptop.
ROWS = 500_000
_CHUNK = 100_000
_LISTED = 60
_SAMPLED = 400


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table and its profile. `values` are its distinct values, most frequent first, where there are at most
    60, with their counts; `sample` some hundred filled cells spread over the rows. `cell` is its name in the relation.
    """

    table: str
    name: str
    cell: str
    rows: int
    filled: int
    distinct: int
    longest: int
    typical: int
    values: dict[str, int] = field(repr=False)
    sample: tuple[str, ...] = field(repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether no row has a value."""
        return self.filled == 0

    @property
    def is_constant(self) -> bool:
        """Whether every row says the same."""
        return self.distinct == 1 and self.filled == self.rows and self.rows > 1

    @property
    def filled_share(self) -> float:
        """Share of rows with a value."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return 0 < self.rows == self.filled == self.distinct

    @cached_property
    def is_integer(self) -> bool:
        """Whether every sampled value is a whole number."""
        return bool(self.sample) and all(value.strip().lstrip("+-").isdecimal() for value in self.sample)

    @cached_property
    def is_number(self) -> bool:
        """Whether every sampled value is a number."""
        return bool(self.sample) and all(_is_number(value) for value in self.sample)

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The sampled values as numbers; only those that are."""
        return tuple(float(value) for value in self.sample if _is_number(value))


def _is_number(value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return number == number and abs(number) != float("inf")


@dataclass(frozen=True, eq=False)
class Table:
    """One kind of file: the relation that holds its rows (columns c0, c1, ... and `row`), and its columns' profiles.

    `files` are all files with these columns; `is_part` is true where only the first rows were looked at.
    """

    name: str
    relation: str
    rows: int
    is_part: bool
    columns: tuple[Column, ...]
    files: tuple[str, ...]
    duck: duckdb.DuckDBPyConnection = field(repr=False)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def count(self, what: str, where: str = "true") -> int:
        """An aggregate over the rows, as a whole number."""
        found = self.duck.execute(f"SELECT {what} FROM {self.relation} WHERE {where}").fetchall()
        return int(found[0][0] or 0)

    def distinct(self, columns: Sequence[Column]) -> int:
        """How many different combinations the columns have."""
        return self.count(f"count(DISTINCT ({', '.join(column.cell for column in columns)}, 0))")


@dataclass(frozen=True, eq=False)
class Piece:
    """A table of one file: what a mapping's `files` calls it, the name that says what it holds, its first rows."""

    file: str
    stem: str
    rows: pa.Table = field(repr=False)
    is_part: bool


def read_tables(
    duck: duckdb.DuckDBPyConnection, paths: Sequence[Path], scratch: Path, *, named: Callable[[str], str], rows: int = ROWS
) -> list[Table]:
    """The tables in some files. Files with the same columns are one table (an export by month). `named` makes a table's name
    of a file's.

    Raises:
        LastMeterError: `import.*` as an import would; `map.no_files`, `map.no_rows`.
    """
    if not paths:
        raise LastMeterError("map.no_files", Title("没有给出文件", "No files were named"),
                             Title("写上要看的导出文件", "Name the exports to look at"))
    loaded: dict[tuple[str, ...], list[Piece]] = {}
    for path in paths:
        source = survey(path)
        with opened(source, scratch) as parts:
            for part, file in parts.items():
                names = tuple(name for name in file.columns if name)
                if names:
                    rows_read, is_part = _first_rows(file, names, rows)
                    piece = Piece(table_name(path.name, part), part or path.name.split(".")[0], rows_read, is_part)
                    loaded.setdefault(names, []).append(piece)
    taken: set[str] = set()
    tables = []
    for number, (names, pieces) in enumerate(loaded.items()):
        relation = f"sample{number}"
        duck.register(f"{relation}_arrow", pa.concat_tables([piece.rows for piece in pieces]))
        duck.execute(f"CREATE TEMP TABLE {relation} AS SELECT * FROM {relation}_arrow")
        duck.unregister(f"{relation}_arrow")
        tables.append(_profiled(duck, relation, names, pieces, taken, named))
    if not any(table.rows for table in tables):
        raise LastMeterError("map.no_rows", Title("这些文件里没有一行数据", "These files hold no rows"),
                             Title("给出有数据的导出文件", "Name exports that have rows"))
    return [table for table in tables if table.rows]


def _first_rows(file: OpenFile, names: Sequence[str], rows: int) -> tuple[pa.Table, bool]:
    """At most so many rows, and whether there are more."""
    parts, read = [], 0
    for chunk in file.chunks(names, min(_CHUNK, rows)):
        parts.append(chunk.rows)
        read += chunk.rows.num_rows
        if read >= rows:
            break
    return pa.concat_tables(parts).slice(0, rows), read >= rows


def _profiled(
    duck: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str], pieces: Sequence[Piece], taken: set[str], named: Callable[[str],
        str],
) -> Table:
    rows = sum(piece.rows.num_rows for piece in pieces)
    name = unused(named(pieces[0].stem), taken)
    profiles = tuple(_profile(duck, relation, name, column, f"c{number}", rows) for number, column in enumerate(names))
    files = tuple(piece.file for piece in pieces)
    return Table(name, relation, rows, any(piece.is_part for piece in pieces), profiles, files, duck)


def _profile(duck: duckdb.DuckDBPyConnection, relation: str, table: str, name: str, cell: str, rows: int) -> Column:
    filled, distinct, longest, typical = duck.execute(
        f"SELECT count({cell}), count(DISTINCT {cell}), coalesce(max(length({cell})), 0), "
        f"coalesce(quantile_disc(length({cell}), 0.5), 0) FROM {relation}").fetchall()[0]
    values = dict(duck.execute(
        f"SELECT {cell}, count(*) FROM {relation} WHERE {cell} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()) if distinct <= _LISTED else {}
    step = max(1, filled // _SAMPLED)
    sample = duck.execute(
        f"SELECT {cell} FROM (SELECT {cell}, row_number() OVER (ORDER BY row, {cell}) AS nth FROM {relation} WHERE {cell} IS NOT NULL) "
        f"WHERE nth % {step} = 0 ORDER BY nth LIMIT {_SAMPLED}").fetchall()
    return Column(table, name, cell, rows, filled, distinct, longest, typical, values, tuple(value for (value,) in sample))


def slug(text: str) -> str:
    """A code out of a name: lower-case letters, digits and underscores; empty where nothing of it remains."""
    cleaned = "".join(character if character.isascii() and character.isalnum() else "_" for character in text.lower())
    return "_".join(part for part in cleaned.split("_") if part).lstrip("0123456789_")


def unused(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken; takes it."""
    chosen, number = name, 2
    while chosen in taken:
        chosen, number = f"{name}_{number}", number + 1
    taken.add(chosen)
    return chosen

"""Which table of the mapping a file holds: the one whose columns it has."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch

from lastmeter.connectors.mapping import Mapping, Table
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import nearest


def table_of(mapping: Mapping, file: str, columns: Sequence[str]) -> Table:
    """The table that a file with these columns belongs to: of those that fit, one whose `files` names the file, then one
    without `files`, then any; among equals the one with most columns. Of several tables in a file, `file` is
    `orders.xlsx#Sheet1`; `files` may name either the file or the table in it.

    Raises:
        LastMeterError: `import.column_missing` with the nearest column, `import.table_unknown`,
            `import.table_ambiguous`.
    """
    named = [table for table in mapping.table if table.files is not None and _is_named(file.lower(), table.files.lower())]
    unnamed = [table for table in mapping.table if table.files is None]
    for tables in (named, unnamed, mapping.table):
        fitting = [table for table in tables if not _missing(table, columns)]
        most = max((len(table.columns()) for table in fitting), default=0)
        best = [table for table in fitting if len(table.columns()) == most]
        if len(best) == 1:
            return best[0]
        if best:
            raise _ambiguous(file, best)
    raise _nothing_fits(mapping, file, columns, named)


def require_columns(table: Table, name: str, columns: Sequence[str]) -> None:
    """Refuse a table that lacks columns of the one that it must be.

    Raises:
        LastMeterError: `import.column_missing` with the nearest column.
    """
    if missing := _missing(table, columns):
        raise _column_missing(table, name, columns, missing)


def _is_named(file: str, pattern: str) -> bool:
    return fnmatch(file, pattern) or fnmatch(file.partition("#")[0], pattern)


def _missing(table: Table, columns: Sequence[str]) -> list[str]:
    return [column for column in table.columns() if column not in columns]


def _ambiguous(file: str, tables: Sequence[Table]) -> LastMeterError:
    return LastMeterError(
        "import.table_ambiguous",
        Title("{file} 同时符合几张表：{tables}", "{file} fits several tables: {tables}"),
        Title('在映射里给它们写上 files = "*名字*" 来区分', 'Tell them apart in the mapping with files = "*name*"'),
        file=file, tables=", ".join(table.name for table in tables),
    )


def _nothing_fits(mapping: Mapping, file: str, columns: Sequence[str], named: Sequence[Table]) -> LastMeterError:
    """What is missing from the table that comes nearest."""
    tables = named or mapping.table
    closest = max(tables, key=lambda table: 1 - len(_missing(table, columns)) / len(table.columns()))
    missing = _missing(closest, columns)
    if not named and 2 * len(missing) > len(closest.columns()):
        return LastMeterError(
            "import.table_unknown",
            Title("{file} 不符合映射里的任何一张表（{tables}）", "{file} fits none of the mapping's tables ({tables})"),
            Title("检查文件是否给对了来源；它的列是：{columns}", "Is this the right source? The file's columns are: {columns}"),
            file=file, tables=", ".join(table.name for table in mapping.table), columns=", ".join(columns),
        )
    return _column_missing(closest, file, columns, missing)


def _column_missing(closest: Table, file: str, columns: Sequence[str], missing: Sequence[str]) -> LastMeterError:
    taken = closest.columns()
    near = nearest(missing[0], [column for column in columns if column not in taken])
    hint = (
        Title("是不是改名为“{near}”了？是的话请改映射里的列名", "Was it renamed to “{near}”? Then change the name in the mapping")
        if near else
        Title("补上这一列，或从映射里删去它；文件的列是：{columns}",
              "Add the column, or take it out of the mapping; the file's columns are: {columns}")
    )
    return LastMeterError(
        "import.column_missing",
        Title("{file} 缺少表“{table}”需要的列：{missing}", "{file} lacks columns of the table “{table}”: {missing}"),
        hint, file=file, table=closest.name, missing=", ".join(missing), near=near or "", columns=", ".join(columns),
    )

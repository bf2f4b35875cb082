"""What is nothing else: a typed attribute, or nothing worth keeping."""

from __future__ import annotations

from lastmeter.connectors import cells_sql
from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table

_BOOLEANS = frozenset({"true", "false", "t", "f", "yes", "no", "y", "n", "是", "否"})
_ROW_NUMBERS = 5


def recognise(table: Table, column: Column) -> Claim | None:
    """The narrowest type that reads every value."""
    if column.is_empty:
        return Claim("ignored", 0.99, because("整列都是空的", "The column is empty"))
    if _counts_rows(table, column):
        return Claim("ignored", 0.95, because("只是行号；行号不能当编号", "Only numbers the rows, and a row's number is no id"))
    if column.is_constant and column.rows > _ROW_NUMBERS:
        return Claim("attribute", 0.5, because("每行都一样", "The same in every row"), kind=_type(table, column))
    kind = _type(table, column)
    return Claim("attribute", 0.5, because("没有更确切的含义，按 {kind} 记下", "No closer meaning found; kept as {kind}", kind=kind),
        kind=kind)


def _type(table: Table, column: Column) -> str:
    if {value.strip().lower() for value in column.values} and {value.strip().lower() for value in column.values} <= _BOOLEANS:
        return "boolean"
    for kind, reader in (("integer", cells_sql.integer), ("number", cells_sql.number)):
        if not _has_leading_zero(column) and table.count(f"count({reader(column.cell)})") == column.filled:
            return kind
    return "text"


def _has_leading_zero(column: Column) -> bool:
    return any(len(value) > 1 and value[0] == "0" and value[1].isdigit() for value in column.sample)


def _counts_rows(table: Table, column: Column) -> bool:
    """Whether the values are 0, 1, 2, ... or 1, 2, 3, ... down the file, under no name of an id."""
    if not column.is_unique or not column.is_integer or column.rows < _ROW_NUMBERS:
        return False
    named = column.name.strip().lower() in ("", "index", "unnamed: 0", "column0", "row", "rowid", "row_number", "序号", "行号", "nr",
        "lfd", "lfd_nr", "#", "no")
    value = f"{cells_sql.integer(column.cell)}"
    steps = table.count(f"count(DISTINCT {value} - row)")
    return named and steps == 1

"""Which row of a sheet names its columns: below titles, above the data, sometimes two rows joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lastmeter.connectors.text_rows import blank_ends

# Rows that are looked at for the header.
LOOKED_AT = 30

Cell = str | float | bool | object | None


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged area; rows and columns count from 1, the ends belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Header:
    """The names by column (empty: no name, no column) and the row, counted from 1, that the data begins after."""

    names: tuple[str, ...]
    last_row: int


def find_header(rows: Sequence[Sequence[object]], merges: Sequence[Merge]) -> Header | None:
    """The header among the first rows of a sheet; None if no row looks like one.

    It is the first row that fills at least half of the widest row with different texts, where a title in a merged area
    counts once. If some of its cells are merged sideways, the row below it names their parts: `收货 电话`.
    """
    width = max((sum(1 for cell in row if _text(cell)) for row in rows), default=0)
    longest = max((len(row) for row in rows), default=0)
    for index, row in enumerate([*row, *[None] * (longest - len(row))] for row in rows):
        number = index + 1
        filled = [cell for cell in row if _text(cell)]
        names = _spread(row, number, merges)
        if len(filled) < 1 or not all(isinstance(cell, str) for cell in filled):
            continue
        if 2 * sum(1 for name in names if name) < width or (len(filled) == 1 and width > 1):
            continue
        below = rows[index + 1] if index + 1 < len(rows) else ()
        if _has_parts(number, merges):
            return Header(_joined(names, below, number, merges), number + 1)
        return Header(tuple(names), number)
    return None


def _text(cell: object) -> str:
    return blank_ends(str(cell)) if cell is not None else ""


def _spread(row: Sequence[object], number: int, merges: Sequence[Merge]) -> list[str]:
    """The row's texts, one in a merged area standing in all its columns."""
    names = [" ".join(_text(cell).split()) for cell in row]
    for merge in merges:
        if merge.first_row <= number <= merge.last_row and merge.first_column <= len(names):
            for column in range(merge.first_column, min(merge.last_column, len(names)) + 1):
                names[column - 1] = names[merge.first_column - 1]
    return names


def _has_parts(number: int, merges: Sequence[Merge]) -> bool:
    return any(merge.first_row == merge.last_row == number and merge.last_column > merge.first_column for merge in merges)


def _joined(names: Sequence[str], below: Sequence[object], number: int, merges: Sequence[Merge]) -> tuple[str, ...]:
    found = []
    for index, name in enumerate(names):
        part = " ".join(_text(below[index]).split()) if index < len(below) else ""
        is_tall = any(merge.first_column == index + 1 and merge.first_row <= number < merge.last_row for merge in merges)
        found.append(name if is_tall or not part or part == name else f"{name} {part}".strip())
    return tuple(found)

"""Source kinds: one file each in this folder, found by its `KIND`. To add a kind is to add a file.

A kind opens a surveyed file as columns of text, in chunks of rows with their row numbers; it refuses clearly what it
cannot read, and sets single unreadable rows aside. A file may hold several tables: `opened` gives them all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from lastmeter.connectors.survey import Survey
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that could not be cut into cells: `row` counts from 1, the header line too; `code` is one of `faults`."""

    row: int
    code: str
    raw: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive readable rows. `rows` has VARCHAR columns c0, c1, ... (those asked for, in that order; an empty cell is
    NULL) and `row` BIGINT, counted from 1 as an editor shows it. `first` counts the readable rows before the chunk.
    """

    first: int
    rows: pa.Table
    unreadable: Sequence[UnreadableRow] = field(default=())

    @property
    def span(self) -> str:
        """The chunk's name within its file: the readable rows that it holds."""
        return f"{self.first}-{self.first + self.rows.num_rows}"


def numbered(rows: pa.Table, first: int, unreadable: Sequence[int] = (), header: int = 0) -> pa.Table:
    """The rows with the column `row`: their numbers in a file of `header` header lines, where `first` readable rows and
    some of the rows numbered in `unreadable` (ascending) stand before them.
    """
    nth = np.arange(first + 1, first + rows.num_rows + 1, dtype=np.int64)
    # the k-th unreadable row, at h, stands before the n-th readable one exactly if h - header - k <= n
    holes = np.asarray(unreadable, np.int64) - header - np.arange(len(unreadable))
    numbers = nth + header + np.searchsorted(holes, nth, side="right")
    # from the buffer: `pa.array` of a numpy array would import pandas first
    return rows.append_column("row", pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)]))


class OpenFile(Protocol):
    """A file that can be read as text columns."""

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        ...

    @property
    def rows(self) -> int:
        """About how many rows it has."""
        ...

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        """The rows in file order, `size` at a time; at least one chunk, be it empty."""
        ...


@dataclass(frozen=True, slots=True)
class Standard:
    """What a kind that knows its own meaning needs to write a mapping: the name of the source, and its zone."""

    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of file. `recognises` decides by name and survey; `open` gets a private folder for what it must unpack, and
    gives the file's one table, or its tables by name (the sheets of a workbook). `mapping` writes the mapping of a file
    whose format says by itself what happened (an event log) as TOML; other kinds have none.
    """

    name: str
    title: Title
    endings: tuple[str, ...]
    recognises: Callable[[Survey], bool]
    open: Callable[[Survey, Path], AbstractContextManager[OpenFile | Mapping[str, OpenFile]]]
    mapping: Callable[[Mapping[str, OpenFile], Standard], str] | None = None


@cache
def kinds() -> dict[str, SourceKind]:
    """Every source kind of this folder by name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        kind: SourceKind = importlib.import_module(f"{__name__}.{module.name}").KIND
        found[kind.name] = kind
    return found


def kind_of(source: Survey) -> SourceKind:
    """The kind that reads a file.

    Raises:
        LastMeterError: `import.kind_unknown`, naming the endings that can be read.
    """
    for kind in sorted(kinds().values(), key=lambda kind: kind.mapping is None):  # a JSON file may be an event log
        if kind.recognises(source):
            return kind
    raise LastMeterError(
        "import.kind_unknown",
        Title("不认识文件 {file} 的格式", "The format of {file} is not known"),
        Title("可以读取：{endings}（也可以再加 .gz）", "Can be read: {endings} (also with .gz)"),
        file=source.path.name, endings=", ".join(dict.fromkeys(ending for kind in kinds().values() for ending in kind.endings)),
    )


@contextmanager
def opened(source: Survey, scratch: Path) -> Iterator[Mapping[str, OpenFile]]:
    """The tables of a file by name; '' for the table of a file that is one table.

    Raises:
        LastMeterError: `import.*` for a file that cannot be read.
    """
    with kind_of(source).open(source, scratch) as found:
        yield found if isinstance(found, Mapping) else {"": found}


def table_name(file: str, part: str) -> str:
    """What a table of a file is called: `orders.xlsx#Sheet1`, or the file's name where it is one table."""
    return f"{file}#{part}" if part else file


def has_ending(source: Survey, endings: Sequence[str]) -> bool:
    """Whether the file's name ends in one of them, .gz left aside."""
    return source.path.name.lower().removesuffix(".gz").endswith(tuple(endings))

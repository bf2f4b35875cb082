"""CSV and TSV: a header line, then one row a line; cells may be quoted and then hold anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lastmeter.connectors.kinds import Chunk, OpenFile, SourceKind, has_ending
from lastmeter.connectors.survey import Survey
from lastmeter.connectors.text_rows import Layout, blank_ends, readable_path, stream
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".csv", ".tsv", ".txt", ".tab")
_DELIMITERS = ",\t;|"


@dataclass(frozen=True, slots=True)
class _Delimited:
    source: Survey
    path: Path
    delimiter: str
    columns: list[str]

    @property
    def rows(self) -> int:
        return max(0, self.source.lines - 1)

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        layout = Layout(self.delimiter, '"', header=1, width=len(self.columns))
        cells = [f"x{self.columns.index(column)}" for column in columns]
        return stream(self.path, self.source, layout, cells, size)


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[OpenFile]:
    head = source.head().lstrip("\ufeff")
    delimiter = _delimiter(head, source)
    columns = [blank_ends(name) for name in next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])]
    _require_header(columns, source)
    yield _Delimited(source, readable_path(source, scratch), delimiter, columns)


def _delimiter(head: str, source: Survey) -> str:
    """The character that cuts the header into most names."""
    if has_ending(source, (".tsv", ".tab")):
        return "\t"
    line = head.split("\n", 1)[0]
    return max(_DELIMITERS, key=lambda character: len(next(csv.reader([line], delimiter=character), [])))


def _require_header(columns: list[str], source: Survey) -> None:
    twice = next((name for name in columns if name and columns.count(name) > 1), None)
    if twice is not None:
        raise LastMeterError(
            "import.column_twice",
            Title("{file} 里有两列都叫“{column}”", "{file} has two columns named “{column}”"),
            Title("给其中一列改名后再导入", "Rename one of them and import again"),
            file=source.path.name, column=twice,
        )
    if not any(columns):
        raise LastMeterError(
            "import.header_missing",
            Title("{file} 没有表头", "{file} has no header line"),
            Title("第一行要写各列的名字", "Its first line must name the columns"),
            file=source.path.name,
        )


KIND = SourceKind(
    "delimited", Title("CSV 或 TSV", "CSV or TSV"), _ENDINGS,
    lambda source: source.is_text and has_ending(source, _ENDINGS), _open,
)

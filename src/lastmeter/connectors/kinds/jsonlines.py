"""JSON Lines: one JSON object a line. Nested values are columns with dotted names: `receiver.city`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from lastmeter.connectors.engine import quoted
from lastmeter.connectors.kinds import Chunk, OpenFile, SourceKind, UnreadableRow, has_ending
from lastmeter.connectors.marks import KEPT_TEXT
from lastmeter.connectors.survey import LONG_LINE, Survey
from lastmeter.connectors.text_rows import Layout, readable_path, stream
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".jsonl", ".ndjson", ".json")
# A character that JSON text cannot hold unescaped: each line is one cell.
_LAYOUT = Layout("\x01", "", header=0, width=1)


@dataclass(frozen=True, slots=True)
class _JsonLines:
    source: Survey
    path: Path
    paths: dict[str, str]

    @property
    def columns(self) -> list[str]:
        return list(self.paths)

    @property
    def rows(self) -> int:
        return self.source.lines

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        valid = "json_valid(x0) AND starts_with(ltrim(x0), '{')"
        cells = [f"CASE WHEN {valid} THEN nullif(json_extract_string(x0, {quoted(self.paths[column])}), '') END"
                 for column in columns]
        broken = f"CASE WHEN NOT ({valid}) AND trim(x0) <> '' THEN left(x0, {KEPT_TEXT}) END"
        for chunk in stream(self.path, self.source, _LAYOUT, [*cells, broken], size):
            yield _without_broken(chunk, f"c{len(columns)}")


def _without_broken(chunk: Chunk, column: str) -> Chunk:
    """The chunk with the lines that are no JSON object set aside."""
    is_broken = pc.is_valid(chunk.rows[column])
    lines = chunk.rows.filter(is_broken)
    broken = [UnreadableRow(row, "line_too_long" if text == LONG_LINE.decode() else "json_broken", text)
              for row, text in zip(lines["row"].to_pylist(), lines[column].to_pylist(), strict=True)]
    return replace(chunk, rows=chunk.rows.drop_columns([column]), unreadable=[*chunk.unreadable, *broken])


@contextmanager
def opened_lines(source: Survey, scratch: Path) -> Iterator[OpenFile]:
    """The lines as a table.

    Raises:
        LastMeterError: `import.json_lines`.
    """
    found: dict[str, str] = {}
    for line in source.head().lstrip("\ufeff").splitlines():
        try:
            _collect(json.loads(line), "", "$", found)
        except ValueError:
            continue  # broken lines are set aside one by one when the rows are read
    if not found:
        raise LastMeterError(
            "import.json_lines",
            Title("{file} 不是 JSON Lines：每行应是一个 JSON 对象", "{file} is not JSON Lines: each line must be one JSON object"),
            Title('如果是一个 JSON 数组，请导出为每行一条，例如 {{"order_id": "1"}}',
                  'If it is one JSON array, export one record a line, such as {{"order_id": "1"}}'),
            file=source.path.name,
        )
    yield _JsonLines(source, readable_path(source, scratch), found)


def _collect(value: Any, name: str, path: str, found: dict[str, str]) -> None:
    """Names and JSON paths of all values inside an object; lists are one value."""
    if not isinstance(value, dict):
        if name:
            found.setdefault(name, path)
        return
    if name:
        found.setdefault(name, path)
    for key, inner in value.items():
        if '"' not in key:
            _collect(inner, f"{name}.{key}" if name else key, f'{path}."{key}"', found)


KIND = SourceKind(
    "jsonlines", Title("JSON Lines", "JSON Lines"), _ENDINGS,
    lambda source: source.is_text and has_ending(source, _ENDINGS), opened_lines,
)

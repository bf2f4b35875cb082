"""TOML files that people write: their values, and on which line each stands, so that an error can point there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Key = str | int
_TABLE = re.compile(r"^\s*\[(?P<array>\[)?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_WORD = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_PART = re.compile(_WORD)
_PAIR = re.compile(rf"^\s*(?P<key>{_WORD}(?:\s*\.\s*{_WORD})*)\s*=")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed file: `values` as tomllib gives them, `line_of` for any path of keys in it."""

    path: Path
    values: dict[str, Any]
    lines: dict[tuple[Key, ...], int] = field(repr=False)

    def line_of(self, *keys: Key) -> int:
        """The line, counted from 1, of the value at a path of keys; of its nearest parent where it has none."""
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.lines:
                return self.lines[keys[:length]]
        return 1


def read_toml(path: Path) -> TomlFile:
    """Parse a TOML file.

    Raises:
        LastMeterError: `toml.missing`, `toml.encoding`, `toml.syntax` with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LastMeterError(
            "toml.missing", Title("找不到文件 {file}", "There is no file {file}"), file=str(path)
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise LastMeterError(
            "toml.encoding",
            Title("无法读取 {file}", "Cannot read {file}"),
            hint=Title("请检查权限，并保存为 UTF-8", "Check its permissions and save it as UTF-8"),
            file=str(path),
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LastMeterError(
            "toml.syntax",
            Title("{file} 不是有效的 TOML：{detail}", "{file} is not valid TOML: {detail}"),
            hint=Title("请改正这一行", "Mend that line"),
            file=str(path), detail=str(error),
        ) from error
    return TomlFile(path, values, _line_index(text))


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was most likely meant, for “did you mean”."""
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None


def _line_index(text: str) -> dict[tuple[Key, ...], int]:
    """Lines of tables and of keys; keys inside inline tables are found through their parent."""
    index: dict[tuple[Key, ...], int] = {}
    counts: dict[tuple[Key, ...], int] = {}
    table: tuple[Key, ...] = ()
    inside = _Inside()
    for number, line in enumerate(text.splitlines(), 1):
        if not inside.open:
            if header := _TABLE.match(line):
                table = _table_path(_parts(header["name"]), bool(header["array"]), counts)
                index.setdefault(table, number)
                continue
            if pair := _PAIR.match(line):
                path = table
                for part in _parts(pair["key"]):
                    path = (*path, part)
                    index.setdefault(path, number)
        inside.read(line)
    return index


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _table_path(parts: list[str], array: bool, counts: dict[tuple[Key, ...], int]) -> tuple[Key, ...]:
    """The path of a header with the positions of the arrays of tables it stands in: ("table", 0, "event", 2)."""
    path: tuple[Key, ...] = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        last = position == len(parts) - 1
        if last and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


class _Inside:
    """Whether a line starts inside a value that spans lines: a long string, an array or an inline table."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0

    @property
    def open(self) -> bool:
        return bool(self.quote) or self.depth > 0

    def read(self, line: str) -> None:
        position = 0
        while position < len(line):
            if self.quote:
                end = line.find(self.quote, position)
                if end < 0:
                    return
                position, self.quote = end + 3, ""
            elif line.startswith(('"""', "'''"), position):
                self.quote = line[position : position + 3]
                position += 3
            elif line[position] in "\"'":
                position = _string_end(line, position)
            elif line[position] == "#":
                return
            else:
                self.depth += (line[position] in "[{") - (line[position] in "]}")
                position += 1


def _string_end(line: str, start: int) -> int:
    quote, position = line[start], start + 1
    while position < len(line) and line[position] != quote:
        position += 2 if line[position] == "\\" and quote == '"' else 1
    return position + 1

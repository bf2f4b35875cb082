"""Where in a TOML file each key stands. Parsers of TOML forget it; people who mend a file need it."""

from __future__ import annotations

import re
from collections import Counter

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$""", re.S)
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


class LineIndex:
    """Path of a table, array item or key, such as ("link", 2, "limit") -> line, from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._read(text)

    def line(self, *path: str | int) -> int:
        """The line of the longest known part of a path; 1 if no part of it is known."""
        while path:
            if found := self._lines.get(path):
                return found
            path = path[:-1]
        return 1

    def _read(self, text: str) -> None:
        items: Counter[Path] = Counter()
        table: Path = ()
        depth, fence = 0, ""
        for number, line in enumerate(text.splitlines(), 1):
            if not depth and not fence:
                if header := _HEADER.match(line):
                    table = self._header(items, header[1] == "[[", _parts(header[2]))
                    self._lines.setdefault(table, number)
                    continue
                if key := _KEY.match(line):
                    path = table
                    for part in _parts(key[1]):
                        path = (*path, part)
                        self._lines.setdefault(path, number)
                    line = key[2]
            depth, fence = _follow(line, depth, fence)

    @staticmethod
    def _header(items: Counter[Path], is_array: bool, parts: list[str]) -> Path:
        path: Path = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            if is_array and position == len(parts) - 1:
                items[path] += 1
            if items[path]:
                path = (*path, items[path] - 1)
        return path


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""", dotted)]


def _follow(line: str, depth: int, fence: str) -> tuple[int, str]:
    """Open brackets and an open multi-line string at the end of a line."""
    position = 0
    while position < len(line):
        if fence:
            end = line.find(fence, position)
            if end < 0:
                return depth, fence
            position, fence = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if not token:
            break
        position = token.end()
        if token[0] in ('"""', "'''"):
            fence = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return depth, fence

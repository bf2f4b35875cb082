"""How text is laid out in a terminal: words of one language, columns that align, lines that fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis.change import Change
from lastmeter.kernel.titles import Lang, Title

WIDTH = 96
TITLE_WIDTH = 34
MARKS = {"worse": "◆", "better": "●"}


class Say:
    """Writes titles and labels in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, title: Title | None) -> str:
        """The title in this language; nothing where there is none."""
        return title.say(self.lang) if title else ""

    def label(self, name: str, /, **places: Any) -> str:
        """A label by name, its places filled."""
        spoken = {key: place.say(self.lang) if isinstance(place, Title) else place for key, place in places.items()}
        return LABELS[name].say(self.lang, **spoken)

    def joined(self, titles: Sequence[Title]) -> str:
        """Several titles as one enumeration."""
        return ("、" if self.lang == "zh" else ", ").join(map(self, titles))

    def change(self, change: Change | None) -> str:
        """Shape and words of a change."""
        if change is None:
            return ""
        mark = MARKS.get(change.direction, "○") if change.is_signal else "○"
        return f"{mark} {self(change.text)}"


def table(rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Rows as aligned columns; `align` is l or r for each. Han characters take two cells."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)] if rows else []
    return [
        "  " + "  ".join(
            " " * (width - cells(cell)) + cell if side == "r" else cell + " " * (width - cells(cell))
            for cell, width, side in zip(row, widths, align, strict=True)
        )
        for row in rows
    ]


def cells(text: str) -> int:
    """How many terminal cells a text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def cut(text: str, most: int) -> str:
    """The text in at most so many cells, with an ellipsis where it was longer."""
    if cells(text) <= most:
        return text
    kept = ""
    for sign in text:
        if cells(kept + sign) > most - 1:
            break
        kept += sign
    return kept + "…"


def wrapped(text: str, lang: Lang, width: int = WIDTH) -> list[str]:
    """The text in lines of at most so many cells; Chinese breaks anywhere but before a closing mark."""
    if lang == "en":
        return wrap(text, width)
    lines, line = [], ""
    for sign in text:
        if cells(line + sign) > width and sign not in "，。；：、！？）”":
            lines.append(line)
            line = ""
        line += sign
    return [*lines, line] if line else lines

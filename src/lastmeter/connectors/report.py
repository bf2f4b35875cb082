"""What an import did, in numbers and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lastmeter.journal.rejected import Rejection
from lastmeter.kernel.titles import Lang, Title


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that was taken but looks wrong: `title` with its `places`, a count among them."""

    code: str
    title: Title
    places: Mapping[str, Any]

    def say(self, lang: Lang) -> str:
        """The sentence."""
        return self.title.say(lang, **self.places)


@dataclass(slots=True)
class FileReport:
    """One file: the table that it was read as, its rows (readable or not), rows or events set aside, and how many of its
    chunks an earlier, interrupted run had already staged.
    """

    name: str
    table: str
    rows: int = 0
    rejected: int = 0
    chunks_resumed: int = 0


@dataclass(slots=True)
class ImportReport:
    """The whole import.

    `stored`, `duplicate`, `corrected`, `contradictory` and `suppressed` (what was erased) add up to the events read,
    `by_type` to those that were added. `rejected_by_code` counts what was set aside before it reached the journal;
    `silent` lists event types that the imported tables declare and no row told of.
    """

    source: str
    batch: int
    files: list[FileReport] = field(default_factory=list)
    by_type: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    duplicate: int = 0
    corrected: int = 0
    contradictory: int = 0
    suppressed: int = 0
    rejected_by_code: Counter[str] = field(default_factory=Counter)
    examples: list[Rejection] = field(default_factory=list)
    warnings: list[Oddity] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    watermark: datetime | None = None

    @property
    def rows(self) -> int:
        """Rows of all files, readable or not."""
        return sum(file.rows for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows and events set aside before they reached the journal."""
        return sum(self.rejected_by_code.values())

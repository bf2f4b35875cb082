"""A mapping as the text that people edit: checked without being saved, saved whole or not at all."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lastmeter.connectors.mapping import Mapping
from lastmeter.connectors.mapping_file import check_mapping, load_mapping
from lastmeter.journal.durable import written_durably
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import LANGS, Title
from lastmeter.server.intake.actions import check_name

LONGEST = 500_000
_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a text, on which line (from 1), and how to mend it."""

    line: int
    code: str
    message: Title
    hint: Title | None


def tidy(text: str) -> str:
    """The text as a file holds it: a browser sends CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def mistakes_in(text: str, source: str) -> list[Mistake]:
    """Everything that is wrong with the mapping of a source, by line."""
    if len(text) > LONGEST:
        return [Mistake(1, "mapping.too_long", Title("映射太长", "The mapping is too long"), None)]
    with _as_file(text, source) as path:
        try:
            found = [Mistake(one.line, one.code, one.message, one.hint) for one in check_mapping(path)]
            mapping = None if found else load_mapping(path)
        except LastMeterError as error:
            return [mistake_of(error)]
    if mapping is not None and mapping.source.name != source:
        line = next((number for number, row in enumerate(text.splitlines(), 1) if re.match(r"\s*name\s*=", row)), 1)
        found.append(Mistake(line, "mapping.name_differs", Title("name 和数据源的名称不同", "`name` is not the name of the source"),
                             Title(f"写成 name = \"{source}\"", f"Write name = \"{source}\"")))
    return found


def mistake_of(error: LastMeterError) -> Mistake:
    """A text that is no TOML at all, as a mistake at its line."""
    line = _LINE.search(str(error.places.get("detail", "")))
    places = {**error.places, "file": Path(str(error.places.get("file", ""))).name}  # not the scratch file that it was checked in
    message, hint = ({lang: title.say(lang, **places) for lang in LANGS} if title else None
                     for title in (error.title, error.hint_title))
    assert message is not None  # noqa: S101 - every error has a message
    return Mistake(int(line[1]) if line else 1, error.code, Title(**message), Title(**hint) if hint else None)


def mapping_of(text: str, source: str) -> Mapping:
    """The mapping that a text without mistakes writes."""
    with _as_file(text, source) as path:
        return load_mapping(path)


def file_of(workspace: Path, source: str) -> Path:
    """Where the mapping of a source lies.

    Raises:
        LastMeterError: `intake.source_name`, for what would be no name of a file.
    """
    check_name(source)
    return workspace / "sources" / f"{source}.toml"


def save(path: Path, text: str) -> None:
    """Write the file as a whole; a reader sees the old or the new one."""
    with written_durably(path) as draft:
        draft.write_text(text, encoding="utf-8")


class _as_file:  # noqa: N801 - a context manager
    """The text in a file of its own, for the time of a check."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source

    def __enter__(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="lastmeter-")
        path = Path(self._folder.name) / f"{self._source}.toml"
        path.write_text(self._text, encoding="utf-8")
        return path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

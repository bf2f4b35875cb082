"""Blueprint files as texts: which there are, what is wrong in one, how one is written."""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from lastmeter.journal.durable import sync, written_durably
from lastmeter.journeys.blueprint import Blueprint, check, load_blueprints
from lastmeter.journeys.blueprint_file import read_blueprint
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.company import served
from lastmeter.server.intake.console.mapping_text import LONGEST, Mistake

STEM = re.compile(r"[a-z0-9][a-z0-9_.-]{0,100}")


def folder() -> Path:
    """The workspace's blueprints."""
    return served.folder / "blueprints"


def stems() -> list[str]:
    """The files, without their ending."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def text_of(stem: str) -> str:
    """The text of a file.

    Raises:
        LastMeterError: `blueprint.unknown`.
    """
    if stem not in stems():
        raise LastMeterError("blueprint.unknown", Title("没有蓝图文件“{file}”", "There is no blueprint file “{file}”"),
                             Title("从“蓝图”页进入", "Start from the page Blueprints"), file=stem[:80])
    return (folder() / f"{stem}.toml").read_text(encoding="utf-8", errors="replace")


def written(stem: str) -> Blueprint | None:
    """The blueprint in a file; None where it is broken."""
    return read_blueprint(folder() / f"{stem}.toml").blueprint


@contextmanager
def laid_out(changed: Mapping[str, str | None], *, only: set[str] | None = None) -> Iterator[Path]:
    """A scratch folder that holds the blueprints (of `only` these files) with some texts changed, the calendars beside them.

    changed: the text by file, without its ending; None takes the file away.
    """
    with tempfile.TemporaryDirectory(prefix="lastmeter-") as scratch:
        place = Path(scratch) / "blueprints"
        place.mkdir()
        if (served.folder / "calendars").is_dir():
            shutil.copytree(served.folder / "calendars", Path(scratch) / "calendars")
        for stem in stems():
            if stem not in changed and (only is None or stem in only):
                shutil.copy(folder() / f"{stem}.toml", place)
        for stem, text in changed.items():
            if text is not None:
                (place / f"{stem}.toml").write_text(text, encoding="utf-8")
        yield place


def mistakes_in(stem: str, text: str) -> list[Mistake]:
    """Everything that is wrong with the text of a file, beside the other blueprints, by line."""
    if len(text) > LONGEST:
        return [Mistake(1, "blueprint.too_long", Title("蓝图太长", "The blueprint is too long"), None)]
    with laid_out({stem: text}) as place:
        found = check(place)
        own = [problem for problem in found if problem.path.stem == stem]
        # A clash is told of the file that is read later, be it this one or the other.
        clashing = [problem for problem in found if problem.path.stem != stem and problem.code == "blueprint.version_clash"]
        known = {problem.code for problem in check(folder())}
    return [Mistake(one.line, one.code, one.message, one.hint) for one in own] + [
        Mistake(1, one.code, one.message, one.hint) for one in clashing if not own and one.code not in known]


def blueprint_in(stem: str, text: str) -> Blueprint:
    """The blueprint that a text without mistakes writes."""
    with laid_out({stem: text}, only=set()) as place:
        return load_blueprints(place)[0]


def as_version(text: str, version: str, effective_from: date) -> str:
    """The text as another version of its kind: the two lines changed, all else as it was written.

    Raises:
        LastMeterError: `toml.syntax`.
    """
    try:
        document = tomlkit.parse(text)
        head = document["journey"]
        head["version"], head["effective_from"] = version, effective_from
        return tomlkit.dumps(document)
    except (TOMLKitError, KeyError, TypeError) as error:
        raise LastMeterError("toml.syntax", Title("{file} 不是有效的 TOML：{detail}", "{file} is not valid TOML: {detail}"),
                             Title("请改正这一行", "Mend that line"), file="blueprint", detail=str(error)) from None


def free_stem(kind: str, version: str) -> str:
    """A name for a further file of a kind."""
    wanted = re.sub(r"[^a-z0-9]+", "_", f"{kind}_{version}".lower()).strip("_")[:90]
    stem, number = kind if kind not in stems() else wanted, 1
    while stem in stems():
        number += 1
        stem = f"{wanted}_{number}"
    return stem


def write(stem: str, text: str) -> None:
    """Write the file as a whole; who reads sees the old or the new one."""
    with written_durably(folder() / f"{stem}.toml") as draft:
        draft.write_text(text, encoding="utf-8")


def take_away(stem: str) -> None:
    """Remove the file; its text stays in the history."""
    (folder() / f"{stem}.toml").unlink(missing_ok=True)
    sync(folder())


def difference(before: str, after: str) -> str:
    """What changed, line by line, as `diff -u` writes it."""
    return "\n".join(list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:])

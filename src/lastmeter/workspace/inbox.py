"""A watched folder: what is new and has stopped growing is imported, then moved to `done/` or, with the reason, `failed/`.

Killed at any point it goes on where it was: a file stays until its import is published, and to import it again adds
nothing. Several watchers of one folder take turns, as imports do.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.connectors.report import ImportReport
    from lastmeter.workspace.company import Workspace

DONE, FAILED = "done", "failed"
REASON = ".reason.txt"
# Names under which programs write what is not whole yet.
_UNFINISHED = (".part", ".tmp", ".temp", ".crdownload", ".download", ".swp", "~")

Look = Mapping[str, tuple[int, int]]
"""Name to (size, time of modification in nanoseconds) of every file that waits."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was dealt with: where it lies now, and the report of its import or why there is none."""

    name: str
    path: Path
    report: ImportReport | None
    error: LastMeterError | None


def look(folder: Path) -> Look:
    """The files that wait in a folder. Links, hidden files, folders and what other programs still write are not looked at.

    Raises:
        LastMeterError: `watch.folder` if it cannot be read.
    """
    found = {}
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            is_hidden = path.name.startswith((".", "~$"))  # ~$: Excel holds the file open
            if stat.S_ISREG(status.st_mode) and not is_hidden and not path.name.lower().endswith(_UNFINISHED):
                found[path.name] = (status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise LastMeterError(
            "watch.folder",
            Title("读不了文件夹 {folder}：{why}", "Cannot read the folder {folder}: {why}"),
            hint=Title("检查它是否存在、有没有权限", "Does it exist, and may you read it?"),
            folder=str(folder), why=error.strerror or "",
        ) from error
    return found


def settled(before: Look, now: Look) -> list[str]:
    """The files that have not changed between two looks, oldest first; empty ones wait for their content."""
    same = [name for name, seen in now.items() if seen[0] and before.get(name) == seen]
    return sorted(same, key=lambda name: (now[name][1], name))


def take(workspace: Workspace, folder: Path, name: str, *, source: str | None, at: datetime) -> Taken | None:
    """Import one file of the folder and move it; None if it is gone by now.

    Raises:
        LastMeterError: where it is not the file's fault (no such source, a broken mapping, a full disk): the file stays.
    """
    path = folder / name
    try:
        report = workspace.import_files([path], at=at, source=source)
    except LastMeterError as error:
        if not path.exists():
            return None
        if not _is_the_files_fault(error):
            raise
        target = _move(path, folder / FAILED)
        words = [error.message("zh"), error.hint("zh") or "", "", error.message("en"), error.hint("en") or "", "", error.code]
        target.with_name(target.name + REASON).write_text("\n".join(words) + "\n", "utf-8")
        return Taken(name, target, None, error)
    return Taken(name, _move(path, folder / DONE), report, None)


def _is_the_files_fault(error: LastMeterError) -> bool:
    return error.code.startswith("import.") and error.code not in ("import.watermark_missing", "import.is_database")


def _move(path: Path, folder: Path) -> Path:
    """Into the folder, under a name that is free there."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    with contextlib.suppress(FileNotFoundError):  # another watcher has just moved it
        path.replace(target)
    return target

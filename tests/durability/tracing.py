"""Was an acknowledgement sent before the event was safe? Read from a trace of what the processes really did.

An acknowledgement of an event is in time if a sync of the database's log began after the event's id had been written
to that log, and ended before the acknowledgement was sent. Killing processes cannot show this: what a process wrote
survives its death in the system's memory, synced or not.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

MARK = "LMACK"
"""Ids to be traced: LMACK00000017."""
_SHIM = Path(__file__).with_name("shim.c")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many acknowledgements were seen, and how many of them were sent before the event was synced."""

    acks: int
    before_fsync: int
    syncs: int


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter: PostgreSQL runs as another, and pytest's folders are closed."""
    with tempfile.TemporaryDirectory(prefix="lastmeter-trace-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def build_shim(folder: Path) -> Path:
    """Compiles the shim into an open folder."""
    library = folder / "shim.so"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(library),
         str(_SHIM), "-ldl"],
        check=True, capture_output=True,
    )
    library.chmod(0o755)
    return library


def traced(library: Path, folder: Path) -> dict[str, str]:
    """The environment of a process that is to be traced into a folder, made here for every user to write to."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    return {"LD_PRELOAD": str(library), "LASTMETER_TRACE": str(folder)}


def judge(folders: Iterable[Path], expected: set[int]) -> Verdict:
    """Judges the acknowledgements of the expected ids by all traces in these folders."""
    writes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    syncs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    sent: dict[int, int] = {}
    for begin, end, what, inode, ids in _lines(folders):
        if what == "s":
            syncs[inode].append((begin, end))
        for number in ids:
            if what == "w":
                writes[number].append((inode, end))
            else:
                # The last send is the acknowledgement: the client's own INSERT is sent too, and looks like one.
                sent[number] = max(sent.get(number, 0), begin)
    safe = _Syncs(syncs)
    acknowledged = expected & sent.keys()
    early = sum(
        all(safe.done_after(inode, written) > sent[number] for inode, written in writes[number])
        for number in acknowledged
    )
    return Verdict(len(acknowledged), early, sum(map(len, syncs.values())))


class _Syncs:
    """When a write was safe: the earliest end of those syncs of its file that began after it."""

    def __init__(self, syncs: dict[int, list[tuple[int, int]]]) -> None:
        self._begins: dict[int, list[int]] = {}
        self._earliest_end: dict[int, list[int]] = {}
        for inode, spans in syncs.items():
            spans.sort()
            self._begins[inode] = [begin for begin, _ in spans]
            self._earliest_end[inode] = list(accumulate((end for _, end in reversed(spans)), min))[::-1]

    def done_after(self, inode: int, written: int) -> float:
        begins = self._begins.get(inode, [])
        place = bisect_left(begins, written)
        return self._earliest_end[inode][place] if place < len(begins) else float("inf")


def _lines(folders: Iterable[Path]) -> Iterator[tuple[int, int, str, int, list[int]]]:
    for path in sorted(path for folder in folders for path in folder.iterdir()):
        for line in path.read_text().splitlines():
            begin, end, what, inode, *ids = line.split()
            yield int(begin), int(end), what, int(inode), [int(number) for number in ids]

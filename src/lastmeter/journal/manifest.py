"""The manifest: which files the journal consists of, under a number that grows with every change.

Kinds: `events` (one month of originals, sorted by object), `corrections` (every row of every slot that has a correction,
always read), `keys` (identities), `attested` (statements of a batch that were there already), `touched` (objects that
an undo or an erasure changed). The files of an open batch are `staged`, with the statements that it made about one
identity without agreeing with itself (`contradicted`) beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection

Kind = Literal["events", "corrections", "keys", "attested", "touched", "contradicted"]
State = Literal["staged", "live", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of the journal. `manifest`: the highest number under which one of its rows came in."""

    number: int
    kind: Kind
    month: str | None
    batch: int | None
    chunk: int | None
    file: str
    state: State = "staged"
    manifest: int = 0
    rows: int
    size: int
    object_types: frozenset[str] = frozenset()
    """Types that occur in `objects`, the others than the primary: who looks for another type need not read the list."""
    columns: frozenset[str] = frozenset()
    """Columns of an event that have a value in it."""
    retired_at: datetime | None = None

    @property
    def attributes(self) -> frozenset[str]:
        """Attributes that have a value in it."""
        return frozenset(column.removeprefix("attr_") for column in self.columns if column.startswith("attr_"))

    def path(self, folder: Path) -> Path:
        """Where the file lies."""
        return folder / self.file


def read(connection: Connection, *states: State) -> list[Segment]:
    """The files in these states, by number."""
    wanted = states or ("live",)
    marks = ", ".join("?" * len(wanted))
    rows = connection.execute(f"{statements.SEGMENTS} WHERE state IN ({marks}) ORDER BY number", wanted)
    return [
        Segment(
            number=row[0], kind=row[1], month=row[2], batch=row[3], chunk=row[4], file=row[5], state=row[6],
            manifest=row[7], rows=row[8], size=row[9], object_types=frozenset(row[10].split()),
            columns=frozenset(row[11].split()),
            retired_at=None if row[12] is None else datetime.fromisoformat(row[12]),
        )
        for row in rows
    ]  # fmt: skip


def add(connection: Connection, segments: Iterable[Segment]) -> None:
    """New files."""
    connection.executemany(
        statements.ADD_SEGMENT,
        [
            (
                s.number, s.kind, s.month, s.batch, s.chunk, s.file, s.state, s.manifest, s.rows, s.size,
                " ".join(sorted(s.object_types)), " ".join(sorted(s.columns)), None,
            )
            for s in segments
        ],
    )  # fmt: skip


def forget(connection: Connection, segments: Iterable[Segment]) -> None:
    """Take files out of the manifest; they become orphans for the sweep."""
    connection.executemany(statements.FORGET_SEGMENT, [(s.number,) for s in segments])


def publish(connection: Connection, segments: Iterable[Segment], manifest: int) -> None:
    """Staged files become live under this number."""
    connection.executemany(statements.PUBLISH_SEGMENT, [(manifest, s.number) for s in segments])


def retire(connection: Connection, segments: Iterable[Segment], at: datetime) -> None:
    """Live files that newer ones replace; older snapshots may still read them."""
    connection.executemany(statements.RETIRE_SEGMENT, [(at.isoformat(), s.number) for s in segments])


def number(connection: Connection) -> int:
    """The manifest's number now."""
    return int(connection.execute(statements.GET_META, ("manifest",))[0][0])


def advance(connection: Connection) -> int:
    """The next manifest number, in a write transaction."""
    following = number(connection) + 1
    connection.execute(statements.SET_META, ("manifest", str(following)))
    return following


def new_numbers(connection: Connection) -> Iterator[int]:
    """Numbers for new files, never given twice; taken in blocks, each in a write transaction of its own."""
    while True:
        with connection.transaction(exclusive=False):
            block = take_numbers(connection, 32)
        yield from block


def take_numbers(connection: Connection, count: int) -> Sequence[int]:
    """Numbers for new files, never given twice, in the caller's write transaction."""
    first = int(connection.execute(statements.GET_META, ("next_segment",))[0][0])
    connection.execute(statements.SET_META, ("next_segment", str(first + count)))
    return range(first, first + count)

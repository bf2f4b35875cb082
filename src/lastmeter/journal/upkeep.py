"""Upkeep of the journal's files: seal single events, compact months, delete what nobody reads any more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import duckdb

from lastmeter.journal import manifest, slots, statements
from lastmeter.journal.connection import Connection
from lastmeter.journal.hot import keys_of, relation, rows_of, signed
from lastmeter.journal.keys import Keys, highest, read_all
from lastmeter.journal.locks import take_lock
from lastmeter.journal.manifest import Kind, Segment
from lastmeter.journal.segments import FOLDER, MONTH_NUMBER, SegmentWriter, select_segments
from lastmeter.kernel.errors import LastMeterError

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

# A retired file is deleted when no snapshot is open; one that hangs keeps it for so long at most.
GRACE = timedelta(days=1)
# Merging waits until the small files hold this share of the largest, or are so many.
WORTH_SHARE = 0.05
WORTH_FILES = 8


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction did: files before and after, and retired files that were deleted."""

    merged: int
    written: int
    deleted: int


def seal(journal: Journal, *, at: datetime, wait: bool = True) -> int:
    """Move the single events into segments; how many. Those that arrive meanwhile stay for the next time.

    Raises:
        LastMeterError: `journal.busy` while somebody imports, if wait is false.
    """
    del at
    with journal.store.turn(wait=wait), journal.connected() as connection, journal.duckdb() as duck:
        with connection.transaction(write=False):
            types = journal.attributes(connection)
            live = manifest.read(connection)
            hot = rows_of(connection, types)
            attested = connection.execute(statements.ATTESTED_ALL)
        if not hot and not attested:
            return 0
        relation(duck, "lm_hot", hot, types)
        duck.execute(
            f"CREATE TEMP TABLE lm_month AS SELECT *, {MONTH_NUMBER} AS month FROM lm_hot WHERE corrects IS NULL"
        )
        duck.execute("CREATE TEMP TABLE lm_ruling AS SELECT * FROM lm_hot WHERE corrects IS NOT NULL")
        writer = SegmentWriter(journal.folder, manifest.new_numbers(connection), types, batch=0)
        fresh = writer.months(duck, "lm_month") + writer.corrections(duck, "lm_ruling")
        if slots.copy_originals(journal, duck, "lm_copies", fresh=fresh, live=live, attributes=types):
            fresh += writer.corrections(duck, "lm_copies")
        fresh += writer.keys(keys_of([(signed(row.hash), signed(row.digest)) for row in hot]), "keys")
        fresh += writer.keys(keys_of(attested), "attested")
        with connection.transaction():
            number = manifest.advance(connection)
            manifest.add(connection, [replace(s, state="live", manifest=number) for s in fresh])
            connection.executemany(statements.HOT_DELETE, [(signed(row.hash), signed(row.digest)) for row in hot])
            connection.executemany(statements.ATTESTED_DELETE, attested)
        return len(hot)


def compact(journal: Journal, *, at: datetime, full: bool = False, wait: bool = True) -> Compaction:
    """Merge the files of each month, the key files and the rest, where it is worth it (full: wherever there are two).

    Rows and figures stay as they are; no journey becomes dirty by it.

    Raises:
        LastMeterError: `journal.busy` while somebody imports, if wait is false.
    """
    with journal.store.turn(wait=wait), journal.connected() as connection, journal.duckdb() as duck:
        with connection.transaction(write=False):
            live = manifest.read(connection)
            types = journal.attributes(connection)
        merge = _Merge(journal, connection, duck, types)
        for (kind, _month, _batch), group in groupby(sorted(live, key=_group), key=_group):
            files = list(group)
            if worth_merging([s.rows for s in files], full=full):
                merge.files(kind, files)
        if merge.gone:
            with connection.transaction():
                manifest.advance(connection)
                manifest.add(connection, merge.come)
                manifest.retire(connection, merge.gone, at)
        deleted = delete_retired(journal, connection, at=at)
        return Compaction(len(merge.gone), len(merge.come), deleted)


def sweep(journal: Journal, *, at: datetime | None = None, wait: bool = True) -> int:
    """Delete files that the manifest does not know (of a crash) and retired ones that nobody reads; how many."""
    with journal.store.turn(wait=wait), journal.connected() as connection:
        deleted = delete_retired(journal, connection, at=at)
        known = {s.file for s in manifest.read(connection, "live", "staged", "retired")}
        folder = journal.folder / FOLDER
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if f"{FOLDER}/{path.name}" not in known:
                path.unlink()
                deleted += 1
        return deleted


def delete_retired(journal: Journal, connection: Connection, *, at: datetime | None) -> int:
    """Delete retired files: all if no snapshot is open, else those past their grace; how many."""
    retired = manifest.read(connection, "retired")
    if not retired:
        return 0
    try:
        lock = take_lock(journal.folder / "readers.lock", wait=False)
    except LastMeterError:
        lock = None
        retired = [s for s in retired if at is not None and s.retired_at is not None and s.retired_at + GRACE <= at]
    try:
        for segment in retired:
            segment.path(journal.folder).unlink(missing_ok=True)
        with connection.transaction(exclusive=False):
            manifest.forget(connection, retired)
    finally:
        if lock is not None:
            os.close(lock)
    return len(retired)


def worth_merging(rows: Sequence[int], *, full: bool = False) -> bool:
    """Whether files with so many rows each should become one."""
    if len(rows) < 2:
        return False
    small = sum(rows) - max(rows)
    return full or small >= WORTH_SHARE * max(rows) or len(rows) > WORTH_FILES


def _group(segment: Segment) -> tuple[Kind, str, int]:
    """Files that may be merged: one month of originals, all corrections, all keys, what one batch attests."""
    month = (segment.month or "") if segment.kind == "events" else ""
    alone = segment.number if segment.kind == "touched" else -1
    return segment.kind, month, (segment.batch or 0) if segment.kind == "attested" else alone


class _Merge:
    def __init__(
        self, journal: Journal, connection: Connection, duck: duckdb.DuckDBPyConnection, types: dict[str, str]
    ) -> None:
        self._journal = journal
        self._duck = duck
        self._types = types
        self._numbers = manifest.new_numbers(connection)
        self.gone: list[Segment] = []
        self.come: list[Segment] = []

    def files(self, kind: Kind, segments: list[Segment]) -> None:
        """Write one file for several."""
        batch = segments[0].batch if kind == "attested" else None
        writer = SegmentWriter(self._journal.folder, self._numbers, self._types, batch=batch)
        match kind:
            case "events" | "corrections":
                # A copy of an original may have come twice into the corrections.
                distinct = "DISTINCT" if kind == "corrections" else ""
                rows = select_segments(self._journal.folder, segments, self._types)
                self._duck.execute(
                    f"CREATE OR REPLACE TEMP VIEW lm_merged AS SELECT {distinct} *, {MONTH_NUMBER} AS month FROM ({rows})"
                )
                come = (
                    writer.months(self._duck, "lm_merged")
                    if kind == "events"
                    else writer.corrections(self._duck, "lm_merged")
                )
            case "attested":
                come = writer.keys(highest(read_all(self._journal.folder, segments)), kind)
            case _:
                keys = read_all(self._journal.folder, segments)
                come = writer.keys(_without_revisions(keys), kind)
        newest = max(s.manifest for s in segments)
        self.come += [replace(s, state="live", manifest=newest) for s in come]
        self.gone += segments


def _without_revisions(keys: Keys) -> Keys:
    return Keys(keys.hashes, keys.digests, keys.revisions * 0)

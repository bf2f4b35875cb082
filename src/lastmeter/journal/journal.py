"""The journal: all events of a company, append-only, in one folder and one database."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from lastmeter.journal import manifest, singles, statements, undoing, upkeep
from lastmeter.journal.batches import BatchRow, ImportBatch, read_batches
from lastmeter.journal.connection import Connection
from lastmeter.journal.digest import Digester
from lastmeter.journal.drafts import Draft
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.event import Event
from lastmeter.journal.hot import Outcome
from lastmeter.journal.keys import Keys
from lastmeter.journal.locks import take_lock
from lastmeter.journal.manifest import Segment
from lastmeter.journal.secret import pair, read_key
from lastmeter.journal.snapshot import Contact, Snapshot, SourceState, read_contacts, read_sources
from lastmeter.journal.store import Store, wrap
from lastmeter.journal.vault import Vault
from lastmeter.kernel.errors import LastMeterError


class Journal:
    """Opened with `Journal.open`; safe to share between threads, as each use takes a connection of its own."""

    def __init__(self, folder: Path, store: Store, key: bytes) -> None:
        self.folder = folder
        self.store = store
        self.digester = Digester(key)
        self.vault = Vault(key)
        self._keys: dict[int, Keys] = {}
        self._live: tuple[int, list[Segment]] = (-1, [])

    @classmethod
    def open(cls, folder: Path, *, database_url: str | None = None) -> Journal:
        """Open the journal in a folder; make it, and bring its tables up to date, where need be.

        Rows go to `folder/journal.sqlite3` unless `database_url` is a postgresql:// URL; segments into the folder.

        Raises:
            LastMeterError: `journal.not_writable`, `journal.not_durable`, `journal.newer`, `journal.database`,
                `journal.mismatch`.
        """
        store = Store(folder, database_url)
        with store.writing() as connection:
            key = read_key(connection)
        pair(folder, key)
        journal = cls(folder, store, key)
        try:
            upkeep.sweep(journal, wait=False)
        except LastMeterError as error:
            # Somebody is importing: their next start sweeps.
            if error.code != "journal.busy":
                raise
        return journal

    def close(self) -> None:
        """Nothing is held between uses; here so that callers need not know."""

    def append(self, connection: Any, events: Sequence[Event], *, recorded_at: datetime) -> list[Outcome]:
        """Store single events in the caller's transaction (of sqlite3, psycopg or this journal's own connection).

        The caller commits; on SQLite its transaction should have begun IMMEDIATE.

        Raises:
            LastMeterError: `journal.no_transaction`, `event.*`, `journal.attribute_type`.
        """
        return singles.append(self, wrap(connection), events, recorded_at=recorded_at)

    def record(self, events: Sequence[Event], *, recorded_at: datetime) -> list[Outcome]:
        """Store single events in a durable transaction of their own."""
        with self.store.writing(exclusive=False) as connection:
            return singles.append(self, connection, events, recorded_at=recorded_at)

    def take(
        self, connection: Any, drafts: Sequence[Event | Draft], *, recorded_at: datetime
    ) -> list[Outcome | LastMeterError]:
        """Store drafts in the caller's transaction, what is personal in the vault; of each what became of it, or why not.

        Raises:
            LastMeterError: `journal.no_transaction`.
        """
        return singles.take(self, wrap(connection), drafts, recorded_at=recorded_at)

    @contextmanager
    def writer(self, beside: singles.Beside | None = None) -> Iterator[singles.Writer]:
        """One writer thread with group commit: `.submit(event, recorded_at=...)` gives a Future of the outcome.

        `beside` is called in the transaction of every group, with the connection and the group's drafts.
        """
        with singles.writing(self, beside) as writer:
            yield writer

    def tell_source(
        self, connection: Any, name: str, types: Iterable[str], watermark: datetime | None, *, at: datetime
    ) -> None:
        """Say in the caller's write transaction that a live source exists, which event types it tells, and up to when it is
        complete (UTC); types are added to those told before, a watermark never goes back and never lies ahead of `at`.
        """
        own = wrap(connection)
        stated = None if watermark is None else min(watermark, at).isoformat(timespec="microseconds")
        before = own.execute(statements.SOURCE_TELL, (name, stated))[0][0].split()
        told = sorted({*before, *types})
        if told != before:
            own.execute(statements.SOURCE_TYPES, (" ".join(told), name))

    @contextmanager
    def import_batch(
        self, source: str, *, label: str, recorded_at: datetime, wait: bool = True
    ) -> Iterator[ImportBatch]:
        """An import from a source, at its turn; resumes the open one of the same source and label.

        Leaving without `publish` leaves the batch open: nothing is visible, and what was staged need not be again.

        Raises:
            LastMeterError: `journal.busy` if another import runs and wait is false.
        """
        with self.store.turn(wait=wait):
            connection = self.store.connect()
            try:
                yield ImportBatch(self, connection, source, label, recorded_at)
            finally:
                connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The journal at this moment, for reading."""
        held = take_lock(self.folder / "readers.lock", shared=True)
        try:
            snapshot = Snapshot(self.store, self.folder, self.digester, self.vault)
            try:
                yield snapshot
            finally:
                snapshot.close()
        finally:
            os.close(held)

    def seal(self, *, at: datetime, wait: bool = True) -> int:
        """Move the single events into segments; how many.

        Raises:
            LastMeterError: `journal.busy` while somebody imports, if wait is false; so `compact` and `sweep`.
        """
        return upkeep.seal(self, at=at, wait=wait)

    def compact(self, *, at: datetime, full: bool = False, wait: bool = True) -> upkeep.Compaction:
        """Merge the files of each month where that is worth it (full: wherever there are two)."""
        return upkeep.compact(self, at=at, full=full, wait=wait)

    def sweep(self, *, at: datetime | None = None, wait: bool = True) -> int:
        """Delete files that a crash left behind and retired ones that no snapshot reads; how many."""
        return upkeep.sweep(self, at=at, wait=wait)

    def contacts(self) -> list[Contact]:
        """Each published import with the watermark that it brought its source, by time; single events have none."""
        with self.store.reading() as connection:
            return read_contacts(connection)

    def state(self) -> tuple[int, int]:
        """(manifest number, single events and restatements that wait): it changes whenever the journal does."""
        with self.store.reading() as connection:
            waiting = sum(int(connection.execute(query)[0][0]) for query in (statements.HOT_COUNT, statements.ATTESTED_COUNT))
            return manifest.number(connection), waiting

    def hot_count(self) -> int:
        """How many single events wait to be sealed."""
        with self.store.reading() as connection:
            return int(connection.execute(statements.HOT_COUNT)[0][0])

    def undo(self, batch: int, *, at: datetime) -> int:
        """Withdraw a published batch: what no other live batch attests is gone; how many statements.

        Raises:
            LastMeterError: `journal.no_batch`.
        """
        return undoing.undo(self, batch, at=at)

    def reveal(self, tokens: Iterable[str], *, raw: bool = False) -> dict[str, str]:
        """What stands behind vault tokens: redacted words, masked personal values; everything as it came with raw."""
        with self.store.reading() as connection:
            return self.vault.reveal(connection, tokens, raw=raw)

    def batches(self) -> list[BatchRow]:
        """All imports, by number."""
        with self.store.reading() as connection:
            return read_batches(connection)

    def sources(self) -> list[SourceState]:
        """The sources of published batches, by name."""
        with self.store.reading() as connection:
            return read_sources(connection)

    def is_newer_than(self, manifest_number: int) -> bool:
        """Whether something was published after that manifest number, or single events still wait to be sealed."""
        with self.store.reading() as connection:
            return manifest.number(connection) != manifest_number or bool(list(connection.execute(statements.HOT_ANY)))

    def attributes(self, connection: Connection) -> dict[str, str]:
        """Registered attributes and their types, as a connection sees them."""
        return dict(connection.execute(statements.ATTRIBUTES))

    def live_segments(self, connection: Connection) -> list[Segment]:
        """The live files, read again only where the manifest's number has changed."""
        number = manifest.number(connection)
        if number != self._live[0]:
            self._live = (number, manifest.read(connection))
        return self._live[1]

    def keys_of(self, segment: Segment) -> Keys:
        """The keys of a key file, mapped once."""
        found = self._keys.get(segment.number)
        if found is None:
            found = self._keys[segment.number] = Keys.read(segment.path(self.folder))
        return found

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection of its own, closed at the end."""
        connection = self.store.connect()
        try:
            yield connection
        finally:
            connection.close()

    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """A private in-memory DuckDB; a context manager."""
        return open_duckdb()

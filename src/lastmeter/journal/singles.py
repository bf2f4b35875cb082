"""Single events: taken in the caller's transaction, or by one writer thread that commits for many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

from lastmeter.journal import manifest, statements
from lastmeter.journal.batches import register_attributes
from lastmeter.journal.columns import KNOWN_ATTRIBUTES
from lastmeter.journal.connection import Connection
from lastmeter.journal.digest import attribute_type
from lastmeter.journal.event import Event, check_horizon
from lastmeter.journal.hot import Outcome, body_of, signed, typed
from lastmeter.journal.keys import Flags
from lastmeter.journal.segments import select_segments

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

# So many single events share one commit at most.
GROUP = 500


def append(
    journal: Journal, connection: Connection, events: Sequence[Event], *, recorded_at: datetime
) -> list[Outcome]:
    """Store events in the open transaction of the caller; what became of each, in order.

    stored: it is new. duplicate: the journal has it, word for word. conflict: the journal has another event with this
    source and id; a change is an event of its own that `corrects` the first.
    """
    connection.join()
    types = _types(connection, events)
    typed_events = [typed(event, types) for event in events]
    for event in typed_events:
        check_horizon(event, recorded_at)
    sealed = _Sealed(journal, connection)
    hashes = [journal.digester.identity(event.source, event.id) for event in typed_events]
    digests = [journal.digester.digest(event) for event in typed_events]
    in_segments = sealed.outcomes(typed_events, hashes, digests)
    outcomes: list[Outcome] = []
    for event, identity, digest, found in zip(typed_events, hashes, digests, in_segments, strict=True):
        if found is not None:
            outcomes.append(found)
            if found == "duplicate":
                connection.execute(statements.ATTESTED_ADD, (signed(identity), signed(digest), event.revision))
            continue
        outcomes.append(_add_hot(connection, event, identity, digest, recorded_at))
    return outcomes


def _add_hot(connection: Connection, event: Event, identity: int, digest: int, recorded_at: datetime) -> Outcome:
    row = (signed(identity), signed(digest), event.source, event.id, body_of(event, recorded_at))
    if connection.execute(statements.HOT_ADD, row):
        return "stored"
    source, identifier, before = connection.execute(statements.HOT_FIND, (signed(identity),))[0]
    if (source, identifier, before) != (event.source, event.id, signed(digest)):
        return "conflict"
    connection.execute(statements.ATTESTED_ADD, (signed(identity), signed(digest), event.revision))
    return "duplicate"


def _types(connection: Connection, events: Sequence[Event]) -> Mapping[str, str]:
    """The registered types of all attributes; those that nobody declared are registered by their first value."""
    known: dict[str, str] = dict(connection.execute(statements.ATTRIBUTES))
    fresh = {
        name: KNOWN_ATTRIBUTES.get(name, attribute_type(value))
        for event in events
        for name, value in event.attributes.items()
        if name not in known and value is not None
    }
    if fresh:
        register_attributes(connection, fresh)
        known |= fresh
    return known


class _Sealed:
    """What the segments hold, as the transaction sees the manifest."""

    def __init__(self, journal: Journal, connection: Connection) -> None:
        self._journal = journal
        self._live = manifest.read(connection)
        self._keys = [journal.keys_of(s) for s in self._live if s.kind == "keys"]

    def outcomes(self, events: Sequence[Event], hashes: list[int], digests: list[int]) -> list[Outcome | None]:
        """For each event: duplicate, conflict, or None if its identity is not sealed."""
        wanted, said = np.array(hashes, np.uint64), np.array(digests, np.uint64)
        pair: Flags = np.zeros(len(events), np.bool_)
        hit: Flags = np.zeros(len(events), np.bool_)
        for keys in self._keys:
            pair |= keys.has_pair(wanted, said)
            hit |= keys.has_hash(wanted)
        found: list[Outcome | None] = ["duplicate" if same else None for same in pair]
        for index in np.flatnonzero(hit & ~pair).tolist():
            if self._has_text(events[index]):
                found[index] = "conflict"
        return found

    def _has_text(self, event: Event) -> bool:
        """Whether the very id is there, not only its hash. The event's own month first: that is where it mostly lies."""
        rows = [s for s in self._live if s.kind in {"events", "corrections"}]
        near = [s for s in rows if s.month in {event.month, None}]
        return any(self._search(part, event) for part in (near, [s for s in rows if s not in near]) if part)

    def _search(self, segments: list[manifest.Segment], event: Event) -> bool:
        with self._journal.duckdb() as duck:
            found = duck.execute(
                f"""SELECT 1 FROM ({select_segments(self._journal.folder, segments, {})})
                WHERE source = ? AND (id = ? OR (id[-17] = '~' AND id[:-18] = ?)) LIMIT 1""",
                [event.source, event.id, event.id],
            ).fetchall()
        return bool(found)


class Writer:
    """One thread that writes what many submit: those that wait together share one commit and its sync."""

    def __init__(self, journal: Journal, connection: Connection) -> None:
        self._journal = journal
        self._connection = connection
        self._queue: SimpleQueue[tuple[Event, datetime, Future[Outcome]] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, event: Event, *, recorded_at: datetime) -> Future[Outcome]:
        """Queue an event; the future is done when its transaction is on disk, or has failed."""
        future: Future[Outcome] = Future()
        self._queue.put((event, recorded_at, future))
        return future

    def close(self) -> None:
        """Write what is queued, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group = [first]
            last = False
            while len(group) < GROUP and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    last = True
                    break
                group.append(following)
            self._commit(group)
            if last:
                return

    def _commit(self, group: list[tuple[Event, datetime, Future[Outcome]]]) -> None:
        try:
            outcomes = self._write(group)
        except Exception as error:
            if len(group) == 1:
                group[0][2].set_exception(error)
                return
            # One event that cannot be stored must not fail the others.
            for one in group:
                self._commit([one])
            return
        for (_event, _at, future), outcome in zip(group, outcomes, strict=True):
            future.set_result(outcome)

    def _write(self, group: list[tuple[Event, datetime, Future[Outcome]]]) -> list[Outcome]:
        with self._connection.transaction(exclusive=False):
            outcomes: list[Outcome] = []
            for recorded_at in dict.fromkeys(at for _event, at, _future in group):
                part = [event for event, at, _future in group if at == recorded_at]
                outcomes += append(self._journal, self._connection, part, recorded_at=recorded_at)
        if len({at for _event, at, _future in group}) > 1:
            return _in_order(group, outcomes)
        return outcomes


def _in_order(group: list[tuple[Event, datetime, Future[Outcome]]], outcomes: list[Outcome]) -> list[Outcome]:
    """Outcomes came recording time by recording time; put them back into the order of the group."""
    times = list(dict.fromkeys(at for _event, at, _future in group))
    order = sorted(range(len(group)), key=lambda index: times.index(group[index][1]))
    placed: dict[int, Outcome] = dict(zip(order, outcomes, strict=True))
    return [placed[index] for index in range(len(group))]


@contextmanager
def writing(journal: Journal) -> Iterator[Writer]:
    """A writer with a connection of its own, closed at the end."""
    connection = journal.store.connect()
    writer = Writer(journal, connection)
    try:
        yield writer
    finally:
        writer.close()
        connection.close()

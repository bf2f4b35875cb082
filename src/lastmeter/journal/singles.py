"""Single events: taken in the caller's transaction, or by one writer thread that commits for many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from lastmeter.journal import hot, manifest, statements
from lastmeter.journal.columns import KNOWN_ATTRIBUTES, attribute_conflict, check_attributes
from lastmeter.journal.connection import Connection, Row
from lastmeter.journal.digest import attribute_type
from lastmeter.journal.drafts import Draft, veil
from lastmeter.journal.event import EARLIEST, Event, far_time, latest
from lastmeter.journal.hot import Outcome, body_of, signed, typed
from lastmeter.journal.keys import Flags
from lastmeter.journal.segments import select_segments
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

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
    outcomes: list[Outcome] = []
    for verdict in take(journal, connection, events, recorded_at=recorded_at):
        if isinstance(verdict, LastMeterError):
            raise verdict
        outcomes.append(verdict)
    return outcomes


def take(
    journal: Journal, connection: Connection, drafts: Sequence[Event | Draft], *, recorded_at: datetime
) -> list[Outcome | LastMeterError]:
    """Store events in the open transaction of the caller; what became of each, in order, or why it could not be taken.

    What is personal goes into the vault in the same transaction. One that cannot be taken does not keep the others out.
    Nothing is told of an erased person any more: such an event counts as a duplicate.
    """
    connection.join()
    verdicts: dict[int, Outcome | LastMeterError] = {}
    types = _types(journal, connection, drafts, verdicts)
    horizon = latest(recorded_at)
    places: list[int] = []
    events: list[Event] = []
    for place, event in enumerate(veil(journal, connection, drafts)):
        if event is None:
            verdicts.setdefault(place, "duplicate")
        if event is None or place in verdicts:
            continue
        try:
            if event.attributes:
                event = typed(event, types)
            at = event.occurred_at
            if at is not None and not EARLIEST <= at < horizon:
                raise far_time(1)
        except LastMeterError as error:
            verdicts[place] = error
        except (ValueError, OverflowError):
            verdicts[place] = _unreadable()
        else:
            places.append(place)
            events.append(event)
    outcomes = _store(journal, connection, events, recorded_at)
    if not verdicts:
        return [*outcomes]
    verdicts |= zip(places, outcomes, strict=True)
    return [verdicts[place] for place in range(len(drafts))]


def _store(journal: Journal, connection: Connection, events: list[Event], recorded_at: datetime) -> list[Outcome]:
    """The outcomes of events whose attributes have the types that they should."""
    both = [journal.digester.both(event) for event in events]
    outcomes = _Sealed(journal, connection).outcomes(events, both)
    rows: dict[int, Row] = {}
    for event, (identity, digest), outcome in zip(events, both, outcomes, strict=True):
        if outcome is None and identity not in rows:
            rows[identity] = (signed(identity), signed(digest), event.source, event.id, body_of(event, recorded_at))
    stored = hot.add(connection, list(rows.values()))
    if stored is None and len(rows) == len(events):
        return ["stored"] * len(events)
    return _sorted_out(connection, events, both, outcomes, rows, stored)


def _sorted_out(
    connection: Connection, events: list[Event], both: list[tuple[int, int]], outcomes: list[Outcome | None],
    rows: dict[int, Row], stored: set[int] | None,
) -> list[Outcome]:
    """Outcomes where not every event was new: of equal identities the first was stored, if any."""
    first = {identity: row[4] for identity, row in rows.items() if stored is None or row[0] in stored}
    held = hot.held(connection, [signed(identity) for (identity, _), outcome in zip(both, outcomes, strict=True) if outcome is None])
    settled: list[Outcome] = []
    attested: list[tuple[int, int, int]] = []
    for event, (identity, digest), known in zip(events, both, outcomes, strict=True):
        outcome = known
        if outcome is None and first.pop(identity, None) is not None:
            outcome = "stored"
        if outcome is None:
            same = held.get(signed(identity)) == (event.source, event.id, signed(digest))
            outcome = "duplicate" if same else "conflict"
        if outcome == "duplicate":
            attested.append((signed(identity), signed(digest), event.revision))
        settled.append(outcome)
    connection.executemany(statements.ATTESTED_ADD, attested)
    return settled


def _types(
    journal: Journal, connection: Connection, drafts: Sequence[Event | Draft], verdicts: dict[int, Outcome | LastMeterError]
) -> Mapping[str, str]:
    """The registered types of all attributes; those that nobody declared are registered by their first value.

    One whose attributes cannot be registered gets its verdict here.
    """
    known = journal.attributes(connection)
    fresh: dict[str, str] = {}
    for place, draft in enumerate(drafts):
        if isinstance(draft, Event):
            if not [name for name in draft.attributes if name not in known]:
                continue
            draft = Draft(event=draft)
        try:
            missing = _missing(draft, known)
            check_attributes(missing)
        except LastMeterError as error:
            verdicts[place] = error
            continue
        for name, kind in missing.items():
            fresh.setdefault(name, kind)
    if not fresh:
        return known
    connection.executemany(statements.ATTRIBUTE_ADD, sorted(fresh.items()))
    return journal.attributes(connection)


def _missing(draft: Draft, known: Mapping[str, str]) -> dict[str, str]:
    """Attributes that are to be registered, with their types."""
    for name in draft.token_names:
        if known.get(name, "token") != "token":
            raise attribute_conflict(name, "token", known[name])
    return {name: "token" for name in draft.token_names if name not in known} | {
        name: KNOWN_ATTRIBUTES.get(name) or draft.types.get(name) or attribute_type(value)
        for name, value in draft.event.attributes.items()
        if name not in known and value is not None
    }


def _unreadable() -> LastMeterError:
    return LastMeterError(
        "event.value", Title("属性的值读不懂", "The value of an attribute cannot be read"),
        Title("时间和日期写成 ISO 8601", "Write times and dates in ISO 8601"),
    )


class _Sealed:
    """What the segments hold, as the transaction sees the manifest."""

    def __init__(self, journal: Journal, connection: Connection) -> None:
        self._journal = journal
        self._live = journal.live_segments(connection)
        self._keys = [journal.keys_of(s) for s in self._live if s.kind == "keys"]

    def outcomes(self, events: Sequence[Event], both: Sequence[tuple[int, int]]) -> list[Outcome | None]:
        """For each event, with identity and digest: duplicate, conflict, or None if its identity is not sealed."""
        if not self._keys or not events:
            return [None] * len(events)
        wanted, said = (np.array(column, np.uint64) for column in zip(*both, strict=True))
        pair: Flags = np.zeros(len(events), np.bool_)
        hit: Flags = np.zeros(len(events), np.bool_)
        for keys in self._keys:
            pair |= keys.has_pair(wanted, said)
            hit |= keys.has_hash(wanted)
        found: list[Outcome | None] = ["duplicate" if same else None for same in pair]
        suspects = np.flatnonzero(hit & ~pair).tolist()
        if suspects:
            known = self._ids([events[place] for place in suspects])
            for place in suspects:
                if (events[place].source, events[place].id) in known:
                    found[place] = "conflict"
        return found

    def _ids(self, events: Sequence[Event]) -> set[tuple[str, str]]:
        """Which of the very ids are there, not only their hashes. Their own months first: there they mostly lie."""
        rows = [s for s in self._live if s.kind in {"events", "corrections"}]
        near = [s for s in rows if s.month in {None, *(event.month for event in events)}]
        found: set[tuple[str, str]] = set()
        wanted = {(event.source, event.id) for event in events}
        with self._journal.duckdb() as duck:
            for part in (near, [s for s in rows if s not in near]):
                if part and wanted - found:
                    found |= self._search(duck, part, wanted - found)
        return found

    def _search(
        self, duck: duckdb.DuckDBPyConnection, segments: list[manifest.Segment], wanted: set[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        duck.register("lm_wanted", pa.table({"source": [one[0] for one in wanted], "id": [one[1] for one in wanted]}))
        stated = "CASE WHEN e.id[-17] = '~' THEN e.id[:-18] ELSE e.id END"
        found = duck.execute(
            f"""SELECT DISTINCT w.source, w.id FROM ({select_segments(self._journal.folder, segments, {})}) AS e
            JOIN lm_wanted AS w ON w.source = e.source AND (w.id = e.id OR w.id = {stated})"""
        ).fetchall()
        duck.unregister("lm_wanted")
        return {(source, identifier) for source, identifier in found}


Beside = Callable[[Connection, Sequence[Event | Draft], datetime], None]
_Queued = tuple[Event | Draft, datetime, "Future[Outcome]"]
# What concerns the database, not the event: all that wait together are told.
_DATABASE = {"journal.database", "journal.disk_full", "journal.not_writable", "journal.not_durable", "journal.damaged"}


class Writer:
    """One thread that writes what many submit: those that wait together share one commit and its sync.

    It outlives its connection: after an error of the database the next group gets a new one.
    """

    def __init__(self, journal: Journal, beside: Beside | None = None) -> None:
        """`beside` is called in the transaction of every group, with its drafts and when they were recorded."""
        self._journal = journal
        self._beside = beside
        self._connection: Connection | None = None
        self._queue: SimpleQueue[_Queued | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, event: Event | Draft, *, recorded_at: datetime) -> Future[Outcome]:
        """Queue an event; the future is done when its transaction is on disk, or has failed."""
        future: Future[Outcome] = Future()
        self._queue.put((event, recorded_at, future))
        return future

    @property
    def waiting(self) -> int:
        """How many are queued, about."""
        return self._queue.qsize()

    def close(self) -> None:
        """Write what is queued, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                self._disconnect()
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
                self._disconnect()
                return

    def _commit(self, group: list[_Queued]) -> None:
        try:
            verdicts = self._write(group)
        except Exception as error:
            self._disconnect()
            if len(group) == 1 or (isinstance(error, LastMeterError) and error.code in _DATABASE):
                for _draft, _at, future in group:
                    future.set_exception(error)
                return
            # One event that cannot be stored must not fail the others.
            for one in group:
                self._commit([one])
            return
        for (_draft, _at, future), verdict in zip(group, verdicts, strict=True):
            if isinstance(verdict, LastMeterError):
                future.set_exception(verdict)
            else:
                future.set_result(verdict)

    def _write(self, group: list[_Queued]) -> list[Outcome | LastMeterError]:
        drafts = [draft for draft, _at, _future in group]
        # They are recorded together: no event is older than one that the same commit, or one before, has shown.
        recorded_at = max(at for _draft, at, _future in group)
        if self._connection is None:
            self._connection = self._journal.store.connect()
        with self._connection.transaction(exclusive=False) as connection:
            verdicts = take(self._journal, connection, drafts, recorded_at=recorded_at)
            if self._beside is not None:
                self._beside(connection, drafts, recorded_at)
        return verdicts

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def writing(journal: Journal, beside: Beside | None = None) -> Iterator[Writer]:
    """A writer with a connection of its own, closed at the end."""
    writer = Writer(journal, beside)
    try:
        yield writer
    finally:
        writer.close()

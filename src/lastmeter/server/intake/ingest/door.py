"""The door to the journal: one writer thread for single events, a transaction of its own for each batch.

An outcome is told only when it is on disk. What cannot be taken is set aside, in the same transaction as the rest of its batch.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.mapping import Table
from lastmeter.connectors.messages import CloudEvent, Compact, Reading, draft_of, source_of
from lastmeter.connectors.row_messages import events_of_rows
from lastmeter.journal import Draft, Event, Journal, Rejection, rejected
from lastmeter.journal.connection import Connection
from lastmeter.journal.drafts import event_of
from lastmeter.journal.hot import Outcome
from lastmeter.journal.singles import Writer
from lastmeter.journal.vault import Kind
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.company import served
from lastmeter.server.intake.ingest import bodies, sources
from lastmeter.server.intake.models import Token
from lastmeter.server.intake.tokens import source_not_allowed

log = logging.getLogger(__name__)

QUEUE = 20_000
"""So many single events may wait for the writer."""
KEPT = 10_000
"""So many rejected events of a source are kept until somebody settles them."""
ANSWER_SECONDS = 60.0
EVENT_FORM = "event"
ROWS_FORM = "rows"
UNKNOWN = "unknown"
# Not kept: whose they would be is what is in doubt.
_NOT_KEPT = {"intake.source_not_allowed", "intake.brand_not_allowed", "intake.too_many_sources"}

_TAKEN = ("stored", "duplicate")
Message = CloudEvent | Compact
Drafted = Event | Draft | LastMeterError


class Stated(NamedTuple):
    """One event of a request: its message, or why there is none, and its text."""

    message: Message | LastMeterError
    text: bytes | msgspec.Raw

    def raw(self) -> str:
        """The text for keeping."""
        return bytes(self.text).decode("utf-8", "replace")


class Manner(NamedTuple):
    """How the events of a request are taken: read so, of this source where they do not say, by this token, at this time."""

    reading: Reading
    source: str | None
    token: Token | None
    at: datetime


@dataclass(slots=True)
class Row:
    """One row of a webhook: its cells by flat name, and its text for keeping."""

    cells: dict[str, str | None]
    text: bytes


class Result(NamedTuple):
    """What became of one event."""

    id: str | None
    outcome: Outcome | LastMeterError


class Door:
    """The door of this process; opened at the first event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._journal: Journal | None = None
        self._writer: Writer | None = None
        self._idle: list[Connection] = []
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._lock:
            writer, self._writer, idle, self._idle = self._writer, None, self._idle, []
        if writer is not None:
            writer.close()
        for connection in idle:
            connection.close()

    def one(self, stated: Stated, manner: Manner) -> Result:
        """Take one event; it shares its commit with whatever else waits.

        Raises:
            LastMeterError: `journal.*` where the database cannot; `intake.busy`.
        """
        message, at = stated.message, manner.at
        if isinstance(message, LastMeterError):
            return self._refused(stated, None, message, manner)
        try:
            draft = _draft(message, manner)
            sources.ensure((event_of(draft).source,))
            writer = self._open()
            if writer.waiting >= QUEUE:
                raise bodies.busy()
            outcome = writer.submit(draft, recorded_at=at).result(timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise bodies.busy() from None
        except LastMeterError as error:
            if concerns_server(error):
                raise
            if error.code == "journal.attribute_type" and not manner.reading.renewed:
                return self.one(stated, manner._replace(reading=sources.renewed(manner.reading)))
            return self._refused(stated, message.id, error, manner)
        if outcome == "conflict":
            self._keep_alone(stated, _conflict(), event_of(draft).source, at)
        return Result(message.id, outcome)

    def many(self, stated: Sequence[Stated], manner: Manner, *, first: int = 0) -> list[Result]:
        """Take the events of a batch in one transaction. `first`: how many of the request came before them.

        Raises:
            LastMeterError: `journal.*` where the database cannot: then nothing of the batch is stored.
        """
        self._open()
        drafts = _of_known_sources([_read(one, manner) for one in stated])
        with self._transaction() as connection:
            outcomes = self._take(connection, stated, drafts, manner)
            refused = [place for place, outcome in enumerate(outcomes) if outcome not in _TAKEN]
            if refused:
                self._keep(connection, [
                    (stated[place], error_of(outcomes[place]), _source(drafts[place], stated[place], manner), first + place + 1)
                    for place in refused
                ], manner.at)
            hear(connection, [draft for draft in drafts if not isinstance(draft, LastMeterError)], manner.at)
        return [
            Result(None if isinstance(one.message, LastMeterError) else one.message.id, outcome)
            for one, outcome in zip(stated, outcomes, strict=True)
        ]

    def rows(self, name: str, mapping: SourceMapping, rows: Sequence[Row], table: Table, at: datetime) -> list[Result]:
        """Take what rows tell, in one transaction: the events of the mapping's table, or why there are none.

        Raises:
            LastMeterError: `journal.*` where the database cannot.
        """
        self._open()
        sources.ensure([name])
        with self._transaction() as connection:
            told = events_of_rows(mapping, table, [row.cells for row in rows], _tokens(connection), at)
            outcomes = served.journal.take(connection, told.drafts, recorded_at=at)
            refused = [(rows[one.row - 1], as_error(one), one.row) for one in told.rejections if one.row is not None]
            refused += [(rows[row - 1], error_of(outcome), row)
                        for row, outcome in zip(told.rows, outcomes, strict=True) if outcome not in _TAKEN]
            self._keep(connection, [(Stated(error, row.text), error, name, place) for row, error, place in refused], at, form=ROWS_FORM)
            hear(connection, told.drafts, at)
        results = [Result(draft.event.id, outcome) for draft, outcome in zip(told.drafts, outcomes, strict=True)]
        return results + [Result(None, as_error(one)) for one in told.rejections]

    def refuse_rows(self, name: str, rows: Sequence[Row], error: LastMeterError, at: datetime) -> list[Result]:
        """Set rows aside that no table of the mapping fits."""
        self._open()
        with self._transaction() as connection:
            found = [(Stated(error, row.text), error, name, place) for place, row in enumerate(rows, 1)]
            self._keep(connection, found, at, form=ROWS_FORM)
        return [Result(None, error) for _ in rows]

    def contact(self, name: str, at: datetime) -> None:
        """A source says that it is there and has nothing to tell."""
        self._open()
        sources.ensure([name])
        sources.hear(name, (), at)
        with self._transaction() as connection:
            sources.tell(connection)

    def declare(self, name: str, watermark: datetime, at: datetime) -> None:
        """A source says up to when it is complete."""
        self._open()
        sources.ensure([name])
        with self._transaction() as connection:
            served.journal.tell_source(connection, name, (), watermark, at=at)

    def _take(
        self, connection: Connection, stated: Sequence[Stated], drafts: Sequence[Drafted], manner: Manner
    ) -> list[Outcome | LastMeterError]:
        good = [draft for draft in drafts if not isinstance(draft, LastMeterError)]
        outcomes = served.journal.take(connection, good, recorded_at=manner.at)
        if len(good) < len(drafts):
            found = iter(outcomes)
            outcomes = [draft if isinstance(draft, LastMeterError) else next(found) for draft in drafts]
        # Another process gave a new attribute its type in the meantime: read those events by it.
        stale = [place for place, outcome in enumerate(outcomes)
                 if isinstance(outcome, LastMeterError) and outcome.code == "journal.attribute_type"]
        if stale and not manner.reading.renewed:
            fresh = manner._replace(reading=sources.renewed(manner.reading, connection))
            some = [stated[place] for place in stale]
            for place, outcome in zip(stale, self._take(connection, some, [_read(one, fresh) for one in some], fresh), strict=True):
                outcomes[place] = outcome
        return outcomes

    def _refused(self, stated: Stated, identifier: str | None, error: LastMeterError, manner: Manner) -> Result:
        self._keep_alone(stated, error, _source(error, stated, manner), manner.at)
        return Result(identifier, error)

    def _keep_alone(self, stated: Stated, error: LastMeterError, source: str, at: datetime) -> None:
        self._open()
        with self._transaction() as connection:
            self._keep(connection, [(stated, error, source, 1)], at)

    def _keep(
        self, connection: Connection, found: Sequence[tuple[Stated, LastMeterError, str, int]], at: datetime, *, form: str = EVENT_FORM
    ) -> None:
        """Set events aside, each text once, as long as there is room for those of its source."""
        room: dict[str, int] = {}
        rows: list[Rejection] = []
        for one, error, source, row in found:
            if error.code in _NOT_KEPT:
                continue
            if source not in room:
                room[source] = KEPT - rejected.waiting(connection, source)
            raw = one.raw()
            if room[source] <= 0 or self._is_repeated(source, error.code, raw):
                continue
            room[source] -= 1
            rows.append(rejection(source, row, error, raw, form))
        if rows:
            shown = rejected.hide_erased(connection, served.journal.vault, rows)
            rejected.add(connection, 0, shown, recorded_at=at)

    def _is_repeated(self, source: str, code: str, raw: str) -> bool:
        """Whether this process has set the same text aside lately: a sender that tries again and again fills nothing."""
        digest = blake2b(f"{source}\0{code}\0{raw}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if digest in self._seen:
                self._seen.move_to_end(digest)
                return True
            self._seen[digest] = None
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
            return False

    def _open(self) -> Writer:
        journal = served.journal
        with self._lock:
            if self._writer is None or self._journal is not journal:
                stale, idle = self._writer, self._idle
                self._journal, self._writer, self._idle = journal, Writer(journal, hear), []
                self._seen.clear()
                if stale is not None:
                    stale.close()
                for connection in idle:
                    connection.close()
            return self._writer

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A write transaction on an idle connection; one that failed is not used again."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or served.journal.store.connect()
        with ExitStack() as spoilt:
            spoilt.callback(connection.close)
            with connection.transaction(exclusive=False):
                yield connection
            spoilt.pop_all()
        with self._lock:
            self._idle.append(connection)


def _draft(message: Message, manner: Manner) -> Event | Draft:
    """The event that a message tells, if the token is for its source and brand."""
    draft = draft_of(message, manner.reading, manner.source)
    token = manner.token
    if token is not None and (token.sources or token.brands):
        event = event_of(draft)
        if token.sources and event.source not in token.sources:
            raise source_not_allowed(event.source)
        if token.brands and not _is_of_brands(event, token):
            raise _brand_not_allowed()
    return draft


def _is_of_brands(event: Event, token: Token) -> bool:
    """Whether an event is of a token's brands. One that names none is where the token is bound to its source: whoever gave
    the token has said so.
    """
    named = sources.brands_of(event)
    return named <= set(token.brands) and (bool(named) or bool(token.sources))


def _read(one: Stated, manner: Manner) -> Drafted:
    if isinstance(one.message, LastMeterError):
        return one.message
    try:
        return _draft(one.message, manner)
    except LastMeterError as error:
        return error


def _of_known_sources(drafts: list[Drafted]) -> list[Drafted]:
    """The drafts; their sources are made where they are new, as long as there may be more."""
    try:
        sources.ensure({event_of(draft).source for draft in drafts if not isinstance(draft, LastMeterError)})
    except LastMeterError as error:
        there = sources.known(fresh=True).sources
        return [draft if isinstance(draft, LastMeterError) or event_of(draft).source in there else error for draft in drafts]
    return drafts


def rejection(source: str, row: int, error: LastMeterError, raw: str, form: str = EVENT_FORM) -> Rejection:
    """An event that cannot be taken, as the journal sets it aside."""
    places = {name: value for name, value in error.places.items() if isinstance(value, str | int | float)}
    column = str(places.get("place") or places.get("name") or "") or None
    return Rejection(source, row, column, error.code, error.title, {**places, "form": form}, raw)


def concerns_server(error: LastMeterError) -> bool:
    """Whether an error is the server's, so that the same event may be taken later."""
    is_journal = error.code.startswith("journal.") and error.code not in {"journal.attribute_type", "journal.attribute_name"}
    return is_journal or error.code == "intake.busy"


def _source(draft: Drafted, stated: Stated, manner: Manner) -> str:
    """Whose a rejected event is, as far as can be told."""
    if not isinstance(draft, LastMeterError):
        return event_of(draft).source
    message = stated.message
    return source_of(None if isinstance(message, LastMeterError) else message.source, manner.source) or UNKNOWN


def _tokens(connection: Connection) -> Callable[[Kind, Sequence[str | None]], list[str | None]]:
    return lambda kind, values: served.journal.vault.tokens(connection, kind, values)


def as_error(one: Rejection) -> LastMeterError:
    """A rejection of the mapping as an error."""
    return LastMeterError(one.code, one.reason, None, **{**one.places, "place": one.column or ""})


def hear(connection: Connection, drafts: Iterable[Event | Draft], at: datetime) -> None:
    """Remember which sources were heard of, with the types that they told; the open transaction tells the journal."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        event = event_of(draft)
        found[event.source].add(event.type)
    for name, types in found.items():
        sources.hear(name, types, at)
    sources.tell(connection)


def error_of(outcome: Outcome | LastMeterError) -> LastMeterError:
    """Why an event was not taken."""
    return outcome if isinstance(outcome, LastMeterError) else _conflict()


def _conflict() -> LastMeterError:
    return LastMeterError(
        "intake.conflict", Title("同一来源同一编号已有内容不同的事件", "The journal has another event with this source and id"),
        Title("更正是一个新编号的事件，用 corrects 指明原编号",
                                "A correction is an event with an id of its own that says what it `corrects`"),
        place="id",
    )


def _brand_not_allowed() -> LastMeterError:
    return LastMeterError(
        "intake.brand_not_allowed", Title("这个令牌只能发送其品牌的事件", "This token is only for events of its brands"),
        Title("在事件里写明品牌；不写品牌的来源，请所有者把令牌也绑定到该来源",
              "Name its brand in the event; where a source names none, ask an owner to bind the token to that source, too"),
        place="brand",
    )


door = Door()
atexit.register(door.close)

"""What was set aside, taken once more in an open transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lastmeter.connectors.messages import draft_of
from lastmeter.connectors.row_messages import events_of_rows
from lastmeter.journal import Draft, Event
from lastmeter.journal.connection import Connection
from lastmeter.journal.drafts import event_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.company import served
from lastmeter.server.intake.ingest import formats, hooks, sources
from lastmeter.server.intake.ingest.door import ROWS_FORM, UNKNOWN, Result, as_error, error_of, hear


def retake(connection: Connection, source: str, form: str, text: str, at: datetime) -> list[Result]:
    """The results of a text in one of the door's forms; an outcome that is an error was not taken.

    Raises:
        LastMeterError: the text cannot be read at all; `journal.*`.
    """
    body = text.encode("utf-8", "replace")
    results = _rows(connection, source, body, at) if form == ROWS_FORM else _event(connection, source, body, at)
    sources.tell(connection)
    return results


def _event(connection: Connection, source: str, body: bytes, at: datetime) -> list[Result]:
    message = formats.stated(body).message
    if isinstance(message, LastMeterError):
        raise message
    reading = sources.renewed(sources.known().reading, connection)
    draft = draft_of(message, reading, None if source == UNKNOWN else source)
    return _taken(connection, [draft], at)


def _rows(connection: Connection, source: str, body: bytes, at: datetime) -> list[Result]:
    mapping = sources.mapping_of(source)
    cells = hooks.cells_of(body)
    if mapping is None:
        raise hooks.no_mapping(source)
    if cells is None:
        raise LastMeterError(
            "message.unreadable", Title("不是一个完整的 JSON 对象", "This is not one whole JSON object"),
            Title("NDJSON 每行一个对象，编码为 UTF-8", "NDJSON has one object a line, in UTF-8"), place="",
        )
    table, cells = hooks.table_and_cells(mapping, source, cells, None)
    vault = served.journal.vault
    told = events_of_rows(mapping, table, [cells], lambda kind, values: vault.tokens(connection, kind, values), at)
    if told.rejections:
        raise as_error(told.rejections[0])
    return _taken(connection, told.drafts, at)


def _taken(connection: Connection, drafts: Sequence[Event | Draft], at: datetime) -> list[Result]:
    sources.ensure({event_of(draft).source for draft in drafts})
    outcomes = served.journal.take(connection, drafts, recorded_at=at)
    hear(connection, drafts, at)
    return [
        Result(event_of(draft).id, error_of(outcome) if outcome == "conflict" else outcome)
        for draft, outcome in zip(drafts, outcomes, strict=True)
    ]

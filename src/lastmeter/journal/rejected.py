"""Rows that could not be taken, set aside with the reason. They may hold anything: they are vault too, and expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection
from lastmeter.journal.traces import cells
from lastmeter.journal.vault import Vault, batches, canonical_identity, storable, take_numbers
from lastmeter.kernel.titles import Title

COUNTER = "rejected_row"
RAW_LIMIT = 10_000
"""Characters of a raw row that are kept: enough to mend it by; the file itself has the rest."""

CELL = "cell"
"""Kind in the log of erasures: a value by which a raw row is known to be about somebody erased."""

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row set aside: where it stood, why, and as it came.

    `row` counts from 1 as an editor shows it; `reason` may have braces that `places` fill. No value of the row goes
    into `places`: `raw` alone holds it.
    """

    file: str
    row: int | None
    column: str | None
    code: str
    reason: Title
    places: Mapping[str, Any] = field(default_factory=dict)
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow(Rejection):
    """A rejection as the journal keeps it."""

    number: int = 0
    batch: int = 0
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectedCount:
    """How many rows of a file a batch set aside for one reason."""

    batch: int
    file: str
    code: str
    count: int


def add(connection: Connection, batch: int, rows: Sequence[Rejection], *, recorded_at: datetime) -> int:
    """Sets rows of a batch aside, in the caller's write transaction; how many."""
    if not rows:
        return 0
    first = take_numbers(connection, COUNTER, len(rows)) - len(rows) + 1
    connection.executemany(
        statements.REJECTED_ADD,
        [
            (
                number, batch, storable(row.file), row.row, row.column, row.code, row.reason.zh, row.reason.en,
                msgspec.json.encode(dict(row.places)).decode(),
                None if row.raw is None else storable(row.raw[:RAW_LIMIT]), _stored_time(recorded_at),
            )
            for number, row in enumerate(rows, first)
        ],
    )
    return len(rows)


def hide_erased(connection: Connection, vault: Vault, rows: Sequence[Rejection]) -> list[Rejection]:
    """The rows, without the raw text of those that name somebody who was erased."""
    if not vault.any_erased(connection, CELL):
        return list(rows)
    hashes = [
        {vault.hash_of(CELL, canonical_identity(cell)) for cell in cells(row.raw)} if row.raw else set() for row in rows
    ]
    erased = vault.erased(connection, set().union(*hashes))
    return [replace(row, raw=None) if found & erased else row for row, found in zip(rows, hashes, strict=True)]


def read(connection: Connection, *, batch: int | None = None, limit: int | None = None) -> list[RejectedRow]:
    """The rows that are set aside, of one batch or all, in the order they came."""
    sql = statements.REJECTED_READ + (" WHERE batch = ?" if batch is not None else "") + " ORDER BY number"
    params: list[Any] = [] if batch is None else [batch]
    if limit is not None:
        sql, params = sql + " LIMIT ?", [*params, limit]
    return [_row(row) for row in connection.execute(sql, params)]


def page(
    connection: Connection, *, source: str | None = None, code: str | None = None, live: bool | None = None,
    number: int | None = None, before: int | None = None, limit: int,
) -> list[tuple[RejectedRow, str]]:
    """Rows that are set aside with their source, newest first; `before`: older than that number, `live`: of batch 0 or not."""
    asked: list[tuple[str, Any]] = [
        ("COALESCE(b.source, r.file) = ?", source), ("r.code = ?", code), ("r.number = ?", number), ("r.number < ?", before),
    ]
    wanted = [(condition, value) for condition, value in asked if value is not None]
    conditions = [condition for condition, _ in wanted]
    if live is not None:
        conditions.append(f"r.batch {'=' if live else '<>'} 0")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    found = connection.execute(
        f"{statements.REJECTED_PAGE}{where} ORDER BY r.number DESC LIMIT ?", [*(value for _, value in wanted), limit]
    )
    return [(_row(row[:-1]), row[-1]) for row in found]


def count_by_source(connection: Connection, *, source: str | None = None) -> list[tuple[str, str, str, str, int, str, bool]]:
    """(source, code, reason in Chinese, in English, how many, when the last came, whether over HTTP), most first."""
    where = "" if source is None else "WHERE COALESCE(b.source, r.file) = ?"
    rows = connection.execute(statements.REJECTED_BY_SOURCE.format(where=where), [] if source is None else [source])
    return [(*row[:6], bool(row[6])) for row in rows]


def waiting(connection: Connection, source: str) -> int:
    """How many events of a source that came over HTTP are set aside."""
    return int(connection.execute(statements.REJECTED_WAITING, (source,))[0][0])


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Rows that were settled."""
    for part in batches(numbers, _AT_ONCE):
        connection.execute(statements.REJECTED_FORGET.format(marks=",".join("?" * len(part))), part)


def count(connection: Connection) -> list[RejectedCount]:
    """How many rows are set aside, by batch, file and reason."""
    return [RejectedCount(*row) for row in connection.execute(statements.REJECTED_COUNTS)]


def expire(connection: Connection, *, before: datetime) -> int:
    """Removes the rows set aside before an instant; how many."""
    return len(connection.execute(statements.REJECTED_EXPIRE, (_stored_time(before),)))


def forget(connection: Connection, holds: Callable[[str], bool]) -> int:
    """Removes the rows whose raw text holds something that is being erased; how many.

    A row that was cut goes too: half a value may stand at its end.
    """
    held = connection.execute(statements.REJECTED_RAW)
    gone = [number for number, raw in held if len(raw) >= RAW_LIMIT or holds(raw)]
    for part in batches(gone, _AT_ONCE):
        connection.execute(statements.REJECTED_FORGET.format(marks=",".join("?" * len(part))), part)
    return len(gone)


def _stored_time(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _row(row: tuple[Any, ...]) -> RejectedRow:
    number, batch, file, row_number, column, code, zh, en, places, raw, recorded_at = row
    return RejectedRow(
        file=file, row=row_number, column=column, code=code, reason=Title(zh, en), places=msgspec.json.decode(places),
        raw=raw, number=number, batch=batch, recorded_at=datetime.fromisoformat(recorded_at),
    )

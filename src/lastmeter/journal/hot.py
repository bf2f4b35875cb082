"""Single events: taken one by one into SQL, read back as a relation, until they are sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from lastmeter.journal import statements
from lastmeter.journal.columns import all_columns, attribute_conflict
from lastmeter.journal.connection import Connection, Row
from lastmeter.journal.event import Event
from lastmeter.journal.keys import Keys
from lastmeter.kernel.clock import as_utc

Outcome = Literal["stored", "duplicate", "conflict"]

_ARROW: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "DATE": pa.date32(),
}
_AT_ONCE = 5_000
_OBJECTS = pa.list_(pa.struct([("type", pa.string()), ("id", pa.string())]))


class HotRow(msgspec.Struct):
    """A row as it stands in `lm_hot`."""

    event: Event
    recorded_at: datetime
    hash: int
    digest: int


def signed(value: int) -> int:
    """A 64-bit hash as SQL's signed BIGINT."""
    return value - (1 << 64) if value >= 1 << 63 else value


def unsigned(value: int) -> int:
    """The hash of a signed BIGINT."""
    return value + (1 << 64) if value < 0 else value


class _Body(msgspec.Struct, gc=False):
    event: Event
    recorded_at: datetime


_DECODER = msgspec.json.Decoder(_Body)


def body_of(event: Event, recorded_at: datetime) -> str:
    """The JSON text of a hot row."""
    return msgspec.json.encode(_Body(event, recorded_at)).decode()


def typed(event: Event, types: Mapping[str, str]) -> Event:
    """The same event with its attributes in the Python types of their registered types.

    Raises:
        LastMeterError: `journal.attribute_type`.
    """
    for name, value in event.attributes.items():
        kind = type(value)
        if kind is not _PYTHON.get(types.get(name, "")) or (kind is datetime and value.tzinfo is not None):
            break
    else:
        return event
    attributes = {
        name: _value(name, value, types[name]) for name, value in event.attributes.items() if value is not None
    }
    return msgspec.structs.replace(event, attributes=attributes)


_PYTHON: dict[str, type] = {
    "text": str, "token": str, "boolean": bool, "integer": int, "money": int, "number": float, "time": datetime, "date": date,
}


def _value(name: str, value: Any, kind: str) -> Any:
    match kind, value:
        case ("text" | "token", str()) | ("boolean", bool()):
            return value
        case ("integer" | "money", int()) if not isinstance(value, bool):
            return value
        case ("number", float() | int()) if not isinstance(value, bool):
            return float(value)
        case ("time", datetime()):
            return as_utc(value)
        case ("time", str()):
            return as_utc(datetime.fromisoformat(value))
        case ("date", date()) if not isinstance(value, datetime):
            return value
        case ("date", str()):
            return date.fromisoformat(value)
        case _:
            raise attribute_conflict(name, type(value).__name__, kind)


def add(connection: Connection, rows: Sequence[Row]) -> set[int] | None:
    """Insert rows of `lm_hot` with different hashes, in the caller's write transaction.

    None: all were new, as they mostly are; else the hashes of those that were.
    """
    if not rows:
        return None
    if connection.dialect == "postgresql":
        # Others write at the same time: only the statement that inserts knows what it inserted.
        added = {row[0] for row in connection.execute(statements.HOT_ADD_MANY, [list(column) for column in zip(*rows, strict=True)])}
    elif len(rows) == 1:
        added = {rows[0][0]} if connection.execute(statements.HOT_ADD, rows[0]) else set()
    else:
        # Looking each up beforehand costs as much as inserting it.
        before = connection.execute(statements.TOTAL_CHANGES)[0][0]
        connection.execute("SAVEPOINT lm_add")
        connection.executemany(statements.HOT_INSERT, rows)
        if connection.execute(statements.TOTAL_CHANGES)[0][0] - before == len(rows):
            connection.execute("RELEASE lm_add")
            return None
        connection.execute("ROLLBACK TO lm_add")
        connection.execute("RELEASE lm_add")
        there = held(connection, [row[0] for row in rows])
        fresh = [row for row in rows if row[0] not in there]
        connection.executemany(statements.HOT_INSERT, fresh)
        added = {row[0] for row in fresh}
    return None if len(added) == len(rows) else added


def held(connection: Connection, hashes: Sequence[int]) -> dict[int, tuple[str, str, int]]:
    """(source, id, digest) of the hot rows with these (signed) hashes."""
    found: dict[int, tuple[str, str, int]] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        for hashed, source, identifier, digest in connection.execute(statements.HOT_HELD.format(marks=marks), part):
            found[hashed] = (source, identifier, digest)
    return found


def rows_of(connection: Connection, types: Mapping[str, str]) -> list[HotRow]:
    """All hot rows."""
    return [_row(row, types) for row in connection.execute(statements.HOT_ALL)]


def keys_of(rows: Iterable[Row]) -> Keys:
    """Keys from (hash, digest[, revision]) as SQL holds them."""
    listed = list(rows)
    if not listed:
        return Keys.none()
    table = np.array([row[:2] for row in listed], np.int64).view(np.uint64)
    revisions = np.array([row[2] if len(row) > 2 else 0 for row in listed], np.int64)
    return Keys.of(table[:, 0].copy(), table[:, 1].copy(), revisions)


def _row(row: Row, types: Mapping[str, str]) -> HotRow:
    body = _DECODER.decode(row[2])
    return HotRow(typed(body.event, types), body.recorded_at, unsigned(row[0]), unsigned(row[1]))


def relation(duck: duckdb.DuckDBPyConnection, name: str, rows: Sequence[HotRow], types: Mapping[str, str]) -> None:
    """A table of these rows with every column of an event, and `hash` and `digest`."""
    columns = all_columns(types)
    data: dict[str, list[Any]] = {column: [] for column in columns}
    for row in rows:
        for column, value in _values(row, types).items():
            data[column].append(value)
    arrays = {
        column: pa.array(data[column], _OBJECTS if column == "objects" else _ARROW[kind])
        for column, kind in columns.items()
    }
    arrays["hash"] = pa.array([row.hash for row in rows], pa.uint64())
    arrays["digest"] = pa.array([row.digest for row in rows], pa.uint64())
    duck.register("lm_hot_arrow", pa.table(arrays))
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM lm_hot_arrow")
    duck.unregister("lm_hot_arrow")


def _values(row: HotRow, types: Mapping[str, str]) -> dict[str, Any]:
    event = row.event
    primary, *others = event.objects
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "occurred_end": event.occurred_end,
        "local_on": event.local_on,
        "precision": event.precision,
        "zone": event.zone,
        "object_type": primary.type,
        "object_id": primary.id,
        "objects": [{"type": other.type, "id": other.id} for other in others] or None,
        "performer": event.performer,
        "place": event.place,
        "channel": event.channel,
        "corrects": event.corrects,
        "voids": event.voids,
        "revision": event.revision,
        "recorded_at": row.recorded_at,
        "batch": 0,
    } | {f"attr_{name}": event.attributes.get(name) for name in types}

"""Effective events as the writers of logs want them: rows with their attributes as texts and types of the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from lastmeter.journal.engine import identifier
from lastmeter.kernel.money import exponent

DESCRIBED = "object.described"
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An effective event. `others`: related objects as (type, id). `attributes`: those with a value, as text, by name."""

    source: str
    id: str
    type: str
    occurred_at: datetime | None
    precision: str
    zone: str
    object: tuple[str, str]
    others: tuple[tuple[str, str], ...]
    performer: str | None
    place: str | None
    channel: str | None
    attributes: Mapping[str, str]
    case: str = ""


class Events:
    """The relation `name` of effective events in `duck`. `types`: the journal's attributes with their types.

    Tokens of the vault mean nothing outside of the workspace and stay in it.
    """

    def __init__(self, duck: duckdb.DuckDBPyConnection, name: str, types: Mapping[str, str]) -> None:
        self.duck = duck
        self.name = identifier(name)
        present = {row[0] for row in duck.execute(f"DESCRIBE {self.name}").fetchall()}
        self.types = {name: kind for name, kind in sorted(types.items()) if kind != "token" and f"attr_{name}" in present}

    def attributes_by(self, column: str, where: str = "true") -> dict[str, list[str]]:
        """For each value of a column: which attributes occur in its rows."""
        counts = "".join(f", count({identifier(f'attr_{name}')})" for name in self.types)
        found = self.duck.execute(f"SELECT {column}{counts} FROM {self.name} WHERE {where} GROUP BY 1 ORDER BY 1").fetchall()
        return {value: [name for name, count in zip(self.types, filled, strict=True) if count] for value, *filled in found}

    def count(self, where: str) -> int:
        """How many events meet a condition."""
        found = self.duck.execute(f"SELECT count(*) FROM {self.name} WHERE {where}").fetchone()
        return int(found[0]) if found else 0

    def rows(self, where: str, order: str = "source, id") -> Iterator[LoggedEvent]:
        """The events that meet a condition, streamed."""
        yield from self._stream(f"SELECT {self._columns()}, '' FROM {self.name} WHERE {where} ORDER BY {order}")

    def by_case(self, object_type: str) -> Iterator[LoggedEvent]:
        """Dated events of every object of a type, in the order of the objects' ids, then of time."""
        kind = "'" + object_type.replace("'", "''") + "'"
        cases = (f"list_distinct(list_transform(list_filter([{{'type': object_type, 'id': object_id}}] || coalesce(objects, []), "
                 f"lambda one: one.type = {kind}), lambda one: one.id))")
        yield from self._stream(
            f"SELECT {self._columns()}, case_id FROM (SELECT *, unnest({cases}) AS case_id FROM {self.name} "
            f"WHERE occurred_at IS NOT NULL AND type <> '{DESCRIBED}') ORDER BY case_id, occurred_at, source, id"
        )

    def _columns(self) -> str:
        fixed = "source, id, type, occurred_at, precision, zone, object_type, object_id, objects, performer, place, channel"
        return fixed + "".join(f", {identifier(f'attr_{name}')}" for name in self.types)

    def _stream(self, query: str) -> Iterator[LoggedEvent]:
        found = self.duck.execute(query)
        while rows := found.fetchmany(_AT_ONCE):
            yield from (self._event(row) for row in rows)

    def _event(self, row: tuple[Any, ...]) -> LoggedEvent:
        source, event, kind, at, precision, zone, object_type, object_id, objects, performer, place, channel, *rest = row
        *values, case = rest
        named = dict(zip(self.types, values, strict=True))
        shown = {name: self._text(name, value, named) for name, value in named.items() if value is not None}
        others = tuple((one["type"], one["id"]) for one in objects or ())
        return LoggedEvent(source, event, kind, at, precision, zone, (object_type, object_id), others, performer, place,
                           channel, shown, case)

    def _text(self, name: str, value: Any, others: Mapping[str, Any]) -> str:
        if self.types[name] == "money":
            decimals = exponent(others.get(f"{name}_currency") or "CNY")
            return f"{Decimal(value).scaleb(-decimals):.{decimals}f}"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            return utc_text(value)
        return value.isoformat() if isinstance(value, date) else str(value)


def utc_text(moment: datetime) -> str:
    """`2024-03-03T01:00:00Z` of a naive UTC time."""
    return f"{moment.isoformat()}Z"

"""OCEL 2.0 out, as JSON or as an SQLite database.

Follows the specification (Berti et al., OCEL 2.0, arXiv:2403.01975, sections 6 to 8). Event ids, types, objects and
attributes as they are; what OCEL has no place for goes into attributes `lastmeter:NAME`. An object that two types share
an id with is called `TYPE:ID` and keeps its own in `lastmeter:id`. Undated events have no place in a log and are left
out; descriptions of objects become their attributes, valid from the description's time or from 1970 on.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lastmeter.connectors.event_logs.reading import DESCRIBED, Events, LoggedEvent, utc_text
from lastmeter.connectors.export import whole_file, whole_path
from lastmeter.connectors.ocel_rows import OWN_ID, PRIMARY_QUALIFIER
from lastmeter.connectors.sqlite_file import quoted_name
from lastmeter.connectors.standard.ocel import EPOCH

_TYPES = {"text": "string", "integer": "integer", "number": "float", "boolean": "boolean", "time": "time", "date": "string",
          "money": "float"}
_OWN = ("precision", "zone", "performer", "place", "channel")
_DATED = f"occurred_at IS NOT NULL AND type <> '{DESCRIBED}'"


@dataclass(frozen=True, slots=True)
class WrittenLog:
    """How many events and objects (or cases) were written, and how many undated events were left out."""

    events: int
    objects: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Object:
    """`attributes` as (name, value, since), `relations` as (id in the log, qualifier)."""

    id: str
    type: str
    attributes: list[tuple[str, str, str]]
    relations: list[tuple[str, str]]


class _Log:
    def __init__(self, events: Events) -> None:
        self.events = events
        self.has_one_source = len(events.attributes_by("source")) <= 1
        self.event_types = events.attributes_by("type", _DATED)
        self.described = events.attributes_by("object_type", f"type = '{DESCRIBED}'")
        shared = (f"SELECT id FROM ({self._named()}) GROUP BY id HAVING count(DISTINCT kind) > 1")
        self.shared = {row[0] for row in events.duck.execute(shared).fetchall()}

    def _named(self) -> str:
        name = self.events.name
        return (f"SELECT DISTINCT object_type AS kind, object_id AS id FROM {name} UNION "
                f"SELECT DISTINCT one.type, one.id FROM (SELECT unnest(objects) AS one FROM {name})")

    def object_types(self) -> list[str]:
        """Every object type."""
        return [row[0] for row in self.events.duck.execute(f"SELECT DISTINCT kind FROM ({self._named()}) ORDER BY 1").fetchall()]

    def event_id(self, event: LoggedEvent) -> str:
        """Ids are unique within a source only."""
        return event.id if self.has_one_source else f"{event.source}/{event.id}"

    def object_id(self, kind: str, identifier: str) -> str:
        """Ids are unique within a type only."""
        return f"{kind}:{identifier}" if identifier in self.shared else identifier

    def event_attributes(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """(name, OCEL type) of a type of events."""
        return [*((name, _TYPES[self.events.types[name]]) for name in names), *((f"lastmeter:{name}", "string") for name in _OWN)]

    def object_attributes(self, kind: str) -> list[tuple[str, str]]:
        """(name, OCEL type) of a type of objects."""
        return [*((name, _TYPES[self.events.types[name]]) for name in self.described.get(kind, ())), (OWN_ID, "string")]

    def written_events(self) -> Iterator[tuple[LoggedEvent, dict[str, str], list[tuple[str, str]]]]:
        """Events with all attributes and relations."""
        for event in self.events.rows(_DATED):
            own = {"precision": event.precision, "zone": event.zone, "performer": event.performer, "place": event.place,
                   "channel": event.channel}
            attributes = {**event.attributes, **{f"lastmeter:{name}": value for name, value in own.items() if value}}
            relations = [(self.object_id(*event.object), PRIMARY_QUALIFIER),
                         *((self.object_id(*other), other[0]) for other in dict.fromkeys(event.others) if other != event.object)]
            yield event, attributes, relations

    def objects(self) -> Iterator[_Object]:
        """Every object that an event names, by type and id."""
        found = self.events.duck.execute(f"SELECT kind, id FROM ({self._named()}) ORDER BY 1, 2").fetchall()
        descriptions = self.events.rows(f"type = '{DESCRIBED}'", "object_type, object_id, occurred_at NULLS FIRST, source, id")
        waiting = next(descriptions, None)
        for kind, identifier in found:
            values: dict[tuple[str, str], str] = {}
            relations: dict[tuple[str, str], None] = {}
            while waiting is not None and waiting.object == (kind, identifier):
                since = utc_text(waiting.occurred_at) if waiting.occurred_at else EPOCH
                values |= {(name, since): value for name, value in waiting.attributes.items()}
                relations |= {(self.object_id(*other), other[0]): None for other in waiting.others}
                waiting = next(descriptions, None)
            named = self.object_id(kind, identifier)
            own = [(OWN_ID, identifier, EPOCH)] if named != identifier else []
            yield _Object(named, kind, [*((name, value, since) for (name, since), value in values.items()), *own], list(relations))

    def left_out(self) -> int:
        """Events without a time."""
        return self.events.count(f"occurred_at IS NULL AND type <> '{DESCRIBED}'")


def write_ocel_json(events: Events, target: Path) -> WrittenLog:
    """Write an OCEL 2.0 log as JSON; values are texts, as the standard's schema asks, their types declared."""
    log = _Log(events)
    with whole_file(target) as stream:
        def put(text: str) -> None:
            stream.write(text.encode())

        put('{\n"eventTypes": ' + _types_text((kind, log.event_attributes(names)) for kind, names in log.event_types.items()))
        put(',\n"objectTypes": ' + _types_text((kind, log.object_attributes(kind)) for kind in log.object_types()))
        put(',\n"objects": [')
        objects = 0
        for thing in log.objects():
            put(("," if objects else "") + "\n" + _json({
                "id": thing.id, "type": thing.type,
                "attributes": [{"name": name, "value": value, "time": since} for name, value, since in thing.attributes],
                "relationships": [{"objectId": other, "qualifier": qualifier} for other, qualifier in thing.relations]}))
            objects += 1
        put('\n],\n"events": [')
        count = 0
        for event, attributes, relations in log.written_events():
            put(("," if count else "") + "\n" + _json({
                "id": log.event_id(event), "type": event.type, "time": utc_text(_at(event)),
                "attributes": [{"name": name, "value": value} for name, value in attributes.items()],
                "relationships": [{"objectId": thing, "qualifier": qualifier} for thing, qualifier in relations]}))
            count += 1
        put("\n]\n}\n")
    return WrittenLog(count, objects, log.left_out())


def _types_text(types: Iterable[tuple[str, list[tuple[str, str]]]]) -> str:
    return _json([{"name": kind, "attributes": [{"name": name, "type": declared} for name, declared in attributes]}
                  for kind, attributes in types])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _at(event: LoggedEvent) -> Any:
    assert event.occurred_at is not None  # noqa: S101 — only dated events are asked for
    return event.occurred_at


_SQL_TYPES = {"string": "TEXT", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN", "time": "TIMESTAMP"}
_FRAME = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type(ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type(ocel_type));
CREATE TABLE event_object (ocel_event_id TEXT REFERENCES event(ocel_id), ocel_object_id TEXT REFERENCES object(ocel_id),
    ocel_qualifier TEXT, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
CREATE TABLE object_object (ocel_source_id TEXT REFERENCES object(ocel_id), ocel_target_id TEXT REFERENCES object(ocel_id),
    ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""


def write_ocel_sqlite(events: Events, target: Path) -> WrittenLog:
    """Write an OCEL 2.0 log as an SQLite database in the standard's relational form."""
    log = _Log(events)
    with whole_path(target) as draft, closing(sqlite3.connect(draft)) as base:
        base.executescript(_FRAME)
        for kind, name in _mapped(log.event_types).items():
            columns = log.event_attributes(log.event_types[kind])
            base.execute("INSERT INTO event_map_type VALUES (?, ?)", (kind, name))
            base.execute(f"CREATE TABLE {quoted_name(f'event_{name}')} (ocel_id TEXT PRIMARY KEY REFERENCES event(ocel_id), "
                         f"ocel_time TIMESTAMP{_columns(columns)})")
        for kind, name in _mapped(log.object_types()).items():
            base.execute("INSERT INTO object_map_type VALUES (?, ?)", (kind, name))
            base.execute(f"CREATE TABLE {quoted_name(f'object_{name}')} (ocel_id TEXT REFERENCES object(ocel_id), "
                         f"ocel_time TIMESTAMP, ocel_changed_field TEXT{_columns(log.object_attributes(kind))})")
        objects = _insert_objects(base, log)
        count = _insert_events(base, log)
        base.commit()
    return WrittenLog(count, objects, log.left_out())


def _insert_objects(base: sqlite3.Connection, log: _Log) -> int:
    names = _mapped(log.object_types())
    count = 0
    related: list[tuple[str, str, str]] = []
    for thing in log.objects():
        base.execute("INSERT INTO object VALUES (?, ?)", (thing.id, thing.type))
        related += [(thing.id, other, qualifier) for other, qualifier in thing.relations]
        first = {name: value for name, value, since in thing.attributes if since == EPOCH}
        _insert(base, f"object_{names[thing.type]}", {"ocel_id": thing.id, "ocel_time": _sql_time(EPOCH), **first})
        for name, value, since in thing.attributes:
            if since != EPOCH:
                _insert(base, f"object_{names[thing.type]}",
                        {"ocel_id": thing.id, "ocel_time": _sql_time(since), "ocel_changed_field": name, name: value})
        count += 1
    base.executemany("INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)", related)
    return count


def _insert_events(base: sqlite3.Connection, log: _Log) -> int:
    names = _mapped(log.event_types)
    count = 0
    for event, attributes, relations in log.written_events():
        identifier = log.event_id(event)
        base.execute("INSERT INTO event VALUES (?, ?)", (identifier, event.type))
        _insert(base, f"event_{names[event.type]}", {"ocel_id": identifier, "ocel_time": _sql_time(utc_text(_at(event))), **attributes})
        base.executemany("INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)",
                         [(identifier, thing, qualifier) for thing, qualifier in relations])
        count += 1
    return count


def _insert(base: sqlite3.Connection, table: str, cells: dict[str, str]) -> None:
    columns = ", ".join(quoted_name(name) for name in cells)
    marks = ", ".join("?" * len(cells))
    base.execute(f"INSERT INTO {quoted_name(table)} ({columns}) VALUES ({marks})", list(cells.values()))


def _columns(attributes: list[tuple[str, str]]) -> str:
    return "".join(f", {quoted_name(name)} {_SQL_TYPES[declared]}" for name, declared in attributes)


def _mapped(types: Iterable[str]) -> dict[str, str]:
    """A name of letters and digits for each type, all different."""
    found: dict[str, str] = {}
    for kind in types:
        stem = name = re.sub(r"[^A-Za-z0-9]", "", kind.title()) or "Type"
        number = 1
        while name.lower() in {used.lower() for used in found.values()}:
            number += 1
            name = f"{stem}{number}"
        found[kind] = name
    return found


def _sql_time(moment: str) -> str:
    return moment.replace("T", " ").removesuffix("Z")

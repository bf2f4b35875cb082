"""The content of an OCEL 2.0 log, whatever it is written in, as two tables: its events and its objects."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lastmeter.connectors.spool import Spool
from lastmeter.connectors.standard.ocel import ATTRIBUTE, CHANGED, ID, INITIAL, OBJECT, PRIMARY, SEPARATOR, TIME, TYPE

_TYPES = {"string": "text", "time": "time", "integer": "integer", "float": "number", "boolean": "boolean"}
# The relationship of an event with the object that it is mainly about, in logs that Last Meter wrote.
PRIMARY_QUALIFIER = "primary"
# The attribute of an object that bears another id in the log than outside, because two types share that one.
OWN_ID = "lastmeter:id"

Relation = tuple[str, str]
"""(object id, qualifier)"""


class OcelRows:
    """Collects events and objects. Objects' types are told first, so that events can name them; so are the ids that
    objects bear outside of the log, where they differ.
    """

    def __init__(self, folder: Path, object_types: Mapping[str, str], own_ids: Mapping[str, str] | None = None) -> None:
        self.events = Spool(folder / "events", (ID, TYPE, TIME, PRIMARY))
        self.objects = Spool(folder / "objects", (ID, TYPE, TIME, CHANGED))
        self._types = object_types
        self._own_ids = own_ids or {}
        self._event_row = 0
        self._object_row = 0

    def declare(self, attributes: Iterable[tuple[str, str]], *, of_events: bool) -> None:
        """Attributes (name, OCEL type) of a type of events or of objects; two types that disagree leave text."""
        spool = self.events if of_events else self.objects
        for name, declared in attributes:
            kind = _TYPES.get(declared, "text")
            if spool.types.setdefault(f"{ATTRIBUTE}{name}", kind) != kind:
                spool.types[f"{ATTRIBUTE}{name}"] = "text"

    def add_event(self, identifier: str | None, kind: str | None, moment: str | None,
                  attributes: Iterable[tuple[str, object]], relations: Sequence[Relation]) -> None:
        """One event with its attributes and objects."""
        self._event_row += 1
        fault = None
        if not (identifier and kind and moment):
            fault = "ocel_incomplete"
        elif not relations:
            fault = "ocel_no_object"
        elif any(target not in self._types for target, _ in relations):
            fault = "ocel_unknown_object"
        if fault is not None:
            told = {"id": identifier, "type": kind, "time": moment, "objects": [target for target, _ in relations]}
            self.events.set_aside(self._event_row, fault, json.dumps(told, ensure_ascii=False, default=str))
            return
        ordered = sorted(relations, key=lambda relation: relation[1] != PRIMARY_QUALIFIER)
        self.events.add(self._event_row, {
            ID: identifier, TYPE: kind, TIME: moment, PRIMARY: self._types[ordered[0][0]],
            **self._related(ordered), **_cells(attributes),
        })

    def add_object(self, identifier: str, kind: str, attributes: Iterable[tuple[str, object, str]],
                   relations: Sequence[Relation]) -> None:
        """One object with (attribute, value, since when) and its relations to others: one row for each time."""
        by_time: dict[str, list[tuple[str, object]]] = defaultdict(list)
        by_time[INITIAL] = []
        for name, value, since in attributes:
            if name == OWN_ID:
                continue
            by_time[INITIAL if not since or since.startswith("1970-01-01") else since].append((name, value))
        known = [relation for relation in relations if relation[0] in self._types]
        if len(by_time) > 1 and not by_time[INITIAL] and not known:
            del by_time[INITIAL]
        for since, values in by_time.items():
            self._object_row += 1
            is_initial = since == INITIAL
            self.objects.add(self._object_row, {
                ID: self._own_ids.get(identifier, identifier), TYPE: kind, TIME: None if is_initial else since, CHANGED: since,
                **(self._related(known) if is_initial else {}), **_cells(values),
            })
        if len(known) < len(relations):
            self.objects.set_aside(self._object_row, "ocel_unknown_object", identifier)

    def tables(self) -> dict[str, Spool]:
        """Both tables, complete."""
        return {"events": self.events.close(), "objects": self.objects.close()}

    def _related(self, relations: Sequence[Relation]) -> dict[str, str]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for target, _ in relations:
            found[f"{OBJECT}{self._types[target]}"][self._own_ids.get(target, target)] = None
        return {column: SEPARATOR.join(ids) for column, ids in found.items()}


def _cells(attributes: Iterable[tuple[str, object]]) -> dict[str, str | None]:
    return {f"{ATTRIBUTE}{name}": shown(value) for name, value in attributes}


def shown(value: object) -> str | None:
    """A value of JSON or a database as text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

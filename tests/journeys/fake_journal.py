"""A journal in a list: the test double of `lastmeter.journeys.snapshot.Snapshot`.

It keeps every raw event with the number under which it came, finds winners by the plain rule of the formats, and says
what was touched as coarsely as the contract allows: all objects of every raw event of a slot that changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from lastmeter.journal.columns import all_columns
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.event import Event

ARROW = {
    "VARCHAR": pa.string(), "TIMESTAMP": pa.timestamp("us"), "DATE": pa.date32(), "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(), "DOUBLE": pa.float64(),
    'STRUCT("type" VARCHAR, id VARCHAR)[]': pa.list_(pa.struct([("type", pa.string()), ("id", pa.string())])),
}


@dataclass(frozen=True)
class Source:
    name: str
    event_types: frozenset[str]
    watermark: datetime | None


@dataclass(frozen=True)
class Entry:
    number: int
    batch: int
    event: Event

    @property
    def slot(self) -> tuple[str, str]:
        return self.event.source, self.event.corrects or self.event.id


@dataclass
class FakeJournal:
    sources: list[Source]
    attributes: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    number: int = 0
    undone: dict[int, int] = field(default_factory=dict)

    def add(self, *events: Event) -> int:
        """One batch; its number."""
        self.number += 1
        self.entries += [Entry(self.number, self.number, event) for event in events]
        return self.number

    def undo(self, batch: int) -> None:
        self.number += 1
        self.undone[batch] = self.number

    def watermark(self, name: str, moment: datetime | None) -> None:
        self.sources = [Source(one.name, one.event_types, moment if one.name == name else one.watermark)
                        for one in self.sources]

    def effective(self) -> list[Event]:
        """The winner of each slot, under the slot's id."""
        slots: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            if entry.batch not in self.undone:
                slots.setdefault(entry.slot, []).append(entry)
        winners = []
        for (_, slot), entries in slots.items():
            best = max(entries, key=lambda one: (one.event.revision, one.event.corrects is not None, one.event.id)).event
            if not best.voids:
                winners.append(_renamed(best, slot))
        return winners

    @contextmanager
    def snapshot(self) -> Iterator[FakeSnapshot]:
        duck = open_duckdb()
        try:
            yield FakeSnapshot(self, duck)
        finally:
            duck.close()


class FakeSnapshot:
    def __init__(self, journal: FakeJournal, duck: duckdb.DuckDBPyConnection) -> None:
        self._journal = journal
        self._number = journal.number
        self._duck = duck
        duck.register("fake_effective_rows", events_table(journal.effective(), journal.attributes))
        duck.execute("CREATE TEMP TABLE fake_effective AS SELECT * FROM fake_effective_rows")

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        return self._duck

    @property
    def manifest_number(self) -> int:
        return self._number

    def define_events(
        self, name: str, *, at: datetime | None = None, months: Collection[str] | None = None, objects: str | None = None
    ) -> None:
        where = []
        if at is not None:
            where.append(f"(occurred_at IS NULL OR occurred_at <= TIMESTAMP '{at}')")
        if months is not None:
            listed = ", ".join(f"'{month}'" for month in months) or "NULL"
            where.append(f"(occurred_at IS NULL OR strftime(occurred_at, '%Y-%m') IN ({listed}))")
        if objects is not None:
            where.append(f"""(source, id) IN (
                SELECT (e.source, e.id) FROM fake_effective AS e JOIN {objects} AS t USING (object_type, object_id)
                UNION SELECT (e.source, e.id) FROM (SELECT source, id, unnest(objects) AS o FROM fake_effective) AS e
                JOIN {objects} AS t ON t.object_type = e.o.type AND t.object_id = e.o.id)""")
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        self._duck.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM fake_effective {condition}")

    def define_touched(self, name: str, *, since: int) -> None:
        changed = {entry.slot for entry in self._journal.entries
                   if entry.number > since or self._journal.undone.get(entry.batch, 0) > since}
        rows = {(other.type, other.id, entry.event.month)
                for entry in self._journal.entries if entry.slot in changed for other in entry.event.objects}
        self._duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} (object_type VARCHAR, object_id VARCHAR, month VARCHAR)")
        if rows:
            self._duck.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", sorted(rows))

    def sources(self) -> Sequence[Source]:
        return self._journal.sources

    def attributes(self) -> dict[str, str]:
        return self._journal.attributes


def events_table(events: Sequence[Event], attributes: dict[str, str]) -> pa.Table:
    columns = all_columns(attributes)
    rows = [_row(event, attributes) for event in events]
    return pa.table({name: pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in columns.items()})


def _row(event: Event, attributes: dict[str, str]) -> dict[str, Any]:
    first, *others = event.objects
    return {
        "source": event.source, "id": event.id, "type": event.type, "occurred_at": event.occurred_at,
        "occurred_end": event.occurred_end, "local_on": event.local_on, "precision": event.precision, "zone": event.zone,
        "object_type": first.type, "object_id": first.id,
        "objects": [{"type": other.type, "id": other.id} for other in others] or None,
        "performer": event.performer, "place": event.place, "channel": event.channel, "corrects": event.corrects,
        "voids": event.voids, "revision": event.revision, "recorded_at": None, "batch": 0,
        **{f"attr_{name}": event.attributes.get(name) for name in attributes},
    }


def _renamed(event: Event, slot: str) -> Event:
    return msgspec.structs.replace(event, id=slot, corrects=None)

"""A small tea shop that exports its orders: what the tests of the journal import."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any

import duckdb

from lastmeter.journal import Event, Journal, ObjectRef, StageCounts
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.hot import HotRow, relation, typed

NOW = datetime(2024, 6, 1, 8)
TYPES = {"score": "number", "said": "token", "note": "text", "pieces": "integer", "gift": "boolean",
         "promised_delivery_at": "time", "promised_delivery_on": "date", "amount": "money"}  # fmt: skip


def paid(number: int, *, at: datetime | None = datetime(2024, 3, 5, 9), **rest: Any) -> Event:
    """Order `number` was paid; keyword arguments replace fields of the event."""
    fields: dict[str, Any] = {
        "source": "teashop",
        "id": f"order.paid:{number}",
        "type": "order.paid",
        "occurred_at": at,
        "zone": "Asia/Shanghai",
        "objects": (ObjectRef("order", f"o{number}"), ObjectRef("customer", f"c{number % 3}")),
    }
    return Event(**fields | rest)


class Shop(AbstractContextManager["Shop"]):
    """The shop, its journal and a DuckDB to map files in."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.duck: duckdb.DuckDBPyConnection = open_duckdb()
        self._labels = count(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.duck.close()
        self.journal.close()

    def relation(self, events: Sequence[Event], name: str = "mapped") -> str:
        """A table of events as a mapping would give it."""
        relation(self.duck, name, [HotRow(typed(event, TYPES), NOW, 0, 0) for event in events], TYPES)
        self.duck.execute(f"ALTER TABLE {name} DROP COLUMN hash; ALTER TABLE {name} DROP COLUMN digest")
        return name

    def import_files(self, *files: tuple[Sequence[Event], int], label: str | None = None) -> StageCounts:
        """One import of several files, each with its export time (the revision of what it says)."""
        with self.journal.import_batch(
            "teashop", label=label or f"import {next(self._labels)}", recorded_at=NOW
        ) as batch:
            batch.register_attributes(TYPES)
            for position, (events, as_of) in enumerate(files):
                batch.stage(
                    self.duck, self.relation(events), file_digest=f"file {position}", mapping_digest="m", span="all",
                    as_of=as_of,
                )  # fmt: skip
            return batch.publish(watermark=NOW, event_types=["order.paid"])

    def import_file(self, *events: Event, as_of: int = 1) -> StageCounts:
        """One import of one file."""
        return self.import_files((events, as_of))

    def effective(self, columns: str = "id, attr_score", **filters: Any) -> list[tuple[Any, ...]]:
        """Rows of the effective events, sorted."""
        with self.journal.snapshot() as snapshot:
            snapshot.define_events("events", **filters)
            return snapshot.duck.execute(f"SELECT {columns} FROM events ORDER BY ALL").fetchall()

    def touched(self, since: int) -> set[tuple[str, str, str]]:
        """(object type, id, month) of what a build after that manifest number has to look at."""
        with self.journal.snapshot() as snapshot:
            snapshot.define_touched("touched", since=since)
            return set(snapshot.duck.execute("SELECT object_type, object_id, month FROM touched").fetchall())

    def manifest(self) -> int:
        """The manifest's number."""
        with self.journal.snapshot() as snapshot:
            return snapshot.manifest_number

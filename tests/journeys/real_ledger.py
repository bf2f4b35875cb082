"""A schedule's ledger that is a real journal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from lastmeter.journal import Event, Journal
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.erasure import erase
from tests.journeys import town
from tests.journeys.fake_journal import events_table

TYPES = {"shop": town.SHOP, "carrier": town.CARRIER}


class RealLedger:
    """Batches are imports; each file is newer than the one before."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder)
        self.count = 0

    def publish(self, source: str, events: Sequence[Event], watermark: datetime) -> int:
        self.count += 1
        label = f"file {self.count}"
        duck = open_duckdb()
        try:
            with self.journal.import_batch(source, label=label, recorded_at=watermark) as batch:
                batch.register_attributes(town.ATTRIBUTES)
                if events:
                    duck.register("told", events_table(list(events), town.ATTRIBUTES))
                    batch.stage(duck, "told", file_digest=label, mapping_digest="m", span="all", as_of=self.count)
                batch.publish(watermark=watermark, event_types=TYPES[source])
                return batch.number
        finally:
            duck.close()

    def record(self, events: Sequence[Event], at: datetime) -> None:
        self.journal.record(events, recorded_at=at)

    def undo(self, batch: int, at: datetime) -> None:
        self.journal.undo(batch, at=at)

    def tidy(self, random: Random, at: datetime) -> None:
        if random.random() < 0.6:
            self.journal.seal(at=at)
        else:
            self.journal.compact(at=at, full=True)

    def erase(self, customer: str, at: datetime) -> None:
        erase(self.journal, customer, at, object_types=["customer"])

    def snapshot(self) -> AbstractContextManager[Any]:
        return self.journal.snapshot()

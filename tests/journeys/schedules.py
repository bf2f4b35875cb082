"""Random schedules of a journal: late, duplicate, corrected, voided and undone events, deadlines that pass without any.

A schedule runs against a `Ledger`: the fake journal or a real one. After each build the tables must equal a full build
at the same `at`. The town's parcels live long (their events lie months apart) and nothing is ever merged unless a step
says so, for both hide faults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Protocol

import msgspec

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.build import build
from lastmeter.journeys.merge import merge
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.journeys.verify import verify
from tests.journeys import town
from tests.journeys.fake_journal import FakeJournal


class Ledger(Protocol):
    """What a schedule does to a journal."""

    def publish(self, source: str, events: Sequence[Event], watermark: datetime) -> int: ...
    def record(self, events: Sequence[Event], at: datetime) -> None: ...
    def undo(self, batch: int, at: datetime) -> None: ...
    def tidy(self, random: Random, at: datetime) -> None: ...
    def erase(self, customer: str, at: datetime) -> None: ...
    def snapshot(self) -> AbstractContextManager[Any]: ...


class FakeLedger:
    """The fake journal; a restated event is an explicit correction there."""

    def __init__(self) -> None:
        self.journal: FakeJournal = town.journal(None)
        self.versions = 0

    def publish(self, source: str, events: Sequence[Event], watermark: datetime) -> int:
        known = {entry.event.id for entry in self.journal.entries}
        batch = self.journal.add(*(self._restated(event) if event.id in known else event for event in events))
        marks = {one.name: one.watermark for one in self.journal.sources}
        self.journal.watermark(source, max(watermark, marks[source] or watermark))
        return batch

    def _restated(self, event: Event) -> Event:
        self.versions += 1
        if event.corrects:
            return msgspec.structs.replace(event, id=f"{event.id}v{self.versions}", revision=self.versions)
        return msgspec.structs.replace(event, id=f"{event.id}v{self.versions}", corrects=event.id, revision=self.versions)

    def record(self, events: Sequence[Event], at: datetime) -> None:
        self.journal.add(*events)

    def undo(self, batch: int, at: datetime) -> None:
        self.journal.undo(batch)

    def tidy(self, random: Random, at: datetime) -> None:
        pass

    def erase(self, customer: str, at: datetime) -> None:
        pass

    def snapshot(self) -> AbstractContextManager[Any]:
        return self.journal.snapshot()


@dataclass
class Schedule:
    """One random life of a journal, and what its builds said."""

    random: Random
    ledger: Ledger
    folder: Path
    verify_each: bool = True
    clock: datetime = town.FIRST + timedelta(days=20)
    events: list[Event] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    versions: int = 1
    sliced: bool = False
    differences: int = 0
    builds: int = 0
    incremental: int = 0
    trail: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.town = town.Town(self.random, orders=self.random.randrange(2, 8), spread_days=self.random.choice([8, 60, 120]))

    def run(self, steps: int) -> Schedule:
        self.publish(self.town.events(self.random.randrange(5, 40)))
        self.build()
        acts: list[tuple[int, Callable[[], None]]] = [
            (5, self.late), (2, self.duplicate), (3, self.correct), (2, self.single), (1, self.void), (2, self.undo),
            (3, self.wait), (2, self.tidy), (1, self.change_version), (1, self.describe),
            (1, self.erase),
        ]
        for number in range(steps):
            act = self.random.choices([act for _, act in acts], [weight for weight, _ in acts])[0]
            self.trail.append(act.__name__)
            act()
            if self.random.random() < 0.5 or number == steps - 1:
                self.build(final=number == steps - 1)
        return self

    def publish(self, events: Sequence[Event]) -> None:
        self.clock += timedelta(hours=self.random.randrange(0, 96))
        for source in ("carrier", "shop"):
            mine = [event for event in events if event.source == source]
            if mine or self.random.random() < 0.6:
                self.batches.append(self.ledger.publish(source, mine, self.clock))
        self.events += events

    def late(self) -> None:
        self.publish(self.town.events(self.random.randrange(1, 8)))

    def describe(self) -> None:
        self.publish([self.town.of_type("object.described")])

    def duplicate(self) -> None:
        self.publish(self.random.sample(self.events, min(3, len(self.events))))

    def correct(self) -> None:
        """Say something else of an event that was told, under the same id."""
        old = self.random.choice(self.events)
        new = self.town.of_type(old.type)
        self.publish([msgspec.structs.replace(new, id=old.id, source=old.source, corrects=old.corrects, voids=old.voids)])

    def single(self) -> None:
        """An event that comes alone, some of them corrections."""
        new = self.town.event()
        if self.random.random() < 0.4:
            old = self.random.choice([event for event in self.events if event.corrects is None])
            new = msgspec.structs.replace(self.town.of_type(old.type), source=old.source, corrects=old.id)
        self.ledger.record([new], self.clock)
        self.events.append(new)

    def void(self) -> None:
        old = self.random.choice([event for event in self.events if event.corrects is None])
        new = msgspec.structs.replace(self.town.of_type(old.type), source=old.source, corrects=old.id, voids=True)
        self.ledger.record([new], self.clock)
        self.events.append(new)

    def undo(self) -> None:
        if len(self.batches) > 2:
            self.ledger.undo(self.batches.pop(self.random.randrange(len(self.batches) - 1)), self.clock)

    def wait(self) -> None:
        """Time passes, and the sources say that nothing happened."""
        self.clock += timedelta(days=self.random.randrange(0, 40))
        self.publish([])

    def tidy(self) -> None:
        self.ledger.tidy(self.random, self.clock)

    def erase(self) -> None:
        """A customer asks to be forgotten; what is told of them later is forgotten too."""
        self.ledger.erase(f"c{self.random.choice(self.town.orders)}", self.clock)

    def change_version(self) -> None:
        self.versions = 3 - self.versions

    def blueprints(self) -> Sequence[Blueprint]:
        return town.slices() if self.sliced else town.blueprints()[: self.versions]

    def build(self, *, final: bool = False) -> None:
        at = self.clock - timedelta(days=self.random.choice([0, 0, 0, 1]))
        with self.ledger.snapshot() as snapshot:
            report = build(snapshot, self.blueprints(), self.folder, at=at)
            self.trail.append(f"build({report.full or 'incremental'}, {report.dirty} of {report.journeys})")
            if self.verify_each or final:
                self.check(snapshot)
        self.builds += 1
        self.incremental += not report.full
        if self.random.random() < 0.05 and merge(self.folder):
            self.trail.append("merge")

    def check(self, snapshot: Snapshot) -> None:
        found = verify(snapshot, self.blueprints(), self.folder)
        self.differences += found.differences
        if found.differences:
            self.trail.append(f"differences {found.by_table} {found.examples}")

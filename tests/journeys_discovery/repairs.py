"""Thirty repairs of a made-up company: booked, arrived, solved; every tenth is called off, some wait for a part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from lastmeter.journal.event import Event, ObjectRef
from tests.journeys.fake_journal import FakeJournal, Source

START = datetime(2025, 3, 3, 1)
Told = tuple[str, float | None]


def told(case: str, acts: Sequence[Told], *, start: datetime = START) -> list[Event]:
    """The events of one visit: (type, hours after the start; None: time unknown)."""
    return [
        Event(source="desk", id=f"{kind}:{case}:{number}", type=kind, objects=(ObjectRef("visit", case), ObjectRef("customer", f"c{case}")),
              occurred_at=None if hours is None else start + timedelta(hours=hours),
              precision="unknown" if hours is None else "second", zone="UTC", performer=f"technician:t{number % 2}",
              attributes={"score": 4.0, "scale": 5.0} if kind == "review.answered" else {})
        for number, (kind, hours) in enumerate(acts)
    ]


def repairs(number: int = 30) -> FakeJournal:
    """Visit n is booked at n days, arrived after 20 + n hours, solved an hour later; 0, 10, 20 are called off, undated."""
    journal = FakeJournal([Source("desk", frozenset(), None)], {"score": "number", "scale": "number"})
    for case in range(number):
        acts: list[Told] = [("visit.booked", 0)]
        if case % 10 == 0:
            acts.append(("visit.cancelled", None))
        else:
            acts += [("visit.arrived", 20 + case), ("visit.solved", 21 + case)]
            if case % 5 == 1:
                acts.insert(2, ("visit.part_ordered", 20.5 + case))
            if case % 3 == 0:
                acts.append(("review.answered", 60 + case))
        journal.add(*told(f"v{case:02}", acts, start=START + timedelta(days=case)))
    return journal

"""The oracle's view of one event: an interval, and what order it stands in. Plain Python, no SQL, no speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.kernel.clock import local_of_utc, zone_named

TICK = timedelta(microseconds=1)
BEFORE_ALL = datetime(1, 1, 1)
AFTER_ALL = datetime(9999, 12, 31)
Flaw = dict[str, Any]


class SourceState(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def event_types(self) -> frozenset[str]: ...
    @property
    def watermark(self) -> datetime | None: ...


@dataclass(frozen=True)
class World:
    """All that a journey's rows depend on."""

    events: Sequence[Event]
    sources: Sequence[SourceState]
    at: datetime

    def declared(self, types: Sequence[str]) -> bool:
        return any(one in source.event_types for one in types for source in self.sources)

    def horizon(self, types: Sequence[str]) -> datetime | None:
        """Up to when it is known that none of these types occurred."""
        marks = [source.watermark for source in self.sources if source.event_types & set(types)]
        known = [mark for mark in marks if mark is not None]
        return min([self.at, *known]) if len(known) == len(marks) else None

    def past(self) -> list[Event]:
        return [event for event in self.events if event.occurred_at is None or event.occurred_at <= self.at]


def passed(moment: datetime | None, horizon: datetime | None) -> bool:
    return moment is not None and horizon is not None and moment <= horizon


def last(event: Event) -> datetime | None:
    """The last instant at which it may have occurred."""
    end = event.occurred_end
    return event.occurred_at if end is None else end - TICK


def last_on(event: Event) -> date | None:
    moment = last(event)
    return None if moment is None else local_of_utc(moment, zone_named(event.zone)).date()


def coarse(event: Event) -> bool:
    return event.precision in ("day", "month")


def days(count: int) -> float:
    return count * 86400.0


def seconds_between(start: Event, end: Event) -> float | None:
    """Whole local days where either is day data; None where either has no time."""
    if start.occurred_at is None or end.occurred_at is None or start.local_on is None or end.local_on is None:
        return None
    if coarse(start) or coarse(end):
        return days((end.local_on - start.local_on).days)
    return (end.occurred_at - start.occurred_at) / timedelta(seconds=1)


def holding(events: Sequence[Event], types: Sequence[str], *, take: str = "first") -> Event | None:
    """First by start, then by the order of types, then by id; undated ones after all dated, or before for `last`."""
    fitting = [event for event in events if event.type in types]
    edge = BEFORE_ALL if take == "last" else AFTER_ALL
    choose = max if take == "last" else min
    return choose(fitting, default=None, key=lambda event: (
        event.occurred_at or edge, types.index(event.type), event.id, event.source))


def step(blueprint: Blueprint, events: Sequence[Event], code: str) -> Event | None:
    one = blueprint.step(code)
    return holding(events, one.event, take=one.take)


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a journey."""

    outcome: str | None
    flaws: tuple[Flaw, ...] = ()
    undecided: int = 0
    due_at: datetime | None = None
    due_on: date | None = None
    excess: float | None = None
    by_day: bool = False
    horizon: datetime | None = None
    pending: datetime | None = None
    reached: Event | None = None

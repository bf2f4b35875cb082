"""Naive period slices: which an object has, and which events belong to each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.sections import Slice
from lastmeter.kernel.clock import day_in_utc, local_of_utc, zone_named
from lastmeter.kernel.periods import Period, period_of
from tests.journeys.oracle.ending import Ended, ended
from tests.journeys.oracle.occurrence import AFTER_ALL, World, last, step


@dataclass(frozen=True)
class Edge:
    """The beginning or the end of a slice, where nothing happened: an instant that belongs to the slice's date."""

    occurred_at: datetime
    local_on: date
    zone: str
    occurred_end: datetime | None = None
    precision: str = "second"


@dataclass(frozen=True)
class SliceOfObject:
    """One slice: its own events, `future` ones among them, and the `life` that it is a part of."""

    journey_id: str
    grain: Slice
    period: Period
    zone: str
    own: list[Event]
    life: list[Event]
    started: Event | Edge | None
    finish: Ended | None
    object_finish: Ended | None

    @property
    def begins(self) -> datetime:
        return day_in_utc(self.period.first, zone_named(self.zone))[0]

    @property
    def ends(self) -> datetime:
        return day_in_utc(self.period.last, zone_named(self.zone))[1]


class SliceEvents(list[Event]):
    """The events of a slice that do not lie in the future, with what a rule may ask of the whole."""

    def __init__(self, events: Sequence[Event], part: SliceOfObject) -> None:
        super().__init__(events)
        self.part = part


def slices(blueprints: Sequence[Blueprint], object_id: str, every: Sequence[Event], world: World) -> Iterator[SliceOfObject]:
    """The slices of an object; the newest version says where they begin and end."""
    blueprint = max(blueprints, key=lambda one: one.effective_from)
    grain = blueprint.slice
    assert grain is not None
    past = [event for event in every if event in world.past()]
    stirs = [event for event in past if event.type != "object.described"]
    coming = [event for event in every if event not in past]
    dates = [event.local_on for event in stirs if event.local_on]
    start = step(blueprint, past, blueprint.start) if blueprint.start else None
    asleep = not dates
    known = [event.local_on for event in coming if event.local_on] or [event.local_on for event in every if event.local_on]
    began = (start.local_on if start else None) or min(dates or known, default=None)
    if began is None:
        return
    zone = min(event.zone for event in stirs or coming or every)
    final = ended(blueprint, past)
    stirred = max(dates, default=None)
    until = _until(blueprint, start, began, stirred, local_of_utc(world.at, zone_named(zone)).date())
    if final:
        until = final.event.local_on or stirred or began
    until = began if asleep else until
    first = period_of(began, grain)
    closing = max(first, period_of(until, grain))
    period = first
    while period <= closing:
        own = [event for event in every if _of(event, grain, first, closing) == period]
        edge = Edge(day_in_utc(period.first, zone_named(zone))[0], period.first, zone)
        started: Event | Edge | None = None if asleep else edge
        if blueprint.start:
            started = None if start is None else start if period == first else edge
        finish = final if period == closing else None
        end = day_in_utc(period.last, zone_named(zone))[1]
        if finish is None and started is not None and end <= world.at:
            finish = Ended("completed", Edge(end, period.last, zone), 2**31 - 1)  # type: ignore[arg-type]
        yield SliceOfObject(f"{object_id}/{period.code}", grain, period, zone, own, past, started, finish, final)
        period = period.following()


def _until(blueprint: Blueprint, start: Event | None, began: date, stirred: date | None, today: date) -> date:
    if blueprint.start and start is None:
        return began
    days = blueprint.head.abandoned_after_days
    return min(today, stirred + timedelta(days=days)) if days and stirred else today


def _of(event: Event, grain: Slice, first: Period, closing: Period) -> Period:
    return first if event.local_on is None else min(max(period_of(event.local_on, grain), first), closing)


def followed(blueprint: Blueprint, events: Sequence[Event], code: str, since: datetime | None) -> Event | None:
    """The occurrence of a step that ends what began at an instant: in a slice the first that does not surely come before."""
    if not isinstance(events, SliceEvents):
        return step(blueprint, events, code)
    types = blueprint.step(code).event
    fitting = [event for event in events.part.life if event.type in types]
    if since is not None:
        fitting = [event for event in fitting if (moment := last(event)) is None or moment >= since]
    return min(fitting, default=None, key=lambda event: (
        event.occurred_at or AFTER_ALL, types.index(event.type), event.id, event.source))


def object_ended(blueprint: Blueprint, events: Sequence[Event]) -> Ended | None:
    """The ending of the journey; of a slice that of its object."""
    return events.part.object_finish if isinstance(events, SliceEvents) else ended(blueprint, events)


def journey_ended(blueprint: Blueprint, events: Sequence[Event]) -> Ended | None:
    """The ending of the journey; of a slice its own, which may be the end of its period."""
    return events.part.finish if isinstance(events, SliceEvents) else ended(blueprint, events)

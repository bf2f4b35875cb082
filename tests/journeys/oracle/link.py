"""Naive links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.link import Link
from lastmeter.kernel.clock import day_in_utc, local_of_utc, zone_named
from tests.journeys.oracle.ending import order_of
from tests.journeys.oracle.occurrence import Flaw, Verdict, World, days, last, last_on, passed, seconds_between, step
from tests.journeys.oracle.slices import followed, object_ended


def judge(link: Link, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    start = step(blueprint, events, link.from_step)
    if start is None:
        return Verdict(None)
    end = followed(blueprint, events, link.to_step, start.occurred_at)
    due_at, due_on, flaw_on = _due(link, blueprint, start)
    endings = [event for ending in blueprint.endings for event in blueprint.step(ending.step).event]
    observed = world.declared(blueprint.step(link.from_step).event) and world.declared(blueprint.step(link.to_step).event)
    horizon = world.horizon([*blueprint.step(link.to_step).event, *endings]) if observed else None
    outcome = _outcome(link, blueprint, events, start, end, passed(due_at, horizon))
    excess = _excess(link, blueprint, start, end, outcome)
    flaw: Flaw = {"occurrence": "", "occurred_at": due_at, "occurred_on": flaw_on, "link": link.code, "excess_seconds": excess}
    return Verdict(
        outcome, (flaw,) if outcome in ("late", "overdue") else (), outcome == "undecided", due_at, due_on, excess,
        horizon=horizon, pending=due_at if outcome == "open" else None)


def _due(link: Link, blueprint: Blueprint, start: Event) -> tuple[datetime | None, date | None, date | None]:
    if link.limit is None or start.occurred_at is None:
        return None, None, None
    zone = zone_named(start.zone)
    if link.limit.unit in ("days", "working_days"):
        final = last_on(start)
        assert final is not None
        on = _days_later(link, blueprint, final)
        return day_in_utc(on, zone)[1], on, on + timedelta(days=1)
    at = _hours_later(link, blueprint, start.occurred_end or start.occurred_at)
    on = local_of_utc(at, zone).date()
    return at, on, on


def _days_later(link: Link, blueprint: Blueprint, day: date) -> date:
    assert link.limit is not None
    if link.limit.unit == "days":
        return day + timedelta(days=link.limit.amount)
    return blueprint.calendar_of(link).add_days(day, link.limit.amount)


def _hours_later(link: Link, blueprint: Blueprint, moment: datetime) -> datetime:
    assert link.limit is not None
    if link.limit.unit == "hours":
        return moment + timedelta(hours=link.limit.amount)
    return blueprint.calendar_of(link).add(moment, link.limit.amount * 3600)


def worked(link: Link, blueprint: Blueprint, start: Event, end: Event | None) -> float | None:
    """Working seconds between two events, working days as 86,400; None without a working limit or without a time."""
    if end is None or start.occurred_at is None or end.occurred_at is None or not link.limit or not link.limit.is_working:
        return None
    calendar = blueprint.calendar_of(link)
    if link.limit.unit == "working_hours":
        return calendar.between(start.occurred_at, end.occurred_at)
    return days(calendar.days_between(start.local_on, end.local_on))  # type: ignore[arg-type]


def _outcome(link: Link, blueprint: Blueprint, events: Sequence[Event], start: Event, end: Event | None, over: bool) -> str:
    if end is None:
        finish = object_ended(blueprint, events)
        if finish and finish.after(start, order_of(blueprint, link.from_step)):
            return "skipped"
        return "overdue" if over else "open"
    if link.limit is None:
        return "unlimited"
    if start.occurred_at is None or end.occurred_at is None:
        return "undecided"
    if link.limit.is_working:
        return _worked_out(link, blueprint, start, end)
    if link.limit.unit == "days":
        earliest, latest = end.local_on - last_on(start), last_on(end) - start.local_on  # type: ignore[operator]
        limit = timedelta(days=link.limit.amount)
    else:
        earliest, latest = end.occurred_at - last(start), last(end) - start.occurred_at  # type: ignore[operator]
        limit = timedelta(hours=link.limit.amount)
    return "late" if earliest > limit else "kept" if latest <= limit else "undecided"


def _worked_out(link: Link, blueprint: Blueprint, start: Event, end: Event) -> str:
    """Late if it surely came after the latest end of the limit, kept if surely by the earliest."""
    assert link.limit is not None
    assert start.occurred_at is not None
    assert end.occurred_at is not None
    if link.limit.unit == "working_days":
        by = [_days_later(link, blueprint, day) for day in (start.local_on, last_on(start)) if day]
        late, kept = end.local_on > by[1], last_on(end) <= by[0]  # type: ignore[operator]
    else:
        until = [_hours_later(link, blueprint, moment) for moment in (start.occurred_at, start.occurred_end or start.occurred_at)]
        late, kept = end.occurred_at > until[1], last(end) <= until[0]  # type: ignore[operator]
    return "late" if late else "kept" if kept else "undecided"


def _excess(link: Link, blueprint: Blueprint, start: Event, end: Event | None, outcome: str) -> float | None:
    if outcome == "kept":
        return 0.0
    if outcome != "late" or end is None or link.limit is None:
        return None
    if link.limit.unit == "days":
        return days((end.local_on - start.local_on).days - link.limit.amount)  # type: ignore[operator]
    seconds = worked(link, blueprint, start, end) if link.limit.is_working else seconds_between(start, end)
    return None if seconds is None else seconds - link.limit.seconds

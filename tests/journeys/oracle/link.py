"""Naive links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.link import Link
from lastmeter.kernel.clock import day_in_utc, local_of_utc, zone_named
from tests.journeys.oracle.ending import ended, order_of
from tests.journeys.oracle.occurrence import Flaw, Verdict, World, days, last, last_on, passed, seconds_between, step


def judge(link: Link, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    start, end = step(blueprint, events, link.from_step), step(blueprint, events, link.to_step)
    if start is None:
        return Verdict(None)
    due_at, due_on, flaw_on = _due(link, start)
    endings = [event for ending in blueprint.endings for event in blueprint.step(ending.step).event]
    observed = world.declared(blueprint.step(link.from_step).event) and world.declared(blueprint.step(link.to_step).event)
    horizon = world.horizon([*blueprint.step(link.to_step).event, *endings]) if observed else None
    outcome = _outcome(link, blueprint, events, start, end, passed(due_at, horizon))
    excess = _excess(link, start, end, outcome)
    flaw: Flaw = {"occurrence": "", "occurred_at": due_at, "occurred_on": flaw_on, "link": link.code, "excess_seconds": excess}
    return Verdict(
        outcome, (flaw,) if outcome in ("late", "overdue") else (), outcome == "undecided", due_at, due_on, excess,
        horizon=horizon, pending=due_at if outcome == "open" else None)


def _due(link: Link, start: Event) -> tuple[datetime | None, date | None, date | None]:
    if link.limit is None or start.occurred_at is None:
        return None, None, None
    zone = zone_named(start.zone)
    if link.limit.unit == "days":
        final = last_on(start)
        assert final is not None
        on = final + timedelta(days=link.limit.amount)
        return day_in_utc(on, zone)[1], on, on + timedelta(days=1)
    at = (start.occurred_end or start.occurred_at) + timedelta(hours=link.limit.amount)
    on = local_of_utc(at, zone).date()
    return at, on, on


def _outcome(link: Link, blueprint: Blueprint, events: Sequence[Event], start: Event, end: Event | None, over: bool) -> str:
    if end is None:
        finish = ended(blueprint, events)
        if finish and finish.after(start, order_of(blueprint, link.from_step)):
            return "skipped"
        return "overdue" if over else "open"
    if link.limit is None:
        return "unlimited"
    if start.occurred_at is None or end.occurred_at is None:
        return "undecided"
    if link.limit.unit == "days":
        earliest, latest = end.local_on - last_on(start), last_on(end) - start.local_on  # type: ignore[operator]
        limit = timedelta(days=link.limit.amount)
    else:
        earliest, latest = end.occurred_at - last(start), last(end) - start.occurred_at  # type: ignore[operator]
        limit = timedelta(hours=link.limit.amount)
    return "late" if earliest > limit else "kept" if latest <= limit else "undecided"


def _excess(link: Link, start: Event, end: Event | None, outcome: str) -> float | None:
    if outcome == "kept":
        return 0.0
    if outcome != "late" or end is None or link.limit is None:
        return None
    if link.limit.unit == "days":
        return days((end.local_on - start.local_on).days - link.limit.amount)  # type: ignore[operator]
    seconds = seconds_between(start, end)
    return None if seconds is None else seconds - link.limit.seconds

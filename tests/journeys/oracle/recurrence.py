"""Naive recurrences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.recurrence import Recurrence
from lastmeter.kernel.clock import day_in_utc, local_of_utc, zone_named
from tests.journeys.oracle.interval import hi, lo, until
from tests.journeys.oracle.occurrence import Flaw, Verdict, World, days, last_on, passed, step
from tests.journeys.oracle.slices import journey_ended


def judge(rule: Recurrence, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    start = step(blueprint, events, str(rule.from_step))
    if start is None:
        return Verdict("none")
    if start.occurred_at is None:
        return Verdict("undecided", undecided=True)
    finish = journey_ended(blueprint, events)
    end = (step(blueprint, events, rule.until) if rule.until else None) or (finish.event if finish else None)
    endings = [event for ending in blueprint.endings for event in blueprint.step(ending.step).event]
    closing = blueprint.step(rule.until).event if rule.until else ()
    horizon = world.horizon([*rule.event, *closing, *endings])
    acts = sorted((event for event in events if event.type in rule.event and hi(event) >= hi(start)),
                  key=lambda event: (hi(event), event.id, event.source))
    by_end = [act for act in acts if end is None or hi(act) <= hi(end)]
    beyond = [act for act in acts if act not in by_end]
    line = [start, *by_end, *([end] if end else []), *beyond]
    flaws: list[Flaw] = []
    undecided, pending = 0, []
    for place in range(1 + len(by_end) if end is None or hi(start) <= hi(end) else 0):
        began, rest = line[place], line[place + 1:]
        due = _due(rule, began)
        if due is None or (rest and _surely_in_time(rule, began, rest[0])):
            continue
        if not passed(due, horizon):
            pending.append(due)
        elif any(_possibly_in_time(rule, began, one) for one in rest):
            undecided += 1
        else:
            flaws.append(_flaw(rule, began, due, rest, is_start=place == 0))
    return Verdict("judged", tuple(flaws), undecided, pending=min(pending, default=None))


def _due(rule: Recurrence, began: Event) -> datetime | None:
    end = until(began)
    if end is None:
        return None
    if rule.every.unit == "hours":
        return end + timedelta(hours=rule.every.amount)
    return day_in_utc(last_on(began) + timedelta(days=rule.every.amount), zone_named(began.zone))[1]  # type: ignore[operator,arg-type]


def _surely_in_time(rule: Recurrence, began: Event, following: Event) -> bool:
    if following.occurred_at is None:
        return False
    if rule.every.unit == "hours":
        return hi(following) <= lo(began) + timedelta(hours=rule.every.amount)
    return last_on(following) - began.local_on <= timedelta(days=rule.every.amount)  # type: ignore[operator]


def _possibly_in_time(rule: Recurrence, began: Event, following: Event) -> bool:
    if following.occurred_at is None:
        return True
    if rule.every.unit == "hours":
        return lo(following) <= hi(began) + timedelta(hours=rule.every.amount)
    return following.local_on - last_on(began) <= timedelta(days=rule.every.amount)  # type: ignore[operator]


def _flaw(rule: Recurrence, began: Event, due: datetime, rest: Sequence[Event], *, is_start: bool) -> Flaw:
    excess = None
    if rule.every.unit == "days":
        on = last_on(began) + timedelta(days=rule.every.amount + 1)  # type: ignore[operator]
        if rest:
            excess = days((min(one.local_on for one in rest) - began.local_on).days - rule.every.amount)  # type: ignore[type-var,operator]
    else:
        on = local_of_utc(due, zone_named(began.zone)).date()
        if rest:
            excess = (min(map(lo, rest)) - lo(began)) / timedelta(seconds=1) - rule.every.seconds
    anchor = {"occurrence": ""} if is_start else {"occurrence": began.id, "source": began.source}
    return {**anchor, "occurred_at": due, "occurred_on": on, "link": None, "excess_seconds": excess}

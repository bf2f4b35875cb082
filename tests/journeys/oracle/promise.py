"""Naive promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.kernel.clock import local_of_utc, zone_named
from tests.journeys.oracle.occurrence import TICK, Flaw, Verdict, World, coarse, days, holding, last, passed
from tests.journeys.oracle.slices import followed, object_ended


def judge(promise: Promise, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    carriers = [event for event in events if event.attributes.get(f"promised_{promise.name}_at")]
    made = holding(carriers, blueprint.step(promise.on).event, take="last")
    if made is None:
        return Verdict("none")
    at: datetime = made.attributes[f"promised_{promise.name}_at"]
    day: date | None = made.attributes.get(f"promised_{promise.name}_on")
    on = day or local_of_utc(at, zone_named(made.zone)).date()
    reached, finish = followed(blueprint, events, promise.step, made.occurred_at), object_ended(blueprint, events)
    cancels = [event for ending in blueprint.endings if ending.state == "cancelled"
               for event in blueprint.step(ending.step).event]
    horizon = world.horizon([*blueprint.step(promise.step).event, *cancels])
    if reached is not None:
        final = at - TICK if day else at
        outcome = ("undecided" if reached.occurred_at is None else "missed" if reached.occurred_at > final
                   else "kept" if last(reached) <= final else "undecided")  # type: ignore[operator]
    elif finish and finish.state == "cancelled":
        outcome = "none"
    else:
        outcome = "missed" if passed(at, horizon) else "open"
    excess = None
    if reached is not None and reached.occurred_at is not None and reached.local_on is not None:
        by_days = day is not None or coarse(reached)
        excess = days((reached.local_on - on).days) if by_days else (reached.occurred_at - at) / timedelta(seconds=1)
    flaw: Flaw = {"occurrence": "", "occurred_at": at, "occurred_on": on + timedelta(days=1) if day else on, "link": None,
            "excess_seconds": excess}
    return Verdict(outcome, (flaw,) if outcome == "missed" else (), outcome == "undecided", at, on, excess,
                   by_day=day is not None, horizon=horizon, pending=at if outcome == "open" else None, reached=reached)

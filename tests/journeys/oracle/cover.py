"""Naive forbidden acts that something may cover."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.forbidden import Forbidden
from tests.journeys.oracle.interval import flaw_at, possibly_by, surely_by, until
from tests.journeys.oracle.occurrence import Verdict, World, passed


def judge(rule: Forbidden, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    without = rule.without or ()
    cover = [event for event in events if event.type in without]
    horizon = world.horizon(without)
    flaws, undecided, pending = [], 0, []
    for act in (event for event in events if event.type in rule.event):
        end = until(act)
        if any(surely_by(one, act) for one in cover):
            continue
        if end is None or any(possibly_by(one, act) for one in cover):
            undecided += 1
        elif passed(end, horizon):
            flaws.append(flaw_at(act))
        else:
            pending.append(end)
    return Verdict("judged", tuple(flaws), undecided, pending=min(pending, default=None))

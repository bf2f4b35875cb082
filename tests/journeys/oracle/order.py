"""Naive orders of steps."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.order import Order
from tests.journeys.oracle.interval import flaw_at, surely_by
from tests.journeys.oracle.occurrence import Verdict, World, last, step


def judge(rule: Order, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    first, then = step(blueprint, events, rule.first), step(blueprint, events, rule.then)
    if first is None or then is None:
        return Verdict("none")
    if first.occurred_at is not None and then.occurred_at is not None and last(then) < first.occurred_at:  # type: ignore[operator]
        return Verdict("breached", (flaw_at(then, anchored=False),))
    return Verdict("kept") if surely_by(first, then) else Verdict("undecided", undecided=True)

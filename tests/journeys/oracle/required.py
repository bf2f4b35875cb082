"""Naive required acts."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.required import Required
from tests.journeys.oracle.occurrence import Flaw, Verdict, World, last, passed, step
from tests.journeys.oracle.slices import journey_ended


def judge(rule: Required, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    after = step(blueprint, events, rule.after) if rule.after else None
    if rule.after and after is None:
        return Verdict("none")
    before = step(blueprint, events, rule.before) if rule.before else None
    finish = journey_ended(blueprint, events)
    judged = before if rule.before else (finish.event if finish and finish.state != "cancelled" else None)
    if judged is None:
        return Verdict("none")
    chances = [_fits(act, after, before) for act in events if act.type in rule.event]
    until = judged.occurred_end or judged.occurred_at
    horizon = world.horizon(rule.event)
    if "surely" in chances:
        outcome = "kept"
    elif "possibly" in chances or until is None:
        outcome = "undecided"
    else:
        outcome = "missed" if passed(until, horizon) else "open"
    flaw: Flaw = {"occurrence": "", "occurred_at": judged.occurred_at, "occurred_on": judged.local_on, "link": None,
            "excess_seconds": None}
    return Verdict(outcome, (flaw,) if outcome == "missed" else (), outcome == "undecided",
                   pending=until if outcome == "open" else None)


def _fits(act: Event, after: Event | None, before: Event | None) -> str:
    """Whether the act lies surely, possibly or not at all between two steps."""
    answers = []
    if before is not None:
        answers.append(_order(act, before))
    if after is not None:
        answers.append(_order(after, act))
    return "not" if "not" in answers else "possibly" if "possibly" in answers else "surely"


def _order(earlier: Event, later: Event) -> str:
    """Whether one event came before another or with it."""
    if earlier.occurred_at is None or later.occurred_at is None:
        return "possibly"
    if last(earlier) <= later.occurred_at:  # type: ignore[operator]
        return "surely"
    return "possibly" if earlier.occurred_at <= last(later) else "not"  # type: ignore[operator]

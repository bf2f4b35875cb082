"""Naive counts."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.count import Count
from tests.journeys.oracle.interval import flaw_at, key, possibly_by, surely_by, until, value
from tests.journeys.oracle.occurrence import Verdict, World, passed, step
from tests.journeys.oracle.slices import journey_ended


def judge(rule: Count, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    after = step(blueprint, events, rule.after) if rule.after else None
    before = step(blueprint, events, rule.before) if rule.before else None
    if rule.after and after is None:
        return Verdict("none")
    finish = journey_ended(blueprint, events)
    judged = before if rule.before else finish.event if finish and finish.state != "cancelled" else None
    acts = sorted((event for event in events if event.type in rule.event), key=key)
    sure = [act for act in acts if (not after or surely_by(after, act)) and (not before or surely_by(act, before))]
    possible = [act for act in acts if (not after or possibly_by(after, act)) and (not before or possibly_by(act, before))]
    new = _first_of_each(sure, rule.distinct)
    least, most = max(len(new), 1 if sure else 0), len(_first_of_each(possible, rule.distinct))
    if rule.distinct:
        most += sum(value(act, rule.distinct) is None for act in possible)
    if rule.at_most is not None and (not rule.before or before):
        if least > rule.at_most:
            return Verdict("over", (flaw_at(new[rule.at_most], anchored=False),) if len(new) > rule.at_most else
                           ({"occurrence": "", "occurred_at": None, "occurred_on": None, "link": None, "excess_seconds": None},))
        if most > rule.at_most:
            return Verdict("undecided", undecided=True)
    if rule.at_least is None or judged is None or least >= rule.at_least:
        return Verdict("kept")
    end = until(judged)
    if most >= rule.at_least or end is None:
        return Verdict("undecided", undecided=True)
    if passed(end, world.horizon(rule.event)):
        return Verdict("under", (flaw_at(judged, anchored=False),))
    return Verdict("open", pending=end)


def _first_of_each(acts: Sequence[Event], distinct: str | None) -> list[Event]:
    """Acts with a value that none before had; all of them where values do not matter."""
    if not distinct:
        return list(acts)
    found: dict[object, Event] = {}
    for act in acts:
        if value(act, distinct) is not None:
            found.setdefault(value(act, distinct), act)
    return list(found.values())

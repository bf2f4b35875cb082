"""Naive forbidden acts and feedback: each breach is an event."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.feedback import Feedback
from lastmeter.journeys.primitives.forbidden import Forbidden
from tests.journeys.oracle.occurrence import Flaw, Verdict, World


def judge(rule: Forbidden | Feedback, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    flaws: list[Flaw] = []
    for event in events:
        score = event.attributes.get("score")
        low = not isinstance(rule, Feedback) or rule.below is None or (score is not None and score < rule.below)
        if event.type in rule.event and low:
            flaws.append({"occurrence": event.id, "source": event.source, "occurred_at": event.occurred_at,
                          "occurred_on": event.local_on, "link": None, "excess_seconds": None})
    return Verdict("breached" if flaws else "none", tuple(flaws))

"""Naive evidence."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.evidence import Evidence
from tests.journeys.oracle.interval import flaw_at
from tests.journeys.oracle.occurrence import Verdict, World


def judge(rule: Evidence, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    flaws = []
    for event in events:
        if event.type in blueprint.step(rule.step).event:
            blank = [name for name in rule.attributes if str(event.attributes.get(name, "")).strip(" ") == ""]
            if blank:
                flaws.append(flaw_at(event))
    return Verdict("breached" if flaws else "none", tuple(flaws))

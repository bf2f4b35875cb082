"""Naive endings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from tests.journeys.oracle.occurrence import AFTER_ALL, step


@dataclass(frozen=True)
class Ended:
    state: str
    event: Event
    order: int

    def after(self, event: Event, order: int) -> bool:
        """Whether the ending came later than an occurrence of the step at `order`."""
        return (self.event.occurred_at or AFTER_ALL, self.order) > (event.occurred_at or AFTER_ALL, order)


def order_of(blueprint: Blueprint, code: str) -> int:
    return [one.code for one in blueprint.steps].index(code)


def ended(blueprint: Blueprint, events: Sequence[Event]) -> Ended | None:
    """Cancelled wins over returned, returned over completed; within one state the first."""
    for state in ("cancelled", "returned", "completed"):
        reached = [Ended(state, event, order_of(blueprint, ending.step)) for ending in blueprint.endings
                   if ending.state == state and (event := step(blueprint, events, ending.step))]
        if reached:
            return min(reached, key=lambda one: (one.event.occurred_at or AFTER_ALL, one.order))
    return None

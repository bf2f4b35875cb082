"""Feedback as flaw: a score below a mark, or any such event at all (a complaint)."""

from __future__ import annotations

from typing import ClassVar

from lastmeter.journeys.grammar import Events, Rule


class Feedback(Rule):
    """A score of `event` below `below` is a flaw; without `below` every event is. `solicited`: we asked for it."""

    TABLE: ClassVar[str] = "feedback"

    event: Events
    below: float | None = None
    solicited: bool = False

"""Required acts: an event that must occur, after one step, before another, or at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lastmeter.journeys.grammar import Code, Events, Rule


class Required(Rule):
    """`event` must occur after step `after` and before step `before`; judged when `before` is reached, else at the end."""

    TABLE: ClassVar[str] = "required"

    event: Events
    after: Code | None = None
    before: Code | None = None

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {key: step for key, step in (("after", self.after), ("before", self.before)) if step}

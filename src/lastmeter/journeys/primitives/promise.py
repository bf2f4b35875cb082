"""Promises: by when the customer was told that a step would be reached. A promised day is kept until it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lastmeter.journeys.grammar import Code, Rule


class Promise(Rule):
    """The attributes `promised_<name>_on` and `_at` of the events of step `on` say by when `step` is promised."""

    TABLE: ClassVar[str] = "promise"

    on: Code
    name: Code
    step: Code

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"on": self.on, "step": self.step}

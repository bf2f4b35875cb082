"""Endings: by which step a journey is completed, cancelled or returned. Not a rule: nobody breaks an ending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from lastmeter.journeys.grammar import Code, Declaration
from lastmeter.kernel.titles import Title

STATES = ("cancelled", "returned", "completed")
"""The earlier wins: a cancelled journey stands apart even if it arrived; a returned one is not completed."""


class Ending(Declaration):
    """Reaching `step` ends the journey in `state`."""

    TABLE: ClassVar[str] = "ending"
    TITLE: ClassVar[Title] = Title("结局", "ending")

    state: Literal["completed", "cancelled", "returned"]
    step: Code

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"step": self.step}

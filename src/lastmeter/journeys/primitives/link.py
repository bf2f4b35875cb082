"""Links: the stretch between two steps, with an elapsed limit and an accountable post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from lastmeter.journeys.grammar import Code, OptionalLimit, Rule


class Link(Rule):
    """From `from_step` to `to_step` within `limit`, if there is one."""

    TABLE: ClassVar[str] = "link"

    from_step: Code = Field(alias="from")
    to_step: Code = Field(alias="to")
    limit: OptionalLimit = None

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"from": self.from_step, "to": self.to_step}

    def is_rule(self) -> bool:
        """A link without a limit is measured only."""
        return self.limit is not None

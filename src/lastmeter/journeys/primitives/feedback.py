"""Feedback as flaw: a score below a mark, or any such event at all (a complaint)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from lastmeter.journeys.grammar import OccurrenceRule
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.scope import Scope


class Feedback(OccurrenceRule):
    """A score of `event` below `below` is a flaw; without `below` every event is. `solicited`: we asked for it."""

    TABLE: ClassVar[str] = "feedback"
    TITLE: ClassVar[Title] = Title("反馈", "feedback")
    REMEDY: ClassVar[Title] = Title("弄清“{cause}”的缘由", "Find out what is behind “{cause}”")

    below: Annotated[float, Field(strict=False)] | None = None
    solicited: bool = False

    def needed_attributes(self) -> list[str]:
        """A mark needs a score."""
        return [] if self.below is None else ["score"]

    def breach(self, scope: Scope) -> str:
        """Feedback without a score is feedback, but breaks no mark."""
        mark = "" if self.below is None else f" AND {scope.attribute('score', 'DOUBLE')} < {self.below}"
        return super().breach(scope) + mark

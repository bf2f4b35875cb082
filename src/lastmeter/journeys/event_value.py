"""What tells one occurrence of an event from another: who did it, where, through which channel, or an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lastmeter.journeys.scope import Scope

COLUMNS = ("performer", "place", "channel")


class EventValue(NamedTuple):
    """A column of every event, or an attribute that a source declares."""

    name: str

    @property
    def attributes(self) -> list[str]:
        """The attribute that it reads, if it is one."""
        return [] if self.name in COLUMNS else [self.name]

    def sql(self, scope: Scope) -> str:
        """The value as text, over the columns of `traced`."""
        return self.name if self.name in COLUMNS else f"{scope.attribute(self.name, 'VARCHAR')}::VARCHAR"

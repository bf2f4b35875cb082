"""Acts on people are written down too: by the audit, which stands above this app and enters itself here at start."""

from __future__ import annotations

from typing import Any, Protocol

from lastmeter.server.people.models import Person


class Keeper(Protocol):
    """Who writes down what was done; see `audit.actions.record`."""

    def __call__(
        self, who: Person | str, act: str, *, object_type: str = "", object_id: str = "", reason: str = "", **detail: Any
    ) -> object:
        """Write one row, inside the act's transaction."""


_keepers: list[Keeper] = []


def keep_with(keeper: Keeper) -> None:
    """From now on `record` goes to this keeper."""
    _keepers[:] = [keeper]


def record(
    who: Person | str, act: str, *, object_type: str = "", object_id: str = "", reason: str = "", **detail: Any
) -> None:
    """Write down that `who` did `act`; call it inside the act's transaction. detail: counts and codes only."""
    for keeper in _keepers:
        keeper(who, act, object_type=object_type, object_id=object_id, reason=reason, **detail)

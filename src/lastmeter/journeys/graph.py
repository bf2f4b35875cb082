"""Which steps follow which."""

from __future__ import annotations

from collections.abc import Mapping


def reached(leads: Mapping[str, set[str]], start: str) -> set[str]:
    """Every step that follows a step, at any distance, and the step itself."""
    found, waiting = {start}, [start]
    while waiting:
        for step in leads.get(waiting.pop(), set()) - found:
            found.add(step)
            waiting.append(step)
    return found

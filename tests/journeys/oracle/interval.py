"""When an event may have occurred, and how two of them stand to each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lastmeter.journal.event import Event
from tests.journeys.oracle.occurrence import AFTER_ALL, BEFORE_ALL, Flaw, last


def lo(event: Event) -> datetime:
    return event.occurred_at or BEFORE_ALL


def hi(event: Event) -> datetime:
    return last(event) or AFTER_ALL


def until(event: Event) -> datetime | None:
    return event.occurred_end or event.occurred_at


def key(event: Event) -> tuple[datetime, str, str]:
    return event.occurred_at or AFTER_ALL, event.id, event.source


def surely_by(earlier: Event, later: Event) -> bool:
    """Before or with it."""
    return hi(earlier) <= lo(later)


def possibly_by(earlier: Event, later: Event) -> bool:
    return lo(earlier) <= hi(later)


def value(event: Event, name: str) -> Any:
    """A column of the event, or an attribute."""
    return getattr(event, name) if name in ("performer", "place", "channel") else event.attributes.get(name)


def flaw_at(event: Event, *, anchored: bool = True) -> Flaw:
    """A flaw at an event's time, which is its occurrence where it is `anchored`."""
    anchor = {"occurrence": event.id, "source": event.source} if anchored else {"occurrence": ""}
    return {**anchor, "occurred_at": event.occurred_at, "occurred_on": event.local_on, "link": None, "excess_seconds": None}

"""What the page of a journey is made from, as plain values, and how its times are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings

from lastmeter.diagnosis import words
from lastmeter.diagnosis.words import same
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server.people.queries import today
from lastmeter.workspace.timeline import JourneyView


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer said: `text` redacted, None where there were no words or they were erased."""

    event_id: str
    score: float | None
    scale: float | None
    text: str | None
    solicited: bool


@dataclass(frozen=True, slots=True)
class Past:
    """The customer's journeys within reach, this one included."""

    journeys: int
    counted: int
    perfect: int


@dataclass(frozen=True, slots=True)
class Between:
    """Between which steps a required act must occur."""

    after: Title | None
    before: Title | None


@dataclass(frozen=True, slots=True)
class Known:
    """All that the page is made from, kept until the facts change."""

    view: JourneyView
    at: datetime
    said: dict[str, Said]
    past: Past | None
    between: dict[str, Between]
    step_order: dict[str, int]
    step_events: dict[str, str]
    names: dict[str, dict[str, Title]]


@dataclass(frozen=True, slots=True)
class Proved:
    """A flaw with what proves it."""

    id: str
    rule: str
    title: Title
    primitive: str
    post: str | None
    post_title: Title | None
    at: datetime | None
    proof: Title
    solicited: bool
    link: str | None
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the timeline. form: event, ok (an ending or the start), say, flaw, or gap (a link that broke its limit).

    `day` is set where the local date changes. flaws: those that stand at this line.
    """

    form: str
    at: datetime | None
    title: Title | None
    day: Title | None = None
    clock: str = ""
    detail: tuple[Title, ...] = ()
    said: Said | None = None
    flaws: tuple[Proved, ...] = ()
    note: Title | None = None


def seconds_between(first: datetime | None, last: datetime | None) -> float | None:
    """Seconds from one instant to another, where both are known."""
    return None if first is None or last is None else (last - first).total_seconds()


def taken(known: Known, row: Mapping[str, Any]) -> float | None:
    """Seconds that a link took, or has taken so far."""
    seconds: float | None = row["seconds"]
    return seconds if seconds is not None else seconds_between(row["from_at"], known.at)


def over(known: Known, row: Mapping[str, Any]) -> float | None:
    """Seconds beyond the limit; of a link that is still waited for, up to the facts' time where its limit is elapsed time."""
    if row["excess_seconds"] is not None:
        return float(row["excess_seconds"])
    took = taken(known, row)
    return None if took is None or row["limit_seconds"] is None else max(took - row["limit_seconds"], 0.0)


def moment(at: datetime | None) -> Title:
    """22 Oct 20:40 in the company's zone; with its year where that is not this one."""
    if at is None:
        return same(words.DASH)
    local = local_of_utc(at, zone_named(settings.COMPANY.company.zone))
    day = _day(local.date())
    return Title(f"{day.zh} {local:%H:%M}", f"{day.en} {local:%H:%M}")


def told(due: datetime | date | None) -> Title:
    """A due day, or instant, in words."""
    return _day(due) if isinstance(due, date) and not isinstance(due, datetime) else moment(due)


def _day(on: date) -> Title:
    return words.day(on) if on.year == today().year else words.full_day(on)

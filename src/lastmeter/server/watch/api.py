"""Routes of the watch: flaws as they were raised, who took them on, what will be late."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from lastmeter.server.api.doors import needs
from lastmeter.server.api.instants import Instant
from lastmeter.server.api.paging import MOST, USUAL, cursor_of, values_of
from lastmeter.server.api.problems import answers
from lastmeter.server.people.access import person_of
from lastmeter.server.people.permissions import reach_of
from lastmeter.server.watch import actions, queries
from lastmeter.server.watch.models import Flaw, Prediction

router = Router(tags=["watch"])


class FlawsAsked(Schema):
    """Which flaws."""

    state: Literal["open", "new", "known", "withdrawn"] = "open"
    kind: str = ""
    rule: str = ""
    post: str = ""
    place: str = ""
    mine: bool = Field(False, description="of the posts that the caller holds")
    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(USUAL, ge=1, le=MOST)


class RaisedFlaw(Schema):
    """A flaw as the watch knows it."""

    flaw_id: str
    kind: str
    journey: str
    rule: str
    post: str | None
    place: str | None
    performer: str | None
    brand: str | None
    occurred_at: Instant | None
    excess_seconds: float | None
    raised_at: Instant
    withdrawn_at: Instant | None
    late_found: bool
    taken_by: str | None = Field(None, description="user name of who took it on")


class FlawPage(Schema):
    """Flaws, latest raised first; `next` leads to the following page, null at the end."""

    items: list[RaisedFlaw]
    next: str | None


class Happened(Schema):
    """What became of a flaw."""

    at: Instant
    what: str
    person: str
    note: str


class FlawWhole(Schema):
    """A flaw and its history."""

    flaw: RaisedFlaw
    history: list[Happened]


class Note(Schema):
    """What to write down."""

    note: str = Field("", max_length=500)


class AtRisk(Schema):
    """An open journey that will be late."""

    kind: str
    journey: str
    due_at: Instant
    said_at: Instant
    step: str
    expected_at: Instant | None
    chance: float
    compared: int
    place: str | None
    performer: str | None
    post: str | None


@router.get("/flaws", response=answers(FlawPage), summary="Flaws as they were raised")
@needs("see.flaws")
def flaws(request: HttpRequest, asked: Query[FlawsAsked]) -> dict[str, Any]:
    """The flaws within the caller's reach, latest raised first."""
    found = queries.flaws(person_of(request), queries.Asked(
        asked.state, asked.kind, asked.rule, asked.post, asked.place, asked.mine)).order_by("-raised_at", "flaw_id")
    if asked.cursor:
        raised, last = values_of(asked.cursor, 2)
        at = _instant(raised)
        found = found.filter(Q(raised_at__lt=at) | Q(raised_at=at, flaw_id__gt=str(last)))
    rows = list(found[: asked.limit + 1])
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return {"items": [_flaw(one) for one in page],
            "next": cursor_of([page[-1].raised_at.isoformat(), page[-1].flaw_id]) if more else None}


@router.get("/flaws/{flaw_id}", response=answers(FlawWhole), summary="One flaw with its history")
@needs("see.flaws")
def flaw(request: HttpRequest, flaw_id: str) -> dict[str, Any]:
    """A flaw, when it was raised and withdrawn, who took it on."""
    seen = queries.within(Flaw.objects.select_related("taken_by"), reach_of(person_of(request)))
    return _whole(get_object_or_404(seen, pk=flaw_id))


@router.post("/flaws/{flaw_id}/take", response=answers(FlawWhole), summary="Take a flaw on")
@needs("flaw.note")
def take(request: HttpRequest, flaw_id: str, body: Note) -> dict[str, Any]:
    """The caller takes the flaw on, with a note."""
    return _whole(actions.take_on(person_of(request), flaw_id, body.note))


@router.post("/flaws/{flaw_id}/release", response=answers(FlawWhole), summary="Let go of a flaw")
@needs("flaw.note")
def release(request: HttpRequest, flaw_id: str) -> dict[str, Any]:
    """Nobody has it any more."""
    return _whole(actions.release(person_of(request), flaw_id))


@router.get("/risk", response=answers(list[AtRisk]), summary="What will be late")
@needs("see.flaws")
def risk(request: HttpRequest, asked: Query[FlawsAsked]) -> list[Prediction]:
    """Open journeys whose remaining way no longer fits their promise, soonest due first."""
    found = queries.at_risk(person_of(request), queries.Asked(
        kind=asked.kind, post=asked.post, place=asked.place, mine=asked.mine))
    return list(found[: asked.limit])


def _instant(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        values_of("", 1)  # refuses it
        raise


def _whole(one: Flaw) -> dict[str, Any]:
    return {"flaw": _flaw(one), "history": queries.history_of(one.flaw_id)}


def _flaw(one: Flaw) -> dict[str, Any]:
    taken = one.taken_by
    return {name: getattr(one, name) for name in RaisedFlaw.model_fields if name != "taken_by"} | {
        "taken_by": taken.get_username() if taken else None}

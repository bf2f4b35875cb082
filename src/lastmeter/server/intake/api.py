"""Routes of intake: sources, imports, what was set aside."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema

from lastmeter.server.api.doors import needs
from lastmeter.server.api.instants import Instant
from lastmeter.server.api.paging import MOST, USUAL, cursor_of, values_of
from lastmeter.server.api.problems import answers
from lastmeter.server.intake import actions, queries
from lastmeter.server.intake.console import actions as console
from lastmeter.server.intake.console import queries as console_queries
from lastmeter.server.people.access import person_of

router = Router(tags=["intake"])
LARGEST = 2**31


class Words(Schema):
    """A text in both languages."""

    zh: str
    en: str


class SourceState(Schema):
    """What is known of a source. `door`: file, database, live or none."""

    name: str
    title: Words
    door: str
    watermark: Instant | None
    silent_since: Instant | None
    event_types: list[str]
    batches: int
    rejected: int


class Batch(Schema):
    """One import."""

    number: int
    source: str
    label: str
    state: str
    recorded_at: Instant
    stored: int
    duplicate: int
    corrected: int
    contradictory: int
    rejected: int


class RejectedAsked(Schema):
    """What of that which was set aside."""

    source: str | None = None
    code: str | None = None
    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(USUAL, ge=1, le=MOST)


class Rejected(Schema):
    """A row or event that could not be taken, and why; `raw` is masked unless the caller may see it."""

    number: int
    at: Instant
    source: str
    file: str
    row: int | None
    place: str | None
    code: str
    reason: Words
    raw: str | None
    masked: bool
    can_replay: bool


class RejectedPage(Schema):
    """What was set aside, newest first; `next` leads to the following page, null at the end."""

    items: list[Rejected]
    next: str | None


class Mended(Schema):
    """The event's text as it should have been; null: as it came."""

    text: str | None = None


class Replayed(Schema):
    """What became of it: stored, duplicate, conflict or rejected."""

    outcome: str


class Discarded(Schema):
    """How many were thrown away."""

    count: int


@router.get("/sources", response=answers(list[SourceState]), summary="Sources")
@needs("see.sources")
def sources(request: HttpRequest) -> Any:
    """Every source with its watermark, since when it is silent, what it tells."""
    return console_queries.sources(person_of(request))


@router.get("/batches", response=answers(list[Batch]), summary="Imports")
@needs("see.sources")
def batches(request: HttpRequest, source: str | None = None) -> Any:
    """The imports, of one source if it is named."""
    return [one.row for one in console_queries.batches(source)]


@router.post("/batches/{number}/undo", response=answers(Batch), summary="Undo an import")
@needs("import.undo")
def undo(request: HttpRequest, number: int) -> Any:
    """Withdraw what only this import attests; the worker does it, so the state may still be the old one."""
    if not 0 < number < LARGEST:
        raise Http404
    console.undo(person_of(request), number)
    return console_queries.batch(number).row


@router.get("/rejected", response=answers(RejectedPage), summary="What was set aside")
@needs("see.sources")
def rejected(request: HttpRequest, asked: Query[RejectedAsked]) -> dict[str, Any]:
    """Rows of files and events over HTTP that could not be taken."""
    before = values_of(asked.cursor, 1)[0] if asked.cursor else None
    found = queries.rejected(
        person_of(request), source=asked.source, code=asked.code, before=before if isinstance(before, int) else None,
        limit=asked.limit + 1)
    page = found[: asked.limit]
    return {"items": page, "next": cursor_of([page[-1].number]) if len(found) > asked.limit else None}


@router.post("/rejected/{number}/replay", response=answers(Replayed), summary="Replay what was set aside")
@needs("rejected.mend")
def replay(request: HttpRequest, number: int, body: Mended) -> dict[str, Any]:
    """Send it through the door again, mended or as it came."""
    outcome = actions.replay(person_of(request), _number(number), body.text).outcome
    return {"outcome": outcome if isinstance(outcome, str) else "rejected"}


@router.delete("/rejected/{number}", response=answers(Discarded), summary="Discard what was set aside")
@needs("rejected.mend")
def discard(request: HttpRequest, number: int) -> dict[str, Any]:
    """Throw it away."""
    return {"count": actions.discard(person_of(request), [_number(number)])}


def _number(number: int) -> int:
    if not 0 < number < LARGEST:
        raise Http404
    return number

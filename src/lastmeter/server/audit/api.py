"""Routes of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from lastmeter.kernel.clock import as_utc
from lastmeter.server.api.doors import needs
from lastmeter.server.api.instants import Instant
from lastmeter.server.api.paging import MOST, USUAL, cursor_of, values_of
from lastmeter.server.api.problems import answers
from lastmeter.server.audit.queries.rows import Asked

router = Router(tags=["audit"])


class AuditAsked(Schema):
    """Which rows."""

    actor: str = Field("", description="user name, or part of a person's name")
    act: str = Field("", description="an act, or the beginning of one")
    object: str = Field("", description="id or type of the object")
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(USUAL, ge=1, le=MOST)


class Row(Schema):
    """Somebody did something."""

    at: Instant
    actor: str
    act: str
    object_type: str
    object_id: str
    reason: str
    detail: dict[str, Any]
    request_id: str


class Page(Schema):
    """Rows, latest first; `next` leads to the following page, null at the end."""

    items: list[Row]
    next: str | None


@router.get("/audit", response=answers(Page), summary="What was done and seen")
@needs("see.audit")
def audit(request: HttpRequest, asked: Query[AuditAsked]) -> dict[str, Any]:
    """The audit."""
    found = Asked(
        asked.actor, asked.act, asked.object, as_utc(asked.since) if asked.since else None,
        as_utc(asked.until) if asked.until else None).rows().order_by("-pk")
    if asked.cursor:
        last = values_of(asked.cursor, 1)[0]
        found = found.filter(pk__lt=last if isinstance(last, int) else 0)
    rows = list(found[: asked.limit + 1])
    page = rows[: asked.limit]
    return {"items": page, "next": cursor_of([page[-1].pk]) if len(rows) > asked.limit else None}

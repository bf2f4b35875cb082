"""The doors over HTTP: events, heartbeats and watermarks of live sources, signed webhooks. Thin: what happens is in `ingest`.

Plain views and not part of the REST API's framework: thousands of events a second pass here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from lastmeter.journal.connection import unavailable
from lastmeter.kernel.clock import as_utc
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.intake.actions import check_name
from lastmeter.server.intake.ingest import bodies, formats, hooks, sources
from lastmeter.server.intake.ingest.door import Manner, Result, door
from lastmeter.server.intake.tokens import authenticate, demand_scope
from lastmeter.server.language import language_of
from lastmeter.server.people.access import open_door
from lastmeter.server.ui.middleware import status_of
from lastmeter.server.ui.views import problem

WRITE = "events:write"
STATUS = {"stored": 201, "duplicate": 200, "conflict": 409}
_STATUS_OF_ERROR = {
    "intake.no_token": 401, "intake.scope": 403, "intake.source_not_allowed": 403, "intake.brand_not_allowed": 403,
    "intake.too_fast": 429, "intake.busy": 429, "intake.too_large": 413, "intake.encoding": 415, "intake.content_type": 415,
    "intake.method": 405, "intake.signature": 401, "intake.no_hook": 404,
}
_SEVERAL = "application/json"

View = Callable[..., HttpResponseBase]
log = logging.getLogger(__name__)


def _door(method: str) -> Callable[[View], View]:
    """A door of intake: its own checks, no session, errors as problems (RFC 9457) with Retry-After where it helps."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method != method:
                    raise _method(method)
                return view(request, *args, **kwargs)
            except LastMeterError as error:
                return refusal(request, error)
            except DatabaseError as error:
                # Of the server's own tables: as the journal says it, by code only. The sender comes again.
                log.warning("a door's tables could not be read", exc_info=error)
                return refusal(request, unavailable(error))

        return csrf_exempt(open_door(guarded))

    return around


def refusal(request: HttpRequest, error: LastMeterError) -> HttpResponse:
    """The answer to a request of which nothing was taken."""
    status = _STATUS_OF_ERROR.get(error.code) or (503 if error.code == "journal.busy" else status_of(error))
    answer = problem(error, status, language_of(request))
    if status in {429, 503}:
        answer["Retry-After"] = str(error.places.get("seconds", bodies.RETRY_SECONDS))
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


@_door("POST")
def events(request: HttpRequest) -> HttpResponse:
    """POST /api/v1/events: one event (201 stored, 200 duplicate, 409 conflict, 422 rejected), or many (200, one result each).

    `?source=NAME` names the journal's source where the messages do not.
    """
    named = request.GET.get("source")
    if named is not None:
        check_name(named)
    token = demand_scope(authenticate(request), WRITE, source=named)
    usual = named or (token.sources[0] if len(token.sources) == 1 else None)
    manner = Manner(sources.known().reading, usual, token, clock.now())
    with bodies.body_of(request) as body:
        if formats.is_single(request, body):
            return one_answer(request, door.one(formats.one(request, body), manner))
        results: list[Result] = []
        for part in formats.slices(request, body):
            results += door.many(part, manner, first=len(results))
    return many_answer(results)


@_door("POST")
def heartbeat(request: HttpRequest, name: str) -> HttpResponse:
    """POST /api/v1/sources/NAME/heartbeat: the source is there and has nothing to tell."""
    demand_scope(authenticate(request), WRITE, source=name)
    check_name(name)
    door.contact(name, clock.now())
    return HttpResponse(status=204)


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    complete_until: datetime


@_door("POST")
def watermark(request: HttpRequest, name: str) -> HttpResponse:
    """POST /api/v1/sources/NAME/watermark {"complete_until": "2026-03-01T10:00:00Z"}: the source says up to when it is complete."""
    demand_scope(authenticate(request), WRITE, source=name)
    check_name(name)
    with bodies.body_of(request) as body:
        try:
            declared = msgspec.json.decode(body, type=_Declared).complete_until
        except (msgspec.DecodeError, ValueError):
            declared = None
    if declared is None or declared.tzinfo is None:
        raise LastMeterError(
            "intake.watermark", Title("数据水位读不懂", "The watermark cannot be read"),
            Title('发送 {{"complete_until": "2026-03-01T10:00:00Z"}}，须带时区',
                  'Send {{"complete_until": "2026-03-01T10:00:00Z"}} with an offset'), place="complete_until",
        )
    door.declare(name, as_utc(declared), clock.now())
    return HttpResponse(status=204)


@_door("POST")
def hook(request: HttpRequest, name: str) -> HttpResponse:
    """POST /hooks/SOURCE: a signed webhook (Standard Webhooks) whose body is a CloudEvent, or rows for the source's mapping.

    Anything that was taken or set aside answers 200, so that the sender does not try again and again; only what the server
    could not do answers 4xx or 5xx.
    """
    with bodies.body_of(request) as body:
        hooks.verify(request, name, body)
        return many_answer(hooks.take(request, name, body, clock.now()))


def one_answer(request: HttpRequest, result: Result) -> HttpResponse:
    """The status says what became of the event."""
    if isinstance(result.outcome, LastMeterError):
        status = _STATUS_OF_ERROR.get(result.outcome.code, 422)
        return problem(result.outcome, status, language_of(request), outcome="rejected", **_reason(result.outcome))
    body = msgspec.json.encode({"id": result.id, "outcome": result.outcome})
    return HttpResponse(body, status=STATUS[result.outcome], content_type=_SEVERAL)


def many_answer(results: list[Result]) -> HttpResponse:
    """200, with one result for each event in order, and how many of each."""
    rows = [
        _TOLD(identifier, outcome) if type(outcome) is str
        else {"id": identifier, "outcome": "rejected", **_reason(outcome)}  # type: ignore[arg-type]
        for identifier, outcome in results
    ]
    told = Counter([outcome if type(outcome) is str else "rejected" for _, outcome in results])
    counts = {name: told[name] for name in ("stored", "duplicate", "conflict", "rejected")}
    return HttpResponse(msgspec.json.encode({**counts, "events": rows}), content_type=_SEVERAL)


class _TOLD(msgspec.Struct, frozen=True, gc=False):
    id: str | None
    outcome: str


def _reason(error: LastMeterError) -> dict[str, Any]:
    return {
        "code": error.code, "reason": {"zh": error.message("zh"), "en": error.message("en")},
        "place": str(error.places.get("place") or error.places.get("name") or ""),
    }



def _method(method: str) -> LastMeterError:
    return LastMeterError(
        "intake.method", Title("这里只接受 {method}", "Only {method} is taken here"), Title("改用 {method}", "Use {method}"), method=method)

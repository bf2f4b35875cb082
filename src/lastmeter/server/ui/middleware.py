"""What every request passes: its id, its log line and the security policy; the reader's language; errors in words."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import counting, logs
from lastmeter.server.language import language_of
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, reach_of
from lastmeter.server.ui import views

Next = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("lastmeter.request")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
DJANGO_LANGUAGE = {"zh": "zh-hans", "en": "en"}
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
_FORBIDDEN = {
    "people.not_allowed", "people.reveal_quota", "people.not_invited", "people.let_go", "people.linked_already", "people.other_account",
    "people.sso_refused",
}


class RequestMiddleware:
    """An id for each request, also in the answer; one log line; the security policy."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if _SAFE_ID.fullmatch(given) else secrets.token_hex(8)
        held = logs.request_id.set(name)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = name
            response.setdefault("Content-Security-Policy", POLICY)
            response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
            seconds = time.perf_counter() - began
            route = request.resolver_match.route if request.resolver_match else ""
            counting.count_request(str(request.method), route, response.status_code, seconds)
            log.info("request", extra={"fields": {
                "method": request.method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1),
            }})
            return response
        finally:
            logs.request_id.reset(held)


class LanguageMiddleware:
    """`request.lang`: what the person chose, else the cookie, else what the browser prefers, else the company's first."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        lang = language_of(request)
        request.lang = lang  # type: ignore[attr-defined]
        with translation.override(DJANGO_LANGUAGE[lang]):
            response = self.get_response(request)
        response.setdefault("Content-Language", "zh-Hans" if lang == "zh" else "en")
        return response


class ErrorMiddleware:
    """What a user can mend becomes a page (or, for the API, a problem) that says how."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request. Whoever opens the address of an act finds no page there, and is told so in a page."""
        response = self.get_response(request)
        if request.method == "GET" and response.status_code == 405 and not response.streaming and not response.content:
            told = views.mendable(request, views.NOT_FOUND, 405)
            told["Allow"] = response["Allow"]
            return told
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to an error that was raised on purpose; others are Django's to report."""
        if not isinstance(error, LastMeterError):
            return None
        if request.method == "GET" and (error.code == "facts.not_built" or (error.code == "period.none" and _sees_all(request))):
            return redirect("welcome")
        return views.mendable(request, error, status_of(error))


@receiver(got_request_exception)
def leave_trace(**_said: Any) -> None:
    """A line in the log for whatever nobody answered, also what failed in a middleware, outside any view."""
    log.error("a request failed", exc_info=True)


def _sees_all(request: HttpRequest) -> bool:
    """Whether what the person finds empty is empty for everybody: only then the company is at its beginning."""
    return isinstance(request.user, Person) and reach_of(request.user) == Reach()


def status_of(error: LastMeterError) -> int:
    """The HTTP status that fits an error's code."""
    what = error.code.rpartition(".")[2]
    if error.code in _FORBIDDEN:
        return 403
    if what in {"unknown", "missing", "no_batch", "kind_unknown", "not_found", "nothing"}:
        return 404
    if what in {"busy", "conflict"}:
        return 409
    if what in {"disk_full", "not_writable", "database", "not_durable", "sso_unreachable"}:
        return 503
    return 400

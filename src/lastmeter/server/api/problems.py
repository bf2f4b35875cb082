"""Errors of the API: problem+json after RFC 9457, in the language that the caller prefers."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.language import language_of
from lastmeter.server.ui.middleware import status_of
from lastmeter.server.ui.views import FAILED, FORBIDDEN, NOT_FOUND, problem

log = logging.getLogger(__name__)
NOBODY = LastMeterError(
    "api.nobody", Title("没有有效的令牌，也没有登录", "There is no valid token and nobody is signed in"),
    Title("带上 Authorization: Bearer lm_...", "Send Authorization: Bearer lm_..."),
)
INVALID = LastMeterError(
    "api.invalid", Title("参数不对", "A parameter is not right"), Title("见 errors 里的位置和原因", "See where and why in `errors`"),
)
UNREADABLE = LastMeterError(
    "api.unreadable", Title("请求体不是要求的 JSON", "The body is not the JSON that is wanted"),
    Title("检查 Content-Type 和内容", "Check Content-Type and content"),
)
STATUSES = {"api.scope": 403, "api.busy": 503, "intake.too_fast": 429}


class Fault(Schema):
    """One wrong parameter: where it stands, and why."""

    at: str
    reason: str


class Problem(Schema):
    """An error after RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list[Fault] = []


def answers(ok: Any, *, status: int = 200) -> dict[int, Any]:
    """The documented answers of a route: what it gives, and the problems that any route may give."""
    return {status: ok, **dict.fromkeys((400, 401, 403, 404, 409, 422, 429, 503), Problem)}


def install(api: NinjaAPI) -> None:
    """Make every error of the API a problem."""

    @api.exception_handler(LastMeterError)
    def _ours(request: HttpRequest, error: LastMeterError) -> HttpResponse:
        answer = problem(error, STATUSES.get(error.code) or status_of(error), language_of(request))
        if answer.status_code in (429, 503):
            answer["Retry-After"] = str(error.places.get("seconds", 1))
        return answer

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        faults = [{"at": ".".join(str(part) for part in one["loc"][1:]), "reason": str(one["msg"])} for one in error.errors]
        return problem(INVALID, 422, language_of(request), errors=faults)

    @api.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        answer = problem(NOBODY, 401, language_of(request))
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(Http404)
    def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(NOT_FOUND, 404, language_of(request))

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(FORBIDDEN if error.status_code == 403 else UNREADABLE, error.status_code, language_of(request))

    @api.exception_handler(Exception)
    def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("a route of the API failed", exc_info=error)
        return problem(FAILED, 500, language_of(request))


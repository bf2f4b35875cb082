"""Errors as pages, sign of life, and the reader's own choices (language, theme)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import LANGS, Title
from lastmeter.server import logs
from lastmeter.server.language import LANGUAGE_COOKIE, language_of
from lastmeter.server.people.access import allows, open_door

PROBLEM = "application/problem+json"
NOT_FOUND = LastMeterError(
    "server.not_found", Title("没有这个页面", "There is no such page"),
    Title("检查地址，或从导航进入", "Check the address, or start from the navigation"),
)
FAILED = LastMeterError(
    "server.failed", Title("服务器出错了，没有写入任何内容", "The server failed; nothing was stored"),
    Title("请重试；仍不行就把请求编号告诉管理员", "Try again; if it persists, tell your administrator the request's id"),
)
BAD_REQUEST = LastMeterError(
    "server.bad_request", Title("请求读不懂", "The request cannot be read"),
    Title("返回上一页再试", "Go back and try again"),
)
FORBIDDEN = LastMeterError(
    "server.forbidden", Title("请求被拒绝", "The request was refused"),
    Title("重新载入页面再试；表单可能已过期", "Reload the page and try again; the form may have expired"),
)

_HEADINGS = {403: Title("没有权限", "Not allowed"), 404: Title("没有找到", "Not found"), 500: Title("服务器出错了", "The server failed")}
_HEADING = Title("没有办成", "This did not work")


def mendable(request: HttpRequest, error: LastMeterError, status: int) -> HttpResponse:
    """An error in the reader's language, as a page or as problem+json."""
    lang = language_of(request)
    if request.path.startswith("/api/"):
        return problem(error, status, lang)
    if not hasattr(request, "user"):
        request.user = AnonymousUser()
    context = {
        "heading": _HEADINGS.get(status, _HEADING).say(lang), "error": error.message(lang), "hint": error.hint(lang), "code": error.code,
        "request_id": logs.request_id.get(), "unfiltered": _unfiltered(request, error),
    }
    template = "ui/error_part.html" if getattr(request, "htmx", False) else "ui/error.html"
    return render(request, template, context, status=status)


def _unfiltered(request: HttpRequest, error: LastMeterError) -> str:
    """The same page without filters, where it is they that went wrong."""
    return request.path if request.method == "GET" and error.code.partition(".")[0] in {"filter", "period"} else ""


def problem(error: LastMeterError, status: int, lang: str, **more: Any) -> JsonResponse:
    """RFC 9457."""
    body = {"type": f"urn:lastmeter:error:{error.code}", "title": error.message("zh" if lang == "zh" else "en"),
            "status": status, "code": error.code, "detail": error.hint("zh" if lang == "zh" else "en"),
            "request_id": logs.request_id.get(), **more}
    return JsonResponse(body, status=status, content_type=PROBLEM, json_dumps_params={"ensure_ascii": False})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return mendable(request, BAD_REQUEST, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return mendable(request, FORBIDDEN, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return mendable(request, NOT_FOUND, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500."""
    return mendable(request, FAILED, 500)


@open_door
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@open_door
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ready\n", content_type="text/plain")


@open_door
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """The reader's language or theme, kept with the account, or in a cookie for who is not signed in."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    answer = redirect(back)
    lang, theme = request.POST.get("lang", ""), request.POST.get("theme")
    user: Any = request.user
    if lang in LANGS:
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=31_536_000, samesite="Lax")
        if user.is_authenticated:
            user.lang = lang
            user.save(update_fields=["lang"])
    if theme in {"", "light", "dark"} and user.is_authenticated:
        user.theme = theme
        user.save(update_fields=["theme"])
    return answer


@allows("self")
@require_GET
def more(request: HttpRequest) -> HttpResponse:
    """All pages, for a phone."""
    return render(request, "ui/more.html")

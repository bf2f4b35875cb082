"""The focus list: three or four things to clear, whose they are, and what came of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from lastmeter.diagnosis.focus import MOST, Chosen
from lastmeter.diagnosis.sections.focus import told
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board import focusing
from lastmeter.server.board.filters import filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import focus as found
from lastmeter.server.board.queries.findings import chosen, focus_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

UNDO = "focus-undo"
_TEXT = 500


@allows("see.focus")
@require_GET
def focus(request: HttpRequest) -> HttpResponseBase:
    """The list, what can be chosen besides, and the effects."""
    filters = filters_of(request).whole
    made, outcomes, choosable = focus_of(filters), None, None
    if made is not None:
        outcomes, choosable = found.outcomes(filters, request.lang), found.choosable(filters)  # type: ignore[attr-defined]
    if made is None or outcomes is None or choosable is None:
        return being_made(request, filters, "focus")
    lang: Lang = request.lang  # type: ignore[attr-defined]
    known, taken = made.value, chosen()
    judged = {one.judged.code for one in outcomes.value}
    return render(request, "board/focus.html", {
        "section": "focus", "filters": filters, "focus": known, "at": made.at, "lines": found.lines(known, filters),
        "sentence": told(known), "choosable": choosable, "full": len(taken) >= MOST, "most": MOST, "owners": found.owners(taken),
        "outcomes": outcomes.value, "early": [found.title_of(one.code, filters) for one in taken if one.code not in judged],
        "settled": [(one, found.title_of(one.code, filters)) for one in known.settled],
        "can_choose": may(person_of(request), "focus.choose"), "undo": _undo(request, lang),
    })


@allows("focus.choose")
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Take one on."""
    filters = filters_of(_as_get(request))
    choosable = found.choosable(filters)
    if choosable is None:
        raise LastMeterError(
            "focus.busy", Title("还在找暗礁", "Reefs are still being looked for"),
            Title("几秒后再试", "Try again in a few seconds"),
        )
    codes = [one.code for _, options in choosable for one in options] + [one.code for one in chosen()]
    one = focusing.choose(person_of(request), _chosen(request, request.POST.get("code", "")), codes=codes, period=filters.period.code)
    return _back(request, one.code, None, "chosen")


@allows("focus.choose")
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Say anew who, what, by when."""
    code = request.POST.get("code", "")
    before, asked = focusing.held(code), _chosen(request, code)
    focusing.change(person_of(request), code, owner=asked.owner, action=asked.action, due=asked.due, note=asked.note)
    return _back(request, code, before, "changed")


@allows("focus.choose")
@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Take one off."""
    code = request.POST.get("code", "")
    before = focusing.drop(person_of(request), code)
    return _back(request, code, before, "dropped")


@allows("focus.choose")
@require_POST
def put_back(request: HttpRequest) -> HttpResponse:
    """Undo what was done last."""
    try:
        said: dict[str, Any] = signing.loads(request.POST.get("undo", ""), salt=UNDO)
    except signing.BadSignature as error:
        raise LastMeterError(
            "focus.undo", Title("撤销不了", "It cannot be undone"), Title("重新载入聚焦项页面再试", "Load the focus page again and try"),
        ) from error
    before = None if said["before"] is None else msgspec.convert(said["before"], Chosen)
    focusing.put_back(person_of(request), said["code"], before)
    return redirect(_address(request))


def _chosen(request: HttpRequest, code: str) -> Chosen:
    said = {name: request.POST.get(name, "").strip()[:_TEXT] or None for name in ("owner", "action", "note")}
    due = request.POST.get("due", "")
    try:
        day = parse_date(due) if due else None
    except ValueError:
        day = None
    if due and day is None:
        raise LastMeterError(
            "focus.due", Title("读不懂的日期", "The date cannot be read"), Title("写成 2026-11-30", "Write it as 2026-11-30"),
        )
    return Chosen(code, said["owner"], said["action"], day, None, said["note"])


def _back(request: HttpRequest, code: str, before: Chosen | None, what: str) -> HttpResponse:
    """Back to the list, which offers to undo."""
    held = None if before is None else msgspec.to_builtins(before)
    request.session[UNDO] = {"token": signing.dumps({"code": code, "before": held}, salt=UNDO), "what": what, "code": code}
    return redirect(_address(request))


def _undo(request: HttpRequest, lang: Lang) -> dict[str, str] | None:
    """What can be undone, told once."""
    last = request.session.pop(UNDO, None)
    if last is None:
        return None
    words = {
        "chosen": Title("已选为聚焦项。", "Chosen as focus."), "changed": Title("已保存。", "Saved."),
        "dropped": Title("已从聚焦项放下。", "Dropped from the focus list."),
    }
    return {"token": last["token"], "said": words[last["what"]].say(lang), "code": last["code"]}


def _as_get(request: HttpRequest) -> HttpRequest:
    """The filters of a form are read as those of an address."""
    query = request.GET.copy()
    for name in ("kind", "period"):
        if value := request.POST.get(name):
            query[name] = value
    request.GET = query  # type: ignore[assignment]
    return request


def _address(request: HttpRequest) -> str:
    kept = {name: value for name in ("kind", "period") if (value := request.POST.get(name))}
    return reverse("focus") + (f"?{urlencode(kept)}" if kept else "")


urlpatterns = [
    path("focus/", focus, name="focus"),
    path("focus/choose/", choose, name="focus-choose"),
    path("focus/change/", change, name="focus-change"),
    path("focus/drop/", drop, name="focus-drop"),
    path("focus/undo/", put_back, name="focus-undo"),
]

"""What was set aside: rows of files and events that came over HTTP; mended, replayed, discarded, downloaded."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from lastmeter.journal import rejected as set_aside
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.audit.actions import record
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.intake import actions as intake_actions
from lastmeter.server.intake import queries as intake_queries
from lastmeter.server.intake.console import queries
from lastmeter.server.intake.console.views.forms import toast
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

PAGE = 50


@allows("see.sources")
@require_GET
def all_rejected(request: HttpRequest) -> HttpResponse:
    """Newest first, in pages, narrowed by source, reason and door."""
    person = person_of(request)
    source, code, door = (request.GET.get(name, "") for name in ("source", "code", "door"))
    before = request.GET.get("before", "")
    found = intake_queries.rejected(
        person, source=source or None, code=code or None, live={"http": True, "files": False}.get(door),
        before=int(before) if before.isdecimal() and len(before) < 19 else None, limit=PAGE + 1,
    )
    counts = intake_queries.rejected_counts(person)
    return render(request, "intake/rejected.html", {
        "section": "sources", "source_titles": queries.source_titles, "rows": found[:PAGE],
        "next": found[PAGE - 1].number if len(found) > PAGE else None, "counts": counts,
        "sources": sorted({one.source for one in counts}), "codes": sorted({(one.code, one.reason.zh, one.reason.en) for one in counts}),
        "source": source, "code": code, "door": door, "total": sum(one.count for one in counts),
        "may_see": intake_queries.may_see_raw(person), "may_mend": may(person, "rejected.mend"),
    })


@allows("see.sources")
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One of them. POST `act`: replay (what came over HTTP) or discard."""
    person = person_of(request)
    row = intake_queries.one_rejected(person, number)
    if row is None:
        raise LastMeterError("rejected.unknown", Title("这一行已经不在了", "This row is gone"),
                             Title("它可能已经修正、过期或随顾客一起删除", "It was mended, has expired, or was erased with its customer"))
    if request.method == "POST":
        if request.POST.get("act") == "discard":
            intake_actions.discard(person, [number], reason=request.POST.get("reason", ""))
            toast(request, Title("已丢弃", "Discarded"))
            return redirect("rejected")
        return _replayed(request, row)
    if not row.masked and row.raw:
        record(person, "rejected.see", object_type="rejected", object_id=str(number))
    return render(request, "intake/rejected_one.html", {
        "section": "sources", "source_titles": queries.source_titles, "row": row, "text": row.raw or "",
        "may_see": intake_queries.may_see_raw(person), "may_mend": may(person, "rejected.mend"),
    })


def _replayed(request: HttpRequest, row: intake_queries.Rejected) -> HttpResponse:
    """Replay it as mended; where it still cannot be taken, the text stays in the form beside the reason."""
    person, text = person_of(request), request.POST.get("text", "")
    try:
        intake_actions.replay(person, row.number, text or None)
    except LastMeterError as error:
        if error.code == "people.not_allowed":
            raise
        return render(request, "intake/rejected_one.html", {
            "section": "sources", "source_titles": queries.source_titles, "row": row, "text": text,
            "answer": error.message(language_of(request)), "answer_hint": error.hint(language_of(request)),
            "may_see": intake_queries.may_see_raw(person), "may_mend": True,
        }, status=422)
    toast(request, Title("收下了", "It is taken"))
    return redirect("rejected")


@allows("rejected.mend")
@require_GET
def of_batch(request: HttpRequest, number: int) -> HttpResponseBase:
    """All rows that a batch set aside, as CSV; as they came only for who may see that."""
    person = person_of(request)
    queries.batch(number)
    lang = language_of(request)
    sees = intake_queries.may_see_raw(person)
    rows = set_aside.read(intake_queries.own(), batch=number)
    names = {"file": Title("文件", "file"), "row": Title("行", "row"), "column": Title("列", "column"), "code": Title("代码", "code"),
             "reason": Title("原因", "reason")}
    columns: dict[str, list[Any]] = {
        "file": [row.file for row in rows], "row": [row.row for row in rows], "column": [row.column for row in rows],
        "code": [row.code for row in rows], "reason": [row.reason.say(lang, **row.places) for row in rows],
    }
    named = {names[name].say(lang): column for name, column in columns.items()}
    if sees:
        named[Title("原文", "as it came").say(lang)] = [row.raw for row in rows]
    return csv_answer(
        request, "rejected", pa.table(named), act="rejected.see" if sees else "export", object_id=str(number))

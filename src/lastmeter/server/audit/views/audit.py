"""The audit: who did what to which object, and who saw a value."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server import clock
from lastmeter.server.audit import actions, queries
from lastmeter.server.audit.acts import actor_title, object_title, title_of
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.audit.queries import rows
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of

CSV_ROWS = 50_000
SEEN_DAYS = 30


@allows("see.audit")
@require_GET
def audit(request: HttpRequest) -> HttpResponseBase:
    """Rows of the audit, filtered; as CSV too."""
    asked = _asked(request.GET)
    if request.GET.get("format") == "csv":
        return csv_answer(request, "audit", _table(asked, language_of(request)))
    number = int(given) if (given := request.GET.get("page", "1")).isdecimal() and len(given) < 7 else 1
    found, more = queries.page(asked, number)
    return render(request, "audit/audit.html", {
        "section": "audit", "rows": _named(found), "more": more, "page": number, "given": request.GET,
        "acts": [(act, title_of(act)) for act in rows.acts()],
        "unusual": AuditRow.objects.filter(act=actions.revealing.UNUSUAL, at__gte=clock.now() - timedelta(days=7)).count(),
    })


@allows("see.audit")
@never_cache
@require_POST
def seen(request: HttpRequest) -> HttpResponseBase:
    """Who saw a phone, name or address between two times. A form that is posted: the value never stands in an address."""
    value = request.POST.get("value", "").strip()
    until = _instant(request.POST, "until") or clock.now()
    since = _instant(request.POST, "since") or until - timedelta(days=SEEN_DAYS)
    found = queries.who_saw(value, since, until) if value else []
    actions.record(person_of(request), "audit.who_saw", object_type=rows.VAULT, rows=len(found))
    return render(request, "audit/seen.html", {
        "section": "audit", "rows": _named(found), "known": bool(value and rows.tokens_of(value)), "since": since, "until": until,
        "who": sorted({row.actor for row in found}),
    })


def _asked(given: QueryDict) -> queries.Asked:
    return queries.Asked(
        actor=given.get("actor", "").strip(), act=given.get("act", ""), object=given.get("object", "").strip(),
        since=_instant(given, "since"), until=_instant(given, "until"),
    )


def _instant(given: QueryDict, field: str) -> datetime | None:
    """A local day or minute of the company, as UTC."""
    text = given.get(field, "")
    if not text:
        return None
    try:
        return parse_instant(text, zone_named(settings.COMPANY.company.zone))
    except ValueError:
        raise LastMeterError(
            "audit.time", Title("时间写得不对", "This is no time"), Title("写成 2026-12-01T08:30", "Write it as 2026-12-01T08:30"),
        ) from None


def _named(found: list[AuditRow]) -> list[tuple[AuditRow, Title, Title, Title]]:
    """Each row with what its act, its type of object and its actor are called."""
    return [(row, title_of(row.act), object_title(row.object_type), actor_title(row.actor)) for row in found]


def _table(asked: queries.Asked, lang: Lang) -> pa.Table:
    listed = list(asked.rows()[:CSV_ROWS])
    return pa.table({
        "at": pa.array([row.at for row in listed], pa.timestamp("s")), "actor": [row.actor for row in listed],
        "act": [row.act for row in listed],
        "title": [title_of(row.act).say(lang) for row in listed],
        "object_type": [row.object_type for row in listed], "object_id": [row.object_id for row in listed],
        "reason": [row.reason for row in listed], "request_id": [row.request_id for row in listed],
    })


urlpatterns = [path("audit/", audit, name="audit"), path("audit/seen/", seen, name="audit_seen")]

"""The brief in the console: what it says, the file itself in a frame, published, sent, downloaded."""

from __future__ import annotations

import base64
import hashlib
import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from lastmeter.charts.brief_html import render_html
from lastmeter.diagnosis.brief import Brief, brief_json
from lastmeter.diagnosis.study import DEPTHS, Depth
from lastmeter.kernel.titles import LANGS, Lang
from lastmeter.server.audit.actions import record
from lastmeter.server.board import briefs
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries.findings import brief_of
from lastmeter.server.company import Found
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand, may
from lastmeter.server.ui.middleware import POLICY
from lastmeter.workspace import choices

TOLD = "brief-told"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@allows("see.brief")
@require_GET
def brief(request: HttpRequest) -> HttpResponseBase:
    """The brief with all that it can be asked for."""
    filters, depth, lang = _asked(request)
    made = brief_of(filters, depth)
    if made is None:
        return being_made(request, filters, "brief")
    person = person_of(request)
    can_mail = may(person, briefs.ACT)
    response = render(request, "board/brief.html", {
        "section": "brief", "filters": filters, "brief": made.value, "at": made.at, "depth": depth, "of_lang": lang,
        "posts": filters.names.get("post", {}), "departments": filters.names.get("department", {}),
        "file": filters.to(reverse("brief-file"), depth=depth, lang=lang), "json": filters.to(reverse("brief-json"), depth=depth),
        "published": briefs.is_published(made.value), "can_publish": may(person, briefs.ACT) and not briefs.narrowed(filters),
        "can_mail": can_mail, "sendings": briefs.sendings_of(filters) if can_mail else [],
        "can_export": may(person, "export"), "told": request.session.pop(TOLD, None),
        "addressees": Person.objects.filter(is_active=True).exclude(email="").exclude(role="third_party").order_by("name"),
    })
    response["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@allows("see.brief")
@require_GET
def brief_file(request: HttpRequest) -> HttpResponseBase:
    """The brief as one file, as it is sent and printed; its one style is known by its digest."""
    filters, depth, lang = _asked(request)
    made = brief_of(filters, depth)
    if made is None:
        return being_made(request, None, "brief")
    text = render_html(made.value, lang)
    response = HttpResponse(text)
    if request.GET.get("download"):
        _taken(request, made, f"{briefs.name_of(made.value)}-{lang}.html", response)
    digests = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _STYLE.findall(text)]
    styles = " ".join(f"'sha256-{one}'" for one in digests)
    response["Content-Security-Policy"] = f"default-src 'none'; style-src {styles}; img-src data:; frame-ancestors 'self'"
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


@allows("export")
@require_GET
def brief_as_json(request: HttpRequest) -> HttpResponseBase:
    """The brief as plain values."""
    filters, depth, _ = _asked(request)
    made = brief_of(filters, depth)
    if made is None:
        return being_made(request, None, "brief")
    response = HttpResponse(brief_json(made.value), content_type="application/json")
    _taken(request, made, f"{briefs.name_of(made.value)}.json", response)
    return response


@allows("brief.publish")
@require_POST
def publish(request: HttpRequest) -> HttpResponseBase:
    """Remember its figures."""
    filters, depth, lang = _asked(request)
    made = brief_of(filters, depth)
    if made is None:
        return being_made(request, filters, "brief")
    briefs.publish(person_of(request), filters, made.value)
    return _back(request, filters, depth, lang, {"what": "published"})


@allows("brief.publish")
@require_POST
def mail(request: HttpRequest) -> HttpResponseBase:
    """Have it sent."""
    filters, depth, lang = _asked(request)
    to = [*request.POST.getlist("to"), *re.split(r"[,;\s]+", request.POST.get("others", ""))]
    number = briefs.mail(person_of(request), filters, depth=depth, lang=lang, to=to)
    return _back(request, filters, depth, lang, {"what": "mailed", "n": number})


def _asked(request: HttpRequest) -> tuple[Filters, Depth, Lang]:
    depth, lang = request.GET.get("depth") or "quick", request.GET.get("lang") or request.lang  # type: ignore[attr-defined]
    choices.check("depth", depth, DEPTHS)
    choices.check("lang", lang, LANGS)
    return filters_of(request), depth, lang  # type: ignore[return-value]


def _taken(request: HttpRequest, made: Found[Brief], name: str, response: HttpResponse) -> None:
    person = person_of(request)
    demand(person, "export")
    record(person, "export", object_type="brief", object_id=briefs.name_of(made.value))
    response["Content-Disposition"] = f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "_", name)}"'


def _back(request: HttpRequest, filters: Filters, depth: Depth, lang: Lang, told: dict[str, object]) -> HttpResponse:
    request.session[TOLD] = told
    return redirect(filters.to(reverse("brief"), depth=depth, lang=lang))


urlpatterns = [
    path("brief/", brief, name="brief"),
    path("brief/file/", brief_file, name="brief-file"),
    path("brief/json/", brief_as_json, name="brief-json"),
    path("brief/publish/", publish, name="brief-publish"),
    path("brief/mail/", mail, name="brief-mail"),
]

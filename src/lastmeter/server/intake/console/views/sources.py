"""Sources: all of them, one of them, its mapping, its settings; tokens."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.intake import actions as intake_actions
from lastmeter.server.intake import queries as intake_queries
from lastmeter.server.intake.console import actions, headlines, queries
from lastmeter.server.intake.console.views.forms import instant, toast
from lastmeter.server.intake.models import SCOPES, Token
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may


@allows("see.sources")
@require_GET
def all_sources(request: HttpRequest) -> HttpResponseBase:
    """The page Sources, or its CSV."""
    person = person_of(request)
    found = queries.sources(person)
    if request.GET.get("format") == "csv":
        return csv_answer(request, "sources", pa.table(_columns(found, request)))
    return _page(request, found)


@allows("see.sources")
@require_GET
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One source."""
    return _source(request, name)


def _source(request: HttpRequest, name: str, secret: str = "") -> HttpResponse:
    """`secret`: a new one for its webhooks, which stands on this answer and on no other."""
    person = person_of(request)
    source = queries.one_source(person, name)
    event = queries.example_event(name, source.event_types)
    return render(request, "intake/source.html", {
        "section": "sources", "source": source, "mapped": queries.mapped_of(name), "batches": queries.batches(name),
        "counts": intake_queries.rejected_counts(person, source=name), "modes": queries.mode_titles(),
        "event": json.dumps(event, ensure_ascii=False, indent=2), "address": request.build_absolute_uri("/api/v1/events"),
        "may_undo": may(person, "import.undo"), "may_edit": may(person, "source.edit"),
        "headline": headlines.of_source(source), "may_hook": may(person, "webhook.edit"), "secret": secret,
        "hook": request.build_absolute_uri(f"/hooks/{name}"),
    })


@allows("source.edit")
@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, name: str) -> HttpResponse:
    """A source's mapping as text: `act` check or save."""
    person = person_of(request)
    queries.one_source(person, name)
    known = queries.mapped_of(name)
    text, mistakes, checked = known.text, None, False
    if request.method == "POST":
        text = request.POST.get("text", "")
        dry = request.POST.get("act") != "save"
        mistakes = actions.edit_mapping(person, name, text, dry=dry)
        checked = True
        if not dry and not mistakes:
            toast(request, Title("映射已保存", "The mapping is saved"))
            return redirect("source", name)
    elif known.error is not None:
        mistakes = actions.edit_mapping(person, name, text, dry=True)
    return render(request, "intake/mapping.html", {
        "section": "sources", "name": name, "text": text, "mistakes": mistakes or [], "checked": checked,
        "source_titles": queries.source_titles,
    }, status=422 if mistakes and checked else 200)


@allows("source.edit")
@require_POST
def sending(request: HttpRequest, name: str) -> HttpResponse:
    """How the watermark of a source that sends comes about."""
    minutes = request.POST.get("lateness_minutes", "")
    intake_actions.set_source(
        person_of(request), name, mode=request.POST.get("mode", "arrival"),
        lateness_seconds=60 * int(minutes) if minutes.isdecimal() and len(minutes) < 7 and int(minutes) <= 100_000 else 300,
    )
    return redirect("source", name)


@allows("webhook.edit")
@require_POST
def new_secret(request: HttpRequest, name: str) -> HttpResponse:
    """A new secret for the webhooks of a source."""
    person = person_of(request)
    queries.one_source(person, name)
    answer = _source(request, name, intake_actions.new_secret(person, name))
    answer["Cache-Control"] = "no-store"
    return answer


@allows("token.edit")
@require_POST
def give_token(request: HttpRequest) -> HttpResponse:
    """A new token: its key is on this answer and nowhere else."""
    person = person_of(request)
    token, key = intake_actions.give_token(
        person, request.POST.get("name", ""), scopes=request.POST.getlist("scope"),
        sources=[name for name in request.POST.getlist("source") if name], brands=person.brands,
        expires_at=instant(request.POST.get("expires_at", "")),
    )
    answer = _page(request, queries.sources(person), given=token, key=key)
    answer["Cache-Control"] = "no-store"
    return answer


@allows("token.edit")
@require_POST
def withdraw_token(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw a token."""
    intake_actions.withdraw_token(person_of(request), get_object_or_404(Token, pk=number))
    toast(request, Title("令牌已收回", "The token is withdrawn"))
    return redirect("sources")


def _page(request: HttpRequest, found: list[queries.Source], **more: Any) -> HttpResponse:
    person = person_of(request)
    may_give = may(person, "token.edit")
    return render(request, "intake/sources.html", {
        "section": "sources", "sources": found, "headline": headlines.of_sources(found), "runs": queries.runs(),
        "tokens": intake_queries.tokens(person) if may_give else [], "may_give": may_give, "scopes": SCOPES,
        "may_import": may(person, "import"), "at": clock.now(), "sparks": any(source.rate.events for source in found), **more,
    })


def _columns(found: list[queries.Source], request: HttpRequest) -> dict[str, list[Any]]:
    lang = language_of(request)
    names = {
        "source": Title("数据源", "source"), "watermark": Title("数据水位", "watermark"), "per_day": Title("每天事件", "events a day"),
        "types": Title("事件类型", "event types"), "batches": Title("批次", "batches"), "rejected": Title("搁置", "set aside"),
    }
    values: dict[str, list[Any]] = {
        "source": [source.name for source in found], "watermark": [source.watermark for source in found],
        "per_day": [source.rate.per_day for source in found], "types": [" ".join(source.event_types) for source in found],
        "batches": [source.batches for source in found], "rejected": [source.rejected for source in found],
    }
    return {names[name].say(lang): column for name, column in values.items()}

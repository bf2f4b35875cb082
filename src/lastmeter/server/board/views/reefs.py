"""The reefs: where journeys break more than period, place and each other explain."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.diagnosis.sections.reefs import FEWEST, told
from lastmeter.kernel.titles import Lang
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.board.filters import filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import reefs as found
from lastmeter.server.board.queries.findings import reefs_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.workspace.focusing import reef_rows
from lastmeter.workspace.table import Table


@allows("see.diagnosis")
@require_GET
def reefs(request: HttpRequest) -> HttpResponseBase:
    """Cards by what mending gives, main effects and interactions apart."""
    filters = filters_of(request)
    made = reefs_of(filters)
    if made is None:
        return being_made(request, filters, "reefs")
    lang: Lang = request.lang  # type: ignore[attr-defined]
    held, person = made.value, person_of(request)
    if request.GET.get("format") == "csv":
        rows = Table.of_rows(reef_rows(held.all, lang)).to_arrow()
        return csv_answer(request, "reefs", rows, kind=filters.kind, period=filters.period.code)
    return render(request, "board/reefs.html", {
        "section": "reefs", "filters": filters, "held": held, "at": made.at, "sentence": told(held), "searched": found.searched(held),
        "too_few": held.due < FEWEST,
        "lists": [("main", found.cards(held.main, filters)), ("interactions", found.cards(held.interactions, filters))],
        "can_choose": may(person, "focus.choose"), "can_export": may(person, "export"), "year": str(filters.period.first.year),
    })


urlpatterns = [path("reefs/", reefs, name="reefs")]

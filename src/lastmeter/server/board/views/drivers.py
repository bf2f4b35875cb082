"""The drivers: what the customers' score goes with, among the facts known when they were asked."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.diagnosis.drivers.analysis import FEWEST_ANSWERS
from lastmeter.diagnosis.sections.drivers import TOO_FEW, told
from lastmeter.kernel.titles import Lang
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.board.filters import filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import drivers as found
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.workspace.explaining import driver_rows
from lastmeter.workspace.table import Table


@allows("see.diagnosis")
@require_GET
def drivers(request: HttpRequest) -> HttpResponseBase:
    """Shares with intervals, what would go with a driver, and what was not known when the customer was asked."""
    filters = filters_of(request).whole
    made = found.drivers_of(filters)
    if made is None:
        return being_made(request, filters, "drivers")
    context = {"section": "drivers", "filters": filters, "at": made.at, "sentence": TOO_FEW, "fewest": FEWEST_ANSWERS}
    if made.value is not None:
        held, stretch = made.value
        if request.GET.get("format") == "csv":
            lang: Lang = request.lang  # type: ignore[attr-defined]
            rows = Table.of_rows(driver_rows(held, lang)).to_arrow()
            return csv_answer(request, "drivers", rows, kind=filters.kind, period=filters.period.code)
        context |= {
            "held": held, "stretch": stretch, "sentence": told(held, of_period=stretch == filters.period),
            "lines": found.lines(held), "has_fractions": any(one.attributable_fraction is not None for one in held.rows),
            "can_export": may(person_of(request), "export"),
        }
    return render(request, "board/drivers.html", context)


urlpatterns = [path("drivers/", drivers, name="drivers")]

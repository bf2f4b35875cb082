"""The list of journeys, and the views of it that people save."""

from __future__ import annotations

from math import ceil

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from lastmeter.diagnosis import words
from lastmeter.kernel.titles import Title
from lastmeter.server.audit.exports import ROWS_AT_ONCE, csv_answer
from lastmeter.server.board import saved_views
from lastmeter.server.board.queries import journey_list as journeys
from lastmeter.server.company import workspace
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

PATH = "/journeys/list/"
KEPT = ("through", "customer", "post", "department", "counted", "sort")
"""Parameters that the bar's form carries on without a select for them."""


@allows("see.journeys")
@require_GET
def journey_list(request: HttpRequest) -> HttpResponseBase:
    """The journeys that the address asks for, or all of them as CSV."""
    asked = journeys.asked_of(request)
    if request.GET.get("format") == "csv":
        with workspace() as ws:
            rows = journeys.exported(asked.filters.facts(ws), asked).to_native().to_arrow_reader(ROWS_AT_ONCE)
            return csv_answer(request, "journeys", rows, kind=asked.filters.kind)
    count = journeys.count_of(asked)
    person = person_of(request)
    pages = min(max(ceil(count.value / journeys.ROWS), 1), journeys.PAGES)
    return render(request, "board/journey_list.html", {
        "section": "journeys", "asked": asked, "filters": asked.filters, "sentence": journeys.sentence(asked, count.value),
        "count": count, "lines": journeys.lines_of(asked).value if count.value else [], "pages": pages,
        "first": (asked.page - 1) * journeys.ROWS + 1, "last": min(asked.page * journeys.ROWS, count.value),
        "number": words.count(count.value), "previous_page": asked.page - 1, "next_page": asked.page + 1,
        "can": {"export": may(person, "export"), "save": may(person, "view.save")}, "here_address": _address(request),
        "kept": [(name, value) for name in KEPT if (value := request.GET.get(name))], "headers": _headers(asked),
        "selects": journeys.selects_of(asked), "chips": journeys.chips_of(asked),
        "views": saved_views.views_of(person, PATH), "deleted": saved_views.deleted_view(person, request.GET.get("deleted")),
    })


def _headers(asked: journeys.Asked) -> list[tuple[str, Title, str, str]]:
    """Of each column that sorts: its name, title, aria-sort, and the sort that a press asks for."""
    found = []
    for name, (_, title) in journeys.SORTS.items():
        now = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "")
        found.append((name, title, now, name if asked.sort == f"-{name}" else f"-{name}"))
    return found


def _address(request: HttpRequest) -> str:
    """The list as it would be saved: its filters and order, from the first page on."""
    query = request.GET.copy()
    for name in ("page", "deleted", "part"):
        query.pop(name, None)
    return f"{PATH}?{query.urlencode()}"


@allows("view.save")
@require_POST
def save(request: HttpRequest) -> HttpResponseBase:
    """Keep the list as it is under a name."""
    view = saved_views.save_view(
        person_of(request), request.POST.get("name", ""), request.POST.get("address", ""), shared="shared" in request.POST,
    )
    return redirect(view.address)


@allows("view.save")
@require_POST
def delete(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take a view away; the page that follows offers to bring it back."""
    view = saved_views.delete_view(person_of(request), number)
    return redirect(f"{view.address.partition('?')[0]}?deleted={view.pk}")


@allows("view.save")
@require_POST
def restore(request: HttpRequest, number: int) -> HttpResponseBase:
    """Bring a deleted view back."""
    return redirect(saved_views.restore_view(person_of(request), number).address)


urlpatterns = [
    path("journeys/list/", journey_list, name="journey-list"),
    path("views/save/", save, name="view-save"),
    path("views/<int:number>/delete/", delete, name="view-delete"),
    path("views/<int:number>/restore/", restore, name="view-restore"),
]

"""The Pareto: which causes make most of the flaws, and where one of them lies."""

from __future__ import annotations

import pyarrow as pa
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.charts.drawings.bar import bar
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.words import count
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.board.filters import filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import pareto as found
from lastmeter.server.board.queries.findings import brief_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

FIRST_SORT = "-count"


@allows("see.diagnosis")
@require_GET
def pareto(request: HttpRequest) -> HttpResponseBase:
    """The chart with the period before behind it; the bar that is chosen fills the drill-down."""
    filters = filters_of(request)
    brief = brief_of(filters)
    if brief is None:
        return being_made(request, filters, "pareto")
    lang: Lang = request.lang  # type: ignore[attr-defined]
    held = found.causes_of(brief.value)
    context = {"section": "pareto", "filters": filters, "brief": brief.value, "at": brief.at, "held": held}
    if held is None:
        return render(request, "board/pareto.html", context)
    if request.GET.get("format") == "csv":
        return csv_answer(request, "pareto", _table(held.rows, lang), kind=filters.kind, period=filters.period.code)
    rule = found.chosen_rule(held, request.GET.get("rule"))
    by = request.GET.get("by") or "place"
    sort = request.GET.get("sort") or FIRST_SORT
    bars = found.slots(held, filters, rule, lang)
    drill = found.drill(held, filters, rule, by).value
    context |= {
        "finding": brief.value.section("pareto"), "why": found.why(held), "rule": rule, "by": by, "by_titles": found.BY,
        "flaw_count": count(held.flaws), "flawed_count": count(held.flawed_journeys), "slots": bars,
        "chart": found.chart(held, bars, filters, lang), "slim": _slim(bars), "drill": drill,
        "others_count": count(drill.others_count),
        "rows": [(cause, found.trend(cause)) for cause in found.ordered(held, sort)], "headers": _headers(sort), "all_of_it": found.ALL,
        "can_export": may(person_of(request), "export"),
    }
    return render(request, "board/pareto_part.html" if request.GET.get("part") else "board/pareto.html", context)


def _slim(slots: list[found.Slot]) -> list[tuple[found.Slot, object]]:
    """The chart for a phone: a lying bar for each cause."""
    most = max((max(slot.bar.count, slot.bar.previous) for slot in slots), default=0)
    return [(slot, bar(slot.bar.count, most, previous=slot.bar.previous, leading=slot.bar.chosen)) for slot in slots]


def _headers(sort: str) -> list[tuple[Title, str, str | None]]:
    """Of each column that sorts: its title, what pressing it asks for, how it is sorted now."""
    now = {sort: "descending" if sort.startswith("-") else "ascending"}
    return [
        (title, name if sort == f"-{name}" else f"-{name}", now.get(f"-{name}") or now.get(name))
        for name, (title, _) in found.SORTS.items()
    ]


def _table(rows: list[Cause], lang: Lang) -> pa.Table:
    return pa.Table.from_pylist([
        {
            "rule": one.rule, "title": one.title.say(lang), "post": one.post, "count": one.count, "share": one.share,
            "cumulative": one.cumulative, "journeys": one.journeys, "previous": one.previous, "change": one.change.text.say(lang),
        }
        for one in rows
    ])


urlpatterns = [path("pareto/", pareto, name="pareto")]

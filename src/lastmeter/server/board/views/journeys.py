"""The blueprint as a map: where the hours go, link by link."""

from __future__ import annotations

import pyarrow as pa
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.charts.drawings.bar import bar
from lastmeter.charts.drawings.strip import strip
from lastmeter.charts.drawings.time_scale import Stretch, time_scale
from lastmeter.diagnosis import words
from lastmeter.diagnosis.links import LateLink
from lastmeter.diagnosis.working import UNITS as WORKING
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.board.queries import journeys
from lastmeter.server.board.queries.posts import holders_of
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

LIST = "/journeys/list/"
_SCALE = 2.0  # a strip ends at so many times the limit
_LABEL = Title("各链路用时的中位数首尾相接，全程 {median}，承诺 {promise}",
               "Median durations of the links end to end; whole way {median}, promise {promise}")


@allows("see.journeys")
@require_GET
def journey_map(request: HttpRequest) -> HttpResponseBase:
    """The map of one kind of journey in a period."""
    filters = filters_of(request)
    found = journeys.map_of(filters)
    if request.GET.get("format") == "csv":
        return csv_answer(request, "links", _rows(found.value), kind=filters.kind, period=filters.period.code)
    lang: Lang = language_of(request)
    holders = holders_of([link.post for link in found.value.links])
    return render(request, "board/journeys.html", {
        "section": "journeys", "filters": filters, "map": found.value, "at": found.at, "sentence": journeys.sentence(found.value),
        "why": journeys.why(found.value), "scale": _scale(found.value, lang), "stretches": _stretches(found.value),
        "may_export": may(person_of(request), "export"),
        "lines": [_line(link, found.value, filters, holders) for link in found.value.links],
        "endings": [(ending, filters.to(LIST, state=ending.state)) for ending in found.value.endings],
        "all_list": filters.to(LIST), "flawed_list": filters.to(LIST, flawed="1"), "perfect_list": filters.to(LIST, flawed="0"),
        "counts": {"journeys": words.count(found.value.journeys), "due": words.count(found.value.whole.n)},
    })


def _scale(found: journeys.Map, lang: Lang) -> object:
    stretches = [Stretch(link.title, link.now.median or 0.0, link.link == found.worst) for link in found.route]
    whole = found.whole
    label = words.fill(_LABEL, median=words.duration(whole.median), promise=words.duration(whole.promise)).say(lang)
    return time_scale(stretches, lang, label=label, start=whole.start, median=whole.median, p90=whole.p90, promise=whole.promise)


def _stretches(found: journeys.Map) -> list[tuple[LateLink, bool, object]]:
    """The same for a phone: each link with a bar as long as its median."""
    most = max((link.now.median or 0.0 for link in found.route), default=0.0)
    return [(link, link.link == found.worst, bar(link.now.median or 0.0, most, leading=link.link == found.worst)) for link in found.route]


def _line(link: LateLink, found: journeys.Map, filters: Filters, holders: dict[str, str]) -> dict[str, object]:
    """One link of the route as the table shows it."""
    now, worst = link.now, link.link == found.worst
    beyond = link.limit_seconds is not None and now.p90 is not None and now.p90 > link.limit_seconds
    most = link.limit_seconds * _SCALE if link.limit_seconds else (now.p99 or now.p90 or 0.0)
    return {
        "link": link, "worst": worst, "beyond": beyond, "holder": holders.get(link.post or ""),
        "limit": words.limit(link.limit_seconds, link.limit_unit) if link.limit_seconds else None,
        "strip": strip(now.p10, now.median, now.p90, most, limit=link.limit_seconds, tail=now.p99, worst=beyond, width=276),
        "late": filters.to(LIST, link=link.link, counted="1"), "through": filters.to(LIST, through=link.link, counted="1"),
        "tone": _tone(link), "unit": link.limit_unit if link.limit_unit in WORKING else None,
    }


def _tone(link: LateLink) -> str | None:
    """How the change of a link's late share is shown: only what is a signal, or noise where the chart can judge."""
    if link.change is None or link.change.verdict == "unknown":
        return None
    if not link.change.is_signal:
        return "noise"
    return "bad" if link.change.direction == "worse" else "good"


def _rows(found: journeys.Map) -> pa.Table:
    return pa.Table.from_pylist([
        {
            "link": link.link, "title_zh": link.title.zh, "title_en": link.title.en, "n": link.now.n,
            "median_seconds": link.now.median, "p90_seconds": link.now.p90, "p99_seconds": link.now.p99,
            "spread_seconds": link.now.spread, "limit_seconds": link.limit_seconds, "late": link.now.late,
            "judged": link.now.judged, "late_share": link.now.late_share, "blamed_share": link.blamed_share, "post": link.post,
        }
        for link in found.links
    ])


urlpatterns = [path("journeys/", journey_map, name="journeys")]

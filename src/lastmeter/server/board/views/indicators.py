"""The indicators by area, and a page for each."""

from __future__ import annotations

import time

import pyarrow as pa
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.charts import notebook
from lastmeter.charts.drawings.control import control_chart
from lastmeter.charts.drawings.sparkline import charted_sparkline
from lastmeter.charts.theme import Mode
from lastmeter.diagnosis import words
from lastmeter.indicators.figure import Figure
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.board import explorable
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import indicators
from lastmeter.server.board.queries.posts import holders_of
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

LIST = "/journeys/list/"
PATIENCE = 1.2
"""Seconds that the page waits for figures in all; the areas that are missing then are shown when they are there."""
AREAS_AT_ONCE = 4
UNITS: dict[str, Title] = {
    "share": Title("占比", "share"), "seconds": Title("时长", "duration"), "days": Title("天", "days"), "count": Title("个数", "count"),
    "score": Title("得分", "score"), "points": Title("分", "points"), "money": Title("金额", "money"),
}
TABLES: dict[str, Title] = {
    "journeys": Title("旅程", "journeys"), "links": Title("链路", "links"), "flaws": Title("瑕疵", "flaws"),
    "feedback": Title("反馈", "feedback"), "happenings": Title("事件", "events"),
}
AGGREGATIONS: dict[str, Title] = {
    "share": Title("达到的 ÷ 全部", "those that count ÷ all"),
    "weighted_share": Title("答复者中达到的，按总体加权", "of those who answered, weighted to all"),
    "value_share": Title("金额占比", "share of the value"), "mean": Title("平均值", "mean"), "median": Title("中位数", "median"),
    "p90": Title("第九十百分位", "ninth decile"), "spread": Title("p90 − p10", "p90 − p10"),
}
DATED: dict[str, Title] = {
    "due": Title("到期日", "due day"), "fulfilled": Title("完成日", "day of completion"), "started": Title("开始日", "day of start"),
    "occurred": Title("发生日", "day it happened"),
}
_LABEL = Title("{title}，{n} 期，灰带为控制限", "{title} over {n} periods with control limits")


@allows("see.indicators")
@require_GET
def indicator_list(request: HttpRequest) -> HttpResponseBase:
    """All indicators of a period, as far as they are worked out; the page asks again for the rest."""
    filters = filters_of(request)
    wanted = request.GET.get("q", "").strip()
    shown, pending, until = [], 0, time.monotonic() + PATIENCE
    for area in indicators.areas(filters):
        if wanted and not any(indicators.matches(one, wanted) for one in area.indicators):
            continue
        left = max(until - time.monotonic(), 0.0)
        found = indicators.rows_of_area(filters, area, wait=left) if pending < AREAS_AT_ONCE else None
        pending += found is None
        rows = [row for row in found.value if indicators.matches(row, wanted)] if found else []
        shown.append((area, found, rows))
    rows = [row for _, _, rows in shown for row in rows]
    holders = holders_of([row.post for row in rows])
    known = [row for row in rows if row.has_value]
    if request.GET.get("format") == "csv" and not pending:
        return csv_answer(request, "indicators", _table([row.figure for row in known if row.figure]), period=filters.period.code)
    return render(request, "board/indicators.html", {
        "section": "indicators", "filters": filters, "wanted": wanted, "pending": pending, "holders": holders,
        "areas": [
            (area, found, [(row, _shown(row)) for row in rows if row.has_value], [row for row in rows if not row.has_value])
            for area, found, rows in sorted(shown, key=lambda one: one[1] is not None and not any(row.has_value for row in one[2]))
        ],
        "counts": {"all": sum(len(area.indicators) for area in indicators.areas(filters)), "known": len(known),
                   "signals": sum(row.change.is_signal for row in known)},
        "at": next((found.at for _, found, _ in shown if found), None), "may_export": may(person_of(request), "export"),
    })


def _shown(row: indicators.Row) -> dict[str, object]:
    figure = row.figure
    return {
        "value": words.figure(figure.value if figure else None, row.unit), "interval": indicators.interval(figure, row.unit),
        "n": words.count(figure.n) if figure else None, "spark": charted_sparkline(row.points),
    }


def _table(figures: list[Figure]) -> pa.Table:
    return pa.Table.from_pylist([
        {name: getattr(figure, name) for name in ("code", "value", "n", "low", "high", "rules_observed", "rules_total", "mature")}
        for figure in figures
    ])


@allows("see.indicators")
@require_GET
def indicator(request: HttpRequest, code: str) -> HttpResponseBase:
    """One indicator: what it means, how it went, who differs, what it is made of."""
    filters = filters_of(request)
    declared = indicators.indicator_of(code)
    by = request.GET.get("by") or indicators.comparable(declared)[0][0]
    indicators.check_dimension(declared, by)
    found = indicators.detail_of(filters, code)
    if found is None:
        return being_made(request, filters, "indicators")
    detail = found.value
    if request.GET.get("format") == "csv":
        return csv_answer(request, code, indicators.series_table(detail), period=filters.period.code)
    groups = indicators.groups_of(filters, code, by)
    lang: Lang = language_of(request)
    label = words.fill(_LABEL, title=declared.title, n=len(detail.row.points)).say(lang)
    return render(request, "board/indicator.html", {
        "section": "indicators", "filters": filters, "indicator": declared, "detail": detail, "row": detail.row,
        "shown": _shown(detail.row), "at": found.at, "by": by, "dimensions": indicators.comparable(declared),
        "chart": control_chart(detail.row.points, lang, label=label, unit=declared.unit, width=1130, height=210),
        "slim": control_chart(detail.row.points, lang, label=label, unit=declared.unit, width=340, height=200, most=15),
        "past": [(point, words.figure(point.value, declared.unit), words.figure(point.centre, declared.unit), words.count(point.n))
                 for point in reversed(detail.row.points) if point.value is not None],
        "sides": None if groups is None else [_group(group, declared.unit, by, filters) for group in groups.value],
        "examples": [(one, words.figure(one.number, declared.unit) if one.number is not None else None) for one in detail.examples],
        "holder": holders_of([detail.row.post]).get(detail.row.post or ""), "list": filters.to(LIST),
        "unit": UNITS[declared.unit], "table": TABLES[declared.table], "aggregation": AGGREGATIONS[declared.aggregation],
        "dated": DATED[declared.dated_by],
        "bundle": explorable.bundle_version(), "spec": filters.to("chart.json"),
        "may_export": may(person_of(request), "export"),
    })


def _group(group: indicators.Group, unit: str, by: str, filters: Filters) -> dict[str, object]:
    return {
        "group": group, "value": words.figure(group.figure.value, unit), "interval": indicators.interval(group.figure, unit),
        "n": words.count(group.figure.n), "shrunk": words.figure(group.shrunk, unit) if group.shrunk is not None else None,
        "address": filters.to(LIST, **{by: group.code, "counted": "1"}),
    }


@allows("see.indicators")
@require_GET
def chart(request: HttpRequest, code: str) -> HttpResponseBase:
    """The chart to explore, as the page's script embeds it."""
    filters = filters_of(request)
    found = indicators.detail_of(filters, code)
    if found is None:
        return JsonResponse({}, status=202)
    lang: Lang = language_of(request)
    mode: Mode = "dark" if request.GET.get("theme") == "dark" else "light"
    drawn = notebook.control(found.value.chart, "", lang)
    return JsonResponse(explorable.embedded(drawn, mode, lang), json_dumps_params={"ensure_ascii": False})


@allows("see.indicators")
@require_GET
def bundle(request: HttpRequest, number: str) -> HttpResponseBase:
    """The script that draws charts to explore; `number` is its version."""
    del number  # only what the address says, so that browsers may keep it for good
    return explorable.bundle_answer(request)


urlpatterns = [
    path("indicators/", indicator_list, name="indicators"),
    path("indicators/vega-<str:number>.js", bundle, name="vega"),
    path("indicators/<str:code>/", indicator, name="indicator"),
    path("indicators/<str:code>/chart.json", chart, name="indicator-chart"),
]

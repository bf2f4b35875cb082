"""One journey: the answer, the time bar, the timeline, its flaws, its customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from lastmeter.charts.drawings.journey_bar import Mark, Passage, journey_bar
from lastmeter.diagnosis import words
from lastmeter.kernel.clock import local_of_utc, utc_of_local, zone_named
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board.queries import journey as journeys
from lastmeter.server.board.queries.journey_known import Known, moment, over, told
from lastmeter.server.board.queries.posts import holders_of
from lastmeter.server.board.queries.states import due_of
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.server.watch import queries as watch

LIST = "/journeys/list/"
ACTS = {
    "raised": Title("提出", "raised"), "withdrawn": Title("撤回", "withdrawn"), "taken": Title("接手", "taken on"),
    "released": Title("放回", "released"), "noted": Title("备注", "noted"),
}
_PROMISED = Title("承诺 {due}", "promised {due}")
_LABEL = Title("旅程按真实时间比例：{finding}", "The journey on a time scale: {finding}")
_DAY = timedelta(days=1)
_MOST_DAYS = 60
WIDE, SLIM = 1130.0, 340.0
"""Units across of the time bar on a screen and on a phone."""


@allows("see.journeys")
@require_GET
def journey(request: HttpRequest, kind: str, journey_id: str) -> HttpResponseBase:
    """One journey as a colleague reads it."""
    person = person_of(request)
    page = journeys.page_of(person, kind, journey_id)
    is_open = page.known.view.journey["state"] == "open"
    foretold = watch.at_risk(person, watch.Asked()).filter(kind=kind, journey=journey_id).first() if is_open else None
    lang: Lang = language_of(request)
    row = page.known.view.journey
    return render(request, "board/journey.html", {
        "section": "journeys", "page": page, "row": row, "view": page.known.view, "bar": _bar(page, lang), "slim": _bar(page, lang, SLIM),
        "holders": holders_of([page.answer.post, *(flaw.post for flaw in page.flaws)]),
        "post_title": page.known.view.post_titles.get(page.answer.post or ""),
        "foretold": foretold, "history": [
            (entry, ACTS.get(entry.what, words.same(entry.what)), page.known.view.rule_titles.get(entry.rule, words.same(entry.rule)))
            for entry in watch.history(kind, journey_id)
        ],
        "past": page.known.past, "at": page.known.at, "customer_seen": may(person, "customer.see"),
        "customer_list": f"{LIST}?{urlencode({'kind': kind, 'customer': row['customer']})}" if row["customer"] else None,
        "about": [(title, called, f"{LIST}?{urlencode({'kind': kind, name: code})}") for name, title, code, called in page.about],
    })


def _bar(page: journeys.Page, lang: Lang, width: float = WIDE) -> object:
    """The journey to scale; it starts with its first link or event. Nothing of a kind that has no steps."""
    known = page.known
    row, view = known.view.journey, known.view
    origin = row["started_at"] or next((link["from_at"] for link in view.links if link["from_at"]), None)
    if origin is None or not known.step_order:
        return ""

    def since(at: datetime) -> float:
        return float((at - origin).total_seconds())

    shown = _shown_until(known, origin)
    passages = [
        Passage(
            title=view.rule_titles.get(link["link"]) or _stretch(known, link), start=since(link["from_at"]),
            end=since(link["to_at"] or row["ended_at"] or shown), limit_at=_limit_at(known, link, since), over=over(known, link),
            limit_seconds=link["limit_seconds"], limit_unit=link["limit_unit"],
        )
        for link in journeys.parts(known) if link["from_at"] is not None
    ]
    due = row["due_at"] if row["promise"] != "none" else None
    promise = Mark(since(due), words.fill(_PROMISED, due=told(due_of(row))).say(lang)) if due else None
    arrived = row["fulfilled_at"] or row["ended_at"]
    end = Mark(since(arrived), moment(arrived).say(lang)) if arrived else None
    last = max([at for at in (due, arrived, *(link["to_at"] for link in view.links), None if arrived else shown) if at] or [origin])
    return journey_bar(
        passages, lang, label=words.fill(_LABEL, finding=page.sentence).say(lang), days=_midnights(origin, last, lang),
        promise=promise, end=end, missed=row["promise"] == "missed", width=width,
    )


def _limit_at(known: Known, link: dict[str, Any], since: Callable[[datetime], float]) -> float | None:
    """When the limit of a broken link ran out, in seconds after the start; None of one that kept it."""
    beyond = over(known, link) if link["outcome"] in journeys.BROKEN else None
    return None if beyond is None else since(link["to_at"] or known.at) - beyond


def _shown_until(known: Known, origin: datetime) -> datetime:
    """Up to when an open journey is drawn: now, but no more than half as long again as what is known of it."""
    moments: list[datetime] = [event.occurred_at for event in known.view.events if event.occurred_at]
    last = max([*moments, known.view.journey["due_at"] or origin])
    return min(known.at, last + max((last - origin) / 2, timedelta(hours=12)))


def _stretch(known: Known, link: dict[str, Any]) -> Title:
    steps = known.view.step_titles
    start, end = (steps.get(str(link[name]), words.same(str(link[name]))) for name in ("from_step", "to_step"))
    return words.fill(Title("{start} → {end}", "{start} → {end}"), start=start, end=end)


def _midnights(first: datetime, last: datetime, lang: Lang) -> list[Mark]:
    """Local days that begin within the journey, and the one it began on, at its own beginning."""
    zone = zone_named(settings.COMPANY.company.zone)
    begun = local_of_utc(first, zone).date()
    days = (local_of_utc(last, zone).date() - begun).days
    step = max(days // _MOST_DAYS + 1, 1)
    marks = [Mark(0.0, words.day(begun).say(lang))]
    for ahead in range(step, days + 1, step):
        day = begun + _DAY * ahead
        at = utc_of_local(datetime.combine(day, time()), zone)
        marks.append(Mark((at - first).total_seconds(), words.day(day).say(lang)))
    return marks


urlpatterns = [path("journeys/<str:kind>/<path:journey_id>/", journey, name="journey")]

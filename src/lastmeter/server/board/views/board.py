"""The board: one sentence, the chart, the focus list, four figures, what changed, where journeys break, what is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.kernel.titles import Lang
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.board.making import being_made
from lastmeter.server.board.queries import board as found
from lastmeter.server.board.queries.findings import brief_of, focus_of
from lastmeter.server.intake.console.queries import source_titles
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.server.people.queries import posts_of, today
from lastmeter.server.watch.queries import Asked, at_risk, silent_sources


@allows("see.board")
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Everyone's home: the last meter of one's own posts first, then the company's."""
    filters = filters_of(request)
    posts = [] if filters.post or filters.department else posts_of(person_of(request), today())
    parts = {"posts": (_posts, "board/own_posts.html"), "focus": (_focus, "board/board_focus.html")}
    if request.GET.get("part") in parts:
        make, template = parts[request.GET["part"]]
        return render(request, template, {"filters": filters} | make(request, filters, posts))
    found.own_posts(posts, filters)  # they are begun before the page waits for the company's
    brief = brief_of(filters)
    if brief is None:
        return being_made(request, filters, "board")
    lang: Lang = request.lang  # type: ignore[attr-defined]
    by = request.GET.get("by", "")
    return render(request, "board/board.html", {
        "section": "board", "filters": filters, "brief": brief.value, "at": brief.at, "stats": found.stats(brief.value, filters),
        "chart": found.chart(brief.value, filters, lang, by), "by": by, "shifts": found.shifts(brief.value, filters),
        "broken": found.broken(brief.value, filters), "route": found.route(brief.value, filters),
        "open": found.open_flaws(filters), "peers": found.beside_peers(brief.value),
        "ahead": _ahead(request, filters), "silent": silent_sources(), "source_titles": source_titles,
        "rate_title": found.rate_title(brief.value), "diagnosis_seen": may(person_of(request), "see.diagnosis"),
        **_posts(request, filters, posts), **_focus(request, filters, posts),
    })


def _ahead(request: HttpRequest, filters: Filters) -> int:
    """How many journeys under way will be late, as the watch foresees it; none where it does not know what is filtered on."""
    where = dict(filters.where)
    if filters.department or set(where) - {"place", "brand", "performer"}:
        return 0
    asked = Asked(kind=filters.kind, post=filters.post or "", place=where.pop("place", ""))
    return at_risk(person_of(request), asked).filter(**where).count()


def _posts(request: HttpRequest, filters: Filters, posts: list[str]) -> dict[str, Any]:
    own = found.own_posts(posts, filters)
    return {"own": own, "own_coming": any(one.brief is None and one.none is None for one in own)}


def _focus(request: HttpRequest, filters: Filters, posts: list[str]) -> dict[str, Any]:
    seen = may(person_of(request), "see.focus")
    focus = focus_of(filters, wait=0) if seen else None
    return {"focus_seen": seen, "focus": focus.value if focus else None}


urlpatterns = [path("", board, name="board")]

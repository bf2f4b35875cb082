"""Search as a page, and as the part that the palette shows while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.server.board.queries.search import search
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.words import language_of


@allows("self")
@require_GET
def found(request: HttpRequest) -> HttpResponseBase:
    """What was found, grouped."""
    wanted = request.GET.get("q", "")
    part = request.GET.get("part") == "1"
    hits = search(person_of(request), wanted, language_of(request), thorough=not part)
    response = render(request, "board/search_part.html" if part else "board/search.html", {
        "wanted": wanted.strip(), "found": hits, "number": sum(len(group.hits) for group in hits), "part": part,
    })
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [path("search/", found, name="search")]

"""The page that stands in for one whose figures are being made: it says so and loads itself again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lastmeter.server.board.filters import Filters

AGAIN_SECONDS = 2


def being_made(request: HttpRequest, filters: Filters | None, section: str) -> HttpResponse:
    """The page, 202 Accepted."""
    response = render(
        request, "board/making.html", {"filters": filters, "section": section, "again": AGAIN_SECONDS}, status=202
    )
    response["Retry-After"] = str(AGAIN_SECONDS)
    response["Cache-Control"] = "no-store"
    return response

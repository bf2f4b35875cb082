"""The first-run guide: from an empty workspace to the first brief."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastmeter.server.board.queries.welcome import progress
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may


@allows("self")
@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Five steps, what is done ticked."""
    person = person_of(request)
    template = "board/welcome_part.html" if getattr(request, "htmx", False) else "board/welcome.html"
    return render(request, template, {
        "section": "welcome", "progress": progress(), "may_import": may(person, "import"), "may_edit": may(person, "blueprint.edit"),
        "may_see_brief": may(person, "see.brief"), "may_see_sources": may(person, "see.sources"), "may_give": may(person, "token.edit"),
    })


urlpatterns = [path("welcome/", welcome, name="welcome")]

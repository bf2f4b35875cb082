"""The dialog that shows personal values whole, for a reason; a page of its own without script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lastmeter.server.audit import actions, queries
from lastmeter.server.people.access import allows, person_of

MOST = 20


@allows("reveal")
@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest) -> HttpResponseBase:
    """Ask for a reason, then show the values."""
    given = request.POST if request.method == "POST" else request.GET
    tokens = given.getlist("token")[:MOST]
    kind, journey, back = given.get("kind", ""), given.get("journey", ""), given.get("back") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    values: dict[str, str] = {}
    if request.method == "POST":
        values = actions.reveal(person_of(request), tokens, given.get("reason", ""), kind=kind, journey=journey)
    # Also masked, a value tells something: only who may reveal it sees even that.
    reached = queries.in_reach(person_of(request), tokens, kind=kind, journey=journey)
    shown = queries.masked(tokens) if reached else {}
    htmx = getattr(request, "htmx", False)
    return render(request, "audit/reveal_part.html" if htmx else "audit/reveal.html", {
        "parts": [(token, shown[token]) for token in tokens if token in shown], "kind": kind, "journey": journey, "back": back,
        "values": list(values.values()), "quota": actions.revealing.quota_of(person_of(request)),
    })


urlpatterns = [path("reveal/", reveal, name="reveal")]

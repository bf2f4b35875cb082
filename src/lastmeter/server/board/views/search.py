"""Search as a page, and as the part that the palette shows while somebody types.

What somebody types may be a phone, an address or a name: it is sent as a form, and so stands in no address, history, Referer
or log. An address may ask for what names nobody (`may_stand_in_address`): an id, the last digits of a phone.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lastmeter.kernel.titles import Title
from lastmeter.server.board.queries.search import may_stand_in_address, search
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of

NOT_IN_ADDRESS = Title(
    "地址里写的没有查：它可能指一个人。请在这里输入", "What stood in the address was not looked up: it may name a person. Type it here")


@allows("self")
@never_cache
@require_http_methods(["GET", "POST"])
def found(request: HttpRequest) -> HttpResponseBase:
    """What was found, grouped."""
    is_typed = request.method == "POST"
    given = request.POST if is_typed else request.GET
    wanted, part = given.get("q", "").strip(), given.get("part") == "1"
    if not is_typed and not may_stand_in_address(wanted):
        messages.info(request, NOT_IN_ADDRESS.say(language_of(request)))
        return redirect("search")
    hits = search(person_of(request), wanted, language_of(request), thorough=is_typed and not part)
    response = render(request, "board/search_part.html" if part else "board/search.html", {
        "wanted": wanted, "found": hits, "number": sum(len(group.hits) for group in hits), "part": part,
        "is_cut": any(group.has_more for group in hits),
    })
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [path("search/", found, name="search")]

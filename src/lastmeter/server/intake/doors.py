"""The addresses that programs send events to, and the short way to them.

Single events come by the thousand, each in a request of its own. After what every request passes (its id, its log line, the
security headers) they go straight to their view: they have a token and no session, cookie, form or page, and all that the
console needs would cost as much as taking the event.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, path, resolve

from lastmeter.server.intake import views

urlpatterns = [
    path("api/v1/events", views.events, name="events"),
    path("api/v1/sources/<str:name>/heartbeat", views.heartbeat, name="heartbeat"),
    path("api/v1/sources/<str:name>/watermark", views.watermark, name="watermark"),
    path("hooks/<str:name>", views.hook, name="hook"),
]
_PREFIXES = ("/api/v1/events", "/api/v1/sources/", "/hooks/")


@lru_cache(maxsize=1_000)
def _door_at(path: str) -> ResolverMatch | None:
    """The door at an address, if there is one; senders use few addresses, again and again."""
    try:
        return resolve(path, __name__)
    except Resolver404:
        return None


class DoorMiddleware:
    """Takes the requests of doors out of the chain; stands where all that they need has been done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer at once, or hand on what is no door's."""
        if not request.path_info.startswith(_PREFIXES):
            return self.get_response(request)
        match = _door_at(request.path_info)
        if match is None:
            return self.get_response(request)
        request.get_host()  # refuses the name of a host that is not ours
        request.resolver_match = match
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer

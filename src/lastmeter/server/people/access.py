"""The door of every page: signed in, allowed; and who is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import ACTS, demand

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
_LOOKS = {"GET", "HEAD", "OPTIONS"}


def allows(act: str) -> Callable[[View[P]], View[P]]:
    """A page for signed-in persons whose role allows the act. The view carries `act`, so that a test can walk all routes."""
    if act not in ACTS:
        raise ValueError(f"no act {act}")

    def around(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            demand(person_of(request), act)
            return view(request, *args, **kwargs)

        door = cast(Any, _signed_in(guarded))
        door.act = act
        return cast(View[P], door)

    return around


def _signed_in(view: View[P]) -> View[P]:
    """The view for who is signed in; others sign in first, and come back to the page where they were, not to an act."""
    guarded = login_required(view)

    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method in _LOOKS or request.user.is_authenticated:
            return guarded(request, *args, **kwargs)
        back = urlsplit(request.headers.get("Referer", ""))
        is_ours = back.netloc == request.get_host() and url_has_allowed_host_and_scheme(back.path, allowed_hosts=None)
        return redirect_to_login(urlunsplit(("", "", back.path, back.query, "")) if is_ours else "/")

    return cast(View[P], door)


def open_door(view: View[P]) -> View[P]:
    """A page for everybody, signed in or not (signs of life, signed webhooks, tokens' own checks)."""
    cast(Any, view).act = None
    return view


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in."""
    assert isinstance(request.user, Person)  # noqa: S101 - the door was passed
    return request.user

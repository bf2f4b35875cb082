"""The door of every page: signed in, allowed; and who is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import ACTS, demand

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def allows(act: str) -> Callable[[View[P]], View[P]]:
    """A page for signed-in persons whose role allows the act. The view carries `act`, so that a test can walk all routes."""
    if act not in ACTS:
        raise ValueError(f"no act {act}")

    def around(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            demand(person_of(request), act)
            return view(request, *args, **kwargs)

        door = cast(Any, login_required(guarded))
        door.act = act
        return cast(View[P], door)

    return around


def open_door(view: View[P]) -> View[P]:
    """A page for everybody, signed in or not (signs of life, signed webhooks, tokens' own checks)."""
    cast(Any, view).act = None
    return view


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in."""
    assert isinstance(request.user, Person)  # noqa: S101 - the door was passed
    return request.user

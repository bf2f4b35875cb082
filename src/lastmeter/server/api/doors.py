"""The door of a route: what the caller must be allowed to."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest

from lastmeter.server.people.access import person_of
from lastmeter.server.people.permissions import ACTS, demand

P = ParamSpec("P")
T = TypeVar("T")
Route = Callable[Concatenate[HttpRequest, P], T]


def needs(act: str) -> Callable[[Route[P, T]], Route[P, T]]:
    """A route for callers whose role allows the act. It carries `act`, so that a test can walk all routes."""
    if act not in ACTS:
        raise ValueError(f"no act {act}")

    def around(route: Route[P, T]) -> Route[P, T]:
        @wraps(route)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> T:
            demand(person_of(request), act)
            return route(request, *args, **kwargs)

        cast(Any, guarded).act = act
        # Annotations are read where they were written: the framework would look for their names here.
        cast(Any, guarded).__signature__ = inspect.signature(route, eval_str=True)
        return cast(Route[P, T], guarded)

    return around

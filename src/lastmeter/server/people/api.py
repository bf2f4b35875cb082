"""Routes of people: who works here, who holds which post."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from lastmeter.server.api.doors import needs
from lastmeter.server.api.problems import answers
from lastmeter.server.people import queries
from lastmeter.server.people.access import person_of
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import ACTS, may

router = Router(tags=["people"])


class Me(Schema):
    """The caller: who, what it may do, which posts it holds today."""

    username: str
    name: str
    role: str
    brands: list[str]
    posts: list[str]
    acts: list[str]


class PersonRow(Schema):
    """A person."""

    username: str
    name: str
    role: str
    brands: list[str]
    is_active: bool


class Held(Schema):
    """Somebody holds a post from one local day to another (included)."""

    post: str
    person: str
    since: date
    until: date | None


@router.get("/me", response=answers(Me), summary="Who asks")
@needs("self")
def me(request: HttpRequest) -> dict[str, Any]:
    """The caller."""
    person = person_of(request)
    return {
        "username": person.username, "name": person.name, "role": person.role, "brands": person.brands,
        "posts": queries.posts_of(person, queries.today()), "acts": sorted(act for act in ACTS if may(person, act)),
    }


@router.get("/people", response=answers(list[PersonRow]), summary="People")
@needs("see.people")
def people(request: HttpRequest) -> Any:
    """Everybody with an account."""
    return Person.objects.order_by("username")


@router.get("/holdings", response=answers(list[Held]), summary="Who holds which post")
@needs("see.people")
def holdings(request: HttpRequest, on: date | None = None) -> list[dict[str, Any]]:
    """Who holds which post on a local day; today where none is named."""
    return [
        {"post": one.post, "person": one.person.username, "since": one.since, "until": one.until}
        for one in queries.holdings_on(on or queries.today()).select_related("person").order_by("post")
    ]

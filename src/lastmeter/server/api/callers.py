"""Who asks: a person's browser, or a program with a token. A token may do no more than the person who gave it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.intake import tokens
from lastmeter.server.intake.models import Token
from lastmeter.server.people.models import Person

_SAFE = {"GET", "HEAD"}


class Bearer(HttpBearer):
    """`Authorization: Bearer lm_...`, a token with the scope `read`, and `act` for what changes something."""

    openapi_name = "token"

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The person in whose name the token acts; None where it opens nothing.

        Raises:
            LastMeterError: `api.scope`, `intake.too_fast`.
        """
        found = tokens.authenticate(request)
        person = None if found is None else in_the_name_of(found)
        if found is None or person is None:
            return None
        tokens.admit(found)
        wanted = "read" if request.method in _SAFE else "act"
        if not found.may(wanted):
            raise LastMeterError(
                "api.scope", Title("令牌没有“{scope}”权限", "The token lacks the scope “{scope}”"),
                Title("请所有者发一个带此权限的令牌", "Ask an owner for a token that has it"), scope=wanted,
            )
        request.user = person
        return person


def in_the_name_of(token: Token) -> Person | None:
    """The token's giver, within the token's brands; None where that person has left."""
    giver = token.given_by
    if giver is None or not giver.is_active:
        return None
    person: Person = Person.objects.get(pk=giver.pk)
    if token.brands:
        person.brands = sorted(set(token.brands) & set(person.brands)) if person.brands else list(token.brands)
        if not person.brands:
            return None
    return person


class Browser(SessionAuth):
    """A signed-in person; what changes something needs the CSRF token."""

    openapi_name = "session"

    def __init__(self) -> None:
        super().__init__(csrf=True)

    def _get_key(self, request: HttpRequest) -> str | None:
        # Who has no session needs no CSRF token: a stranger is told to sign in, not that a form is stale.
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """The person, if one is signed in."""
        return request.user if isinstance(request.user, Person) else None

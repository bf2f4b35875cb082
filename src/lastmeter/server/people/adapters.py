"""How allauth fits this company: nobody signs up alone; single sign-on finds persons that were invited; who signs in, who
fails and who is locked out is written down.
"""

from __future__ import annotations

import re
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base.constants import AuthError
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from lastmeter.server.people import single_sign_on
from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Person
from lastmeter.server.people.single_sign_on import UNKNOWN


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Local accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: persons are invited."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse who has tried too often, and write it down."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record("sign-in", "sign_in.locked", object_type="person", object_id=_named(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that somebody tried."""
        record("sign-in", "sign_in.failed", object_type="person", object_id=_named(credentials))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Ways to confirm an act: password, codes, keys, and single sign-on for who has come by it."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        by_issuer = single_sign_on.way_to_confirm(user) if isinstance(user, Person) else None
        return [*methods, by_issuer] if by_issuer else methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not again within minutes after the issuer has said so."""
        return super().is_reauthentication_required(app=app, **kwargs) and not single_sign_on.confirmed_lately(self.request)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Write down who came in."""
        super().login(request, user)
        record(user, "sign_in", object_type="person", object_id=user.username)

    def logout(self, request: HttpRequest) -> None:
        """Write down who went."""
        user = request.user
        super().logout(request)
        if isinstance(user, Person):
            record(user, "sign_out", object_type="person", object_id=user.username)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: persons are invited; a verified address connects to one who was."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Decide who comes in."""
        single_sign_on.decide(request, sociallogin)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Exception | None = None, extra_context: Any = None
    ) -> None:
        """Say in words why somebody did not come in; who turned back gets allauth's page for that."""
        if error != AuthError.CANCELLED:
            raise single_sign_on.refusal(exception, _code(request.GET.get("error", "")))


def _code(answered: str) -> str:
    """The issuer's word for an error, as OpenID Connect has them; anybody can write something else into an address."""
    return answered if re.fullmatch("[a-z_]{1,40}", answered) else ""


def _named(credentials: dict[str, Any]) -> str:
    given = credentials.get("username") or credentials.get("email") or ""
    found = Person.objects.filter(Q(username__iexact=given) | Q(email__iexact=given)).first() if given else None
    return found.username if found else UNKNOWN

"""How allauth fits this company: nobody signs up alone; single sign-on finds persons that were invited; who signs in, who
fails and who is locked out is written down.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Person

UNKNOWN = "unknown"
"""Stands for a name that nobody has: people type passwords and customers' addresses into the wrong field."""


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


def _named(credentials: dict[str, Any]) -> str:
    given = credentials.get("username") or credentials.get("email") or ""
    found = Person.objects.filter(Q(username__iexact=given) | Q(email__iexact=given)).first() if given else None
    return found.username if found else UNKNOWN

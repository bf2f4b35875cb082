"""Which of allauth's pages are open here, and to whom. What is not listed answers 404: nobody signs up, nobody changes
the address by which single sign-on finds a person but an owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from allauth import urls as allauth_urls
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver

from lastmeter.server.people import single_sign_on
from lastmeter.server.people.access import allows, open_door

OPEN = frozenset({
    "account_login", "account_logout", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
    "socialaccount_login_cancelled", "socialaccount_login_error", "openid_connect_login", "openid_connect_callback",
})
"""Pages for who is on the way in or out."""
OWN = frozenset({
    "account_reauthenticate", "account_change_password", "account_set_password", "mfa_index", "mfa_reauthenticate",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn", "mfa_edit_webauthn", "socialaccount_connections", "usersessions_list",
})
"""Pages about one's own account."""
OURS: dict[str, Callable[..., HttpResponseBase]] = {
    "openid_connect_login": single_sign_on.sign_in, "openid_connect_callback": single_sign_on.come_back,
}
"""Pages that stand in for allauth's under its addresses."""


@open_door
def closed(request: HttpRequest, /, **_: Any) -> HttpResponseBase:
    """A page of allauth that this company has no use for."""
    raise Http404


def guarded(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """The same addresses and names, each behind its door."""
    return list(_guarded(patterns))


def _guarded(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern | URLResolver]:
    for each in patterns:
        if isinstance(each, URLResolver):
            inner = list(_guarded(each.url_patterns))
            yield URLResolver(each.pattern, inner, each.default_kwargs, each.app_name, each.namespace)
        else:
            yield URLPattern(each.pattern, _behind_door(each), each.default_args, each.name)


def _behind_door(pattern: URLPattern) -> Callable[..., HttpResponseBase]:
    if pattern.name in OPEN:
        return open_door(_called(OURS.get(pattern.name, pattern.callback)))
    if pattern.name in OWN:
        return allows("self")(_called(pattern.callback))
    return closed


def _called(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A function of its own to hang the door on: allauth's view functions are shared."""

    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    call.__name__ = getattr(view, "__name__", "view")
    call.__module__ = view.__module__
    for mark in ("csrf_exempt", "login_required"):
        if hasattr(view, mark):
            setattr(call, mark, getattr(view, mark))
    return call


urlpatterns = guarded(allauth_urls.urlpatterns)

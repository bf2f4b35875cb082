"""Signing in: password, one-time codes, lockout; which pages of allauth are open."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people import accounts
from lastmeter.server.people.models import Person
from tests.server.conftest import PASSWORD, ClientOf


@pytest.fixture(autouse=True)
def _fresh_limits(company: object) -> None:
    cache.clear()


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": name, "password": password}).status_code


@pytest.mark.parametrize("name", ["agent", "agent@example.com"])
def test_by_name_or_address(client_of: ClientOf, name: str) -> None:
    client = client_of(None)
    assert sign_in(client, name) == 302
    assert client.get("/account/").status_code == 200
    row = AuditRow.objects.get(act="sign_in")
    assert row.person == Person.objects.get(username="agent")
    client.post("/accounts/logout/")
    assert client.get("/account/").status_code == 302


def test_five_wrong_passwords_lock_also_for_the_right_one(client_of: ClientOf) -> None:
    client = client_of(None)
    for _ in range(5):
        assert sign_in(client, "agent", "wrong") == 200
    assert AuditRow.objects.filter(act="sign_in.failed", object_id="agent").count() == 5
    assert not AuditRow.objects.filter(act="sign_in.locked").exists()
    assert sign_in(client, "agent") == 200
    assert client.get("/account/").status_code == 302
    assert AuditRow.objects.filter(act="sign_in.locked", object_id="agent").count() == 1
    assert sign_in(client_of(None), "manager") == 302, "others are not locked out by it"


def test_what_was_typed_as_a_name_is_not_kept(client_of: ClientOf) -> None:
    sign_in(client_of(None), "13800138000", "wrong")
    row = AuditRow.objects.get(act="sign_in.failed")
    assert row.object_id == "unknown"


def test_a_one_time_code_is_asked_for(client_of: ClientOf) -> None:
    agent = Person.objects.get(username="agent")
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(agent, secret)
    client = client_of(None)
    assert sign_in(client, "agent") == 302
    assert client.get("/account/").status_code == 302, "the password alone is not enough"
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert client.post("/accounts/2fa/authenticate/", {"code": wrong}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_forgotten_password_is_set_anew_by_mail(client_of: ClientOf) -> None:
    EmailAddress.objects.create(user=Person.objects.get(username="agent"), email="agent@example.com", verified=True, primary=True)
    client = client_of(None)
    mail.outbox.clear()
    assert client.post("/accounts/password/reset/", {"email": "agent@example.com"}).status_code == 302
    (letter,) = mail.outbox
    link = next(line for line in letter.body.splitlines() if "/password/reset/key/" in line)
    page = client.get("/" + link.split("/", 3)[3], follow=True)
    new = "nine slow barges"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert sign_in(client_of(None), "agent", new) == 302


@pytest.mark.parametrize("name", ["account_signup", "account_email", "socialaccount_signup", "account_email_verification_sent"])
def test_nobody_signs_up_or_changes_an_address_alone(client_of: ClientOf, name: str) -> None:
    for client in (client_of(None), client_of("agent")):
        assert client.get(reverse(name)).status_code == 404
        assert client.post(reverse(name), {"email": "x@example.com"}).status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_account_page_has_our_look_and_no_inline_script(client_of: ClientOf, lang: str) -> None:
    stranger, agent = client_of(None, lang=lang), client_of("agent", lang=lang)
    for name in ("account_login", "account_reset_password", "account_reset_password_done", "account_inactive",
                 "socialaccount_login_cancelled", "socialaccount_login_error"):
        check(stranger.get(reverse(name)).content.decode(), lang, name)
    sign_in(agent, "agent")
    for name in ("account", "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn",
                 "usersessions_list", "socialaccount_connections", "account_logout", "account_reauthenticate"):
        answer = agent.get(reverse(name), follow=True)
        check(answer.content.decode(), lang, name)


def check(page: str, lang: str, name: str) -> None:
    assert "console.css" in page, name
    assert 'style="' not in page, name
    for script in page.split("<script")[1:]:
        opening = script.partition(">")[0]
        assert "src=" in opening or "application/json" in opening, name
    title = page.partition("<h1")[2].partition("</h1>")[0].partition(">")[2].strip()
    assert title, name
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in title)
    assert chinese == (lang == "zh"), f"{name}: {title}"


def test_every_route_of_accounts_has_a_door() -> None:
    def leaves(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
        found: list[URLPattern] = []
        for each in patterns:
            found += leaves(each.url_patterns) if isinstance(each, URLResolver) else [each]
        return found

    routes = leaves(accounts.urlpatterns)
    names = {route.name for route in routes}
    assert names >= accounts.OPEN
    assert names >= accounts.OWN
    for route in routes:
        assert hasattr(route.callback, "act"), route
        assert (route.callback is accounts.closed) == (route.name not in accounts.OPEN | accounts.OWN)

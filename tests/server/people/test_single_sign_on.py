"""Single sign-on against a real issuer over HTTP: who comes in, who does not, and what an issuer's lie leads to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, override_settings

from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.actions import persons
from lastmeter.server.people.models import Invitation, Person
from tests.server.conftest import PASSWORD, ClientOf
from tests.server.people import issuer as issuers
from tests.server.people.issuer import Claims, Issuer, asked_in

pytestmark = [
    # The issuer's own business: what it is built from is going to change names.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:generate_user_info:DeprecationWarning"),
]
LOGIN = "/accounts/oidc/company/login/"


@pytest.fixture(scope="module")
def _running() -> Iterator[Issuer]:
    with issuers.running() as issuer:
        yield issuer


@pytest.fixture
def issuer(_running: Issuer, company: Path) -> Iterator[Issuer]:
    """An honest issuer that the console knows; it knows Ann, who was invited, under her address."""
    cache.clear()
    _running.lie, _running.sign_with, _running.algorithm = lambda claims: claims, None, "RS256"
    _running.discovery, _running.asked = {}, []
    _running.knows("a-1", email="ann@example.com", email_verified=True, role="owner", groups=["owner"], name="Somebody Else")
    with configured(_running.url):
        yield _running


def configured(url: str, name: str = "Company login") -> override_settings:
    return override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {
        "provider_class": "lastmeter.server.people.single_sign_on.CompanyProvider",
        "APPS": [{"provider_id": "company", "name": name, "client_id": issuers.CLIENT, "secret": issuers.SECRET,
                  "settings": {"server_url": url, "oauth_pkce_enabled": True}}],
    }})


@pytest.fixture
def ann(company: Path) -> Person:
    return persons.invite(None, persons.Invitee(role="agent", email="Ann@Example.com", name="Ann")).person


def come(client: Client, issuer: Issuer, subject: str = "a-1", start: str = LOGIN) -> HttpResponse:
    """Through the issuer and back, as a browser goes; the answer of the way back."""
    out = client.get(start)
    assert out.status_code == 302, out.content.decode()
    back = issuer.sign_in(out["location"], subject)
    assert back.startswith("http://testserver/accounts/oidc/company/login/callback/")
    return client.get(back)  # type: ignore[return-value]


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def refused(answer: HttpResponse, sentence: str, status: int = 403) -> None:
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_an_invited_person_comes_in_by_a_verified_address(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    client = client_of(None)
    assert "Sign in with Company login" in client.get("/accounts/login/").content.decode()
    answer = come(client, issuer, start=f"{LOGIN}?next=/flaws/")
    assert (answer.status_code, answer["location"]) == (302, "/flaws/")
    assert signed_in(client)
    ann.refresh_from_db()
    assert (ann.role, ann.name, ann.is_superuser, ann.is_staff) == ("agent", "Ann", False, False), "the issuer does not say what one may do"
    link = SocialAccount.objects.get(user=ann)
    assert link.extra_data == {"iss": issuer.url}, "of the claims nothing else is kept"
    assert AuditRow.objects.get(act="sign_in").person == ann
    assert AuditRow.objects.get(act="people.link").object_id == ann.username


def test_from_then_on_by_the_issuers_own_id(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    come(client_of(None), issuer)
    issuer.knows("a-1", email="ann.married@example.com", email_verified=True)
    client = client_of(None)
    come(client, issuer)
    assert signed_in(client)
    assert SocialAccount.objects.count() == AuditRow.objects.filter(act="people.link").count() == 1
    assert EmailAddress.objects.get(user=ann).email == "ann@example.com", "addresses are the owners' to change"


def test_code_nonce_state_and_proof_key_are_asked_for_and_nothing_else_from_the_address(client_of: ClientOf, issuer: Issuer) -> None:
    out = client_of(None).get(f"{LOGIN}?scope=admin&auth_params=prompt%3Dnone%26nonce%3Dmine&process=connect")
    asked = asked_in(out["location"])
    assert asked["response_type"] == "code"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["nonce"]) >= 32
    assert asked["state"]
    assert "prompt" not in asked


def test_an_address_that_the_issuer_has_not_verified_finds_nobody(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    for claims in ({"email": "ann@example.com", "email_verified": False}, {"email": "ann@example.com"}):
        issuer.knows("b-1", **claims)
        client = client_of(None)
        refused(come(client, issuer, "b-1"), "nobody was invited under this address")
        assert not signed_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(("lang", "sentence"), [
    ("en", "nobody was invited under this address"), ("zh", "公司里没有人以这个邮箱受邀"),
])
def test_who_was_not_invited_is_told_so(client_of: ClientOf, issuer: Issuer, lang: str, sentence: str) -> None:
    issuer.knows("s-1", email="stranger@example.com", email_verified=True)
    client = client_of(None, lang=lang)
    before = Person.objects.count()
    answer = come(client, issuer, "s-1")
    refused(answer, sentence)
    assert ("Back to signing in" in answer.content.decode()) == (lang == "en")
    assert not signed_in(client)
    assert Person.objects.count() == before
    row = AuditRow.objects.get(act="sign_in.failed")
    assert row.object_id == "unknown"
    assert row.reason == "not_invited"
    assert "stranger@example.com" not in str(row.detail)


@pytest.mark.parametrize("came_before", [True, False])
def test_who_was_let_go_is_told_so(client_of: ClientOf, issuer: Issuer, ann: Person, *, came_before: bool) -> None:
    early = client_of(None)
    if came_before:
        come(early, issuer)
    persons.deactivate(Person.objects.get(username="owner"), ann, successor=None)
    assert not signed_in(early)
    client = client_of(None)
    refused(come(client, issuer), "Your account here is closed")
    assert not signed_in(client)
    assert SocialAccount.objects.filter(user=ann).exists() == came_before


def test_an_address_that_changed_hands_does_not_give_the_account_away(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    come(client_of(None), issuer)
    issuer.knows("z-9", email="ann@example.com", email_verified=True)
    client = client_of(None)
    refused(come(client, issuer, "z-9"), "belongs to somebody else in the sign-in system")
    assert not signed_in(client)


def test_the_same_number_at_another_issuer_is_somebody_else(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    come(client_of(None), issuer)
    with issuers.running() as other, configured(other.url):
        other.knows("a-1", email="somebody@example.com", email_verified=True)
        client = client_of(None)
        refused(come(client, other), "nobody was invited")
        other.knows("b-2", email="ann@example.com", email_verified=True)
        come(client, other, "b-2")
        assert signed_in(client), "a company may move to another issuer; addresses link again"


def other_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


LIES: dict[str, tuple[str, dict[str, Any]]] = {
    "nonce": ("nonce", {"lie": lambda claims: claims | {"nonce": "of another time"}}),
    "no nonce": ("nonce", {"lie": lambda claims: {name: value for name, value in claims.items() if name != "nonce"}}),
    "issuer": ("InvalidIssuerError", {"lie": lambda claims: claims | {"iss": "https://login.example.com"}}),
    "audience": ("InvalidAudienceError", {"lie": lambda claims: claims | {"aud": ["another app"]}}),
    "several audiences, of another's": ("audience", {"lie": lambda claims: claims | {"aud": [issuers.CLIENT, "b"], "azp": "b"}}),
    "age": ("ExpiredSignatureError", {"lie": lambda claims: claims | {"exp": int(time.time()) - 120}}),
    "not yet": ("ImmatureSignatureError", {"lie": lambda claims: claims | {"iat": int(time.time()) + 600}}),
    "no subject": ("MissingRequiredClaimError", {"lie": lambda claims: {name: value for name, value in claims.items() if name != "sub"}}),
    "signature": ("InvalidSignatureError", {"sign_with": other_key}),
    "a shared secret": ("InvalidAlgorithmError", {"sign_with": lambda: issuers.SECRET * 4, "algorithm": "HS256"}),
    "no signature": ("InvalidAlgorithmError", {"algorithm": "none"}),
    "discovery of another issuer": ("issuer", {"discovery": {"issuer": "https://login.example.com"}}),
}


@pytest.mark.parametrize("name", LIES)
def test_what_the_issuer_did_not_say_is_refused(client_of: ClientOf, issuer: Issuer, ann: Person, name: str) -> None:
    reason, lie = LIES[name]
    client = client_of(None)
    out = client.get(LOGIN)
    back = issuer.sign_in(out["location"], "a-1")
    issuer.lie = lie.get("lie", issuer.lie)
    issuer.sign_with = lie["sign_with"]() if "sign_with" in lie else None
    issuer.algorithm, issuer.discovery = lie.get("algorithm", "RS256"), lie.get("discovery", {})
    answer = client.get(back)
    refused(answer, "Single sign-on did not succeed")  # type: ignore[arg-type]
    assert reason in answer.content.decode()
    assert not signed_in(client)
    assert not SocialAccount.objects.exists()
    assert AuditRow.objects.get(act="sign_in.failed").reason == reason


def test_the_address_is_asked_for_where_the_token_lacks_it(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    issuer.lie = lambda claims: {name: value for name, value in claims.items() if not name.startswith("email")}
    client = client_of(None)
    come(client, issuer)
    assert "/userinfo" in issuer.asked
    assert signed_in(client)


def test_an_answer_about_somebody_else_is_refused(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    issuer.lie = lambda claims: {name: value for name, value in claims.items() if not name.startswith("email")} | {"sub": "other"}
    client = client_of(None)
    refused(come(client, issuer), "Single sign-on did not succeed")
    assert not signed_in(client)


def test_a_way_back_works_once_and_in_its_own_browser_only(client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
    client, thief = client_of(None), client_of(None)
    back = issuer.sign_in(client.get(LOGIN)["location"], "a-1")
    refused(thief.get(back), "Single sign-on did not succeed")  # type: ignore[arg-type]
    assert not signed_in(thief)
    assert client.get(back).status_code == 302
    refused(client.get(back), "Single sign-on did not succeed")  # type: ignore[arg-type]


def test_who_turns_back_at_the_issuer_is_not_blamed(client_of: ClientOf, issuer: Issuer) -> None:
    client = client_of(None)
    state = asked_in(client.get(LOGIN)["location"])["state"]
    answer = client.get(f"{LOGIN}callback/?error=access_denied&state={state}", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/3rdparty/login/cancelled/"
    assert not AuditRow.objects.filter(act="sign_in.failed").exists()


def test_the_issuers_own_error_is_named_but_not_whatever_stands_in_the_address(client_of: ClientOf, issuer: Issuer) -> None:
    for given, said in (("temporarily_unavailable", "temporarily_unavailable"), ("<b>call 123</b>", "state")):
        client = client_of(None)
        state = asked_in(client.get(LOGIN)["location"])["state"]
        page = client.get(f"{LOGIN}callback/", {"error": given, "state": state})
        refused(page, said)  # type: ignore[arg-type]
        assert "call 123" not in page.content.decode()


@pytest.mark.parametrize(("lang", "sentence"), [("en", "sign-in system does not answer"), ("zh", "登录系统没有应答")])
def test_an_outage_says_so_on_the_way_there_and_back(client_of: ClientOf, issuer: Issuer, ann: Person, lang: str, sentence: str) -> None:
    client = client_of(None, lang=lang)
    back = issuer.sign_in(client.get(LOGIN)["location"], "a-1")
    with configured("http://127.0.0.1:9"):
        refused(client.get(LOGIN), sentence, 503)  # type: ignore[arg-type]
        refused(client.get(back), sentence, 503)  # type: ignore[arg-type]
    client.post("/accounts/login/", {"login": "agent", "password": PASSWORD})
    assert signed_in(client), "a password does without the issuer"


def test_without_settings_there_is_no_single_sign_on(client_of: ClientOf) -> None:
    client = client_of(None)
    assert "oidc" not in client.get("/accounts/login/").content.decode()
    assert client.get(LOGIN).status_code == 404
    assert client.get(f"{LOGIN}callback/?code=1&state=2").status_code == 404
    assert client_of("agent").get("/account/confirm/").status_code == 404


def test_the_invitations_link_is_used_up_by_coming_in(client_of: ClientOf, issuer: Issuer, company: Path) -> None:
    invited = persons.invite(None, persons.Invitee(role="viewer", email="ann@example.com"))
    come(client_of(None), issuer)
    assert Invitation.objects.get(person=invited.person).used_at is not None
    assert client_of(None).get(f"/invitation/{invited.secret}/").status_code == 400


class TestConfirming:
    """A person without a password adds a way to sign in: only after signing in at the issuer anew."""

    def ask(self, client: Client, page: str) -> HttpResponse:
        return client.get(page)  # type: ignore[return-value]

    @pytest.mark.parametrize("page", ["/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", "/accounts/password/set/"])
    def test_a_fresh_sign_in_there_opens_the_page(self, client_of: ClientOf, issuer: Issuer, ann: Person, page: str) -> None:
        client = client_of(None)
        come(client, issuer)
        away = self.ask(client, page)
        assert away.status_code == 302
        assert away["location"].startswith("/account/confirm/?next=")
        out = client.get(away["location"])
        asked = asked_in(out["location"])
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        back = client.get(issuer.sign_in(out["location"], "a-1"))
        assert (back.status_code, back["location"]) == (302, page)
        assert client.get(page).status_code == 200

    def test_a_sign_in_of_this_morning_is_not_enough(self, client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
        client = client_of(None)
        come(client, issuer)
        lies: list[Claims] = [{"auth_time": int(time.time()) - 3600}, {"auth_time": None}]
        for lie in lies:
            issuer.lie = lambda claims, lie=lie: claims | lie  # type: ignore[misc]
            refused(come(client, issuer, start="/account/confirm/?next=/account/"), "auth_time")
            assert self.ask(client, "/accounts/password/set/").status_code == 302

    def test_neither_is_somebody_elses(self, client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
        client = client_of(None)
        come(client, issuer)
        issuer.knows("o-1", email="owner@example.com", email_verified=True)
        for subject in ("o-1", "nobody"):
            refused(come(client, issuer, subject, start="/account/confirm/?next=/account/"), "with another account")
            assert self.ask(client, "/accounts/password/set/").status_code == 302
        assert client.get("/account/").context["person"] == ann

    def test_who_has_a_password_and_never_came_by_the_issuer_uses_it(self, client_of: ClientOf, issuer: Issuer) -> None:
        client = client_of(None)
        client.post("/accounts/login/", {"login": "agent", "password": PASSWORD})
        answer = client.get("/accounts/2fa/webauthn/add/")
        assert answer["location"].startswith("/accounts/reauthenticate/")
        assert "Company login" not in client.get(answer["location"]).content.decode()

    def test_a_key_that_was_added_signs_in_without_the_issuer(self, client_of: ClientOf, issuer: Issuer, ann: Person) -> None:
        client = client_of(None)
        come(client, issuer)
        come(client, issuer, start="/account/confirm/?next=/accounts/password/set/")
        new = "nine slow barges"
        assert client.post("/accounts/password/set/", {"password1": new, "password2": new}).status_code == 302
        other = client_of(None)
        other.post("/accounts/login/", {"login": "ann@example.com", "password": new})
        assert signed_in(other)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_single_sign_on_says_what_is_linked(client_of: ClientOf, issuer: Issuer, ann: Person, lang: str) -> None:
    client = client_of(None, lang=lang)
    come(client, issuer)
    page = client.get("/accounts/3rdparty/").content.decode()
    assert "Company login" in page
    assert ("上次使用" in page) == (lang == "zh")
    link = SocialAccount.objects.get(user=ann)
    answer = client.post("/accounts/3rdparty/", {"account": link.pk})
    assert answer.status_code == 200, "who has no password would lock oneself out"
    assert SocialAccount.objects.filter(user=ann).exists()
    assert client_of("agent", lang=lang).get("/accounts/3rdparty/").status_code == 200

"""Single sign-on by OpenID Connect: what is asked of the issuer, what its answer must prove, and who comes in by it.

allauth carries the flow (code with PKCE, state); here is what it leaves open: every ID token is checked by signature, issuer,
audience, age and nonce; a person is known by issuer and subject, the first time by an address that the issuer has verified;
a person without a password confirms an act by signing in at the issuer anew.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import RequestException

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.people.actions.persons import come_without_link
from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Person

PROVIDER = "company"
METHOD = "socialaccount"
"""How allauth notes in a session that somebody came by an issuer."""
ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "EC": ("ES256", "ES384", "ES512"), "OKP": ("EdDSA",),
}
"""Signatures by type of key: by key pairs only, none that the client could have made itself."""
LEEWAY = timedelta(seconds=60)
FRESH = timedelta(minutes=5)
"""A sign-in at the issuer counts as fresh where it lies so close before its token."""
UNKNOWN = "unknown"
"""Stands for a name that nobody has: people type passwords and customers' addresses into the wrong field."""
log = logging.getLogger(__name__)


class UnprovenError(OAuth2Error):  # type: ignore[misc]
    """What the issuer said does not prove who somebody is; the reason is a code for audit and log."""


class Issuer(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The talk between server and issuer."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself; it must be the issuer that was asked.

        Raises:
            UnprovenError: of another issuer, or not what OpenID Connect asks for.
        """
        told = super().openid_config
        needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in needed):
            raise UnprovenError("discovery")
        asked = self.get_provider().app.settings["server_url"].partition("/.well-known/")[0]
        if told["issuer"].rstrip("/") != asked.rstrip("/"):
            raise UnprovenError("issuer")
        return told

    @property
    def basic_auth(self) -> bool:
        """Whether the client's secret goes into the header: what holds where the issuer says nothing of it."""
        methods = self.openid_config.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in methods and bool(self.get_provider().app.secret)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the issuer sends people back to: under the outside address where that is set, whatever a proxy passes on."""
        if settings.BASE_URL:
            return settings.BASE_URL.rstrip("/") + reverse("openid_connect_callback", args=(self.provider_id,))
        return str(super().get_callback_url(request, app))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Who the ID token speaks of; the issuer is asked for the address where the token lacks it.

        Raises:
            UnprovenError: `id_token`, `signature`, `subject` ...
        """
        claims = self.claims_of(app, kwargs["response"].get("id_token"))
        known = claims
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            told = self._fetch_user_info(token.token)
            if told.get("sub") != claims["sub"]:
                raise UnprovenError("subject")
            known = {**told, **claims}
        login = self.get_provider().sociallogin_from_response(request, known)
        login.claims = claims
        return login

    def claims_of(self, app: SocialApp, id_token: str | None) -> dict[str, Any]:
        """What the ID token claims, once its signature, issuer, audience and age have been checked.

        Raises:
            UnprovenError: the reason.
        """
        if not id_token:
            raise UnprovenError("id_token")
        try:
            key = self._signing_key(jwt.get_unverified_header(id_token))
            claims: dict[str, Any] = jwt.decode(
                id_token, key.key, algorithms=ALGORITHMS[str(key.key_type)], audience=app.client_id, issuer=self.openid_config["issuer"],
                leeway=LEEWAY, options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise UnprovenError(type(error).__name__) from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != app.client_id:
            raise UnprovenError("audience")
        return claims

    def _signing_key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """The issuer's key that the header names, or its only one."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        usable = [key for key in keys if key.key_type in ALGORITHMS and key.public_key_use != "enc"]
        named = [key for key in usable if key.key_id == header["kid"]] if "kid" in header else usable
        if len(named) != 1:
            raise UnprovenError("key")
        return named[0]


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The company's issuer; what is asked of it is never taken from the address of a page."""

    oauth2_adapter_class = Issuer
    package = OpenIDConnectProvider.get_package()  # where its addresses are

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **_: Any
    ) -> HttpResponseBase:
        """To the issuer, with a nonce that its token must repeat; to confirm an act one has to sign in there anew."""
        nonce = secrets.token_urlsafe(24)
        asked = {**self.get_auth_params(), "nonce": nonce}
        if process == AuthProcess.REDIRECT:
            asked |= {"prompt": "login", "max_age": "0"}
        answer: HttpResponseBase = super().redirect(request, process, next_url, data, auth_params=asked, nonce=nonce)
        return answer

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Issuer and subject together: the same number at another issuer is somebody else."""
        return hashlib.sha256(f"{data['iss']}\n{data['sub']}".encode()).hexdigest()

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, str]:
        """What is kept of the claims: the issuer."""
        return {"iss": data["iss"]}


def decide(request: HttpRequest, login: SocialLogin) -> None:
    """Who comes in, once allauth has looked the person up: invited persons who are still here, for what was asked for.

    Raises:
        UnprovenError: the token answers another question.
        LastMeterError: `people.not_invited`, `people.let_go`, `people.linked_already`, `people.other_account`.
    """
    if not login.state.get("nonce") or login.claims.get("nonce") != login.state["nonce"]:
        raise UnprovenError("nonce")
    if login.state["process"] == AuthProcess.REDIRECT:
        _confirm(request, login)
        return
    person = login.user if login.is_existing else None
    if person is None:
        _note_failure(UNKNOWN, "not_invited")
        raise LastMeterError(
            "people.not_invited",
            Title("单点登录成功了，但公司里没有人以这个邮箱受邀", "Single sign-on worked, but nobody was invited under this address"),
            Title("请所有者在“员工”里邀请这个邮箱；登录系统还须确认过它属于您（email_verified）",
                  "Ask an owner to invite it under People; the sign-in system must also have verified it as yours (email_verified)"),
        )
    if not person.is_active:
        _note_failure(person.username, "let_go")
        raise LastMeterError(
            "people.let_go", Title("您在这里的账户已停用", "Your account here is closed"),
            Title("如果不对，请联系所有者", "If that is wrong, ask an owner"),
        )
    linked = SocialAccount.objects.filter(user=person, provider=PROVIDER, extra_data__iss=login.claims["iss"])
    if linked.exclude(uid=login.account.uid).exists():
        _note_failure(person.username, "linked_already")
        raise LastMeterError(
            "people.linked_already",
            Title("这个邮箱的账户已连着登录系统里的另一个人", "The account of this address belongs to somebody else in the sign-in system"),
            Title("如果邮箱换了主人：请所有者停用原来的账户、改掉它的邮箱，再邀请您",
                  "If the address has changed hands, ask an owner to close the earlier account, change its address, and invite you"),
        )
    if not linked.exists():
        record(person, "people.link", object_type="person", object_id=person.username)
    come_without_link(person)


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether the person has signed in at the issuer anew, to confirm an act, within the last minutes."""
    if not request.user.is_authenticated:
        return False
    since = clock.real_now() - timedelta(seconds=app_settings.REAUTHENTICATION_TIMEOUT)
    return any(
        each["method"] == METHOD and each.get("reauthenticated") and datetime.fromtimestamp(each["at"], UTC).replace(tzinfo=None) > since
        for each in get_authentication_records(request, request.user)
    )


def way_to_confirm(person: Person) -> dict[str, str] | None:
    """How a person who has come by the issuer confirms an act, as allauth lists its own ways; None for others."""
    if not offered() or not SocialAccount.objects.filter(user=person, provider=PROVIDER).exists():
        return None
    return {"id": "single_sign_on", "description": offered(), "url": reverse("confirm_by_single_sign_on")}


def offered() -> str:
    """What the company's single sign-on is called; empty where there is none."""
    return next((str(app.name) for app in get_adapter().list_apps(None)), "")


def refusal(exception: Exception | None, answered: str) -> LastMeterError:
    """What to tell somebody whom the issuer did not bring in; written down where it was no outage."""
    if isinstance(exception, RequestException):
        return _unreachable(exception)
    reason = str(exception) if isinstance(exception, UnprovenError) else type(exception).__name__ if exception else answered or "state"
    log.warning("single sign-on refused", extra={"fields": {"reason": reason}})
    _note_failure(UNKNOWN, reason)
    return LastMeterError(
        "people.sso_refused", Title("单点登录没有成功", "Single sign-on did not succeed"),
        Title("请从登录页重新开始；若一再发生，请把原因“{reason}”告诉所有者",
              "Start again from the sign-in page; if it happens again, tell an owner the reason: {reason}"), reason=reason,
    )


@never_cache
@require_GET
def sign_in(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """To the issuer, to sign in."""
    return _to_issuer(request, provider_id, AuthProcess.LOGIN)


@never_cache
@require_GET
def confirm(request: HttpRequest) -> HttpResponseBase:
    """To the issuer, to confirm an act by signing in anew."""
    return _to_issuer(request, PROVIDER, AuthProcess.REDIRECT)


@never_cache
@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Back from the issuer."""
    try:
        answer: HttpResponseBase = OAuth2CallbackView.adapter_view(Issuer(request, provider_id))(request)
        return answer
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (RequestException, OAuth2Error) as error:
        raise refusal(error, "") from error


def _to_issuer(request: HttpRequest, provider_id: str, process: str) -> HttpResponseBase:
    try:
        provider = get_adapter().get_provider(request, provider_id)
        answer: HttpResponseBase = provider.redirect(request, process, next_url=get_next_redirect_url(request))
        return answer
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (RequestException, OAuth2Error) as error:
        raise refusal(error, "") from error


def _confirm(request: HttpRequest, login: SocialLogin) -> None:
    """Note in the session that its person has just signed in at the issuer. The issuer says when, by its own clock."""
    if not login.is_existing or login.user != request.user:
        _note_failure(getattr(request.user, "username", "") or UNKNOWN, "other_account")
        raise LastMeterError(
            "people.other_account", Title("您在登录系统里用了另一个账户", "You signed in there with another account"),
            Title("请用您自己的账户再试", "Try again with your own"),
        )
    at = login.claims.get("auth_time")
    if not isinstance(at, int) or timedelta(seconds=login.claims["iat"] - at) > FRESH:
        raise UnprovenError("auth_time")
    record_authentication(request, login.user, METHOD, reauthenticated=True)


def _note_failure(who: str, why: str) -> None:
    record("sign-in", "sign_in.failed", object_type="person", object_id=who, reason=why, way="single sign-on")


def _unreachable(error: RequestException) -> LastMeterError:
    log.warning("the issuer of single sign-on did not answer", extra={"fields": {"error": type(error).__name__}})
    return LastMeterError(
        "people.sso_unreachable", Title("公司的登录系统没有应答", "The company's sign-in system does not answer"),
        Title("请稍后再试；有密码或通行密钥的可以直接登录", "Try again later; with a password or a passkey you can sign in without it"),
    )

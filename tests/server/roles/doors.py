"""Who may come in where: written down by hand, page by page, without looking at `ACTS`; and a walk that tries every door.

A page that is missing here fails the walk: whoever adds one says here, in words of roles, who may see it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

ROLES = ("owner", "manager", "analyst", "agent", "field", "viewer", "third_party")
ANYBODY = ("anybody",)
"""Not even signed in: signs of life, signing in, doors that check a token or a signature of their own, closed pages."""
ALL = ROLES
COLLEAGUES = ("owner", "manager", "analyst", "agent", "field", "viewer")
READERS = ("owner", "manager", "analyst", "viewer")
DATA = ("owner", "manager", "analyst")
STEER = ("owner", "manager")
OWNER = ("owner",)
SERVE = ("owner", "manager", "agent", "field")
CARE = ("owner", "manager", "agent")

_TABLE: dict[tuple[str, ...], str] = {
    ANYBODY: """metrics healthz readyz choose/ accounts/login/ accounts/logout/ accounts/inactive/ accounts/signup/
        accounts/reauthenticate/code/ accounts/reauthenticate/code/confirm/ accounts/email/ accounts/confirm-email/
        accounts/password/reset/ accounts/login/code/confirm/ accounts/^confirm-email/(?P<key>[-:\\w]+)/$
        accounts/password/reset/key/done/ accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$
        accounts/password/reset/done/ accounts/2fa/authenticate/ accounts/2fa/webauthn/login/
        accounts/3rdparty/login/cancelled/ accounts/3rdparty/login/error/ accounts/3rdparty/signup/
        accounts/social/login/cancelled/ accounts/social/login/error/ accounts/social/signup/ accounts/social/connections/
        accounts/oidc/^(?P<provider_id>[^/]+)/login/ accounts/oidc/^(?P<provider_id>[^/]+)/login/callback/
        invitation/<str:secret>/ api/v1/events api/v1/sources/<str:name>/heartbeat api/v1/sources/<str:name>/watermark
        hooks/<str:name> api/v1/openapi.json api/v1/""",
    ALL: """more/ account/ search/ welcome/ accounts/reauthenticate/ accounts/password/change/ accounts/password/set/ accounts/2fa/
        accounts/2fa/reauthenticate/ accounts/2fa/totp/activate/ accounts/2fa/totp/deactivate/ accounts/2fa/recovery-codes/
        accounts/2fa/recovery-codes/generate/ accounts/2fa/recovery-codes/download/ accounts/2fa/webauthn/
        accounts/2fa/webauthn/add/ accounts/2fa/webauthn/reauthenticate/ accounts/2fa/webauthn/keys/<int:pk>/remove/
        accounts/2fa/webauthn/keys/<int:pk>/edit/ accounts/3rdparty/ accounts/sessions/ account/confirm/
        / flaws/ flaws/ahead/ flaws/<str:flaw_id>/ journeys/ journeys/list/ journeys/<str:kind>/<path:journey_id>/
        api/v1/kinds api/v1/journeys api/v1/journeys/<kind>/<path:journey_id>
        api/v1/flaws api/v1/flaws/<flaw_id> api/v1/risk api/v1/me""",
    COLLEAGUES: """indicators/ indicators/<str:code>/ indicators/<str:code>/chart.json indicators/vega-<str:number>.js
        focus/ brief/ brief/file/ blueprints/ blueprints/<slug:kind>/ views/save/ views/<int:number>/delete/
        views/<int:number>/restore/ api/v1/focus api/v1/brief api/v1/indicators api/v1/indicators/<code>""",
    READERS: "pareto/ reefs/ drivers/ api/v1/pareto api/v1/reefs api/v1/drivers",
    DATA: """brief/json/ sources/ sources/import/ sources/import/<int:number>/ sources/batches/<int:number>/rejected.csv sources/rejected/
        sources/rejected/<int:number>/ sources/<slug:name>/ sources/<slug:name>/mapping/ sources/<slug:name>/sending/
        flaws/sources/ api/v1/sources api/v1/batches api/v1/rejected api/v1/rejected/<number> api/v1/rejected/<number>/replay""",
    STEER: """people/ people/post/<str:code>/ people/post/<str:code>/appoint/ people/holding/<int:number>/end/
        sources/batches/<int:number>/undo/ blueprints/new/ blueprints/trials/<int:number>/ blueprints/trials/<int:number>/edit/
        blueprints/history/<int:number>/restore/ blueprints/files/<str:stem>/ blueprints/files/<str:stem>/retire/
        focus/choose/ focus/change/ focus/drop/ focus/undo/ brief/publish/ brief/mail/ post:api/v1/focus delete:api/v1/focus
        api/v1/people api/v1/holdings api/v1/batches/<number>/undo""",
    OWNER: """people/invite/ people/import/ people/post/ people/department/ people/undo/ people/invitation/<int:number>/withdraw/
        people/<int:number>/ people/<int:number>/link/ people/<int:number>/deactivate/ people/<int:number>/reactivate/
        audit/ audit/seen/ customers/<path:customer>/export/ customers/<path:customer>/erase/ sources/tokens/
        sources/tokens/<int:number>/withdraw/ sources/<slug:name>/secret/
        webhooks/ webhooks/new/ webhooks/<int:pk>/ webhooks/deliveries/<int:pk>/again/ api/v1/audit""",
    SERVE: "reveal/ flaws/<str:flaw_id>/take/ flaws/<str:flaw_id>/release/ api/v1/flaws/<flaw_id>/take api/v1/flaws/<flaw_id>/release",
    CARE: "customers/ customers/<path:customer>/",
}
EXPECTED: dict[str, tuple[str, ...]] = {route: roles for roles, routes in _TABLE.items() for route in routes.split()}
BODY = {
    "code": "no-such-focus", "owner": "nobody", "action": "nothing", "due": "2027-01-01", "note": "", "text": "{}",
}
QUERY = {"kind": "order"}
SAMPLES = {
    "number": "999999", "pk": "999999", "code": "dispatch", "name": "no-such-source", "kind": "order", "journey_id": "no-such-journey",
    "customer": "no-such-customer", "flaw_id": "no-such-flaw", "stem": "no-such-file", "secret": "no-such-secret", "key": "a-b",
    "uidb36": "1", "provider_id": "company",
}


@dataclass(frozen=True)
class Door:
    """One address: its route, one example of it, how to come (a page: look and act), the act that its view says (None: open)."""

    route: str
    path: str
    methods: tuple[str, ...]
    act: str | None

    @property
    def expected(self) -> tuple[str, ...] | None:
        """Who may come in, as it is written down; of a route of the API by method where methods differ."""
        return EXPECTED.get(f"{self.methods[0]}:{self.route}", EXPECTED.get(self.route))


def doors() -> list[Door]:
    """Every address of the server."""
    return list(_leaves(get_resolver().url_patterns, ""))


def _leaves(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Door]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _leaves(each.url_patterns, before + str(each.pattern))
            continue
        route = before + str(each.pattern) or "/"
        path = "/" + _example(each, before).lstrip("/")
        operations = _operations(each.callback)
        for operation in operations:
            yield from (Door(route, path, (method.lower(),), operation.view_func.act) for method in operation.methods)
        if not operations:
            yield Door(route, path, ("get", "post"), getattr(each.callback, "act", None))


def _example(pattern: URLPattern, before: str) -> str:
    route = before + str(pattern.pattern)
    for piece in ("^", "$", "(?P<key>[-:\\w]+)", "(?P<uidb36>[0-9A-Za-z]+)", "(?P<key>.+)", "(?P<provider_id>[^/]+)"):
        route = route.replace(piece, SAMPLES.get(piece.partition("<")[2].partition(">")[0], "") if "<" in piece else "")
    for name in SAMPLES:
        for kind in ("str:", "int:", "slug:", "path:", ""):
            route = route.replace(f"<{kind}{name}>", SAMPLES[name])
    return route


def _operations(view: Callable[..., Any]) -> list[Any]:
    """The operations of a route of the API; none for a page."""
    cells = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    return [operation for cell in cells for operation in getattr(cell, "operations", [])]


def refused(answer: HttpResponseBase) -> bool:
    """Whether the door stayed shut: not allowed, or sent away to sign in."""
    if answer.status_code in {301, 302}:
        return str(answer.headers["Location"]).startswith("/accounts/login/")
    if answer.status_code == 401:
        return True
    return answer.status_code == 403 and b"people.not_allowed" in getattr(answer, "content", b"")


def _come(client: Client, door: Door, method: str) -> Any:
    """One attempt; to the API with a body that it can read, so that nothing but the door refuses."""
    if door.path.startswith("/api/"):
        sent = {"data": json.dumps(BODY), "content_type": "application/json"} if method != "get" else {"data": QUERY}
        return getattr(client, method)(door.path + ("?code=no-such-focus" if method == "delete" else ""), **sent)
    return getattr(client, method)(door.path)


def said_breaches(acts: Mapping[str, Sequence[str]]) -> list[str]:
    """Where what views and `ACTS` say is not what is written here."""
    found = []
    for door in doors():
        expected = door.expected
        said = ANYBODY if door.act is None else tuple(acts[door.act])
        if expected is None:
            found.append(f"{door.route}: nobody wrote down who may come in")
        elif set(expected) != set(said):
            found.append(f"{door.route}: {sorted(said)} instead of {sorted(expected)}")
    return found


def body_of(answer: Any) -> bytes:
    """All that was answered, streamed or not."""
    found = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return bytes(found)


def tried_breaches(
    client_of: Callable[[str | None], Client], *, only_refusals: bool, roles: Sequence[str | None] = (*ROLES, None)
) -> tuple[int, list[str]]:
    """(Doors tried, breaches) by each role and by a stranger, looking and acting; a server's fault is a breach too.

    only_refusals: do not make the pages that are allowed.
    """
    tried, found = 0, []
    shut_out = {role: client_of(role) for role in roles}
    for door in doors():
        expected = door.expected or ()
        if expected == ANYBODY:
            continue
        for role in roles:
            allowed = role in expected
            if allowed and only_refusals:
                continue
            for method in door.methods:
                answer = _come(client_of(role) if allowed else shut_out[role], door, method)
                if answer.streaming:
                    body_of(answer)
                tried += 1
                if refused(answer) == allowed or answer.status_code >= 500:
                    found.append(f"{method} {door.route} by {role}: {answer.status_code}")
    return tried, found

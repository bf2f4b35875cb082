"""Objects of another brand or of another's doing: whoever's view does not reach them learns nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
from django.test import Client

from lastmeter.server import clock
from lastmeter.server.audit import queries
from lastmeter.server.company import workspace
from lastmeter.server.intake.models import Token
from lastmeter.server.people.models import Person
from tests.server.roles.doors import ROLES, body_of

ClientOf = Callable[[str | None], Client]


@dataclass(frozen=True)
class Foreign:
    """A flawed journey of one brand and carrier, its customer, and another brand and carrier whose people may not see it."""

    kind: str
    journey: str
    customer: str
    phone_token: str
    brand: str
    performer: str
    other_brand: str
    other_performer: str
    flaw: str


def foreign() -> Foreign:
    """Such a journey, whose customer bought of that brand only."""
    with workspace() as ws:
        facts = ws.facts()
        rows = _rows(facts.journeys.filter(~nw.col("performer").is_null(), ~nw.col("customer").is_null()).select(
            "journey_kind", "journey_id", "customer", "brand", "performer").sort("journey_id"))
        flaws = {row["journey_id"]: row["flaw_id"] for row in _rows(facts.flaws.select("journey_id", "flaw_id"))}
    bought: dict[str, set[str]] = {}
    for row in rows:
        bought.setdefault(row["customer"], set()).add(row["brand"])
    held: dict[str, str] = {}
    for row in rows:
        if row["journey_id"] in flaws and bought[row["customer"]] == {row["brand"]}:
            held = {each.attribute: each.token for each in queries.personal_of(row["customer"])}
            if "phone" in held:
                break
    return Foreign(
        row["journey_kind"], row["journey_id"], row["customer"], held["phone"], row["brand"], row["performer"],
        next(each["brand"] for each in rows if each["brand"] != row["brand"]),
        next(each["performer"] for each in rows if each["performer"] != row["performer"]), flaws[row["journey_id"]],
    )


def object_breaches(client_of: ClientOf, of: Foreign, roles: Iterable[str] = ROLES) -> tuple[int, list[str]]:
    """(Attempts, breaches) of people of these roles. The journey's page is opened within reach too: what is refused to
    everybody would show nothing.
    """
    tried, found = 0, []
    for role in roles:
        for brands, performer, inside in _reaches(role, of):
            reach = {"brands": list(brands), "performer": performer}
            with Reaching(role, reach):
                for name, attempt in _looks(of).items():
                    tried += 1
                    if attempt(client_of(role)) and not inside:
                        found.append(f"{name} by {role} of {brands or performer}")
                if inside and not _looks(of)["journey"](client_of(role)):
                    found.append(f"journey refused to {role} of {brands or performer}")
    for name, deed in _deeds(of).items():
        tried += 1
        if deed(client_of):
            found.append(name)
    return tried, found


def _reaches(role: str, of: Foreign) -> list[tuple[tuple[str, ...], str, bool]]:
    """(Brands, performer, whether the foreign journey lies within) to try a role with."""
    if role == "third_party":
        return [((), of.performer, True), ((), of.other_performer, False), ((of.other_brand,), of.performer, False), ((), "", False)]
    return [((of.brand,), "", True), ((of.other_brand,), "", False), (("no_such_brand",), "", False)]


def _looks(of: Foreign) -> dict[str, Callable[[Client], bool]]:
    """Ways to see it; each says whether it was seen."""
    def holds(path: str, needle: str) -> Callable[[Client], bool]:
        def look(client: Client) -> bool:
            answer = client.get(path, follow=True)
            return answer.status_code == 200 and needle in body_of(answer).decode("utf-8", "replace").replace(path, "")
        return look

    def finds(typed: str, needle: str) -> Callable[[Client], bool]:
        return lambda client: needle in client.post("/search/", {"q": typed}).content.decode()

    return {
        "journey": holds(f"/journeys/{of.kind}/{of.journey}/", of.journey),
        "journey list": holds(f"/journeys/list/?kind={of.kind}&q={of.journey}", f"/{of.journey}/"),
        "journey list by customer": holds(f"/journeys/list/?kind={of.kind}&customer={of.customer}", f"/{of.journey}/"),
        "journeys as CSV": holds(f"/journeys/list/?kind={of.kind}&customer={of.customer}&format=csv", of.journey),
        "search": finds(of.journey, f"/{of.journey}/"),
        "search for customer": finds(of.customer, f"/{of.journey}/"),
        "flaw": holds(f"/flaws/{of.flaw}/", of.journey),
        "customer": holds(f"/customers/{of.customer}/", of.journey),
        "api journey": holds(f"/api/v1/journeys/{of.kind}/{of.journey}", of.journey),
        "api journeys": holds(f"/api/v1/journeys?kind={of.kind}&customer={of.customer}", of.journey),
        "reveal": lambda client: b"reveal_unknown" not in (answer := client.post(
            "/reveal/", {"token": of.phone_token, "reason": "to see"})).content and answer.status_code == 200,
        "reveal from its page": lambda client: client.post("/reveal/", {
            "token": of.phone_token, "reason": "to see", "kind": of.kind, "journey": of.journey}).status_code == 200,
    }


def _deeds(of: Foreign) -> dict[str, Callable[[ClientOf], bool]]:
    """Acts of a person of another brand on what is not theirs; each says whether it had an effect."""
    scoped = {"brands": [of.other_brand], "performer": ""}

    def person(client_of: ClientOf) -> bool:
        other = Person.objects.create(username="of-brand", role="viewer", brands=[of.brand])
        with Reaching("owner", scoped):
            client_of("owner").post(f"/people/{other.pk}/", {"role": "owner"})
            client_of("owner").post(f"/people/{other.pk}/deactivate/", {})
            client_of("owner").post(f"/people/{other.pk}/link/", {})
        other.refresh_from_db()
        changed = other.role != "viewer" or not other.is_active or other.invitations.exists()
        other.delete()
        return bool(changed)

    def token(client_of: ClientOf) -> bool:
        made = Token.objects.create(name="of-brand", hash="0" * 64, hint="lm_", scopes=["read"], brands=[of.brand], given_at=clock.now())
        with Reaching("owner", scoped):
            client_of("owner").post(f"/sources/tokens/{made.pk}/withdraw/", {})
        made.refresh_from_db()
        return made.withdrawn_at is not None

    def wide_token(client_of: ClientOf) -> bool:
        before = Token.objects.count()
        with Reaching("owner", scoped):
            client_of("owner").post("/sources/tokens/", {"name": "wide", "scopes": ["read"], "brands": of.brand})
        return Token.objects.count() > before

    def undo(client_of: ClientOf) -> bool:
        with workspace() as ws:
            batch = ws.journal.batches()[-1].number
        with Reaching("manager", scoped):
            client_of("manager").post(f"/sources/batches/{batch}/undo/", {})
        with workspace() as ws:
            return next(each.state for each in ws.journal.batches() if each.number == batch) == "undone"

    def take(client_of: ClientOf) -> bool:
        with Reaching("agent", scoped):
            return client_of("agent").post(f"/flaws/{of.flaw}/take/", {}).status_code in {200, 302}

    def export(client_of: ClientOf) -> bool:
        with Reaching("owner", scoped):
            return client_of("owner").post(f"/customers/{of.customer}/export/", {"reason": "to see"}).status_code == 200

    return {
        "person of another brand changed": person, "token of another brand withdrawn": token, "token for another brand given": wide_token,
        "import of all brands undone": undo, "flaw of another brand taken": take, "customer of another brand handed out": export,
    }


class Reaching:
    """The role's person has this reach within the block."""

    def __init__(self, role: str, reach: dict[str, Any]) -> None:
        self._role, self._reach = role, reach

    def __enter__(self) -> None:
        person = Person.objects.get(username=self._role)
        self._before = {"brands": person.brands, "performer": person.performer}
        Person.objects.filter(pk=person.pk).update(**self._reach)

    def __exit__(self, *_: object) -> None:
        Person.objects.filter(username=self._role).update(**self._before)


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.collect(backend="pyarrow").to_native().to_pylist()
    return rows

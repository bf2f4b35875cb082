"""Every door, every role, objects of other brands, canaries: the quick form of `make show-roles`."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from lastmeter.server.audit import queries
from lastmeter.server.company import served, workspace
from lastmeter.server.people.permissions import ACTS
from tests.server.conftest import ClientOf
from tests.server.roles import canaries, doors, objects


def test_views_and_acts_say_what_is_written_down() -> None:
    assert doors.said_breaches({code: act.roles for code, act in ACTS.items()}) == []
    there = {door.route for door in doors.doors()} | {f"{door.methods[0]}:{door.route}" for door in doors.doors()}
    assert set(doors.EXPECTED) - there == set(), "a page that is written down does not exist"


def test_a_slip_in_the_table_of_acts_would_be_seen() -> None:
    acts = {code: act.roles for code, act in ACTS.items()}
    slipped = acts | {"see.audit": ("owner", "viewer")}
    assert any("audit/" in breach for breach in doors.said_breaches(slipped))


def test_who_may_not_is_refused_at_every_door(client_of: ClientOf) -> None:
    tried, breaches = doors.tried_breaches(client_of, only_refusals=True, roles=("viewer", "third_party", None))
    assert breaches == []
    assert tried > 300


@pytest.mark.slow
def test_who_may_not_is_refused_whatever_the_role(client_of: ClientOf) -> None:
    _tried, breaches = doors.tried_breaches(client_of, only_refusals=True, roles=("manager", "analyst", "agent", "field"))
    assert breaches == []


def test_objects_of_other_brands_and_performers_stay_closed(client_of: ClientOf, company: Path) -> None:
    tried, breaches = objects.object_breaches(client_of, objects.foreign(), ("agent", "third_party"))
    assert breaches == []
    assert tried > 80


def test_canaries_are_masked_on_what_a_colleague_and_a_third_party_see(client_of: ClientOf, company: Path) -> None:
    with workspace() as ws:
        rows = ws.facts().journeys.select("journey_id", "customer").sort("journey_id").collect(backend="pyarrow").to_native().to_pylist()
    customers = sorted({row["customer"] for row in rows if row["customer"]})[:6]
    tokens = {each.token: each.attribute for key in customers for each in queries.personal_of(key)}
    values = served.journal.reveal(tokens, raw=True)
    whole = {value for token, value in values.items() if tokens[token] in {"phone", "address"}}
    journeys = [row["journey_id"] for row in rows if row["customer"] in customers]
    for role in ("agent", "third_party"):
        seen = canaries.crawl(client_of, (role,), canaries.Planted(customers, whole), most=20, journeys=journeys[:8])
        assert seen.pages == 20
        assert seen.found == {}
    shown = client_of("agent").post("/reveal/", {"token": list(tokens), "reason": "control"}).content.decode()
    assert sum(value in unescape(shown) for value in whole) == len(whole), "the search would see them"

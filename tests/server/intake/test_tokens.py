"""Who may send: tokens bound to sources and brands, counted, withdrawn, never readable again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.intake import actions, queries, tokens
from lastmeter.server.intake.ingest import sources
from lastmeter.server.intake.models import Token
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf
from tests.server.intake.conftest import BATCH, Post, hot, paid, said, shipped


def given(owner: Person, **more: object) -> str:
    settings = {"scopes": ["events:write"], "per_second": 0, **more}
    return actions.give_token(owner, "one", **settings)[1]  # type: ignore[arg-type]


def test_nobody_comes_in_without_a_token_that_may(post: Post, owner: Person) -> None:
    assert post(paid(1), bearer=None).status_code == 401
    assert post(paid(1), bearer="lm_wrong").status_code == 401
    assert post(paid(1), bearer=given(owner, scopes=["read"])).status_code == 403
    assert hot() == {}


def test_a_key_is_kept_as_a_hash_and_its_giving_is_audited(owner: Person) -> None:
    token, key = actions.give_token(owner, "till", scopes=["events:write"])
    assert key not in str(Token.objects.values().get(pk=token.pk))
    assert AuditRow.objects.get(act="token.given").object_id == str(token.pk)
    assert [one.name for one in queries.tokens(owner)] == ["till"]
    for role in ("manager", "analyst", "viewer"):
        with pytest.raises(LastMeterError):
            actions.give_token(Person.objects.get(username=role), "x", scopes=["read"])
    with pytest.raises(LastMeterError):
        actions.give_token(owner, "x", scopes=["everything"])


def test_a_withdrawn_or_expired_token_is_refused(post: Post, owner: Person) -> None:
    token, key = actions.give_token(owner, "till", scopes=["events:write"], expires_at=clock.now() + timedelta(hours=1))
    assert post(paid(1), bearer=key).status_code == 201
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert post(paid(2), bearer=key).status_code == 401
    actions.withdraw_token(owner, token)
    assert post(paid(3), bearer=key).status_code == 401
    assert AuditRow.objects.filter(act="token.withdrawn").exists()
    assert Token.objects.get(pk=token.pk).last_used_at is not None


def test_a_token_of_a_source_speaks_for_no_other(post: Post, owner: Person) -> None:
    key = given(owner, sources=["till"])
    assert post(paid(1, source="erp"), bearer=key).status_code == 403
    assert post(paid(1), bearer=key, path="/api/v1/events?source=erp").status_code == 403
    assert post("", bearer=key, path="/api/v1/sources/erp/heartbeat").status_code == 403
    assert said(post([paid(1), paid(2, source="erp")], BATCH, bearer=key))["rejected"] == 1
    assert post({**shipped(1), "source": None}, "application/json", bearer=key).status_code == 201
    assert {event["source"] for event in hot().values()} == {"till"}
    assert queries.rejected(owner, live=True) == []


def test_a_token_of_a_brand_tells_of_no_other(post: Post, owner: Person) -> None:
    key = given(owner, brands=["north"])
    assert post(paid(1, objects="order:o-1,store:north"), bearer=key).status_code == 201
    assert said(post(paid(2, objects="order:o-2,store:south"), bearer=key))["code"] == "intake.brand_not_allowed"
    assert post(paid(3, data={"brand": "south"}), bearer=key).status_code == 403
    assert sorted(hot()) == ["paid-1"]


def test_an_event_without_a_brand_passes_a_token_of_a_brand_only_from_its_own_source(post: Post, owner: Person) -> None:
    of_a_brand, of_a_source_too = given(owner, brands=["north"]), given(owner, brands=["north"], sources=["till"])
    assert said(post(paid(1), bearer=of_a_brand))["code"] == "intake.brand_not_allowed"
    assert post(paid(1), bearer=of_a_source_too).status_code == 201
    assert post(paid(2, objects="order:o-2,store:south"), bearer=of_a_source_too).status_code == 403
    assert sorted(hot()) == ["paid-1"]


def test_a_token_that_is_too_fast_is_told_to_wait(post: Post, owner: Person) -> None:
    key = given(owner, per_second=1)
    answers = [post(paid(number), bearer=key) for number in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert answers[2]["Retry-After"] == "1"
    tokens.forget()


def test_one_request_renews_what_is_known_and_the_others_do_not_wait(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = tokens.hash_of(given(owner))
    known = tokens._look_up(hashed)
    assert known is not None
    asked: list[object] = []
    find = Token.objects.filter

    def slow(**wanted: object) -> object:
        asked.append(tokens._look_up(hashed))  # another request comes while this one looks the token up
        return find(**wanted)

    monkeypatch.setattr(Token.objects, "filter", slow)
    known.read = 0.0  # as after two seconds
    assert tokens._look_up(hashed) is known
    assert asked == [known]

    kept = sources.known(fresh=True)
    meanwhile: list[object] = []

    def read(_journal: object) -> object:
        meanwhile.append(sources.known())
        return kept

    monkeypatch.setattr(sources, "KNOWN_SECONDS", -1.0)
    monkeypatch.setattr(sources, "_read", read)
    assert sources.known() is kept
    assert meanwhile == [kept]


def test_nobody_comes_in_by_what_could_not_be_looked_up(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = tokens.hash_of(given(owner))
    known = tokens._look_up(hashed)
    assert known is not None
    known.read = 0.0

    def broken(**_wanted: object) -> object:
        raise OperationalError

    monkeypatch.setattr(Token.objects, "filter", broken)
    for _ in range(2):
        with pytest.raises(OperationalError):
            tokens._look_up(hashed)


def test_whoever_guesses_keys_pushes_no_token_out(post: Post, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "KNOWN_TOKENS", 5)
    key = given(owner, per_second=1)
    assert [post(paid(number), bearer=key).status_code for number in range(2)] == [201, 201]
    for number in range(20):
        assert post(paid(9), bearer=f"lm_guess{number}").status_code == 401
    assert post(paid(3), bearer=key).status_code == 429, "its rate is still counted"
    assert (len(tokens._known), len(tokens._unknown)) == (1, 5)
    tokens.forget()


def test_a_key_that_was_unknown_is_known_as_soon_as_it_is_given(post: Post, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "new_key", lambda: "lm_agreed", raising=False)
    monkeypatch.setattr(tokens, "new_key", lambda: "lm_agreed")
    assert post(paid(1), bearer="lm_agreed").status_code == 401
    assert given(owner) == "lm_agreed"
    tokens.forget()  # as after two seconds
    assert post(paid(1), bearer="lm_agreed").status_code == 201


def test_who_sees_one_brand_gives_no_token_for_all(owner: Person, client_of: ClientOf) -> None:
    owner.brands = ["north"]
    owner.save()
    for brands in ([], ["south"], ["north", "south"]):
        with pytest.raises(LastMeterError) as error:
            given(owner, brands=brands)
        assert error.value.code in {"people.beyond_own_reach", "people.not_allowed"}
    assert client_of("owner").post("/sources/tokens/", {"name": "till", "scope": ["events:write"]}).status_code == 200
    assert Token.objects.get().brands == ["north"]


def test_what_is_known_of_sources_is_read_again_over_a_connection_that_broke(owner: Person) -> None:
    sources.known(fresh=True)
    connection.connection.close()  # as a restart of the database leaves it in a thread that serves no request
    assert sources.known(fresh=True).sources == {}

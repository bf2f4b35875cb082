"""One customer: found, handed out, erased; what is too old goes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django_tasks_db.models import DBTaskResult

from lastmeter.journal.erasure import purge_pending
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock, worker
from lastmeter.server.audit import actions, jobs, queries
from lastmeter.server.audit.actions import keeping
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.audit.queries import customers
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf

WHY = "asked for it in a letter"


def person(role: str, **more: object) -> Person:
    found = Person.objects.get(username=role)
    for name, value in more.items():
        setattr(found, name, value)
    found.save()
    return found


@pytest.fixture
def key(company: Path) -> str:
    with workspace() as ws:
        journeys = ws.facts().journeys.select("customer", "journey_id").sort("journey_id").head(1)
        rows = journeys.collect(backend="pyarrow").to_native().to_pylist()
    return str(rows[0]["customer"])


def values(key: str) -> dict[str, str]:
    held = {each.attribute: each.token for each in queries.personal_of(key)}
    raw = served.journal.reveal(held.values(), raw=True)
    return {attribute: raw[token] for attribute, token in held.items()}


def test_a_customer_is_found_by_key_and_by_phone(key: str) -> None:
    phone = values(key)["phone"]
    for asked in (key, phone, f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}"):
        assert customers.find_customers(person("agent"), asked) == [key]
    assert customers.find_customers(person("agent"), "nobody") == []


def test_beyond_ones_brands_there_is_no_customer(client_of: ClientOf, key: str) -> None:
    person("agent", brands=["no_such_brand"])
    client = client_of("agent")
    assert key not in client.post("/customers/", {"value": values(key)["phone"]}).content.decode()
    assert client.get(f"/customers/{key}/").status_code == 404
    assert client.get("/customers/no-such-customer/").status_code == 404


def test_everything_is_handed_out_and_every_value_written_down(client_of: ClientOf, key: str) -> None:
    answer = client_of("owner").post(f"/customers/{key}/export/", {"reason": WHY})
    held = json.loads(answer.content)
    told = json.dumps(held, ensure_ascii=False)
    for value in values(key).values():
        assert value in told
    assert "v~" not in told, "tokens mean nothing outside"
    kinds = {event["type"] for event in held["events"]}
    assert {"object.described", "order.placed"} <= kinds
    assert [row.actor for row in queries.who_saw(values(key)["phone"], clock.now() - timedelta(1), clock.now() + timedelta(1))] == ["owner"]


def test_an_export_holds_nobody_elses_values(key: str) -> None:
    held = json.dumps(actions.export_customer(person("owner"), key, WHY), ensure_ascii=False, default=str)
    with workspace() as ws:
        rows = ws.facts().journeys.select("customer").unique().collect(backend="pyarrow").to_native().to_pylist()
    others = sorted({row["customer"] for row in rows if row["customer"]} - {key})[:20]
    for other in others:
        assert all(value not in held for attribute, value in values(other).items() if attribute in {"phone", "address"})


def test_an_erased_customer_is_gone_and_stays_gone(client_of: ClientOf, company: Path, key: str) -> None:
    known = values(key)
    client = client_of("owner")
    assert client.post(f"/customers/{key}/erase/", {"reason": WHY, "confirm": "other"}).status_code == 400
    assert values(key) == known
    page = client.post(f"/customers/{key}/erase/", {"reason": WHY, "confirm": key}).content.decode()
    assert "This customer was erased" in page
    assert queries.personal_of(key) == [] or served.journal.reveal([each.token for each in queries.personal_of(key)]) == {}
    raw = (company / "journal" / "journal.sqlite3").read_bytes()
    assert known["phone"].encode() not in raw
    assert known["name"].encode() not in raw
    erased = AuditRow.objects.get(act="customer.erased")
    assert erased.detail["vault"] >= 3
    assert key not in erased.object_id


def test_a_purge_that_had_to_wait_is_done_by_the_worker(key: str) -> None:
    phone = values(key)["phone"]
    with served.journal.store.reading():
        done = actions.erase_customer(person("owner"), key, WHY)
    assert not done.purge.done
    jobs.purge(clock.now())
    with served.journal.store.reading() as connection:
        assert purge_pending(connection) is None
    assert phone.encode() not in served.journal.store.database_file.read_bytes()


@pytest.mark.parametrize("role", ["manager", "analyst", "agent", "field", "viewer", "third_party"])
def test_only_an_owner_of_all_brands_hands_out_and_erases(key: str, role: str) -> None:
    for who in (person(role), person("owner", brands=["hearth"])):
        for act in (actions.export_customer, actions.erase_customer):
            with pytest.raises(LastMeterError) as error:
                act(who, key, WHY)
            assert error.value.code == "people.not_allowed"


def test_without_a_reason_nothing_is_handed_out(key: str) -> None:
    for act in (actions.export_customer, actions.erase_customer):
        with pytest.raises(LastMeterError) as error:
            act(person("owner"), key, " ")
        assert error.value.code == "people.reveal_reason"


def test_words_go_by_age_and_younger_ones_stay(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with workspace() as ws:
        feedback = ws.facts().feedback.select("said", "occurred_at").collect(backend="pyarrow").to_native().to_pylist()
    rows = [row for row in feedback if row["said"]]
    last = {token: max(row["occurred_at"] for row in rows if row["said"] == token) for token in {row["said"] for row in rows}}
    border = sorted(last.values())[len(last) // 2]
    monkeypatch.setenv("LASTMETER_KEEP_TEXTS_DAYS", str((clock.now() - border).days))
    limit = clock.now() - timedelta(days=(clock.now() - border).days)
    old, young = {token for token, at in last.items() if at < limit}, {token for token, at in last.items() if at >= limit}
    assert old
    assert young
    keeping.expire(clock.now())
    left = set(served.journal.reveal(last))
    assert left & old == set()
    assert young <= left


def test_words_stay_for_good_unless_told_otherwise(company: Path) -> None:
    assert keeping.expire(clock.now() + timedelta(days=3650))["texts"] == 0


def test_audit_rows_go_by_age(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.record("worker", "old")
    with clock.frozen(clock.now() + timedelta(days=11)):
        actions.record("worker", "young")
        monkeypatch.setenv("LASTMETER_KEEP_AUDIT_DAYS", "10")
        keeping.expire(clock.now())
    assert sorted(AuditRow.objects.values_list("act", flat=True)) == ["expire", "young"]


def test_sessions_that_are_over_and_tasks_long_done_are_cleared_away(company: Path) -> None:
    long_ago = datetime(2020, 1, 1)
    Session.objects.create(session_key="over", session_data="", expire_date=long_ago)
    Session.objects.create(session_key="lasting", session_data="", expire_date=datetime(2100, 1, 1))
    for name, finished in (("old", long_ago), ("young", datetime(2100, 1, 1))):
        DBTaskResult.objects.create(
            task_path="lastmeter.server.board.briefs.send_brief", queue_name="default", backend_name="default", run_after=long_ago,
            args_kwargs={"args": [name], "kwargs": {}}, status="SUCCESSFUL", finished_at=finished,
        )
    worker.run_once("clear away")
    assert [one.session_key for one in Session.objects.all()] == ["lasting"]
    assert [one.args_kwargs["args"] for one in DBTaskResult.objects.all()] == [["young"]]

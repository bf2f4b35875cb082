"""Mei bought tea. Her phone, her name and her words never lie in an event, whichever door they came through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lastmeter.connectors.messages import Reading, decode, draft_of
from lastmeter.connectors.personal import is_relay, kind_of, looks_personal
from lastmeter.journal import Draft, erasure
from lastmeter.journal.vault import is_token
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock
from lastmeter.server.company import served
from lastmeter.server.intake import actions, queries
from lastmeter.server.people.models import Person
from tests.server.intake.conftest import BATCH, Post, hot, paid, said, shipped

PHONE, NAME, WORDS = "13800138000", "李雷", "师傅很准时，电话 13800138000"
MEI = {"receiver": {"phone": PHONE, "name": NAME}, "remark": WORDS}


def revealed(tokens: list[str]) -> list[str]:
    found = served.journal.reveal(tokens, raw=True)
    return [found[token] for token in tokens]


def test_personal_attributes_and_words_become_tokens_with_the_event(post: Post) -> None:
    post(paid(1, data=MEI))
    said(post([paid(2, data=MEI)], BATCH))
    one, two = hot()["paid-1"]["attributes"], hot()["paid-2"]["attributes"]
    assert one == two
    assert all(is_token(token) for token in one.values())
    assert revealed([one["receiver_phone"], one["receiver_name"], one["remark"]]) == [PHONE, NAME, WORDS]
    assert served.journal.reveal([one["remark"]])[one["remark"]] == "师傅很准时，电话 [电话]"


def test_a_customer_known_by_a_phone_is_one_customer_in_every_spelling(post: Post) -> None:
    for number, phone in enumerate(["+86 138-0013-8000", "0086 13800138000", PHONE]):
        post(shipped(number, objects={"order": f"o-{number}", "customer": phone}))
    tokens = {event["objects"][1]["id"] for event in hot().values()}
    assert len(tokens) == 1
    assert is_token(tokens.pop())


def test_a_relay_number_identifies_nobody(post: Post, owner: Person) -> None:
    actions.set_source(owner, "till", relays=["95013"])
    post(shipped(1, objects={"order": "o-1", "customer": "17012345678转1234"}))
    post(shipped(2, objects={"order": "o-2", "customer": "9501312345678"}))
    assert [event["objects"] for event in hot().values()] == [[{"type": "order", "id": "o-1"}], [{"type": "order", "id": "o-2"}]]
    refused = post(shipped(3, objects={"customer": "17012345678-1234"}))
    assert said(refused)["code"] == "message.relay"


def test_settings_and_mapping_say_what_is_personal(post: Post, owner: Person, company: Path) -> None:
    actions.set_source(owner, "till", personal=["locker_pin"], said=["mood"], plain=["display_name"], identities=["member"])
    post(paid(1, data={"locker_pin": "7788", "mood": "高兴", "display_name": "龙井"}, objects="order:o-1,member:m-7"))
    event = hot()["paid-1"]
    assert event["attributes"]["display_name"] == "龙井"
    assert revealed([event["attributes"]["locker_pin"], event["attributes"]["mood"], event["objects"][1]["id"]]) == ["7788", "高兴", "m-7"]


def test_a_value_that_looks_like_a_phone_is_one(post: Post) -> None:
    post(paid(1, data={"memo": PHONE, "waybill_no": "13900139000"}))
    attributes = hot()["paid-1"]["attributes"]
    assert is_token(attributes["memo"])
    assert attributes["waybill_no"] == "13900139000"
    post(paid(2, data={"lane": "north"}))
    refused = post(paid(3, data={"lane": PHONE}))
    assert said(refused)["code"] == "message.looks_personal"
    assert PHONE not in refused.content.decode()


def test_what_was_rejected_is_masked_for_who_may_not_see_it(post: Post, owner: Person) -> None:
    post(paid(1, time="never", data=MEI))
    analyst = Person.objects.get(username="analyst")
    shown = queries.rejected(analyst, live=True)[0]
    assert shown.masked
    text = shown.raw or ""
    assert PHONE not in text
    assert NAME not in text
    assert "准时" not in text
    assert json.loads(text)["data"]["receiver"] == {"phone": "138****8000", "name": "李**"}
    assert PHONE in (queries.one_rejected(owner, shown.number) or shown).raw  # type: ignore[operator]
    with pytest.raises(LastMeterError, match="does not have this permission"):
        queries.rejected(Person.objects.get(username="viewer"))


def test_of_an_erased_customer_nothing_personal_comes_back(post: Post) -> None:
    post(shipped(1, objects={"order": "o-1", "customer": PHONE}, attributes={"remark": WORDS}))
    post(paid(9, time="never", data={"phone": PHONE}))
    erasure.erase(served.journal, PHONE, clock.now())
    assert [row.raw for row in queries.rejected(Person.objects.get(username="owner"), live=True)] == []
    post(shipped(2, objects={"order": "o-1", "customer": PHONE}, attributes={"remark": WORDS}))
    post(shipped(3, objects={"customer": PHONE}))
    event = hot()["shipped-2"]
    assert (event["objects"], event.get("attributes", {})) == ([{"type": "order", "id": "o-1"}], {})
    assert "shipped-3" not in hot()
    post(paid(10, time="never", data={"phone": PHONE}))
    assert [row.raw for row in queries.rejected(Person.objects.get(username="owner"), live=True)] == [None]


def test_logs_and_answers_hold_no_value(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    answers = [post(paid(1, time=PHONE)), post([paid(1, data={"amount": PHONE, "name": NAME})], BATCH), post(PHONE, "application/json")]
    text = caplog.text + "".join(answer.content.decode() for answer in answers)
    assert PHONE not in text


def test_names_and_values_that_are_personal() -> None:
    for name in ("phone", "receiverName", "客户电话", "shipping.address.street", "email", "courier_name", "name"):
        assert kind_of(name) == "personal", name
    for name in ("comment", "备注", "remark"):
        assert kind_of(name) == "said", name
    for name in ("amount", "product_name", "store", "city", "status"):
        assert kind_of(name) is None, name
    assert looks_personal("li@example.com")
    assert not looks_personal("o-20260901-12345678")
    assert is_relay("+86 138 0013 8000 ext 22")
    assert not is_relay("010-88886666-801")


def test_our_own_form_and_a_cloudevent_tell_the_same() -> None:
    reading = Reading("Asia/Shanghai", {})
    cloud = draft_of(decode(json.dumps(paid(1, data=MEI)).encode()), reading)
    own = draft_of(decode(json.dumps({
        "id": "paid-1", "source": "till", "type": "order.paid", "occurred_at": "2026-09-01T18:00:00+08:00",
        "objects": [{"type": "order", "id": "o-1"}], "attributes": MEI}).encode()), reading)
    assert isinstance(cloud, Draft)
    assert cloud == own



"""Lin's till sends what happened: one event, many, packed, twice, and some that cannot be taken."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta

import zstandard

from lastmeter.server import clock
from lastmeter.server.company import served
from lastmeter.server.intake import actions, queries
from lastmeter.server.intake.models import LiveSource
from lastmeter.server.people.models import Person
from tests.server.intake.conftest import BATCH, LINES, Post, hot, paid, said, shipped


def test_one_event_is_stored_once_and_contradicted_never(post: Post) -> None:
    assert post(paid(1)).status_code == 201
    assert said(post(paid(1))) == {"id": "paid-1", "outcome": "duplicate"}
    other = post(paid(1, subject="o-2"))
    assert (other.status_code, said(other)["outcome"]) == (409, "conflict")
    stored = hot()["paid-1"]
    assert (stored["type"], stored["occurred_at"], stored["source"]) == ("order.paid", "2026-09-01T10:00:00", "till")
    assert stored["objects"] == [{"type": "order", "id": "o-1"}]
    assert stored["attributes"] == {"amount": 1250, "amount_currency": "CNY"}
    assert [(row.code, row.place) for row in queries.rejected(Person.objects.get(username="owner"), live=True)] == [
        ("intake.conflict", "id")]


def test_a_batch_answers_for_each_event_and_keeps_what_it_cannot_take(post: Post, owner: Person) -> None:
    post(paid(1))
    answer = post([paid(1), paid(2), paid(2, subject="o-9"), paid(3, time="yesterday"), {"id": "x"}, paid(4)], BATCH)
    assert answer.status_code == 200
    told = said(answer)
    assert [told[name] for name in ("stored", "duplicate", "conflict", "rejected")] == [2, 1, 1, 2]
    assert [event["outcome"] for event in told["events"]] == ["duplicate", "stored", "conflict", "rejected", "rejected", "stored"]
    assert (told["events"][3]["code"], told["events"][3]["place"]) == ("message.field", "time")
    assert told["events"][3]["reason"]["zh"].startswith("字段")
    rows = queries.rejected(owner, live=True)
    assert [(row.source, row.row, row.code) for row in rows] == [
        ("unknown", 5, "message.field"), ("till", 4, "message.field"), ("till", 3, "intake.conflict")]
    assert json.loads(rows[1].raw or "")["time"] == "yesterday"
    assert sorted(hot()) == ["paid-1", "paid-2", "paid-4"]


def test_lines_of_either_form_packed_or_not(post: Post) -> None:
    lines = "\n".join(json.dumps(one) for one in (paid(1), shipped(1), shipped(2))) + "\n"
    assert said(post(lines, LINES))["stored"] == 3
    assert said(post(gzip.compress(lines.encode()), LINES, content_encoding="gzip"))["duplicate"] == 3
    assert said(post(zstandard.compress(lines.encode()), LINES, content_encoding="zstd"))["duplicate"] == 3
    assert hot()["shipped-1"]["occurred_at"] == "2026-09-02T02:00:00"


def test_a_time_that_cannot_be_read_is_named_as_its_sender_wrote_it(post: Post) -> None:
    assert said(post(shipped(1, occurred_at="yesterday")))["place"] == "occurred_at"
    assert said(post(shipped(1, occurred_at="2026-02-30T10:00:00Z")))["place"] == "occurred_at"
    assert said(post(paid(1, time="2026-02-30T10:00:00Z")))["place"] == "time"


def test_binary_mode_reads_the_headers(post: Post) -> None:
    answer = post(
        {"amount": {"amount": "3", "currency": "CNY"}}, "application/json", ce_specversion="1.0", ce_id="b-1", ce_source="till",
        ce_type="com.shop.order.paid", ce_subject="%E8%AE%A2%E5%8D%95-7", ce_time="2026-09-01T10:00:00Z",
        ce_performer="person:lin", ce_revision="2",
    )
    assert answer.status_code == 201
    stored = hot()["b-1"]
    assert (stored["objects"][0]["id"], stored["performer"], stored["revision"]) == ("订单-7", "person:lin", 2)


def test_a_foreign_source_is_part_of_the_id(post: Post) -> None:
    assert post(paid(1, source="/shop/till-3"), path="/api/v1/events?source=shops").status_code == 201
    stored = hot()["/shop/till-3:paid-1"]
    assert stored["source"] == "shops"
    assert post(paid(2, source="urn:till:9")).status_code == 201
    assert hot()["urn%3Atill%3A9:paid-2"]["source"] == "urn_till_9"


def test_what_happened_over_a_day_is_an_interval(post: Post) -> None:
    post(shipped(1, occurred_at="2026-09-02"))
    assert (hot()["shipped-1"]["occurred_at"], hot()["shipped-1"]["precision"]) == ("2026-09-01T16:00:00", "day")
    assert post(shipped(2, occurred_at="2026-09-02T10:11:12Z", precision="minute")).status_code == 201
    assert hot()["shipped-2"]["occurred_at"] == "2026-09-02T10:11:00"


def test_a_promised_day_holds_until_it_ends(post: Post) -> None:
    post(paid(1, data={"promised_delivery_on": "2026-09-05"}))
    assert hot()["paid-1"]["attributes"] == {
        "promised_delivery_on": "2026-09-05", "promised_delivery_at": "2026-09-05T16:00:00"}


def test_new_numbers_are_numbers_and_new_times_are_times(post: Post) -> None:
    post(paid(1, data={"queue": 3, "checked_at": "2026-09-01T12:00:00+08:00"}))
    assert post(paid(2, data={"queue": 3.5, "checked_at": "2026-09-01T12:00:00Z"})).status_code == 201
    with served.journal.connected() as connection:
        types = served.journal.attributes(connection)
    assert (types["queue"], types["checked_at"]) == ("number", "time")
    refused = post(paid(3, data={"queue": "many"}))
    assert (refused.status_code, said(refused)["code"], said(refused)["place"]) == (422, "message.value", "queue")


def test_several_forms_in_one_array_of_json(post: Post) -> None:
    assert said(post([paid(1), shipped(1)], "application/json"))["stored"] == 2
    assert post(shipped(2), "application/json").status_code == 201


def test_what_is_no_event_says_what_is_wrong(post: Post) -> None:
    for body, kind, status, code in (
        ("{", "application/json", 422, "message.unreadable"),
        ("{}", BATCH, 400, "intake.batch"),
        ("a,b", "text/csv", 415, "intake.content_type"),
        (json.dumps({**shipped(1), "perfomer": "x"}), "application/json", 422, "message.field"),
        (json.dumps(paid(1, specversion="0.3")), "application/json", 422, "message.version"),
        (json.dumps(shipped(1, type="Paid")), "application/json", 422, "message.field"),
        (json.dumps(shipped(1, objects={"order": "v~3"})), "application/json", 422, "message.field"),
        (json.dumps(shipped(1, occurred_at="2099-01-01T00:00:00Z")), "application/json", 422, "event.far_time"),
        (json.dumps(shipped(1, zone="Moon/Base")), "application/json", 422, "zone.unknown"),
    ):
        answer = post(body, kind)
        assert (answer.status_code, said(answer)["code"]) == (status, code)
        assert answer["Content-Type"] == "application/problem+json"
    assert hot() == {}


def test_an_attribute_that_another_process_registered_meanwhile_is_read_by_its_type(post: Post) -> None:
    post(paid(1))
    with served.journal.store.writing() as connection:
        connection.execute("INSERT INTO lm_attribute (name, type) VALUES ('lane', 'integer')")
    assert post(paid(2, data={"lane": 4})).status_code == 201
    assert hot()["paid-2"]["attributes"] == {"lane": 4}


def test_a_source_that_sends_is_complete_up_to_its_latest_contact_less_its_lateness(post: Post) -> None:
    now = clock.now()
    with clock.frozen(now):
        post(paid(1))
    (state,) = [source for source in served.journal.sources() if source.name == "till"]
    assert (state.event_types, state.watermark) == (frozenset({"order.paid"}), now - timedelta(minutes=5))
    assert LiveSource.objects.get(name="till").mode == "arrival"


def test_a_watermark_is_declared_never_from_the_future_and_never_back(post: Post, owner: Person) -> None:
    actions.set_source(owner, "till", mode="declared")
    post(paid(1))

    def watermark() -> datetime | None:
        return next(source.watermark for source in served.journal.sources() if source.name == "till")

    def declare(moment: str) -> int:
        return int(post({"complete_until": moment}, "application/json", path="/api/v1/sources/till/watermark").status_code)

    assert watermark() is None
    assert declare("2026-03-01T10:00:00+08:00") == 204
    assert watermark() == datetime(2026, 3, 1, 2)
    assert declare("2026-02-01T10:00:00Z") == 204
    assert watermark() == datetime(2026, 3, 1, 2)
    assert declare("2099-02-01T10:00:00Z") == 204
    assert watermark() == clock.now()
    assert declare("2026-02-01T10:00:00") == 400


def test_a_heartbeat_is_a_contact(post: Post) -> None:
    assert post("", path="/api/v1/sources/lockers/heartbeat").status_code == 204
    (state,) = [source for source in served.journal.sources() if source.name == "lockers"]
    assert (state.event_types, state.watermark) == (frozenset(), clock.now() - timedelta(minutes=5))

"""Personal values: masked everywhere, shown for a reason, within a quota and the reader's reach, written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused

import narwhals.stable.v2 as nw
import pytest
from django.core import mail
from django.core.mail import send_mail
from django_tasks_db.models import DBTaskResult

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock, worker
from lastmeter.server.audit import actions, queries, tasks
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf

WHY = "customer called to change the address"


@dataclass(frozen=True)
class Known:
    """A customer of the shop with a name and a phone, and one of the customer's journeys."""

    key: str
    phone: str
    phone_token: str
    name_token: str
    kind: str
    journey: str
    brand: str
    performer: str


@pytest.fixture
def customer(company: Path) -> Known:
    with workspace() as ws:
        journeys = ws.facts().journeys.filter(~nw.col("performer").is_null()).sort("journey_id").head(1)
        row = journeys.collect(backend="pyarrow").to_native().to_pylist()[0]
    held = {each.attribute: each.token for each in queries.personal_of(row["customer"])}
    phone = served.journal.reveal([held["phone"]], raw=True)[held["phone"]]
    return Known(row["customer"], phone, held["phone"], held["name"], row["journey_kind"], row["journey_id"], row["brand"],
                 row["performer"])


@pytest.fixture
def noon(company: Path) -> Iterator[datetime]:
    """Noon in Shanghai of the day after the exports: within working hours."""
    moment = (clock.now() + timedelta(days=1)).replace(hour=4, minute=0, second=0, microsecond=0)
    with clock.frozen(moment):
        yield moment


def person(role: str, **more: object) -> Person:
    found = Person.objects.get(username=role)
    for name, value in more.items():
        setattr(found, name, value)
    found.save()
    return found


def test_a_value_is_masked_until_it_is_revealed_for_a_reason(client_of: ClientOf, customer: Known, noon: datetime) -> None:
    client = client_of("agent")
    page = client.get(f"/reveal/?token={customer.phone_token}").content.decode()
    assert customer.phone not in page
    assert customer.phone[-4:] in page
    shown = client.post("/reveal/", {"token": customer.phone_token, "reason": WHY})
    assert customer.phone in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    row = AuditRow.objects.get(act="reveal")
    assert (row.actor, row.object_type, row.object_id, row.reason) == ("agent", "vault", customer.phone_token, WHY)


def test_the_dialog_shows_it_too(client_of: ClientOf, customer: Known, noon: datetime) -> None:
    answer = client_of("agent").post("/reveal/", {"token": customer.phone_token, "reason": WHY}, headers={"HX-Request": "true"})
    assert customer.phone in answer.content.decode()
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_without_a_reason_nothing_is_shown(client_of: ClientOf, customer: Known, reason: str) -> None:
    answer = client_of("agent").post("/reveal/", {"token": customer.phone_token, "reason": reason})
    assert answer.status_code == 400
    assert customer.phone not in answer.content.decode()
    assert not AuditRow.objects.filter(act="reveal").exists()


@pytest.mark.parametrize("role", ["analyst", "viewer", "third_party"])
def test_not_every_role_reveals(client_of: ClientOf, customer: Known, role: str) -> None:
    answer = client_of(role).post("/reveal/", {"token": customer.phone_token, "reason": WHY})
    assert answer.status_code == 403
    assert customer.phone not in answer.content.decode()


def test_the_quota_is_per_person_and_day(customer: Known, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTMETER_REVEALS_A_DAY", "2")
    agent = person("agent")
    actions.reveal(agent, customer.phone_token, WHY)
    actions.reveal(agent, customer.name_token, WHY)
    with pytest.raises(LastMeterError) as error:
        actions.reveal(agent, customer.phone_token, WHY)
    assert error.value.code == "people.reveal_quota"
    actions.reveal(person("field"), customer.phone_token, WHY)
    with clock.frozen(noon + timedelta(days=1)):
        assert actions.reveal(agent, customer.phone_token, WHY) == {customer.phone_token: customer.phone}


def test_several_at_once_count_one_by_one(customer: Known, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTMETER_REVEALS_A_DAY", "1")
    with pytest.raises(LastMeterError):
        actions.reveal(person("agent"), [customer.phone_token, customer.name_token], WHY)
    assert not AuditRow.objects.filter(act="reveal").exists()


def test_brands_bound_what_is_revealed(customer: Known, noon: datetime) -> None:
    with workspace() as ws:
        bought = {row["brand"] for row in ws.facts().journeys.select("customer", "brand").collect(backend="pyarrow").to_native().to_pylist()
                  if row["customer"] == customer.key}
    within = person("agent", brands=[customer.brand])
    assert actions.reveal(within, customer.phone_token, WHY)
    assert actions.reveal(within, customer.phone_token, WHY, kind=customer.kind, journey=customer.journey)
    outside = person("agent", brands=["no_such_brand"])
    assert "no_such_brand" not in bought
    for more in ({}, {"kind": customer.kind, "journey": customer.journey}):
        with pytest.raises(LastMeterError) as error:
            actions.reveal(outside, customer.phone_token, WHY, **more)
        assert error.value.code == "people.reveal_unknown"


def test_a_journey_of_ones_own_brand_does_not_open_another_customers_data(customer: Known, noon: datetime) -> None:
    with workspace() as ws:
        rows = ws.facts().journeys.select("customer", "brand", "journey_id").collect(backend="pyarrow").to_native().to_pylist()
    buyers = {row["customer"] for row in rows if row["brand"] == customer.brand}
    stranger = next(row["customer"] for row in rows if row["customer"] and row["customer"] not in buyers)
    token = next(each.token for each in queries.personal_of(stranger) if each.attribute == "phone")
    with pytest.raises(LastMeterError):
        actions.reveal(person("agent", brands=[customer.brand]), token, WHY, kind=customer.kind, journey=customer.journey)


def test_an_unknown_token_looks_like_one_out_of_reach(customer: Known) -> None:
    with pytest.raises(LastMeterError) as error:
        actions.reveal(person("owner"), "v~999999999", WHY)
    assert error.value.code == "people.reveal_unknown"


def mails() -> list[str]:
    mail.outbox.clear()
    while DBTaskResult.objects.ready().exists():
        worker._batch().run()
    return [letter.to[0] for letter in mail.outbox]


def test_many_within_an_hour_alarm_the_owners_once(customer: Known, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTMETER_REVEALS_AN_HOUR", "3")
    agent = person("agent")
    for _ in range(3):
        actions.reveal(agent, customer.phone_token, WHY)
    assert not AuditRow.objects.filter(act="reveal.unusual").exists()
    for _ in range(3):
        actions.reveal(agent, customer.phone_token, WHY)
    flag = AuditRow.objects.get(act="reveal.unusual")
    assert (flag.object_id, flag.detail["why"]) == ("agent", ["many"])
    assert DBTaskResult.objects.count() == 1
    assert mails() == ["owner@example.com"]


def test_an_owner_whose_mail_fails_keeps_no_other_from_being_told(
    customer: Known, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    Person.objects.create(username="second", role="owner", email="second@example.com")

    def refuse_the_first(subject: str, body: str, sender: str | None, to: list[str]) -> int:
        if to == ["owner@example.com"]:
            raise SMTPRecipientsRefused({to[0]: (550, b"no such mailbox")})
        return send_mail(subject, body, sender, to)

    monkeypatch.setattr(tasks, "send_mail", refuse_the_first)
    with clock.frozen(noon + timedelta(hours=12)):
        actions.reveal(person("agent"), customer.phone_token, WHY)
    assert mails() == ["second@example.com"]


def test_night_work_alarms_the_owners(customer: Known, noon: datetime) -> None:
    with clock.frozen(noon + timedelta(hours=12)):
        actions.reveal(person("agent"), customer.phone_token, WHY)
    assert AuditRow.objects.get(act="reveal.unusual").detail["why"] == ["hours"]


def test_far_above_the_own_habit_alarms_the_owners(customer: Known, noon: datetime) -> None:
    agent = person("agent")
    for _ in range(2):
        actions.reveal(agent, customer.phone_token, WHY)
    with clock.frozen(noon + timedelta(days=1)):
        for number in range(10):
            assert AuditRow.objects.filter(act="reveal.unusual").count() == 0, number
            actions.reveal(agent, customer.phone_token, WHY)
        assert AuditRow.objects.get(act="reveal.unusual").detail["why"] == ["habit"]


def test_who_saw_this_phone_between_two_times(client_of: ClientOf, customer: Known, noon: datetime) -> None:
    actions.reveal(person("agent"), customer.phone_token, WHY)
    with clock.frozen(noon + timedelta(hours=2)):
        actions.reveal(person("manager"), customer.phone_token, WHY)
        actions.reveal(person("manager"), customer.name_token, WHY)
    hour = timedelta(hours=1)
    assert [row.actor for row in queries.who_saw(customer.phone, noon, noon + 3 * hour)] == ["manager", "agent"]
    assert [row.actor for row in queries.who_saw(customer.phone, noon, noon + hour)] == ["agent"]
    assert [row.actor for row in queries.who_saw(customer.phone, noon + hour, noon + 3 * hour)] == ["manager"]
    spelt = f"+86 {customer.phone[:3]}-{customer.phone[3:7]}-{customer.phone[7:]}"
    assert len(queries.who_saw(spelt, noon, noon + 3 * hour)) == 2
    assert queries.who_saw("13000000000", noon, noon + 3 * hour) == []
    page = client_of("owner").post("/audit/seen/", {"value": customer.phone}).content.decode()
    assert customer.phone not in page


def test_no_personal_value_is_ever_in_the_audit(client_of: ClientOf, customer: Known, noon: datetime) -> None:
    client = client_of("owner")
    client.post("/reveal/", {"token": customer.phone_token, "reason": WHY})
    client.post("/audit/seen/", {"value": customer.phone})
    client.post("/customers/", {"value": customer.phone})
    client.post(f"/customers/{customer.key}/export/", {"reason": WHY})
    client.post(f"/customers/{customer.key}/erase/", {"reason": WHY, "confirm": customer.key})
    for row in AuditRow.objects.all():
        assert customer.phone not in f"{row.object_id} {row.detail} {row.reason}"


def test_the_tag_masks_and_offers_to_reveal(client_of: ClientOf, customer: Known) -> None:
    for role, offered in (("agent", True), ("manager", True), ("owner", True)):
        page = client_of(role).get(f"/customers/{customer.key}/").content.decode()
        assert customer.phone not in page
        assert customer.phone[:3] + "****" + customer.phone[-4:] in page
        assert ("/reveal/?token=" in page) == offered


def test_a_text_is_shown_without_the_numbers_in_it(company: Path) -> None:
    with served.journal.store.writing() as connection:
        (token,) = served.journal.vault.tokens(connection, "said", ["call me at 13912345678 please"])
    assert token is not None
    assert queries.masked([token])[token] == "call me at [phone] please"


def test_not_even_a_masked_value_is_shown_beyond_ones_reach(client_of: ClientOf, customer: Known, noon: datetime) -> None:
    masked = queries.masked([customer.phone_token])[customer.phone_token]
    person("agent", brands=[customer.brand])
    assert masked in client_of("agent").get(f"/reveal/?token={customer.phone_token}").content.decode()
    person("agent", brands=["no_such_brand"])
    assert masked not in client_of("agent").get(f"/reveal/?token={customer.phone_token}").content.decode()

"""The shop system of a partner signs what it sends; its rows go through the same mapping as its files."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from lastmeter.server.intake import actions, queries
from lastmeter.server.intake.ingest import formats
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf
from tests.server.intake.conftest import hot, paid, said

MAPPING = """
[source]
name = "partner"
title = { zh = "伙伴", en = "Partner" }
zone = "Asia/Shanghai"

[[table]]
name = "parcels"
key = ["parcel_no"]

[[table.event]]
type = "parcel.delivered"
at = "delivered_at"
objects = { parcel = "parcel_no", order = "order_no" }
performer = "carrier:{carrier}"

[table.event.attributes]
receiver = { column = "receiver", type = "personal" }
"""
ROW = {"parcel_no": "p-1", "order_no": "o-1", "delivered_at": "2026-09-03 10:00:00", "carrier": "sf", "receiver": "李雷"}


@pytest.fixture
def secret(owner: Person, company: Path) -> str:
    (company / "sources" / "partner.toml").write_text(MAPPING, encoding="utf-8")
    return actions.new_secret(owner, "partner")


def signed(secret: str, body: Any, *, sent: datetime | None = None, path: str = "/hooks/partner") -> Any:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    at = sent or datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": Webhook(secret).sign("msg_1", at, text),
    }
    return Client().post(path, data=text.encode(), content_type="application/json", headers=headers)


def test_a_secret_is_made_in_the_console_and_shown_once(secret: str, client_of: ClientOf) -> None:
    client = client_of("owner")
    answer = client.post("/sources/partner/secret/")
    shown = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())
    assert shown
    assert answer["Cache-Control"] == "no-store"
    assert shown[0] not in client.get("/sources/partner/").content.decode()
    assert said(signed(shown[0], ROW))["stored"] == 1
    assert said(signed(secret, ROW))["duplicate"] == 1  # the one before stays good
    assert "/sources/partner/secret/" not in client_of("manager").get("/sources/partner/").content.decode()
    assert client_of("manager").post("/sources/partner/secret/").status_code == 403
    assert client.post("/sources/nowhere/secret/").status_code == 404


def test_a_signed_row_goes_through_the_mapping(secret: str) -> None:
    assert said(signed(secret, ROW))["stored"] == 1
    assert said(signed(secret, ROW))["duplicate"] == 1
    event = hot()["parcel.delivered:p-1"]
    assert (event["occurred_at"], event["performer"]) == ("2026-09-03T02:00:00", "carrier:sf")
    assert event["objects"] == [{"type": "parcel", "id": "p-1"}, {"type": "order", "id": "o-1"}]
    assert event["attributes"]["receiver"].startswith("v~")


def test_the_envelope_of_a_webhook_is_opened(secret: str) -> None:
    envelope = {"type": "parcel.delivered", "timestamp": "2026-09-03T02:00:00Z", "data": ROW}
    assert said(signed(secret, envelope))["stored"] == 1
    assert "parcel.delivered:p-1" in hot()


def test_a_cloudevent_needs_no_mapping(secret: str) -> None:
    assert said(signed(secret, paid(1)))["stored"] == 1
    assert said(signed(secret, [paid(1), paid(2)]))["stored"] == 1


def test_what_was_not_signed_now_is_refused(secret: str, owner: Person) -> None:
    assert Client().post("/hooks/partner", data="{}", content_type="application/json").status_code == 401
    assert signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ROW).status_code == 401
    assert signed(secret, ROW, sent=datetime(2026, 1, 1, tzinfo=UTC)).status_code == 401
    assert signed(secret, ROW, path="/hooks/nobody").status_code == 404
    assert hot() == {}
    newer = actions.new_secret(owner, "partner")
    assert signed(secret, ROW).status_code == 200
    assert signed(newer, ROW).status_code == 200
    actions.new_secret(owner, "partner")
    assert signed(secret, ROW).status_code == 401


def test_a_row_that_cannot_be_read_waits_and_is_replayed_by_the_mended_mapping(secret: str, owner: Person, company: Path) -> None:
    answer = said(signed(secret, [ROW, {**ROW, "parcel_no": "p-2", "delivered_at": "soon"}, {"else": 1}, 7]))
    assert (answer["stored"], answer["rejected"]) == (1, 3)
    bad = said(signed(secret, {**ROW, "parcel_no": "p-3", "delivered_at": "soon"}))
    assert (bad["rejected"], bad["events"][0]["code"], bad["events"][0]["place"]) == (1, "time_unreadable", "delivered_at")
    row = next(one for one in queries.rejected(owner, source="partner") if one.code == "time_unreadable")
    assert row.form == "rows"
    mended = json.dumps({**ROW, "parcel_no": "p-3"}, ensure_ascii=False)
    assert actions.replay(owner, row.number, mended).outcome == "stored"
    assert "parcel.delivered:p-3" in hot()


def test_a_row_without_a_mapping_is_kept(owner: Person) -> None:
    secret = actions.new_secret(owner, "stranger")
    answer = signed(secret, ROW, path="/hooks/stranger")
    assert (answer.status_code, said(answer)["events"][0]["code"]) == (200, "intake.no_mapping")
    assert [row.source for row in queries.rejected(owner)] == ["stranger"]


def test_of_many_rows_none_is_left_out(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "SLICE", 3)
    rows = [{**ROW, "parcel_no": f"p-{number}"} for number in range(7)]
    assert said(signed(secret, [*rows, {**ROW, "parcel_no": "p-7", "delivered_at": "soon"}])) | {"events": []} == {
        "stored": 7, "duplicate": 0, "conflict": 0, "rejected": 1, "events": []}
    assert sorted(hot()) == [f"parcel.delivered:p-{number}" for number in range(7)]

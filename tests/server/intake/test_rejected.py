"""What could not be taken waits until somebody mends it, throws it away, or it expires."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock, worker
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.intake import actions, queries
from lastmeter.server.intake.ingest.door import door
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf
from tests.server.intake.conftest import BATCH, Post, hot, paid, said


def test_a_mended_event_is_taken_and_settled(post: Post, owner: Person) -> None:
    post(paid(1, time="yesterday"))
    (row,) = queries.rejected(owner, live=True)
    with pytest.raises(LastMeterError, match="time"):
        actions.replay(owner, row.number)
    assert [one.number for one in queries.rejected(owner, live=True)] == [row.number]
    mended = json.dumps(paid(1, time="2026-09-01T10:00:00Z", data={"phone": "13800138000"}))
    assert actions.replay(owner, row.number, mended).outcome == "stored"
    assert hot()["paid-1"]["attributes"]["phone"].startswith("v~")
    assert queries.rejected(owner, live=True) == []
    with pytest.raises(LastMeterError, match="set aside"):
        actions.replay(owner, row.number)
    assert AuditRow.objects.get(act="rejected.replayed").detail["mended"] is True


def test_a_reason_counted_for_many_names_none_of_them(post: Post, owner: Person) -> None:
    for number in (1, 2):
        post(paid(number, time="yesterday"))
    (counted,) = queries.rejected_counts(owner)
    assert (counted.count, counted.reason.en) == (2, "The field “…” is missing, unknown or of another type")


def test_who_may_not_mend_may_not(post: Post, owner: Person) -> None:
    post(paid(1, time="yesterday"))
    (row,) = queries.rejected(owner)
    for role in ("agent", "viewer", "third_party"):
        with pytest.raises(LastMeterError):
            actions.replay(Person.objects.get(username=role), row.number)
        with pytest.raises(LastMeterError):
            actions.discard(Person.objects.get(username=role), [row.number])
    assert actions.discard(Person.objects.get(username="analyst"), [row.number, 999], reason="test data") == 1
    assert queries.rejected(owner) == []


def test_counts_by_source_and_reason(post: Post, owner: Person) -> None:
    post([paid(1, time="a"), paid(2, time="b"), paid(3, specversion="2.0"), paid(4, source="erp", time="c")], BATCH)
    counts = {(one.source, one.code): one.count for one in queries.rejected_counts(owner)}
    assert counts == {("till", "message.field"): 2, ("till", "message.version"): 1, ("erp", "message.field"): 1}
    assert [row.row for row in queries.rejected(owner, source="till", code="message.field", limit=1)] == [2]


def test_the_same_rejected_event_fills_nothing_and_a_flood_ends(post: Post, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert post(paid(1, time="yesterday")).status_code == 422
    assert len(queries.rejected(owner, live=True)) == 1
    monkeypatch.setattr("lastmeter.server.intake.ingest.door.KEPT", 5)
    answer = said(post([paid(number, time="x") for number in range(10)], BATCH))
    assert answer["rejected"] == 10
    assert len(queries.rejected(owner, live=True)) == 5
    door.close()


def test_the_keeper_says_how_long_what_was_set_aside_is_kept(post: Post, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTMETER_KEEP_REJECTED_DAYS", "365")
    post(paid(1, time="yesterday"))
    with clock.frozen(clock.now() + timedelta(days=364)):
        worker.run_once("tidy")
        worker.run_once("expire")
        assert len(queries.rejected(owner, live=True)) == 1
    with clock.frozen(clock.now() + timedelta(days=366)):
        worker.run_once("expire")
        assert queries.rejected(owner, live=True) == []


def test_what_nobody_settles_expires_after_180_days(post: Post, owner: Person) -> None:
    post(paid(1, time="yesterday"))
    with clock.frozen(clock.now() + timedelta(days=179)):
        worker.run_once("expire")
        assert len(queries.rejected(owner, live=True)) == 1
    with clock.frozen(clock.now() + timedelta(days=181)):
        worker.run_once("expire")
        assert queries.rejected(owner, live=True) == []


@pytest.mark.parametrize("before", ["²", "9" * 30])
def test_a_number_that_is_none_is_passed_over(client_of: ClientOf, before: str) -> None:
    assert client_of("owner").get("/sources/rejected/", {"before": before}).status_code == 200


def test_who_sees_one_brand_sees_what_was_set_aside_masked(post: Post, owner: Person) -> None:
    """Of which brand it is nobody can tell: that is why it was set aside."""
    post(paid(1, type=None, data={"phone": "13800138000"}))
    assert "13800138000" in str(queries.rejected(owner)[0].raw)
    owner.brands = ["north"]
    assert "13800138000" not in str(queries.rejected(owner)[0].raw)
    assert queries.rejected(owner)[0].masked

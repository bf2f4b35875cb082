"""Events taken one by one: acknowledged when durable, joined to the caller's transaction, sealed later."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from lastmeter.journal import Event, Journal, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from tests.journal.shop import NOW, Shop, paid


def test_an_event_is_stored_once_and_its_change_is_a_conflict(shop: Shop) -> None:
    record = shop.journal.record
    assert record([paid(1), paid(1), paid(1, place="杭州")], recorded_at=NOW) == ["stored", "duplicate", "conflict"]
    shop.journal.seal(at=NOW)
    assert record([paid(1), paid(1, place="杭州"), paid(2)], recorded_at=NOW) == ["duplicate", "conflict", "stored"]
    assert shop.effective("id, place") == [("order.paid:1", None), ("order.paid:2", None)]


def test_a_change_is_an_event_of_its_own_that_names_what_it_corrects(shop: Shop) -> None:
    shop.import_file(paid(1), paid(2))
    ruling = paid(1, id="ruling:1", corrects="order.paid:1", place="杭州", revision=9)
    void = paid(2, id="ruling:2", corrects="order.paid:2", voids=True, revision=9)
    before = shop.manifest()
    assert shop.journal.record([ruling, void], recorded_at=NOW) == ["stored", "stored"]
    expected = [("order.paid:1", "杭州", None)]
    assert shop.effective("id, place, corrects") == expected
    assert {("order", "o1", "2024-03"), ("order", "o2", "2024-03")} <= shop.touched(before)
    assert shop.journal.seal(at=NOW) == 2
    assert shop.effective("id, place, corrects") == expected
    assert {("order", "o1", "2024-03"), ("order", "o2", "2024-03")} <= shop.touched(before)


def test_an_original_that_comes_after_its_correction_was_sealed(shop: Shop) -> None:
    shop.journal.record([paid(1, id="ruling:1", corrects="order.paid:1", voids=True)], recorded_at=NOW)
    shop.journal.seal(at=NOW)
    shop.journal.record([paid(1), paid(2)], recorded_at=NOW)
    assert shop.effective("id") == [("order.paid:2",)]
    shop.journal.seal(at=NOW)
    assert shop.effective("id") == [("order.paid:2",)]


def test_sealing_changes_nothing_that_anybody_sees(shop: Shop) -> None:
    events = [
        paid(1, attributes={"score": 4.5, "note": "好评", "gift": True, "pieces": 3}),
        paid(2, at=None, precision="unknown"),
        paid(3, at=datetime(2024, 2, 29, 16), precision="day", attributes={"score": 2}),
        paid(4, objects=(ObjectRef("order", "o4"),), performer="carrier:sf", channel="phone"),
    ]
    shop.journal.record(events, recorded_at=NOW)
    before = shop.effective("*")
    assert shop.journal.seal(at=NOW) == 4
    assert shop.journal.seal(at=NOW) == 0
    assert shop.effective("*") == before
    assert [row[:2] for row in shop.effective("id, local_on::VARCHAR, occurred_end")][2] == (
        "order.paid:3",
        "2024-03-01",
    )


def test_events_join_the_callers_transaction_on_sqlite(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal")
    connection = sqlite3.connect(journal.store.database_file, isolation_level=None)
    with pytest.raises(LastMeterError) as caught:
        journal.append(connection, [paid(1)], recorded_at=NOW)
    assert caught.value.code == "journal.no_transaction"
    connection.execute("BEGIN IMMEDIATE")
    assert journal.append(connection, [paid(1)], recorded_at=NOW) == ["stored"]
    connection.execute("ROLLBACK")
    assert Shop(journal).effective("id") == []
    connection.execute("BEGIN IMMEDIATE")
    journal.append(connection, [paid(1)], recorded_at=NOW)
    connection.execute("COMMIT")
    connection.close()
    assert Shop(journal).effective("id") == [("order.paid:1",)]


def test_events_join_the_callers_transaction_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    journal = Journal.open(tmp_path / "journal", database_url=postgres_url)
    with psycopg.connect(postgres_url) as connection:
        journal.append(connection, [paid(1)], recorded_at=NOW)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert Shop(journal).effective("id") == []
    assert Shop(journal).effective("id") == [("order.paid:1",)]


def test_many_clients_share_a_writer_and_each_learns_its_own_outcome(shop: Shop) -> None:
    with shop.journal.writer() as writer, ThreadPoolExecutor(16) as clients:

        def send(number: int) -> str:
            return writer.submit(paid(number % 50), recorded_at=NOW).result()

        outcomes = list(clients.map(send, range(100)))
        far = writer.submit(paid(1, id="far", at=datetime(2099, 1, 1)), recorded_at=NOW)
        conflict = writer.submit(paid(1, place="杭州"), recorded_at=NOW)
        assert conflict.result() == "conflict"
        with pytest.raises(LastMeterError):
            far.result()
    assert sorted(outcomes) == ["duplicate"] * 50 + ["stored"] * 50
    assert len(shop.effective("id")) == 50


def test_those_that_wait_together_are_recorded_together_by_the_last_of_their_times(shop: Shop) -> None:
    groups: list[tuple[int, datetime]] = []
    begun, go_on = threading.Event(), threading.Event()

    def beside(_connection: object, drafts: Sequence[object], at: datetime) -> None:
        groups.append((len(drafts), at))
        begun.set()
        assert go_on.wait(10)

    with shop.journal.writer(beside) as writer:
        sent = [writer.submit(paid(1), recorded_at=NOW)]
        assert begun.wait(10)  # the first is being written: the others wait together
        sent += [writer.submit(paid(2 + late), recorded_at=NOW + timedelta(seconds=late)) for late in (2, 0, 1)]
        go_on.set()
        assert [one.result() for one in sent] == ["stored"] * 4
    assert groups == [(1, NOW), (3, NOW + timedelta(seconds=2))]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"at": datetime(2024, 3, 5, 9), "precision": "unknown"}, "event.precision"),
        ({"at": None}, "event.precision"),
        ({"at": datetime(2024, 3, 5, 9), "precision": "day"}, "event.precision"),
        ({"at": datetime(2024, 3, 5, 9, 30), "precision": "hour"}, "event.precision"),
        ({"precision": "fortnight"}, "event.precision"),
        ({"zone": "Asia/Hangzhou"}, "zone.unknown"),
        ({"id": ""}, "event.incomplete"),
        ({"objects": ()}, "event.incomplete"),
        ({"id": "order.paid:1~0123456789abcdef"}, "event.identity"),
        ({"corrects": "order.paid:1"}, "event.identity"),
        ({"voids": True}, "event.identity"),
        ({"attributes": {"score": float("nan")}}, "event.number"),
    ],
)
def test_an_event_that_cannot_be_is_refused_at_once(wrong: dict[str, object], code: str) -> None:
    with pytest.raises(LastMeterError) as caught:
        paid(1, **wrong)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert caught.value.hint("zh") != caught.value.hint("en")


def test_a_day_is_an_interval_of_23_to_25_hours() -> None:
    def day(at: datetime) -> float:
        event = Event(source="s", id="i", type="t", occurred_at=at, zone="America/Sao_Paulo", precision="day",
                      objects=(ObjectRef("order", "o"),))  # fmt: skip
        assert event.occurred_end is not None
        return (event.occurred_end - at).total_seconds() / 3600

    assert day(datetime(2018, 2, 17, 2)) == 25
    assert day(datetime(2018, 3, 1, 3)) == 24


def test_an_attribute_keeps_its_registered_type(shop: Shop) -> None:
    shop.journal.record([paid(1, attributes={"weight": 2.0})], recorded_at=NOW)
    shop.journal.record([paid(2, attributes={"weight": 3})], recorded_at=NOW)
    with pytest.raises(LastMeterError) as caught:
        shop.journal.record([paid(3, attributes={"weight": "heavy"})], recorded_at=NOW)
    assert caught.value.code == "journal.attribute_type"
    assert shop.effective("attr_weight") == [(2.0,), (3.0,)]

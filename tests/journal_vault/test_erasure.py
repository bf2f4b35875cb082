"""Li Lei asks Mei to forget him: his name, his phones and his words go; that an order came, and when, stays."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.journal_vault.shop import ATTRIBUTES, RECORDED, Order, import_orders, rejected_row

from lastmeter.journal import Event, Journal, ObjectRef, erasure, rejected
from lastmeter.journal.batches import register_attributes

JULY = datetime(2018, 7, 1)
LI, HAN = "13800138000", "13900139000"
ORDERS = [
    Order(1, LI, "李雷", "好茶，打 13800138000"), Order(40, LI, "李雷", "很好", score=2),
    Order(2, HAN, "韩梅梅", "很好"), Order(3, HAN, "韩梅梅", "一般", seller="s-2"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    opened = Journal.open(tmp_path / "journal", database_url=url)
    yield opened
    opened.close()


def rows(journal: Journal) -> list[dict[str, Any]]:
    """All effective events, by id."""
    with journal.snapshot() as snapshot:
        snapshot.define_events("events")
        cursor = snapshot.duck.execute("SELECT * FROM events ORDER BY id")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def vault_values(journal: Journal) -> set[str]:
    with journal.connected() as connection:
        return {row[0] for row in connection.execute("SELECT raw FROM lm_vault")}


def test_words_and_names_go_and_journeys_stay(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    report = erasure.erase(journal, "+86 138 0013 8000", JULY)
    assert report.by_type == {"customer": 1, "order": 2, "review": 2}
    assert report.shared == {"seller": 1}
    assert (report.events, report.vault, report.found) == (6, 3, True)
    assert vault_values(journal) == {HAN, "韩梅梅", "很好", "一般"}
    events = {row["id"]: row for row in rows(journal)}
    purchased, review = events["order.purchased:o-1"], events["review.answered:o-40"]
    assert purchased["objects"] == [{"type": "seller", "id": "s-1"}]
    assert (purchased["attr_amount"], review["attr_score"], review["attr_said"]) == (990, 2.0, None)
    assert "customer.described:1" not in events
    assert events["review.answered:o-2"]["attr_said"] is not None
    assert events["order.purchased:o-2"]["objects"] is not None


def test_the_same_files_again_add_nothing_and_bring_nothing_back(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    erasure.erase(journal, LI, JULY)
    before = rows(journal)
    again = import_orders(journal, ORDERS, label="again")
    assert (again.stored, again.corrected) == (0, 0)
    assert rows(journal) == before
    assert vault_values(journal) == {HAN, "韩梅梅", "很好", "一般"}


def test_new_orders_of_an_erased_person_come_without_their_words(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    erasure.erase(journal, LI, JULY)
    import_orders(journal, [Order(1, LI, "李雷", "我想起来了，茶很香"), Order(9, HAN, "韩梅梅", "好")], label="next")
    events = {row["id"]: row for row in rows(journal)}
    assert events["review.answered:o-1"]["attr_said"] is None
    assert vault_values(journal) == {HAN, "韩梅梅", "很好", "一般", "好"}


def test_an_undo_after_an_erasure_still_finds_its_rows(journal: Journal) -> None:
    import_orders(journal, ORDERS[:2], label="one")
    import_orders(journal, ORDERS, label="two")
    erasure.erase(journal, LI, JULY)
    journal.undo(1, at=JULY)
    assert {row["object_id"] for row in rows(journal) if row["type"] == "order.purchased"} == {
        "o-1", "o-2", "o-3", "o-40"
    }
    journal.undo(2, at=JULY)
    assert rows(journal) == []


def test_an_open_import_is_stripped_before_it_is_published(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="open", publish=False)
    assert erasure.erase(journal, LI, JULY).events == 6
    import_orders(journal, ORDERS, label="open")
    assert vault_values(journal) == {HAN, "韩梅梅", "很好", "一般"}
    events = {row["id"]: row for row in rows(journal)}
    assert len(events) == 10
    assert events["review.answered:o-1"]["attr_said"] is None
    assert events["review.answered:o-2"]["attr_said"] is not None


def test_corrections_and_single_events_lose_their_words_too(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    import_orders(journal, [Order(1, LI, "李雷", "其实一般", score=3)], label="changed", as_of=5)
    with journal.store.writing() as connection:
        (word,) = journal.vault.tokens(connection, "said", ["电话里很生气"])
        call = Event(
            source="calls", id="call-1", type="call.ended", occurred_at=datetime(2018, 2, 1),
            objects=(ObjectRef("call", "k-1"), ObjectRef("order", "o-1")), attributes={"said": word},
        )  # fmt: skip
        assert journal.append(connection, [call], recorded_at=RECORDED) == ["stored"]
    erasure.erase(journal, LI, JULY)
    assert vault_values(journal) == {HAN, "韩梅梅", "很好", "一般"}
    events = {row["id"]: row for row in rows(journal)}
    assert (events["review.answered:o-1"]["attr_score"], events["review.answered:o-1"]["attr_said"]) == (3.0, None)
    assert events["call-1"]["attr_said"] is None
    changed = import_orders(journal, [Order(1, LI, "李雷", "其实一般", score=3)], label="changed again", as_of=5)
    assert (changed.stored, changed.corrected) == (0, 0)


def test_a_builder_hears_of_it(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    with journal.snapshot() as snapshot:
        before = snapshot.manifest_number
    erasure.erase(journal, LI, JULY)
    with journal.snapshot() as snapshot:
        snapshot.define_touched("touched", since=before)
        touched = set(snapshot.duck.execute("SELECT object_id FROM touched").fetchall())
    assert {("o-1",), ("o-40",), ("r-1",)} <= touched
    assert ("o-2",) not in touched


def test_a_plain_customer_number_works_and_only_in_customers(journal: Journal) -> None:
    with journal.store.writing() as connection:
        register_attributes(connection, ATTRIBUTES)
        (word,) = journal.vault.tokens(connection, "said", ["很香"])
        events = [
            Event(
                source="shop", id=f"order-{kind}", type="order.purchased", occurred_at=datetime(2018, 2, 1),
                objects=(ObjectRef("order", kind), ObjectRef(kind, "17")), attributes={"said": word},
            )
            for kind in ("customer", "product")
        ]  # fmt: skip
        journal.append(connection, events, recorded_at=RECORDED)
    report = erasure.erase(journal, "17", JULY)
    assert report.by_type == {"customer": 1, "order": 1}
    said = {row["id"]: row["attr_said"] for row in rows(journal)}
    assert said["order-customer"] is None
    assert said["order-product"] == word
    assert vault_values(journal) == {"很香"}


def test_rejected_rows_that_name_them_go(journal: Journal) -> None:
    kept = rejected_row(4, "99,王芳,13700137000")
    held = [rejected_row(1, "7,李雷,x"), rejected_row(2, "8,,138-0013-8000"), rejected_row(3, '{"order": "o-40"}')]
    import_orders(journal, ORDERS, label="first", rejections=[*held, kept])
    assert erasure.erase(journal, LI, JULY).rejected == 3
    with journal.connected() as connection:
        assert [row.raw for row in rejected.read(connection)] == [kept.raw]


def test_rejected_rows_about_an_erased_person_come_back_without_their_text(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    erasure.erase(journal, LI, JULY)
    again = [
        rejected_row(1, '{"order": "x", "phone": "+86 138-0013-8000", "name": "Leo"}'), rejected_row(2, "x,李雷,y"),
        rejected_row(3, "o-40;;"), rejected_row(4, "99,王芳,13700137000,很好"),
    ]  # fmt: skip
    import_orders(journal, ORDERS, label="again", rejections=again)
    with journal.connected() as connection:
        assert [row.raw for row in rejected.read(connection)] == [None, None, None, "99,王芳,13700137000,很好"]


def test_who_is_not_known_is_kept_out_from_now_on(journal: Journal) -> None:
    report = erasure.erase(journal, LI, JULY)
    assert not report.found
    import_orders(journal, ORDERS, label="first")
    assert LI not in vault_values(journal)


def test_a_restored_backup_is_put_right(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal")
    import_orders(journal, ORDERS, label="first")
    shutil.copytree(tmp_path / "journal", tmp_path / "backup")
    erasure.erase(journal, LI, JULY)
    for name in ("journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"):
        (tmp_path / "journal" / name).unlink(missing_ok=True)
        if (tmp_path / "backup" / name).exists():
            shutil.copy(tmp_path / "backup" / name, tmp_path / "journal" / name)
    restored = Journal.open(tmp_path / "journal")
    assert LI in vault_values(restored)
    with restored.connected() as connection:
        assert erasure.needs_reapplying(restored, connection)
    assert erasure.reapply(restored, JULY).vault == 3
    assert vault_values(restored) == {HAN, "韩梅梅", "很好", "一般"}
    with restored.connected() as connection:
        assert not erasure.needs_reapplying(restored, connection)


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_bytes_are_gone_after_the_purge(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal")
    import_orders(journal, ORDERS, label="first", rejections=[rejected_row(1, "7,李雷,x")])
    assert "李雷".encode() in _bytes_of(tmp_path)
    erasure.erase(journal, LI, JULY)
    with journal.connected() as connection:
        assert erasure.purge_pending(connection) == JULY.isoformat()
    assert erasure.purge(journal).done
    left = _bytes_of(tmp_path)
    assert [text for text in ("李雷", "13800138000", "好茶") if text.encode() in left] == []
    assert "韩梅梅".encode() in left
    with journal.connected() as connection:
        assert erasure.purge_pending(connection) is None


def test_a_reader_keeps_the_purge_pending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastmeter.journal.purging.WAIT_SECONDS", 0)
    journal = Journal.open(tmp_path / "journal")
    import_orders(journal, ORDERS, label="first")
    reader = sqlite3.connect(tmp_path / "journal" / "journal.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM lm_vault").fetchall()
    erasure.erase(journal, LI, JULY)
    report = erasure.purge(journal)
    assert not report.done
    assert report.reason.say("en") == "somebody is still reading the database"
    reader.close()
    assert erasure.purge(journal).done


def test_on_postgresql_the_tables_are_empty_of_it_and_the_log_is_spoken_of(postgres_url: str, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal", database_url=postgres_url)
    import_orders(journal, ORDERS, label="first")
    with psycopg.connect(postgres_url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM lm_vault")
        erasure.erase(journal, LI, JULY)
        assert not erasure.purge(journal).done
    report = erasure.purge(journal)
    assert report.done
    assert "WAL" in report.reason.say("zh")
    with psycopg.connect(postgres_url) as reader:
        dead = reader.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'lm_vault'").fetchone()
        assert dead == (0,)


def test_vault_rows_of_an_undone_import_go_with_the_purge(journal: Journal) -> None:
    import_orders(journal, ORDERS, label="first")
    journal.undo(1, at=JULY)
    assert LI in vault_values(journal)
    assert erasure.purge(journal).done
    assert vault_values(journal) == set()

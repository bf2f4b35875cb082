"""A full disk, a folder without permission, a database that forgets: refused in words, and nothing half done."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lastmeter.journal import Journal, durable
from lastmeter.journal.sqlite import SqliteConnection
from lastmeter.journal.store import Store
from lastmeter.kernel.errors import LastMeterError
from tests.journal.shop import NOW, TYPES, Shop, paid


@contextmanager
def no_more_than(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: writes fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_stops_an_import_and_leaves_the_journal_as_it_was(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(paid(1))
    sqlite_shop.relation([paid(2)], "one")
    sqlite_shop.duck.execute(
        "CREATE TABLE big AS SELECT * REPLACE (md5(i::VARCHAR) AS id) FROM one, range(100000) AS r(i)"
    )
    largest = max(path.stat().st_size for path in sqlite_shop.journal.folder.iterdir())
    with sqlite_shop.journal.import_batch("teashop", label="big", recorded_at=NOW) as batch:
        batch.register_attributes(TYPES)
        with no_more_than(largest + 100_000), pytest.raises(LastMeterError) as caught:
            batch.stage(sqlite_shop.duck, "big", file_digest="f", mapping_digest="m", span="all", as_of=1)
        assert caught.value.code == "journal.disk_full"
        assert [path for path in (sqlite_shop.journal.folder / "segments").iterdir() if "partial" in path.name] == []
        batch.stage(sqlite_shop.duck, "big", file_digest="f", mapping_digest="m", span="all", as_of=1)
        assert batch.publish(watermark=None, event_types=[]).stored == 100_000
    assert len(sqlite_shop.effective("id")) == 100_001


def test_an_event_that_no_longer_fits_is_not_acknowledged(sqlite_shop: Shop) -> None:
    journal = sqlite_shop.journal
    journal.record([paid(1)], recorded_at=NOW)
    with no_more_than(262_144), pytest.raises(LastMeterError) as caught:
        journal.record([paid(n) for n in range(2, 4000)], recorded_at=NOW)
    assert caught.value.code == "journal.disk_full"
    assert journal.record([paid(2)], recorded_at=NOW) == ["stored"]
    assert len(sqlite_shop.effective("id")) == 2


def test_a_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(LastMeterError) as caught:
        Journal.open(tmp_path / "somebody else's")
    assert caught.value.code == "journal.not_writable"
    assert "somebody else's" in caught.value.message("zh")


def test_a_file_that_could_not_be_synced_does_not_get_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(durable, "sync", fail)
    with pytest.raises(LastMeterError) as caught, durable.written_durably(tmp_path / "a") as temporary:
        temporary.write_text("x")
    assert caught.value.code == "journal.not_writable"
    assert list(tmp_path.iterdir()) == []


def test_sqlite_that_would_not_sync_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous=FULL", "synchronous=NORMAL"), *rest)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, factory=Careless, **k))
    with pytest.raises(LastMeterError) as caught:
        SqliteConnection.open(tmp_path / "db", tmp_path / "lock")
    assert caught.value.code == "journal.not_durable"


def test_a_journal_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    newer = Store(tmp_path)
    with newer.writing() as connection:
        connection.execute("UPDATE lm_meta SET value = '99' WHERE name = 'schema_version'")
    with pytest.raises(LastMeterError) as caught:
        Journal.open(tmp_path)
    assert caught.value.code == "journal.newer"


def test_an_unknown_kind_of_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError) as caught:
        Journal.open(tmp_path, database_url="mysql://localhost/lastmeter")
    assert caught.value.code == "journal.database_url"


def test_an_error_of_the_database_does_not_quote_values(sqlite_shop: Shop) -> None:
    with sqlite_shop.journal.connected() as connection, pytest.raises(LastMeterError) as caught:
        connection.execute("SELECT * FROM nowhere WHERE phone = '13800138000'")
    assert caught.value.code == "journal.database"
    assert "1380" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("precision = 'fortnight'", "event.precision"),
        ("precision = 'day'", "event.precision"),
        ("occurred_at = NULL", "event.precision"),
        ("occurred_at = TIMESTAMP '2099-12-31 00:00:00'", "event.far_time"),
        ("occurred_at = TIMESTAMP '0202-03-01 00:00:00'", "event.far_time"),
        ("object_id = NULL", "event.incomplete"),
        ("id = ''", "event.incomplete"),
        ("id = 'order.paid:1~0123456789abcdef'", "event.identity"),
        ("corrects = id", "event.identity"),
    ],
)
def test_an_import_of_events_that_cannot_be_is_refused(sqlite_shop: Shop, change: str, code: str) -> None:
    sqlite_shop.relation([paid(1), paid(2)])
    sqlite_shop.duck.execute(f"UPDATE mapped SET {change} WHERE id = 'order.paid:1'")
    assert refused(sqlite_shop) == code
    assert sqlite_shop.effective("id") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("DROP COLUMN zone", "journal.column_missing"),
        ("ADD COLUMN attr_unheard VARCHAR", "journal.attribute_unknown"),
        ("ALTER COLUMN attr_score TYPE VARCHAR", "journal.attribute_type"),
    ],
)
def test_a_relation_that_is_not_one_of_events_is_refused(sqlite_shop: Shop, change: str, code: str) -> None:
    sqlite_shop.relation([paid(1)])
    sqlite_shop.duck.execute(f"ALTER TABLE mapped {change}")
    assert refused(sqlite_shop) == code


def refused(shop: Shop) -> str:
    """The code with which staging the mapped table is refused."""
    with shop.journal.import_batch("teashop", label="odd", recorded_at=NOW) as batch:
        batch.register_attributes(TYPES)
        with pytest.raises(LastMeterError) as caught:
            batch.stage(shop.duck, "mapped", file_digest="f", mapping_digest="m", span="all", as_of=1)
    assert caught.value.message("zh") != caught.value.message("en")
    return caught.value.code


def test_the_least_that_a_mapping_must_give(sqlite_shop: Shop) -> None:
    sqlite_shop.duck.execute(
        """CREATE TABLE mapped AS SELECT 'teashop' AS source, 'order.paid:1' AS id, 'order.paid' AS type,
        TIMESTAMP '2024-03-05 17:00:00' AS occurred_at, 'second' AS precision, 'Asia/Shanghai' AS zone,
        'order' AS object_type, 'o1' AS object_id"""
    )
    with sqlite_shop.journal.import_batch("teashop", label="least", recorded_at=NOW) as batch:
        batch.stage(sqlite_shop.duck, "mapped", file_digest="f", mapping_digest="m", span="all", as_of=3)
        batch.publish(watermark=None, event_types=[])
    assert sqlite_shop.effective("id, local_on::VARCHAR, revision, voids, recorded_at, batch") == [
        ("order.paid:1", "2024-03-06", 3, False, NOW, 1)
    ]
    by_hand = paid(1, at=datetime(2024, 3, 5, 17), objects=paid(1).objects[:1])
    assert sqlite_shop.journal.record([by_hand], recorded_at=NOW) == ["duplicate"]

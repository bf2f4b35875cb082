"""Ana mistypes the address of her database. The journal must not take its own segments for orphans."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from lastmeter.journal import Event, Journal, ObjectRef
from lastmeter.kernel.errors import LastMeterError

NOW = datetime(2024, 6, 1)


def filled(folder: Path) -> None:
    journal = Journal.open(folder)
    journal.record([Event(source="shop", id="a:1", type="order.paid", occurred_at=NOW, zone="UTC",
                          objects=(ObjectRef("order", "1"),))], recorded_at=NOW)
    journal.seal(at=NOW)
    journal.close()


def test_another_database_is_refused_and_nothing_is_swept(tmp_path: Path, postgres_url: str) -> None:
    filled(tmp_path)
    segments = sorted(tmp_path.rglob("*.parquet"))
    assert segments
    with pytest.raises(LastMeterError) as caught:
        Journal.open(tmp_path, database_url=postgres_url)
    assert caught.value.code == "journal.mismatch"
    assert sorted(tmp_path.rglob("*.parquet")) == segments
    with Journal.open(tmp_path).snapshot() as snapshot:
        snapshot.define_events("events")
        assert snapshot.duck.sql("SELECT id FROM events").fetchall() == [("a:1",)]


def test_segments_without_any_mark_are_refused_too(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "database.id").unlink()
    (tmp_path / "journal.sqlite3").unlink()
    with pytest.raises(LastMeterError, match="not the one of this journal"):
        Journal.open(tmp_path)
    assert list(tmp_path.rglob("*.parquet"))

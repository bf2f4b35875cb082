"""Compaction, deletion of what nobody reads, and what a crash leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.journal import Journal
from lastmeter.journal.upkeep import GRACE, worth_merging
from lastmeter.kernel.errors import LastMeterError
from tests.journal.shop import NOW, Shop, paid


def files(shop: Shop) -> list[Path]:
    """The files of the journal's segments."""
    return sorted((shop.journal.folder / "segments").iterdir())


def test_a_compacted_journal_has_one_file_a_month_and_says_the_same(shop: Shop) -> None:
    for number in range(1, 5):
        shop.import_file(
            paid(number), paid(number + 10, at=datetime(2024, 4, 2)), paid(0, place=str(number)), as_of=number
        )
    before, manifest = shop.effective("*"), shop.manifest()
    shop.journal.compact(at=NOW, full=True)
    assert shop.effective("*") == before
    assert sorted(path.name.split(".")[0] for path in files(shop)) == ["2024-03", "2024-04", "corrections", "keys"]
    assert shop.touched(manifest) == set()
    assert shop.import_file(paid(1), paid(0, place="1"), paid(0, place="4", revision=9)).stored == 0


def test_a_segment_holds_one_month_sorted_by_object(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(*(paid(n, at=datetime(2024, 1 + n % 2, 1)) for n in (12, 3, 8, 1, 30)))
    with sqlite_shop.journal.snapshot() as snapshot:
        for path in files(sqlite_shop):
            if path.suffix == ".parquet":
                rows = snapshot.duck.execute(f"SELECT object_id, occurred_at FROM '{path}'").fetchall()
                assert rows == sorted(rows)
                assert len({row[1] for row in rows}) == 1


def test_a_file_is_kept_while_a_snapshot_reads_it(shop: Shop) -> None:
    shop.import_file(paid(1))
    shop.import_file(paid(2))
    with shop.journal.snapshot() as snapshot:
        assert shop.journal.compact(at=NOW, full=True).deleted == 0
        assert shop.journal.sweep(at=NOW + GRACE - timedelta(seconds=1)) == 0
        snapshot.define_events("events")
        assert len(snapshot.duck.execute("SELECT id FROM events").fetchall()) == 2
        assert shop.journal.sweep(at=NOW + GRACE) > 0
    shop.import_file(paid(3))
    shop.journal.compact(at=NOW, full=True)
    assert len(files(shop)) == 2


def test_what_a_crash_left_behind_is_swept_at_the_next_start(shop: Shop, database_url: str | None) -> None:
    shop.import_file(paid(1))
    known = files(shop)
    (shop.journal.folder / "segments" / "2024-03.999.parquet").write_bytes(b"half")
    (shop.journal.folder / "segments" / "keys.998.keys.partial").write_bytes(b"half")
    with shop.journal.import_batch("teashop", label="running", recorded_at=NOW):
        Journal.open(shop.journal.folder, database_url=database_url)
        assert len(files(shop)) == len(known) + 2
    Journal.open(shop.journal.folder, database_url=database_url)
    assert files(shop) == known
    assert shop.effective("id") == [("order.paid:1",)]


@pytest.mark.parametrize("suffix", [".parquet", ".keys"])
@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_damaged_file_is_named(sqlite_shop: Shop, suffix: str, damage: str) -> None:
    sqlite_shop.import_file(paid(1))
    [path] = [path for path in files(sqlite_shop) if path.suffix == suffix]
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-8])
    look = (lambda: sqlite_shop.effective("id")) if suffix == ".parquet" else (lambda: sqlite_shop.import_file(paid(2)))
    with pytest.raises(LastMeterError) as caught:
        look()
    assert caught.value.code == "journal.damaged"
    assert path.name in caught.value.message("zh")


def test_small_files_wait_until_merging_is_worth_it() -> None:
    assert not worth_merging([1_000_000])
    assert not worth_merging([1_000_000, 10_000])
    assert worth_merging([1_000_000, 10_000], full=True)
    assert worth_merging([1_000_000, 30_000, 30_000])
    assert worth_merging([1_000_000, *[1] * 9])

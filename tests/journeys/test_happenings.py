"""What happens outside any journey: Rosa's tea shop counts its shelves, and late, corrected, undone counts come out right."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.event import Event, ObjectRef
from lastmeter.journeys.facts import HAPPENINGS, Facts
from lastmeter.journeys.happenings import build_happenings, happenings_sql, read_happenings, verify_happenings
from tests.journeys import town
from tests.journeys.fake_journal import FakeJournal, Source
from tests.journeys.real_ledger import RealLedger
from tests.journeys.schedules import FakeLedger, Schedule

TYPES = ("stock.checked", "page.opened")
ATTRIBUTES = {"outcome": "text", "measured": "number", "against": "integer"}


def counted(number: int, when: str, outcome: str, **more: Any) -> Event:
    """One look at a shelf."""
    return Event(
        source="shop", id=f"s{number}", type="stock.checked", occurred_at=datetime.fromisoformat(when), zone="Asia/Shanghai",
        objects=(ObjectRef("shelf", "green tea"), ObjectRef("product", "p2"), ObjectRef("product", "p1")),
        performer="person:rosa", attributes={"outcome": outcome, "measured": 3.5, "against": 4}, **more,
    )


def shop(*events: Event) -> FakeJournal:
    journal = FakeJournal([Source("shop", frozenset({"stock.checked", "order.placed"}), datetime(2024, 6, 1))], dict(ATTRIBUTES))
    journal.add(*events)
    return journal


def built(journal: FakeJournal, folder: Path, at: datetime = datetime(2024, 6, 1), **more: Any) -> int:
    with journal.snapshot() as snapshot:
        months = build_happenings(snapshot, town.blueprints(), folder, TYPES, at=at, **more)
        assert verify_happenings(snapshot, town.blueprints(), folder) == (0, [])
    return months


def rows(folder: Path) -> list[dict[str, Any]]:
    duck = open_duckdb()
    try:
        table = duck.sql(f"SELECT * FROM {happenings_sql(folder, read_happenings(folder))} ORDER BY event_id").to_arrow_table()
        return list(table.to_pylist())
    finally:
        duck.close()


def test_a_row_says_what_happened_where_by_whom_and_how_much(tmp_path: Path) -> None:
    order = Event(source="shop", id="o1", type="order.placed", occurred_at=datetime(2024, 3, 1), objects=(ObjectRef("order", "o1"),))
    built(shop(counted(1, "2024-03-31T20:00:00", "in_stock"), order), tmp_path)
    (row,) = rows(tmp_path)
    assert list(row) == list(HAPPENINGS)
    assert (row["type"], row["object_type"], row["object_id"], row["product"]) == ("stock.checked", "shelf", "green tea", "p1")
    assert (row["occurred_month"], str(row["occurred_on"])) == ("2024-04", "2024-04-01"), "the month is the shop's"
    assert (row["outcome"], row["measured"], row["against"], row["cluster"]) == ("in_stock", 3.5, 4.0, "person:rosa")
    assert row["customer"] is None


def test_only_touched_months_are_written_again(tmp_path: Path) -> None:
    journal = shop(*(counted(month, f"2024-0{month}-10T08:00:00", "in_stock") for month in (1, 2, 3)))
    assert built(journal, tmp_path) == 3
    assert built(journal, tmp_path) == 0
    journal.add(counted(9, "2024-02-11T08:00:00", "out_of_stock"))
    assert built(journal, tmp_path) == 1
    assert [row["event_id"] for row in rows(tmp_path)] == ["s1", "s2", "s3", "s9"]


def test_a_correction_moves_an_event_from_one_month_to_another(tmp_path: Path) -> None:
    journal = shop(counted(1, "2024-01-10T08:00:00", "in_stock"), counted(2, "2024-02-10T08:00:00", "in_stock"))
    built(journal, tmp_path)
    journal.add(counted(3, "2024-03-10T08:00:00", "out_of_stock", corrects="s1", revision=1))
    built(journal, tmp_path)
    assert [(row["event_id"], row["occurred_month"]) for row in rows(tmp_path)] == [("s1", "2024-03"), ("s2", "2024-02")]


def test_what_has_not_happened_yet_comes_when_its_time_has_come(tmp_path: Path) -> None:
    journal = shop(counted(1, "2024-05-10T08:00:00", "in_stock"), counted(2, "2024-05-20T08:00:00", "in_stock"))
    built(journal, tmp_path, datetime(2024, 5, 15))
    assert [row["event_id"] for row in rows(tmp_path)] == ["s1"]
    built(journal, tmp_path, datetime(2024, 5, 25))
    assert [row["event_id"] for row in rows(tmp_path)] == ["s1", "s2"]
    built(journal, tmp_path, datetime(2024, 5, 15))
    assert [row["event_id"] for row in rows(tmp_path)] == ["s1"], "an earlier time is a whole build"


def test_a_type_that_nobody_tells_of_is_known_to_be_silent(tmp_path: Path) -> None:
    built(shop(counted(1, "2024-05-10T08:00:00", "in_stock")), tmp_path)
    manifest = read_happenings(tmp_path)
    assert manifest is not None
    assert (manifest.types, manifest.told) == (["page.opened", "stock.checked"], ["stock.checked"])
    assert read_happenings(tmp_path / "elsewhere") is None


class Beside(Schedule):
    """A schedule whose builds make happenings, and nothing else."""

    asked = ("courier.assigned", "parcel.scanned", "thanks.said", "complaint.made")

    def build(self, *, final: bool = False) -> None:
        at = self.clock
        with self.ledger.snapshot() as snapshot:
            written = build_happenings(snapshot, self.blueprints(), self.folder, self.asked, at=at)
            differences, examples = verify_happenings(snapshot, self.blueprints(), self.folder)
            held = read_happenings(self.folder)
        self.trail.append(f"build({written} months) {examples}")
        self.differences += differences
        self.builds += 1
        self.incremental += held is not None and written < len(held.files)

    def change_version(self) -> None:
        """Happenings do not read the standard."""


@pytest.mark.parametrize("fives", range(2))
def test_ten_schedules_equal_full_builds(fives: int, tmp_path: Path) -> None:
    incremental = 0
    for seed in range(fives * 5, fives * 5 + 5):
        schedule = Beside(Random(seed), FakeLedger(), tmp_path / str(seed) / "facts").run(6)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"
        incremental += schedule.incremental
    assert incremental > 0


def test_a_few_schedules_of_a_real_journal(tmp_path: Path) -> None:
    for seed in range(2):
        ledger = RealLedger(tmp_path / f"journal{seed}")
        schedule = Beside(Random(seed), ledger, tmp_path / f"facts{seed}").run(6)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"


def test_facts_narrowed_on_a_dimension_that_happenings_do_not_know_have_none_of_them() -> None:
    connection = open_duckdb()
    happenings = nw.from_native(connection.sql("SELECT 'e1' AS event_id, 'SP' AS place"))
    journeys = nw.from_native(connection.sql("SELECT 'orchard' AS brand, 'SP' AS place"))
    facts = Facts(journeys, journeys, journeys, journeys, at=datetime(2024, 6, 1), happenings=happenings)
    for narrowed, left in ((facts.where(brand="orchard"), 0), (facts.where(place="SP"), 1)):
        assert narrowed.happenings is not None
        assert len(narrowed.happenings.collect(backend="pyarrow")) == left
        assert len(narrowed.journeys.collect(backend="pyarrow")) == 1

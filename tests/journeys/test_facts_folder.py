"""The folder of the fact tables: one swap a build, merges that change nothing, engines that agree."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from random import Random

import narwhals.stable.v2 as nw
import pytest

from lastmeter.journeys.build import build
from lastmeter.journeys.engine import open_facts, polars_facts
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.journeys.facts import TABLES
from lastmeter.journeys.merge import merge
from lastmeter.journeys.verify import verify
from lastmeter.kernel.errors import LastMeterError
from tests.journeys import town
from tests.journeys.compare import built_rows
from tests.journeys.fake_journal import FakeJournal
from tests.journeys.shop import Shop, by_day, clock, day

AT = town.FIRST + timedelta(days=town.DAYS)


def a_town(count: int = 200) -> tuple[FakeJournal, town.Town]:
    journal, people = town.journal(), town.Town(Random(7), orders=30)
    journal.add(*people.events(count))
    return journal, people


def build_at(journal: FakeJournal, folder: Path, *, full: bool = False) -> str:
    with journal.snapshot() as snapshot:
        return build(snapshot, town.blueprints(), folder, at=AT, full=full).full


def test_tables_have_the_columns_and_types_of_the_contract(tmp_path: Path) -> None:
    journal, _ = a_town()
    build_at(journal, tmp_path)
    with open_facts(tmp_path, town.blueprints()) as facts:
        for name, columns in TABLES.items():
            relation = getattr(facts, name).to_native()
            assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == columns
        assert facts.blueprints["parcel"].version == "2"
        assert (facts.at, facts.watermarks) == (AT, {"carrier": AT, "shop": AT})


def test_polars_reads_the_same_rows(tmp_path: Path) -> None:
    journal, people = a_town()
    build_at(journal, tmp_path)
    journal.add(*people.events(20))
    build_at(journal, tmp_path)
    other = polars_facts(tmp_path, town.blueprints())
    with open_facts(tmp_path, town.blueprints()) as facts:
        for name in TABLES:
            first, second = (
                getattr(one, name).collect().to_arrow().to_pylist() for one in (facts, other))
            assert sorted(map(str, first)) == sorted(map(str, second)), name
        asked = [one.flaws.group_by("rule").agg(nw.len().alias("n")).sort("rule").collect().to_arrow().to_pylist()
                 for one in (facts, other)]
    assert asked[0] == asked[1] != []


def test_nothing_new_traces_nothing_and_keeps_the_files(tmp_path: Path) -> None:
    journal, _ = a_town()
    build_at(journal, tmp_path)
    before = read_manifest(tmp_path)
    with journal.snapshot() as snapshot:
        report = build(snapshot, town.blueprints(), tmp_path, at=AT)
    after = read_manifest(tmp_path)
    assert (report.dirty, report.full) == (0, "")
    assert before is not None
    assert after is not None
    assert (before.base, before.tail) == (after.base, after.tail)


def test_a_merge_changes_no_row_and_makes_nothing_dirty(tmp_path: Path) -> None:
    journal, people = a_town()
    build_at(journal, tmp_path)
    journal.add(*people.events(30))
    build_at(journal, tmp_path)
    rows = built_rows(tmp_path, town.blueprints())
    assert merge(tmp_path) is True
    assert built_rows(tmp_path, town.blueprints()) == rows
    assert merge(tmp_path) is False
    with journal.snapshot() as snapshot:
        assert build(snapshot, town.blueprints(), tmp_path, at=AT).dirty == 0
        assert verify(snapshot, town.blueprints(), tmp_path).differences == 0


def test_readers_of_the_last_manifest_keep_their_files(tmp_path: Path) -> None:
    journal, people = a_town()
    build_at(journal, tmp_path)
    with open_facts(tmp_path, town.blueprints()) as facts:
        build_at(journal, tmp_path, full=True)
        assert facts.journeys.collect().shape[0] > 0
    for _ in range(4):
        journal.add(*people.events(3))
        build_at(journal, tmp_path)
    assert len(list(tmp_path.glob("g*"))) <= 4


def test_a_build_that_fails_leaves_the_tables_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, people = a_town()
    build_at(journal, tmp_path)
    rows = built_rows(tmp_path, town.blueprints())
    journal.add(*people.events(30))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lastmeter.journeys.fact_files.publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_at(journal, tmp_path)
    assert built_rows(tmp_path, town.blueprints()) == rows
    build_at(journal, tmp_path)
    with journal.snapshot() as snapshot:
        assert verify(snapshot, town.blueprints(), tmp_path).differences == 0


def test_verify_finds_a_row_that_does_not_hold(tmp_path: Path) -> None:
    journal, people = a_town()
    build_at(journal, tmp_path)
    journal.add(people.of_type("parcel.damaged", order="o3"))
    with journal.snapshot() as snapshot:
        report = verify(snapshot, town.blueprints(), tmp_path)
    assert report.by_table["flaws"] > 0
    assert ("flaws", "o3") in report.examples


def test_facts_that_were_never_built_say_so(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError) as raised, open_facts(tmp_path, ()):
        pass
    assert raised.value.code == "facts.not_built"


def test_a_damaged_manifest_says_so_and_a_full_build_mends_it(tmp_path: Path) -> None:
    journal, _ = a_town()
    build_at(journal, tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"generation": 1}), encoding="utf-8")
    with pytest.raises(LastMeterError) as raised:
        build_at(journal, tmp_path)
    assert raised.value.code == "facts.damaged"
    assert build_at(journal, tmp_path, full=True) == "asked"


def test_what_calls_for_a_full_build(shop: Shop) -> None:
    shop.tell("order.bought", clock(1, 10), "order:o1", "customer:c1", attributes=by_day(5))

    def reason() -> str:
        shop.build()
        assert shop.last is not None
        return shop.last.full

    assert reason() == "first"
    assert reason() == ""
    shop.known_to(carrier=day(9))
    assert reason() == "horizon"
    shop.at = day(29)
    assert reason() == "horizon"
    declared = shop.journal.sources
    shop.journal.sources = [source for source in declared if source.name == "shop"]
    assert reason() == "reading"
    shop.journal.sources = declared
    assert reason() == "reading"
    shop.journal.attributes["shoe_size"] = "number"
    assert reason() == "", "an attribute that no blueprint reads changes no row"
    shop.tell("object.described", day(29) + timedelta(hours=1), "customer:c1", attributes={"state": "JS"})
    assert reason() == ""
    shop.at = day(30)
    assert reason() == "description"


def test_many_kinds_live_side_by_side(tmp_path: Path) -> None:
    """Orders of the shop and parcels of the town, both made by objects of type order."""
    shop = Shop(tmp_path / "facts")
    shop.blueprints = (*shop.blueprints, *town.blueprints())
    shop.tell("order.bought", clock(1, 10))
    shop.build()
    shop.tell("order.shipped", clock(2, 10))
    assert [(row["journey_kind"], row["state"]) for row in shop.build()["journeys"]] == [
        ("order", "open"), ("parcel", "unstarted")]

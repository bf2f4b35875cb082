"""Tenancies month by month and market stalls week by week, reckoned by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.journeys.blueprint import check
from tests.journeys import town
from tests.journeys.compare import Row
from tests.journeys.fake_journal import Source
from tests.journeys.shop import Shop

TENANCY = (Path(__file__).parent / "blueprints_slices" / "tenancy.toml").read_text(encoding="utf-8")


def clock(month: int, day: int, hour: int = 12) -> datetime:
    """An instant of 2024 in Shanghai."""
    return datetime(2024, month, day, hour) - timedelta(hours=8)


@pytest.fixture
def house(tmp_path: Path) -> Shop:
    """A house in Shanghai; it is the end of June."""
    house = Shop(tmp_path / "facts", at=clock(6, 30), blueprints=town.slices())
    house.journal.sources = [Source("carrier", town.SHOP | town.CARRIER, house.at), Source("shop", town.SHOP, house.at)]
    house.journal.attributes = dict(town.ATTRIBUTES)
    return house


def of_kind(house: Shop, kind: str, table: str = "journeys") -> dict[str, Row]:
    return {row["journey_id"]: row for row in house.build()[table] if row["journey_kind"] == kind}


def test_a_tenancy_is_judged_month_by_month_from_the_move_in_to_the_move_out(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10))
    house.tell("invoice.sent", clock(2, 28))
    house.tell("invoice.sent", clock(4, 28))
    house.tell("parcel.returned", clock(5, 5))
    months = of_kind(house, "tenancy")
    assert {name: (row["state"], row["counted"], row["flaw_count"], row["due_on"]) for name, row in months.items()} == {
        "o1/2024-02": ("completed", True, 0, date(2024, 2, 29)),
        "o1/2024-03": ("completed", True, 1, date(2024, 3, 31)),      # no invoice
        "o1/2024-04": ("completed", True, 0, date(2024, 4, 30)),
        "o1/2024-05": ("completed", True, 1, date(2024, 5, 31)),
    }
    assert months["o1/2024-02"]["started_at"] == clock(2, 10)
    assert months["o1/2024-03"]["started_at"] == clock(3, 1, 0)
    assert (months["o1/2024-03"]["due_by"], months["o1/2024-03"]["due_at"]) == ("month", clock(4, 1, 0))


def test_a_new_month_begins_without_any_event(house: Shop) -> None:
    house.tell("order.placed", clock(5, 10))
    house.build(at=clock(5, 31))
    assert list(of_kind(house, "tenancy")) == ["o1/2024-05"]
    house.build(at=clock(6, 1, 0))
    assert list(of_kind(house, "tenancy")) == ["o1/2024-05", "o1/2024-06"]
    assert house.last is not None
    assert house.last.full == ""


def test_a_link_that_crosses_the_end_of_the_month_is_followed_and_belongs_to_where_it_began(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10))
    house.tell("photo.taken", clock(3, 2))             # an earlier fault is mended
    house.tell("parcel.packed", clock(3, 30))          # reported; mended 4 April: within 5 days
    house.tell("photo.taken", clock(4, 4))
    house.tell("parcel.packed", clock(4, 29))          # reported; mended 9 May: too late
    house.tell("photo.taken", clock(5, 9))
    mending = {row["journey_id"]: row for row in house.build()["links"] if row["link"] == "mending"}
    assert {name: (row["from_on"], row["to_on"], row["outcome"]) for name, row in mending.items()} == {
        "o1/2024-03": (date(2024, 3, 30), date(2024, 4, 4), "kept"),
        "o1/2024-04": (date(2024, 4, 29), date(2024, 5, 9), "late"),
    }


def test_a_fault_that_is_never_mended_is_a_flaw_of_its_month(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10))
    house.tell("parcel.packed", clock(3, 30))
    flaws = [(row["journey_id"], row["rule"], row["occurred_on"]) for row in house.build()["flaws"] if row["rule"] == "mending"]
    assert flaws == [("o1/2024-03", "mending", date(2024, 4, 5))]


def test_what_comes_after_the_end_belongs_to_the_last_slice_and_what_has_no_time_to_the_first(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10))
    house.tell("parcel.returned", clock(3, 5))
    house.tell("parcel.damaged", clock(4, 20))
    house.tell("parcel.damaged", None, precision="unknown")
    assert [(row["journey_id"], row["occurred_on"]) for row in house.build()["flaws"] if row["rule"] == "damaged"] == [
        ("o1/2024-02", None), ("o1/2024-03", date(2024, 4, 20))]


def test_a_contract_that_never_began_counts_nowhere(house: Shop) -> None:
    house.tell("parcel.packed", clock(3, 5))
    assert {name: (row["state"], row["counted"]) for name, row in of_kind(house, "tenancy").items()} == {
        "o1/2024-03": ("unstarted", False)}


def test_a_place_has_flaws_without_a_journey_and_silent_weeks_are_perfect(house: Shop) -> None:
    house.tell("complaint.made", clock(4, 3), "seller:north")
    house.tell("parcel.damaged", clock(4, 16), "order:o7", "seller:north")
    weeks = of_kind(house, "stall")
    assert {name: (row["perfect"], row["flaw_count"], row["place"]) for name, row in weeks.items()} == {
        "north/2024-W14": (False, 1, "north"), "north/2024-W15": (True, 0, "north"), "north/2024-W16": (False, 1, "north"),
        "north/2024-W17": (True, 0, "north"), "north/2024-W18": (True, 0, "north"),
        "north/2024-W19": (True, 0, "north")}, "20 days of silence close the stall"
    assert weeks["north/2024-W15"]["due_on"] == date(2024, 4, 14)


def test_an_event_that_arrives_late_changes_its_own_month(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10))
    house.tell("invoice.sent", clock(5, 28))
    assert of_kind(house, "tenancy")["o1/2024-03"]["flaw_count"] == 1
    house.tell("invoice.sent", clock(3, 28))
    assert of_kind(house, "tenancy")["o1/2024-03"]["flaw_count"] == 0
    assert house.last is not None
    assert house.last.full == ""


def test_the_customer_of_a_quiet_month_is_known_from_another(house: Shop) -> None:
    house.tell("order.placed", clock(2, 10), "order:o1", "customer:c1")
    house.tell("object.described", clock(1, 1), "customer:c1", "person:h1", attributes={"state": "X"})
    assert {(row["customer"], row["place"]) for row in of_kind(house, "tenancy").values()} == {("h1", "X")}


@pytest.mark.parametrize(("old", "new", "code"), [
    ('start = "moved_in"\nslice = "month"\n', "", "key_missing"),
    ('slice = "month"', 'slice = "day"', "value_wrong"),
])
def test_a_mistake_about_slices_is_found(tmp_path: Path, old: str, new: str, code: str) -> None:
    (tmp_path / "tenancy.toml").write_text(TENANCY.replace(old, new).replace('"desk"', '"cn"'), encoding="utf-8")
    assert [one.code for one in check(tmp_path)] == [f"blueprint.{code}"]


def test_all_versions_of_a_kind_have_the_same_slice(tmp_path: Path) -> None:
    text = TENANCY.replace('"desk"', '"cn"')
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    (tmp_path / "b.toml").write_text(text.replace('"1"', '"2"').replace("2024-01-01", "2024-06-01").replace(
        'slice = "month"', 'slice = "week"'), encoding="utf-8")
    assert [(one.code, one.message.en) for one in check(tmp_path)] == [
        ("blueprint.version_clash", "“tenancy” has another slice in a.toml.")]



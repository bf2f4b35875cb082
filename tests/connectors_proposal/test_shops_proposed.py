"""Whole shops: keys, joins, events, preview. Each mapping is held against what its owner would have written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.connectors.mapping_file import check_mapping
from lastmeter.connectors.proposal import to_toml
from lastmeter.kernel.errors import LastMeterError
from tests.connectors_proposal.conftest import Look, decided

Write = Callable[..., Path]
START = datetime(2025, 3, 1, 8)
N = 60


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")


def day(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%d")


@pytest.fixture
def pinebridge(write: Write) -> list[Path]:
    """An English shop: orders, lines, customers, reviews; every sixth order is cancelled, at a time that nobody noted."""
    orders = [(f"T{n:04}", f"C{n % 37:03}", "cancelled" if n % 6 == 5 else "delivered", at(7 * n), at(7 * n + 1 + n % 3),
               "" if n % 6 == 5 else at(7 * n + 30 + n % 20), day(7 * n + 72), f"{n}.90") for n in range(N)]
    lines = [(f"T{n // 2:04}", n % 2 + 1, f"SKU{n % 31:03}", 1 + n % 3, f"{n}.20") for n in range(2 * N)]
    customers = [(f"C{n:03}", f"Person {n}", f"p{n}@example.com", ("Hangzhou", "Suzhou")[n % 2]) for n in range(37)]
    reviews = [(f"R{n:04}", f"T{n:04}", n % 5 + 1, f"The tea of order {n} was fine", at(7 * n + 90)) for n in range(0, N, 2)]
    return [
        write("orders.csv", "order_id,customer_id,status,ordered_at,paid_at,delivered_at,promised_delivery,amount", orders),
        write("order_lines.csv", "order_id,line,product_id,quantity,price", lines),
        write("customers.csv", "customer_id,name,email,city", customers),
        write("reviews.csv", "review_id,order_id,stars,comment,written_at", reviews),
    ]


def test_an_english_shop(pinebridge: list[Path], look: Look, tmp_path: Path) -> None:
    proposal = look(*pinebridge)
    keys = {table.name: table.key for table in proposal.mapping.table}
    assert keys == {"orders": ["order_id"], "order_lines": ["order_id", "line"], "customers": ["customer_id"], "reviews": ["review_id"]}
    assert {(join.table, join.column, join.other) for join in proposal.joins} == {
        ("order_lines", "order_id", "orders"), ("reviews", "order_id", "orders"), ("orders", "customer_id", "customers")}
    orders, lines, customers, reviews = proposal.mapping.table
    assert [(rule.type, rule.at) for rule in orders.event] == [
        ("order.placed", "ordered_at"), ("order.paid", "paid_at"), ("order.delivered", "delivered_at"), ("order.cancelled", "unknown")]
    placed = orders.event[0]
    assert placed.promise["delivery"].column == "promised_delivery"
    assert placed.promise["delivery"].precision == "day"
    assert orders.event[3].when == {"status": ["cancelled"]}
    assert [rule.type for rule in lines.event] == ["order.line_recorded"]
    assert lines.event[0].objects == {"order": "order_id", "product": "product_id"}
    assert [rule.type for rule in customers.event] == ["object.described"]
    assert {name: attribute.type for name, attribute in customers.event[0].attributes.items()} == {"name": "personal", "email": "personal"}
    assert reviews.event[0].type == "review.answered"
    assert {name: attribute.type for name, attribute in reviews.event[0].attributes.items()} == {
        "score": "number", "scale": "number", "said": "said"}
    path = tmp_path / "shop.toml"
    path.write_text(to_toml(proposal), encoding="utf-8")
    assert check_mapping(path) == []


def test_the_preview_counts_what_an_import_would(pinebridge: list[Path], look: Look) -> None:
    preview = look(*pinebridge).preview
    assert dict(preview.by_type) == {
        "order.placed": 60, "order.paid": 60, "order.delivered": 50, "order.cancelled": 10, "order.line_recorded": 120,
        "object.described": 37, "review.answered": 30}
    assert preview.rejected_rows == 0
    assert preview.repeated == 0
    first = next(event for event in preview.events if event["table"] == "orders")
    assert (first["type"], first["occurred_at"], first["object_id"]) == ("order.placed", datetime(2025, 3, 1), "T0000")


def test_rows_that_would_be_set_aside_are_counted_with_their_reason(write: Write, look: Look) -> None:
    rows = [("" if n % 10 == 0 else f"T{n}", at(n)) for n in range(N)]
    preview = look(write("orders.csv", "order_id,ordered_at", rows)).preview
    assert preview.rejected == {("orders", "order_id", "key_missing"): 6}


def test_columns_of_other_names_join_by_their_values_and_name_one_object(write: Write, look: Look) -> None:
    orders = write("auftraege.csv", "auftrag_nr,bestelldatum,lieferdatum", [
        (f"A-{7919 * n % 100000:05}", (START + timedelta(days=n % 300)).strftime("%d.%m.%Y"),
            (START + timedelta(days=n % 300 + 3)).strftime("%d.%m.%Y"))
        for n in range(N)])
    parcels = write("pakete.csv", "sendungsnummer,referenz,versandt_am", [
        (f"S{n:05}", f"A-{7919 * n % 100000:05}", (START + timedelta(days=n % 300 + 1)).strftime("%d.%m.%Y")) for n in range(N)])
    proposal = look(orders, parcels, zone="Europe/Berlin", currency="EUR")
    assert [(join.table, join.column, join.other, join.key) for join in proposal.joins] == [("pakete", "referenz", "auftraege",
        "auftrag_nr")]
    wide, sent = proposal.mapping.table
    assert [(rule.type, rule.format, rule.precision) for rule in wide.event] == [
        ("order.placed", "%d.%m.%Y", "day"), ("order.delivered", "%d.%m.%Y", "day")]
    assert sent.event[0].object_columns()["order"].column == "referenz"
    assert sent.event[0].type == "parcel.shipped"


def test_small_numbers_that_happen_to_be_among_others_are_no_join(write: Write, look: Look) -> None:
    orders = write("orders.csv", "order_id,batch_no,ordered_at", [(n + 1, n % 30 + 1, at(n)) for n in range(N)])
    parcels = write("parcels.csv", "parcel_id,shelf_no,shipped_at", [(n + 1, n % 25 + 1, at(n)) for n in range(N)])
    assert look(orders, parcels).joins == ()


def test_a_log_of_scans_makes_an_event_type_of_each_status(write: Write, look: Look) -> None:
    """清河: one row a scan, in GBK."""
    steps = ("揽收", "运输中", "派送", "签收")
    rows = [(f"YT{n:06}", at(9 * n + 5 * k), steps[k], ("一部", "二部")[n % 2], "圆通") for n in range(N) for k in range(4)]
    path = write("物流轨迹.csv", "运单号,扫描时间,操作,网点,快递公司", rows, encoding="gb18030")
    proposal = look(path)
    rules = proposal.mapping.table[0].event
    assert {(rule.type, tuple(rule.when["操作"])) for rule in rules} == {
        ("parcel.collected", ("揽收",)), ("parcel.in_transit", ("运输中",)), ("parcel.out_for_delivery", ("派送",)), ("parcel.delivered",
            ("签收",))}
    assert {rule.performer for rule in rules} == {"carrier:{快递公司}"}
    assert {rule.place for rule in rules} == {"{网点}"}
    assert sum(proposal.preview.by_type.values()) == 4 * N


def test_exports_of_several_months_are_one_table(write: Write, look: Look) -> None:
    march = write("orders_2025-03.csv", "order_id,ordered_at", [(f"T{n}", at(n)) for n in range(N)])
    april = write("orders_2025-04.csv", "order_id,ordered_at", [(f"T{n + N}", at(n + 800)) for n in range(N)])
    proposal = look(march, april)
    assert [table.key for table in proposal.mapping.table] == [["order_id"]]
    assert proposal.preview.by_type == {"order.placed": 2 * N}


def test_a_time_of_change_is_the_revision_and_no_event(write: Write, look: Look) -> None:
    rows = [(f"T{n}", at(n), at(n + 50)) for n in range(N)]
    table = look(write("orders.csv", "order_id,ordered_at,updated_at", rows)).mapping.table[0]
    assert table.revision == "updated_at"
    assert [rule.at for rule in table.event] == ["ordered_at"]


def test_what_identifies_nothing_is_said_to_be_unsure(write: Write, look: Look) -> None:
    """Counts of visitors by day and door: no object, no id."""
    rows = [(day(24 * (n // 3)), ("north", "south", "west")[n % 3], 10 + n % 7) for n in range(N)]
    proposal = look(write("visitors.csv", "date,door,visitors", rows))
    assert proposal.unsure
    assert "请核对 / Please check:" in proposal.text


def test_copies_of_a_row_do_not_spoil_the_key(write: Write, look: Look) -> None:
    rows = [(f"T{n}", at(n)) for n in range(N)]
    proposal = look(write("orders.csv", "order_id,ordered_at", [*rows, rows[3], rows[4]]))
    assert proposal.mapping.table[0].key == ["order_id"]
    assert proposal.preview.repeated == 2


def test_nothing_to_look_at_is_an_error(look: Look, write: Write) -> None:
    with pytest.raises(LastMeterError, match="No files"):
        look()
    with pytest.raises(LastMeterError, match="no rows"):
        look(write("orders.csv", "order_id,ordered_at", []))


def test_odd_names_of_columns_and_values_are_written_as_toml(write: Write, look: Look) -> None:
    rows = [(f"T{n // 2}", at(n), ('sa"id', "b\\c", "x]y")[n % 3]) for n in range(N)]
    proposal = look(write("orders.csv", 'order_id,"when ""it"" was",status', rows))
    assert decided(proposal, 'when "it" was').role == "time"
    assert proposal.mapping.table[0].event[0].at == 'when "it" was'

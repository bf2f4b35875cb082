"""What single columns are taken for: times by their values, ratings, texts, personal data, amounts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.connectors_proposal.conftest import Look, decided

Write = Callable[..., Path]
ROWS = 40


def column_of(write: Write, look: Look, name: str, values: list[object]) -> tuple[object, ...]:
    path = write("orders.csv", f"order_id,{name}", [(f"T{number:04}", value) for number, value in enumerate(values)])
    one = decided(look(path), name)
    return one.role, one.kind, one.precision, one.format, one.is_sure


def test_the_order_of_day_and_month_is_told_by_one_day_above_twelve(write: Write, look: Look) -> None:
    values: list[object] = [f"{number % 12 + 1:02}/{number % 9 + 1:02}/2025" for number in range(ROWS)]
    assert column_of(write, look, "ordered_at", [*values, "25/03/2025"])[:4] == ("time", "", "day", "%d/%m/%Y")
    assert column_of(write, look, "ordered_at", [*values, "03/25/2025"])[:4] == ("time", "", "day", "%m/%d/%Y")


def test_where_no_day_is_above_twelve_another_column_of_the_table_tells_the_order(write: Write, look: Look) -> None:
    rows = [(f"T{number}", f"0{number % 9 + 1}/0{number % 7 + 1}/2025",
        f"0{number % 9 + 1}/{number % 18 + 11}/2025") for number in range(ROWS)]
    proposal = look(write("orders.csv", "order_id,ordered_at,paid_at", rows))
    assert decided(proposal, "ordered_at").format == "%m/%d/%Y"
    assert decided(proposal, "ordered_at").is_sure


def test_an_order_that_nothing_tells_is_proposed_with_a_question_mark(write: Write, look: Look) -> None:
    proposal = look(write("orders.csv", "order_id,ordered_at", [(f"T{number}",
        f"0{number % 5 + 1}/0{number * 3 % 5 + 1}/2025") for number in range(12)]))
    one = decided(proposal, "ordered_at")
    assert (one.role, one.is_sure) == ("time", False)
    assert [(table, column) for table, column, _, _ in proposal.unsure] == [("orders", "ordered_at")]
    assert "unsure of ordered_at (60%): " in proposal.text
    assert "不确定 ordered_at" in proposal.text


@pytest.mark.parametrize(("values", "precision", "form"), [
    ([f"2025-03-{day % 28 + 1:02}" for day in range(ROWS)], "day", None),
    ([f"2025-03-{day % 28 + 1:02} 00:00:00" for day in range(ROWS)], "day", None),
    ([f"2025-03-{day % 28 + 1:02} 09:{day % 60:02}:00" for day in range(ROWS)], "minute", None),
    ([f"2025-03-{day % 28 + 1:02} {day % 24:02}:00:00" for day in range(ROWS)], "hour", None),
    ([f"2025-03-{day % 28 + 1:02}T09:10:{day % 60:02}+08:00" for day in range(ROWS)], "second", None),
    ([f"2025年3月{day % 28 + 1}日" for day in range(ROWS)], "day", "%Y年%m月%d日"),
    ([f"{day % 28 + 1:02}.03.2025 14:{day % 60:02}" for day in range(ROWS)], "minute", "%d.%m.%Y %H:%M"),
    ([f"202503{day % 28 + 1:02}" for day in range(ROWS)], "day", "%Y%m%d"),
    ([f"2025-{month % 12 + 1:02}" for month in range(ROWS)], "month", None),
])
def test_formats_and_precision_are_read_from_the_values(
    write: Write, look: Look, values: list[object], precision: str, form: str | None
) -> None:
    assert column_of(write, look, "created_at", values) == ("time", "", precision, form, True)


def test_times_without_a_year_and_numbers_of_seconds_are_named_and_left_out(write: Write, look: Look) -> None:
    proposal = look(write("orders.csv", "order_id,accept_time,created_at", [
        (f"T{number}", f"03-{number % 28 + 1:02} 10:11:12", 1741000000 + number) for number in range(ROWS)]))
    assert {decided(proposal, name).role for name in ("accept_time", "created_at")} == {"unreadable"}
    assert {column for _, column, _, _ in proposal.unsure} == {"accept_time", "created_at"}
    assert [rule.at for rule in proposal.mapping.table[0].event] == ["unknown"]


@pytest.mark.parametrize(("name", "values", "role", "kind"), [
    ("评分", [1, 2, 3, 4, 5], "score", ""),
    ("stars", [5, 4, 5, 1, 2], "score", ""),
    ("quantity", [1, 2, 3, 4, 5], "attribute", "integer"),
    ("手机", ["13800138000", "13912345678", "18612345678"], "personal", "contact"),
    ("contact", ["li@example.com", "wang@example.org", "zhao@example.net"], "personal", "contact"),
    ("receiver", ["Anna Berg", "Tom Ross", "Lee Min"], "personal", ""),
    ("product_name", ["Green tea", "White tea", "Pu'er"], "attribute", "text"),
    ("amount", ["12.50", "8.00", "1,240.10"], "money", ""),
    ("Betrag", ['"12,50"', '"8,00"', '"1.240,10"'], "unreadable", ""),
    ("tz", ["Asia/Shanghai", "Europe/Berlin", "Asia/Tokyo"], "zone", ""),
    ("city", ["Hangzhou", "Suzhou", "Hangzhou"], "place", ""),
    ("courier_id", ["c1", "c2", "c1"], "performer", "courier"),
    ("gift", ["yes", "no", "yes"], "attribute", "boolean"),
    ("comment", ["The tea came late again", "All fine and well packed", "Nobody rang the bell at all"], "said", ""),
    ("postcode", ["310000", "200000", "215000"], "attribute", "integer"),
])
def test_roles(write: Write, look: Look, name: str, values: list[object], role: str, kind: str) -> None:
    found = column_of(write, look, name, values * 12)
    assert found[0] == role
    assert not kind or found[1] == kind


def test_an_amount_of_no_known_currency_is_a_number(write: Write, look: Look) -> None:
    path = write("orders.csv", "order_id,amount", [(f"T{number}", f"{number}.50") for number in range(ROWS)])
    assert decided(look(path, currency=None), "amount").role == "attribute"
    both = write("orders.csv", "order_id,amount,currency", [(f"T{number}", f"{number}.50", "EUR") for number in range(ROWS)])
    proposal = look(both, currency=None)
    amount = proposal.mapping.table[0].event[0].attributes["amount"]
    assert amount.model_dump(exclude_none=True) == {"column": "amount", "type": "money", "currency": {"column": "currency",
        "personal": False}}


def test_a_row_number_is_no_id(write: Write, look: Look) -> None:
    proposal = look(write("scans.csv", "序号,运单号,扫描时间", [
        (number + 1, f"P{number // 4:04}", f"2025-03-02 {number % 24:02}:11:{number % 60:02}") for number in range(ROWS)]))
    assert decided(proposal, "序号").role == "ignored"
    assert proposal.mapping.table[0].key == ["运单号", "扫描时间"]

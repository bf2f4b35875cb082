"""The tea shop's clerk keeps orders in a workbook, as clerks do: titles above, merged headers, ids as numbers."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from lastmeter.connectors.kinds import opened
from lastmeter.connectors.survey import survey
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import ORDERS, SOURCE, Shop

HEADER = ["order_id", "customer_id", "placed_at", "delivered_at"]


def workbook(shop: Shop, sheets: dict[str, list[list[Any]]], name: str = "orders.xlsx", merge: tuple[str, ...] = (),
             epoch_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for area in merge:
            sheet.merge_cells(area)
    path = shop.folder / name
    book.save(path)
    return path


def columns(shop: Shop, path: Path) -> dict[str, list[str]]:
    with opened(survey(path), shop.folder / "scratch") as tables:
        return {name: list(table.columns) for name, table in tables.items()}


def repacked(path: Path, member: str, change: Any) -> Path:
    """The workbook with one member's bytes changed."""
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    members[member] = change(members[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def test_a_plain_sheet_with_dates_numbers_and_empty_rows(shop: Shop) -> None:
    path = workbook(shop, {"三月": [
        HEADER,
        [1001, "Mo", datetime(2024, 3, 3, 9), datetime(2024, 3, 4)],
        [None, None, None, None],
        [900719925474099, "Lin", datetime(2024, 3, 3, 9, 30), None],
    ]})
    report = shop.take(ORDERS, path)
    assert [(file.name, file.rows) for file in report.files] == [("orders.xlsx#三月", 2)]
    assert shop.events("id, occurred_at") == [
        ("order.delivered:1001", datetime(2024, 3, 3, 16)),
        ("order.placed:1001", datetime(2024, 3, 3, 1)),
        ("order.placed:900719925474099", datetime(2024, 3, 3, 1, 30)),
    ]


def test_the_same_workbook_again_adds_nothing(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9), None]]})
    assert shop.take(ORDERS, path).stored == 1
    again = shop.take(ORDERS, path)
    assert (again.stored, again.duplicate) == (0, 1)


def test_titles_above_the_header_are_passed_over_and_row_numbers_are_the_sheets(shop: Shop) -> None:
    path = workbook(shop, {"a": [
        ["三月订单明细"], [], ["导出人：小林"], HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9), None], ["A-2", "Mo", "never", None],
    ]}, merge=("A1:D1",))
    shop.take(ORDERS, path)
    assert shop.events() == ["order.placed:A-1"]
    assert shop.rejected_codes() == [(6, "placed_at", "time_unreadable")]


def test_a_header_of_two_rows_is_joined(shop: Shop) -> None:
    path = workbook(shop, {"a": [
        ["订单号", "收货", None, "时间", None], [None, "姓名", "电话", "下单", "送达"], ["A-1", "林晓", "-", "x", "y"],
    ]}, merge=("A1:A2", "B1:C1", "D1:E1"))
    assert columns(shop, path) == {"a": ["订单号", "收货 姓名", "收货 电话", "时间 下单", "时间 送达"]}


def test_a_sheet_is_a_table_and_one_that_fits_nothing_is_told(shop: Shop) -> None:
    mapping = ORDERS + """
[[table]]
name = "staff"
files = "*#staff"
key = ["name"]

[[table.event]]
type = "shift.began"
at = "began"
objects = { person = "name" }
"""
    path = workbook(shop, {
        "orders": [HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9), None]],
        "staff": [["name", "began"], ["Lin", datetime(2024, 3, 3, 8)]],
        "notes": [["remember", "me"], ["tea", "sugar"]],
        "empty": [],
    })
    report = shop.take(mapping, path)
    assert shop.events() == ["order.placed:A-1", "shift.began:Lin"]
    assert [warning.say("en") for warning in report.warnings] == [
        "orders.xlsx#notes fits none of the mapping's tables and was not read"]


def test_two_sheets_of_one_table_are_both_read(shop: Shop) -> None:
    path = workbook(shop, {"March": [HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9), None]],
                           "April": [HEADER, ["A-2", "Mo", datetime(2024, 4, 3, 9), None]]})
    assert shop.take(ORDERS, path).stored == 2


def test_an_id_that_excel_rounded_is_set_aside_and_says_how_to_export(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, [1.23456789012346e17, "Mo", datetime(2024, 3, 3, 9), None],
                                 ["1.2E+17", "Mo", datetime(2024, 3, 3, 9), None],
                                 ["123456789012345678", "Mo", datetime(2024, 3, 3, 9), None]]})
    shop.take(ORDERS, path)
    assert shop.events() == ["order.placed:123456789012345678"]
    (number, text) = shop.rejected()
    assert (number.row, number.code, text.row, text.code) == (2, "number_rounded", 3, "id_rounded")
    assert "设为文本格式后重新导出" in number.reason.say("zh")
    assert "make the column text and export again" in text.reason.say("en", **text.places)


def test_a_rounded_number_that_nobody_asks_for_does_no_harm(shop: Shop) -> None:
    path = workbook(shop, {"a": [[*HEADER, "barcode"], ["A-1", "Mo", datetime(2024, 3, 3, 9), None, 1e18]]})
    assert shop.take(ORDERS, path).stored == 1


def test_an_error_of_a_formula_sets_its_row_aside(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", "#N/A", None], ["A-2", "Mo", datetime(2024, 3, 3, 9), None]]})
    shop.take(ORDERS, path)
    assert shop.rejected_codes() == [(2, None, "cell_error")]
    assert shop.rejected()[0].reason.say("en") == "A cell holds the error of a formula (such as #N/A)"
    assert shop.events() == ["order.placed:A-2"]


def test_a_formula_shows_the_value_that_was_saved_with_it(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", "2024-03-03 09:00", None], ['="A-"&2', "Mo", "2024-03-03 09:00", None]]})
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(
        rb'<c r="A3"[^>]*><f>(.*?)</f><v ?/?>(</v>)?', rb'<c r="A3" t="str"><f>\1</f><v>A-2</v>', xml))
    shop.take(ORDERS, path)
    assert shop.events() == ["order.placed:A-1", "order.placed:A-2"]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_of_both_epochs(shop: Shop, epoch_1904: bool) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9, 0, 1), None]]}, epoch_1904=epoch_1904)
    shop.take(ORDERS, path)
    assert shop.events("occurred_at") == [datetime(2024, 3, 3, 1, 0, 1)]


@pytest.mark.parametrize(("form", "serial"), [("excel", 45354.375), ("excel-1904", 43892.375)])
def test_serial_numbers_are_read_where_the_mapping_says_so(shop: Shop, form: str, serial: float) -> None:
    mapping = ORDERS.replace('at = "placed_at"', f'at = "placed_at"\nformat = "{form}"')
    shop.take(mapping, workbook(shop, {"a": [HEADER, ["A-1", "Mo", serial, None], ["A-2", "Mo", "soon", None], ["A-3", "Mo", 9e9, None]]}))
    assert shop.events("id, occurred_at") == [("order.placed:A-1", datetime(2024, 3, 3, 1))]
    assert shop.rejected_codes() == [(3, "placed_at", "time_unreadable"), (4, "placed_at", "time_unreadable")]


def test_a_date_cell_without_a_clock_is_a_day(shop: Shop) -> None:
    mapping = ORDERS.replace('at = "placed_at"', 'at = "placed_at"\nprecision = "day"')
    shop.take(mapping, workbook(shop, {"a": [HEADER, ["A-1", "Mo", date(2024, 3, 3), None]]}))
    assert shop.events("precision, local_on") == [("day", date(2024, 3, 3))]


def test_numbers_and_booleans_as_attributes(shop: Shop) -> None:
    mapping = SOURCE + """
[[table]]
name = "t"
key = ["id"]
[[table.event]]
type = "a.b"
at = "at"
objects = { thing = "id" }
[table.event.attributes]
price = { column = "price", type = "money" }
weight = { column = "weight", type = "number" }
gift = { column = "gift", type = "boolean" }
"""
    path = workbook(shop, {"a": [["id", "at", "price", "weight", "gift"], ["x", datetime(2024, 3, 3, 9), 12.5, 3, True]]})
    shop.take(mapping, path)
    assert shop.events("attr_price, attr_weight, attr_gift") == [(1250, 3.0, True)]


def refused(shop: Shop, path: Path) -> LastMeterError:
    with pytest.raises(LastMeterError) as caught:
        shop.take(ORDERS, path)
    assert shop.journal.batches() == []
    assert caught.value.message("zh") != caught.value.message("en")
    assert caught.value.hint("zh")
    return caught.value


def test_a_workbook_that_is_cut_off_or_no_workbook(shop: Shop) -> None:
    whole = workbook(shop, {"a": [HEADER, ["A-1", "Mo", "x", None]]}).read_bytes()
    for content in (whole[: len(whole) // 2], b"PK\x03\x04 not really"):
        assert refused(shop, shop.file("orders.xlsx", content)).message("en") == "The Excel file orders.xlsx is cut off or damaged"
    path = workbook(shop, {"a": [HEADER]})
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    assert refused(shop, path).code == "import.xlsx_damaged"


def test_old_and_encrypted_workbooks(shop: Shop) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    for name in ("orders.xls", "orders.xlsx"):
        error = refused(shop, shop.file(name, ole))
        assert error.message("en") == f"{name} is an old .xls file, or protected by a password"
        assert "另存为不加密的 .xlsx" in (error.hint("zh") or "")


def test_macros_are_not_run_and_a_macro_workbook_is_read_like_any_other(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", datetime(2024, 3, 3, 9), None]]}, "orders.xlsm")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    assert shop.take(ORDERS, path).stored == 1


def test_a_zip_bomb_in_a_workbook(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER]})
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (80 << 20))
    assert refused(shop, path).message("en") == "The Excel file orders.xlsx unpacks to something abnormally large and was not read"


def test_entities_in_a_workbook(shop: Shop) -> None:
    path = workbook(shop, {"a": [HEADER, ["A-1", "Mo", "x", None]]})
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + xml)
    assert refused(shop, path).code == "import.xlsx_entities"


def test_two_columns_of_one_name_in_a_sheet(shop: Shop) -> None:
    error = refused(shop, workbook(shop, {"a": [["order_id", "order_id", "placed_at"], ["1", "2", "3"]]}))
    assert error.message("en") == "orders.xlsx#a has two columns named “order_id”"


def test_a_workbook_without_any_header(shop: Shop) -> None:
    error = refused(shop, workbook(shop, {"a": [[1, 2, 3], [4, 5, 6]], "b": []}))
    assert error.message("en") == "orders.xlsx has no sheet with a header row"

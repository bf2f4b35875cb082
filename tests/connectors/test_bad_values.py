"""Cells as people and machines write them: each is taken for what it surely is, or set aside with a reason."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any

import pytest

from lastmeter.connectors import survey as survey_module
from lastmeter.journal.event import Event, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import NOW, ORDERS, SOURCE, Shop, csv_of

HEADER = "order_id,customer_id,placed_at,delivered_at"
GOOD = "A-1,Mo,2024-03-03 09:00,"
VALUES = SOURCE + """
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
pieces = { column = "pieces", type = "integer" }
gift = { column = "gift", type = "boolean" }
"""


def one(shop: Shop, column: str, cell: str) -> Any:
    """What becomes of one cell: its value, or the code under which its row is set aside."""
    cells = {"id": "x", "at": "2024-03-03 09:00", "price": "", "weight": "", "pieces": "", "gift": "", column: f'"{cell}"'}
    shop.take(VALUES, shop.file("t.csv", csv_of(",".join(cells), [",".join(cells.values())])))
    if shop.rejected():
        (row,) = shop.rejected()
        said = [row.reason.say("zh", **row.places), row.reason.say("en", **row.places)]
        assert said[0] != said[1]
        assert not cell.strip() or cell not in "".join(said)
        return row.code
    return shop.events(f"attr_{column}")[0]


@pytest.mark.parametrize(("column", "cell", "becomes"), [
    ("price", "1,234.50", 123450),          # thousands separators
    ("price", "1,2345.0", "value_unreadable"),
    ("price", "1.234,50", "value_unreadable"),  # the other way round is not guessed
    ("price", "12.5%", "value_unreadable"),
    ("price", "¥12.50", "value_unreadable"),
    ("price", "12.50元", "value_unreadable"),
    ("price", "-12.50", -1250),             # a refund
    ("price", "(12.50)", "value_unreadable"),
    ("price", "１２．５", "value_unreadable"),  # full-width digits
    ("price", "free", "value_unreadable"),
    ("price", "1e400", "value_unreadable"),
    ("weight", "inf", "value_unreadable"),
    ("weight", "NaN", "value_unreadable"),
    ("weight", "9e15", "value_unreadable"),
    ("weight", "0,5", "value_unreadable"),
    ("pieces", "2.5", "value_unreadable"),
    ("pieces", "2.0", 2),
    ("pieces", "99999999999999999999", "value_unreadable"),
    ("gift", "maybe", "value_unreadable"),
    ("gift", "是", True),
    ("id", "1.2E+17", "id_rounded"),
    ("id", "6.9E+12", "id_rounded"),
])
def test_a_cell(shop: Shop, column: str, cell: str, becomes: Any) -> None:
    if column == "id":
        shop.take(VALUES, shop.file("t.csv", csv_of("id,at,price,weight,pieces,gift", [f"{cell},2024-03-03 09:00,,,,"])))
        assert [row.code for row in shop.rejected()] == [becomes]
        return
    assert one(shop, column, cell) == becomes


def test_a_column_that_changes_its_type_half_way(shop: Shop) -> None:
    rows = [f"x{n},2024-03-03 09:00,{'12.50' if n < 5 else 'n/a'},,," for n in range(8)]
    shop.take(VALUES, shop.file("t.csv", csv_of("id,at,price,weight,pieces,gift", rows)))
    assert len(shop.events()) == 5
    assert [row.row for row in shop.rejected()] == [7, 8, 9]


def test_one_bad_byte_sets_its_row_aside_and_keeps_the_file(shop: Shop) -> None:
    content = csv_of(HEADER, [GOOD, "A-2,Li\udcffn,2024-03-03 09:00,", "A-3,林晓,2024-03-03 09:00,"]).encode("utf-8", "surrogateescape")
    report = shop.take(ORDERS, shop.file("orders.csv", content))
    assert [(row.row, row.code, row.reason.say("en")) for row in shop.rejected()] == [
        (3, "encoding", "The line is not in the encoding of the rest")]
    assert "\ufffd" in (shop.rejected()[0].raw or "")
    assert (report.rows, report.stored) == (3, 2)


def test_bad_bytes_in_gbk_and_in_json(shop: Shop) -> None:
    rows = [f"A-{n},林晓的茶店,2024-03-03 09:00," for n in range(40)]
    content = csv_of(HEADER, rows).encode("gb18030").replace("A-7,林".encode("gb18030"), b"A-7,\xff\xff")
    shop.take(ORDERS, shop.file("orders.csv", content))
    assert [(row.row, row.code) for row in shop.rejected()] == [(9, "encoding")]
    line = '{"order_id": "B-%d", "customer_id": "Mo", "placed_at": "2024-03-03 09:00", "delivered_at": null}'
    lines = [(line % n).encode() for n in range(30)]
    lines[4] = lines[4].replace(b"Mo", b"M\xff")
    shop.take(ORDERS, shop.file("orders.jsonl", b"\n".join(lines)))
    assert [(row.file, row.row, row.code) for row in shop.rejected()][1:] == [("orders.jsonl", 5, "encoding")]


def test_a_bad_byte_in_a_column_that_nobody_reads(shop: Shop) -> None:
    content = csv_of(HEADER + ",note", [GOOD + ",fine", "A-2,Mo,2024-03-03 09:00,,caf\udce9"]).encode("utf-8", "surrogateescape")
    assert shop.take(ORDERS, shop.file("orders.csv", content)).stored == 2


def test_a_bad_byte_in_the_header_is_another_encoding(shop: Shop) -> None:
    content = csv_of(HEADER + ",caf\udce9", [GOOD + ",x"]).encode("utf-8", "surrogateescape")
    with pytest.raises(LastMeterError) as caught:
        shop.take(ORDERS, shop.file("orders.csv", content))
    assert caught.value.code == "import.encoding_unknown"


def test_mixed_line_ends(shop: Shop) -> None:
    text = HEADER + "\r\n" + GOOD + "\n" + "A-2,Mo,2024-03-03 09:00,\r\n"
    shop.take(ORDERS, shop.file("orders.csv", text))
    assert shop.events() == ["order.placed:A-1", "order.placed:A-2"]


def test_quotes_of_both_kinds_and_a_line_break_in_a_cell(shop: Shop) -> None:
    text = HEADER + '\n"A-1","M ""o""\nLin",2024-03-03 09:00,\n' + "A-2,'Mo',2024-03-03 09:00,\n"
    shop.take(ORDERS, shop.file("orders.csv", text))
    assert [objects[0]["id"] for objects in shop.events("objects")] == ['M "o"\nLin', "'Mo'"]


def test_nul_bytes_lose_nothing_unsaid(shop: Shop) -> None:
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, [GOOD, "A-2,M\x00o,2024-03-03 09:00,"])))
    assert report.stored + report.rejected == 2


def test_a_gzip_that_unpacks_to_something_monstrous(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "_BOMB_BYTES", 1 << 20)
    path = shop.file("orders.csv.gz", gzip.compress(HEADER.encode() + b"\n" + b" " * (20 << 20)))
    with pytest.raises(LastMeterError) as caught:
        shop.take(ORDERS, path)
    assert caught.value.message("zh") == "压缩文件 orders.csv.gz 展开后大得不正常（超过 250 倍），没有读取"
    assert caught.value.message("en") == (
        "The packed file orders.csv.gz unpacks to something abnormally large (more than 250 times) and was not read")


ZONED = ORDERS.replace('at = "placed_at"', 'at = "placed_at"\nzone = { column = "tz" }')


def test_a_zone_that_does_not_exist(shop: Shop) -> None:
    rows = [GOOD + ",Mars/Olympus", "A-2,Mo,2024-03-03 09:00,,Europe/Paris", "A-3,Mo,2024-03-03 09:00,,"]
    shop.take(ZONED, shop.file("orders.csv", csv_of(HEADER + ",tz", rows)))
    assert shop.rejected_codes() == [(2, "tz", "zone_unknown"), (4, "tz", "zone_unknown")]


def test_a_time_that_the_clocks_passed_over_moves_forward_and_one_that_came_twice_is_the_first(shop: Shop) -> None:
    rows = ["A-1,Mo,2024-03-31 02:30,,Europe/Paris", "A-2,Mo,2023-10-29 02:30,,Europe/Paris"]
    shop.take(ZONED, shop.file("orders.csv", csv_of(HEADER + ",tz", rows)))
    assert shop.events("occurred_at") == [datetime(2024, 3, 31, 1, 30), datetime(2023, 10, 29, 0, 30)]


@pytest.mark.parametrize("cell", ["2024-02-30 09:00", "2023-02-29 09:00", "0000-00-00 00:00", "２０２４-03-03 09:00", "2024-03-03 24:01",
                                  "45354.375", "昨天", "2024年3月3日 九点"])
def test_times_that_never_were(shop: Shop, cell: str) -> None:
    shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, [f"A-1,Mo,{cell},"])))
    assert shop.events() == []
    (row,) = shop.rejected()
    assert row.code in ("time_unreadable", "time_mixed", "time_too_early", "time_too_coarse")


def test_corrections_that_go_round_in_a_circle_end(shop: Shop) -> None:
    def event(name: str, corrects: str | None, revision: int) -> Event:
        return Event(source="shop", id=name, type="order.placed", occurred_at=datetime(2024, 3, 3), corrects=corrects,
                     objects=(ObjectRef("order", "A-1"),), revision=revision)

    shop.journal.record([event("a", "b", 1), event("b", "c", 2), event("c", "a", 3)], recorded_at=NOW)
    assert shop.events() == ["a", "b", "c"]


@pytest.mark.parametrize("header", ["", ",,,", " , ,", "order_id"])
def test_headers_that_name_nothing(shop: Shop, header: str) -> None:
    with pytest.raises(LastMeterError) as caught:
        shop.take(ORDERS, shop.file("orders.csv", header + "\nA-1,Mo,2024-03-03 09:00,\n"))
    assert caught.value.code in ("import.header_missing", "import.column_missing", "import.table_unknown")


def test_several_ids_in_one_cell(shop: Shop) -> None:
    mapping = ORDERS.replace('customer = "customer_id"', 'customer = { column = "customer_id", split = ";" }')
    shop.take(mapping, shop.file("orders.csv", csv_of(HEADER, ["A-1, Mo ;Lin;;Mo,2024-03-03 09:00,", "A-2,,2024-03-03 09:00,"])))
    assert [None if row is None else [one["id"] for one in row] for row in shop.events("objects")] == [["Mo", "Lin"], None]


def test_ids_of_the_source_are_kept_and_those_of_corrections_are_not_taken(shop: Shop) -> None:
    mapping = ORDERS[: ORDERS.rindex("[[table.event]]")].replace('key = ["order_id"]', 'key = ["order_id"]\nkeep_id = true')
    shop.take(mapping, shop.file("orders.csv", csv_of(HEADER, ["a:b~c,Mo,2024-03-03 09:00,", f"x~{16 * 'f'},Mo,2024-03-03 09:00,"])))
    assert shop.events() == ["a:b~c"]
    assert shop.rejected_codes() == [(3, "order_id", "id_reserved")]

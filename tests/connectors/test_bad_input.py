"""What people really send. Every kind is refused or set aside with a message in both languages; nothing is lost unsaid."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from lastmeter.connectors.survey import survey
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import NOW, ORDERS, Shop, csv_of

HEADER = "order_id,customer_id,placed_at,delivered_at"
GOOD = "A-1,Mo,2024-03-03 09:00,2024-03-04 09:00"
DAYS = ORDERS.replace('at = "placed_at"', 'at = "placed_at"\nprecision = "day"\nformat = "%d/%m/%Y"')


def refused(shop: Shop, path: Path, mapping: str = ORDERS) -> LastMeterError:
    with pytest.raises(LastMeterError) as caught:
        shop.take(mapping, path)
    assert shop.events() == []
    assert shop.journal.batches() == []
    return caught.value


def set_aside(shop: Shop) -> list[tuple[int | None, str, str, str]]:
    return [(row.row, row.code, row.reason.say("zh", **row.places), row.reason.say("en", **row.places))
            for row in shop.rejected()]


def test_a_missing_column(shop: Shop) -> None:
    error = refused(shop, shop.file("orders.csv", "order_id,placed_at,delivered_at\nA-1,2024-03-03 09:00,\n"))
    assert error.code == "import.column_missing"
    assert error.message("zh") == "orders.csv 缺少表“orders”需要的列：customer_id"
    assert error.message("en") == "orders.csv lacks columns of the table “orders”: customer_id"
    assert error.hint("en") == (
        "Add the column, or take it out of the mapping; the file's columns are: order_id, placed_at, delivered_at")


def test_a_renamed_column(shop: Shop) -> None:
    error = refused(shop, shop.file("orders.csv", csv_of("order_id,customer,placed_at,delivered_at", [GOOD])))
    assert error.message("en") == "orders.csv lacks columns of the table “orders”: customer_id"
    assert error.hint("zh") == "是不是改名为“customer”了？是的话请改映射里的列名"
    assert error.hint("en") == "Was it renamed to “customer”? Then change the name in the mapping"


def test_a_file_of_something_else(shop: Shop) -> None:
    error = refused(shop, shop.file("staff.csv", "name,shift\nLin,early\n"))
    assert error.message("zh") == "staff.csv 不符合映射里的任何一张表（orders）"
    assert error.message("en") == "staff.csv fits none of the mapping's tables (orders)"


def test_two_columns_of_one_name(shop: Shop) -> None:
    error = refused(shop, shop.file("orders.csv", csv_of("order_id,order_id,placed_at,delivered_at", [GOOD])))
    assert error.message("zh") == "orders.csv 里有两列都叫“order_id”"
    assert error.message("en") == "orders.csv has two columns named “order_id”"


def test_mixed_and_swapped_dates(shop: Shop) -> None:
    cells = ["25/03/2024", "03/25/2024", "2024-03-25", "20240325", "31/02/2024", "25.03.2024"]
    rows = [f"A-{number},Mo,{cell}," for number, cell in enumerate(cells, 1)]
    report = shop.take(DAYS, shop.file("orders.csv", csv_of(HEADER, rows)))
    mixed = ("time_mixed", "列“placed_at”的日期写法与映射里的不同",
             "The date in “placed_at” is written in another way than the mapping says")
    assert set_aside(shop) == [
        (3, "time_swapped", "列“placed_at”的日和月似乎写反了", "Day and month look exchanged in “placed_at”"),
        (4, *mixed), (5, *mixed),
        (6, "time_unreadable", "列“placed_at”的时间读不懂", "Cannot read the time in “placed_at”"),
        (7, *mixed),
    ]
    assert shop.events() == ["order.placed:A-1"]
    (warning,) = report.warnings
    assert warning.say("zh") == "orders.csv：1 个日期的日和月写反了；日小于 13 的那些看不出来，请核对整个文件"
    assert warning.say("en") == (
        "orders.csv: 1 dates have day and month exchanged; where the day is below 13 that cannot be seen, so check the whole file")


def test_swapped_dates_in_iso_order(shop: Shop) -> None:
    shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, ["A-1,Mo,2024-25-03 09:00,"])))
    assert [code for _, code, _, _ in set_aside(shop)] == ["time_swapped"]


def test_unparseable_and_far_times(shop: Shop) -> None:
    last = NOW + timedelta(days=732)
    cells = ["soon", "2024-03-03 25:00", "9999-12-31 00:00", "2034-03-03 09:00", "1899-12-30 00:00", "infinity", "45354.4",
             f"{last + timedelta(hours=8):%Y-%m-%d %H:%M}"]
    rows = [f"A-{number},Mo,{cell}," for number, cell in enumerate(cells)]
    shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows)))
    far = ("time_far_future", "列“placed_at”的时间在太远的将来", "The time in “placed_at” lies too far in the future")
    unreadable = ("time_unreadable", "列“placed_at”的时间读不懂", "Cannot read the time in “placed_at”")
    assert [row for row in set_aside(shop) if row[1] != "time_mixed"] == [
        (2, *unreadable), (3, *unreadable), (4, *far), (5, *far),
        (6, "time_too_early", "列“placed_at”的时间早于 1970 年", "The time in “placed_at” is before 1970"),
        (7, "time_too_coarse", "列“placed_at”只有日期，没有映射所说的钟点",
         "“placed_at” holds only a day, not the time of day that the mapping promises"), (8, *unreadable),
    ]
    assert shop.events("id, occurred_at") == [("order.placed:A-7", last)]


def test_negative_durations_and_events_before_the_start_are_taken_and_told(shop: Shop) -> None:
    mapping = ORDERS + '\n[[table.event]]\ntype = "order.reviewed"\nat = "reviewed_at"\nobjects = { order = "order_id" }\n'
    rows = ["A-1,Mo,2024-03-03 09:00,2024-03-02 09:00,2024-03-01 09:00", "A-2,Mo,2024-03-03 09:00,2024-03-04 09:00,2024-03-05 09:00",
            "A-3,Mo,2024-03-03 09:00,,2024-03-01 09:00"]
    report = shop.take(mapping, shop.file("orders.csv", csv_of(HEADER + ",reviewed_at", rows)))
    assert (report.stored, report.rejected) == (8, 0)
    assert [(warning.code, warning.places["count"]) for warning in report.warnings] == [
        ("negative_duration", 1), ("negative_duration", 1), ("before_start", 2)]
    assert report.warnings[0].say("zh") == "orders.csv：1 行的 order.delivered 早于 order.placed，照收，请核对来源"
    assert report.warnings[2].say("en") == (
        "orders.csv: 2 rows have order.reviewed before the start, order.placed; taken as they are, check the source")


def test_days_are_not_called_negative_against_the_hours_of_the_same_day(shop: Shop) -> None:
    mapping = ORDERS.replace('at = "delivered_at"', 'at = "delivered_at"\nprecision = "day"')
    report = shop.take(mapping, shop.file("orders.csv", csv_of(HEADER, ["A-1,Mo,2024-03-03 09:00,2024-03-03"])))
    assert report.warnings == []


def test_one_id_with_two_contents_in_one_batch_is_set_aside_whole(shop: Shop) -> None:
    rows = ["A-1,Mo,2024-03-03 09:00,", "A-1,Mo,2024-03-03 10:00,", "A-2,Mo,2024-03-03 09:00,", "A-2,Mo,2024-03-03 09:00,"]
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows)))
    assert (report.contradictory, report.duplicate) == (2, 1)
    assert shop.events() == ["order.placed:A-2"]


def test_a_row_without_its_key(shop: Shop) -> None:
    shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, [GOOD, ",Mo,2024-03-03 09:00,2024-03-04 09:00"])))
    assert set_aside(shop) == [(3, "key_missing", "主键列“order_id”是空的", "The key column “order_id” is empty")]


def test_rows_that_cannot_be_cut_into_columns_keep_their_place(shop: Shop) -> None:
    rows = [GOOD, "A-2,Mo", "A-3,Mo,2024-03-03 09:00,,5,6", '"A-4"x,Mo,2024-03-03 09:00,', "A-5,Mo,later,"]
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows)))
    assert set_aside(shop) == [
        (3, "too_few_columns", "列数比表头少", "Fewer columns than the header"),
        (4, "too_many_columns", "列数比表头多", "More columns than the header"),
        (5, "quote_open", "引号没有成对", "A quotation mark is not closed"),
        (6, "time_unreadable", "列“placed_at”的时间读不懂", "Cannot read the time in “placed_at”"),
    ]
    assert shop.rejected()[0].raw == "A-2,Mo"
    assert report.rows == 5


def test_broken_rows_after_the_first_chunk(shop: Shop) -> None:
    rows = [f"A-{n},Mo,2024-03-03 09:00," for n in range(30_000)]
    rows[29_990] = "torn"
    rows[29_995] = "A-x,Mo,never,"
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows)), chunk_rows=1000)
    assert shop.rejected_codes() == [(29_992, None, "too_few_columns"), (29_997, "placed_at", "time_unreadable")]
    assert (report.rows, report.stored) == (30_000, 29_998)


def test_a_broken_line_of_json(shop: Shop) -> None:
    good = '{"order_id": "A-1", "customer_id": "Mo", "placed_at": "2024-03-03 09:00", "delivered_at": null}'
    lines = [good, "", '{"order_id": "A-2"', "[1]"]
    shop.take(ORDERS, shop.file("orders.jsonl", "\n".join(lines)))
    broken = ("json_broken", "这一行不是一个完整的 JSON 对象", "The line is not one whole JSON object")
    assert set_aside(shop) == [(3, *broken), (4, *broken)]


def test_one_json_array_is_not_json_lines(shop: Shop) -> None:
    error = refused(shop, shop.file("orders.json", '[\n{"order_id": 1}\n]'.replace("{", "[").replace("}", "]")))
    assert error.message("zh") == "orders.json 不是 JSON Lines：每行应是一个 JSON 对象"
    assert error.hint("en") == 'If it is one JSON array, export one record a line, such as {"order_id": "1"}'


@pytest.mark.parametrize("content", [
    "order_id,customer_id,placed_at,delivered_at\nA-1,São Paulo é,2024-03-03 09:00,\nA-2,José,2024-03-03 09:00,\n".encode("latin-1"),
    b"order_id,customer_id,placed_at,delivered_at\n" + 2 * (b"A-1," + b"\xff\xfe\x80" + b",2024-03-03 09:00,\n"),
])
def test_a_wrong_encoding(shop: Shop, content: bytes) -> None:
    error = refused(shop, shop.file("orders.csv", content))
    assert error.message("zh") == "orders.csv 第 2 行既不是 UTF-8 也不是 GB18030 编码"
    assert error.message("en") == "orders.csv, line 2: neither UTF-8 nor GB18030"
    assert error.hint("en") == "Save it as UTF-8 and import again"


def test_chinese_far_down_a_plain_file_is_still_recognised(shop: Shop) -> None:
    rows = [f"A-{n},Mo,2024-03-03 09:00," for n in range(40_000)] + ["B-1,林晓,2024-03-03 09:00,"]
    shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows).encode("gb18030")))
    assert shop.events("objects")[-1] == [{"type": "customer", "id": "林晓"}]


def test_an_empty_file(shop: Shop) -> None:
    for name, content in [("orders.csv", b""), ("orders.csv.gz", gzip.compress(b""))]:
        error = refused(shop, shop.file(name, content))
        assert (error.message("zh"), error.message("en")) == (f"文件 {name} 是空的", f"The file {name} is empty")


def test_a_header_without_rows_is_an_import_of_nothing(shop: Shop) -> None:
    report = shop.take(ORDERS, shop.file("orders.csv", HEADER + "\n"))
    assert (report.rows, report.stored, report.silent) == (0, 0, ["order.delivered", "order.placed"])


def test_a_truncated_gzip(shop: Shop) -> None:
    whole = gzip.compress(csv_of(HEADER, [f"A-{n},Mo,2024-03-03 09:00," for n in range(5000)]).encode())
    error = refused(shop, shop.file("orders.csv.gz", whole[: len(whole) // 2]))
    assert error.message("zh") == "压缩文件 orders.csv.gz 不完整或已损坏"
    assert error.message("en") == "The gzip file orders.csv.gz is cut off or damaged"


def test_a_truncated_parquet(shop: Shop) -> None:
    path = shop.folder / "orders.parquet"
    duckdb.execute(f"COPY (SELECT range AS order_id FROM range(9999)) TO '{path}'")
    whole = path.read_bytes()
    torn = [whole[: len(whole) // 2], whole[:4], whole[: len(whole) // 2] + b"PAR1"]
    for content in torn:
        error = refused(shop, shop.file("orders.parquet", content))
        assert error.message("zh") == "Parquet 文件 orders.parquet 不完整或已损坏"
        assert error.message("en") == "The Parquet file orders.parquet is cut off or damaged"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl"])
def test_a_line_of_100_mb_is_set_aside_without_filling_the_memory(shop: Shop, name: str) -> None:
    path = shop.folder / name
    good = {"orders.csv": "A-{},Mo,2024-03-03 09:00,\n",
            "orders.jsonl": '{{"order_id":"A-{}","customer_id":"Mo","placed_at":"2024-03-03 09:00","delivered_at":null}}\n'}[name]
    with path.open("wb") as file:
        if name.endswith("csv"):
            file.write(HEADER.encode() + b"\n")
        file.write(good.format(1).encode() + b'"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + good.format(3).encode())
    script = """
import resource, sys
from pathlib import Path
from tests.connectors.shop import ORDERS, Shop
shop = Shop(Path(sys.argv[1]))
shop.take(ORDERS, shop.file("warm.csv", "order_id,customer_id,placed_at,delivered_at\\nA-0,Mo,2024-03-03 09:00,\\n"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
shop.take(ORDERS, Path(sys.argv[2]))
print(shop.events(), shop.rejected_codes())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    found = subprocess.run([sys.executable, "-c", script, str(shop.folder / "other"), str(path)], check=True,
                           capture_output=True, text=True, cwd=Path(__file__).parents[2])
    told, grown = found.stdout.splitlines()
    row = 3 if name.endswith("csv") else 2
    assert told == f"['order.placed:A-0', 'order.placed:A-1', 'order.placed:A-3'] [({row}, None, 'line_too_long')]"
    assert int(grown) < 95_000  # kilobytes: less than the line itself


def test_no_permission(shop: Shop) -> None:
    path = shop.file("orders.csv", csv_of(HEADER, [GOOD]))
    path.chmod(0)
    try:
        may_read_anything = os.access(path, os.R_OK)
        told = as_nobody(path) if may_read_anything else messages(refused(shop, path))
    finally:
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert told == "['没有读取 orders.csv 的权限', 'No permission to read orders.csv']"


def messages(error: LastMeterError) -> str:
    return repr([error.message("zh"), error.message("en")])


def as_nobody(path: Path) -> str:
    """What the survey of a file says to a user without rights; in a child, as the rights do not come back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            try:
                survey(path)
                told = "no error"
            except LastMeterError as error:
                told = messages(error)
            os.write(writing, told.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return told


def test_what_is_no_file(shop: Shop) -> None:
    fifo = shop.folder / "pipe.csv"
    os.mkfifo(fifo)
    for path in (shop.folder, fifo):
        error = refused(shop, path)
        assert error.message("zh") == f"{path.name} 不是普通文件"
        assert error.message("en") == f"{path.name} is not an ordinary file"
    error = refused(shop, shop.folder / "gone.csv")
    assert (error.message("zh"), error.message("en")) == ("找不到文件 gone.csv", "There is no file gone.csv")


def test_a_format_that_cannot_be_read(shop: Shop) -> None:
    error = refused(shop, shop.file("orders.docx", b"PK\x03\x04 not really"))
    assert error.message("en") == "The format of orders.docx is not known"
    assert (error.hint("zh") or "").startswith("可以读取：.jsonl, .ndjson, .json, .csv, .tsv, ")
    assert (error.hint("zh") or "").endswith("（也可以再加 .gz）")


def test_an_event_finer_than_its_data(shop: Shop) -> None:
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, ["A-1,Mo,2024-03-03,", "A-2,Mo,2024-03-03 00:00,"])))
    assert set_aside(shop) == [(2, "time_too_coarse", "列“placed_at”只有日期，没有映射所说的钟点",
                                "“placed_at” holds only a day, not the time of day that the mapping promises")]
    assert report.stored == 1


def test_rows_of_which_no_condition_holds_are_told(shop: Shop) -> None:
    mapping = ORDERS.replace('at = "placed_at"', 'at = "placed_at"\nwhen = { customer_id = ["Mo"] }')
    report = shop.take(mapping, shop.file("orders.csv", csv_of(HEADER, [GOOD, "A-2,Lin,2024-03-03 09:00,"])))
    (warning,) = report.warnings
    assert warning.say("en") == (
        "orders.csv: 1 rows meet the conditions of no event and told of none; check `when` in the mapping")


def test_every_rejection_is_stored_and_the_first_ones_with_their_text(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastmeter.connectors.derive.KEPT_TEXTS", 2)
    rows = [f"A-{n},Mo,never," for n in range(5)]
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, rows)), chunk_rows=3)
    assert [row.row for row in shop.rejected()] == [2, 3, 4, 5, 6]
    assert [row.raw for row in shop.rejected()][1:3] == [
        '{"order_id": "A-1", "placed_at": "never", "customer_id": "Mo", "delivered_at": null}', None]
    assert report.rejected_by_code == {"time_unreadable": 5}


def test_no_message_quotes_what_stands_in_the_cells(shop: Shop) -> None:
    report = shop.take(ORDERS, shop.file("orders.csv", csv_of(HEADER, ["A-1,13800001111,13900002222,"])))
    (example,) = report.examples
    said = example.reason.say("en", **example.places) + example.reason.say("zh", **example.places)
    assert "1390000" not in said
    assert datetime(2024, 6, 1, 8) == shop.rejected()[0].recorded_at

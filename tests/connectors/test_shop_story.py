"""Lin keeps a tea shop's exports. Whatever form they come in, the journal learns the same, once."""

from __future__ import annotations

import gzip
import os
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lastmeter.connectors.engine import quoted
from tests.connectors.shop import NOW, ORDERS, Shop, csv_of

ROWS = [("A-1", "林晓", "2024-03-03 09:30:00", "2024-03-05 18:00:00"), ("A-2", "Mo", "2024-03-04 10:00:00", ""),
        ("A-3", "Zoë, \"the\" Great", "2024-03-04 11:00:00", "2024-03-04 10:00:00")]
HEADER = ("order_id", "customer_id", "placed_at", "delivered_at")
EXPECTED = [
    ("order.delivered:A-1", datetime(2024, 3, 5, 10), None), ("order.delivered:A-3", datetime(2024, 3, 4, 2), None),
    ("order.placed:A-1", datetime(2024, 3, 3, 1, 30), [{"type": "customer", "id": "林晓"}]),
    ("order.placed:A-2", datetime(2024, 3, 4, 2), [{"type": "customer", "id": "Mo"}]),
    ("order.placed:A-3", datetime(2024, 3, 4, 3), [{"type": "customer", "id": "Zoë, \"the\" Great"}]),
]


def text(delimiter: str = ",", end: str = "\n") -> str:
    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if '"' in value or delimiter in value else value

    return end.join(delimiter.join(map(cell, row)) for row in [HEADER, *ROWS]) + end


def json_lines() -> str:
    def value(cell: str) -> str:
        return "null" if not cell else '"' + cell.replace('"', '\\"') + '"'

    return "\n".join("{" + ", ".join(f'"{name}": {value(cell)}' for name, cell in zip(HEADER, row, strict=True)) + "}"
                     for row in ROWS) + "\n"


FORMS: dict[str, bytes] = {
    "orders.csv": text().encode(),
    "windows.csv": text(end="\r\n").encode("utf-8-sig"),
    "semicolons.csv": text(";").encode(),
    "orders.tsv": text("\t").encode(),
    "utf16.csv": text().encode("utf-16"),
    "mainland.csv": text().encode("gb18030"),
    "orders.csv.gz": gzip.compress(text().encode()),
    "mainland.csv.gz": gzip.compress(text().encode("gb18030")),
    "orders.jsonl": json_lines().encode(),
    "bom.ndjson": json_lines().encode("utf-8-sig"),
    "orders.jsonl.gz": gzip.compress(json_lines().encode()),
}


def parquet(shop: Shop, name: str, typed: str = "*") -> Path:
    source = shop.file("for_parquet.csv", text())
    target = shop.folder / name
    duckdb.execute(f"COPY (SELECT {typed} FROM read_csv({quoted(str(source))}, all_varchar = true)) TO {quoted(str(target))}")
    return target


@pytest.mark.parametrize("name", FORMS)
def test_every_form_tells_the_same(shop: Shop, name: str) -> None:
    report = shop.take(ORDERS, shop.file(name, FORMS[name]))
    assert shop.events("id, occurred_at, objects") == EXPECTED
    assert (report.rows, report.stored, report.rejected) == (3, 5, 0)


@pytest.mark.parametrize(
    "typed", ["*", "order_id, customer_id, CAST(placed_at AS TIMESTAMP) AS placed_at, try_cast(delivered_at AS TIMESTAMP) AS delivered_at"])
def test_parquet_tells_the_same_typed_or_not(shop: Shop, typed: str) -> None:
    shop.take(ORDERS, parquet(shop, "orders.parquet", typed))
    assert shop.events("id, occurred_at, objects") == EXPECTED


def test_the_same_content_in_another_form_adds_nothing(shop: Shop) -> None:
    shop.take(ORDERS, shop.file("orders.csv", FORMS["orders.csv"]))
    for name, content in FORMS.items():
        again = shop.take(ORDERS, shop.file(name, content))
        assert (again.stored, again.corrected, again.duplicate, again.silent) == (0, 0, 5, [])


def test_shuffled_split_and_renamed_it_is_still_the_same(shop: Shop) -> None:
    rows = [f"{n},c{n % 7},2024-03-03 09:{n % 60:02d}:00,2024-03-05 0{n % 10}:00:00" for n in range(200)]
    shop.take(ORDERS, shop.file("orders.csv", csv_of(",".join(HEADER), rows)))
    whole = shop.events("* EXCLUDE (recorded_at, batch, revision)")
    other = Shop(shop.folder / "other")
    random.Random(6).shuffle(rows)
    renamed = ORDERS.replace('"order_id"', '"单号"').replace('"placed_at"', '"下单"').replace('"delivered_at"', '"送达"')
    parts = [other.file(f"{n}.csv", csv_of("单号,customer_id,下单,送达", rows[n::4])) for n in (2, 0, 3, 1, 2)]
    for part in parts:
        other.take(renamed, part)
    assert other.events("* EXCLUDE (recorded_at, batch, revision)") == whole


def test_a_changed_file_adds_the_new_and_corrects_the_changed(shop: Shop) -> None:
    shop.take(ORDERS, shop.file("may.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 09:00,", "A-2,Mo,2024-03-03 09:00,"])))
    report = shop.take(ORDERS, shop.file("june.csv", csv_of(",".join(HEADER), [
        "A-1,Mo,2024-03-03 09:00,2024-03-04 08:00", "A-2,Mo,2024-03-03 10:00,"])), at=NOW + timedelta(days=1))
    assert (report.stored, report.corrected, report.duplicate) == (1, 1, 1)
    assert shop.events("id, occurred_at") == [
        ("order.delivered:A-1", datetime(2024, 3, 4)), ("order.placed:A-1", datetime(2024, 3, 3, 1)),
        ("order.placed:A-2", datetime(2024, 3, 3, 2))]


def test_the_later_export_wins_in_whatever_order_they_arrive(shop: Shop) -> None:
    old, new = datetime(2024, 4, 1), datetime(2024, 5, 1)
    shop.take(ORDERS, shop.file("new.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 10:00,"])), as_of=new)
    shop.take(ORDERS, shop.file("old.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 09:00,"])), as_of=old)
    assert shop.events("occurred_at") == [datetime(2024, 3, 3, 2)]


def test_a_cell_that_became_empty_takes_its_event_back(shop: Shop) -> None:
    told = csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 09:00,2024-03-04 08:00", "A-2,Mo,2024-03-03 09:00,"])
    shop.take(ORDERS, shop.file("may.csv", told), as_of=datetime(2024, 5, 1))
    emptied = shop.file("june.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 09:00,", "A-2,Mo,2024-03-03 09:00,"]))
    report = shop.take(ORDERS, emptied, as_of=datetime(2024, 6, 1))
    assert (report.stored, report.corrected, report.duplicate) == (0, 1, 2)
    assert shop.events() == ["order.placed:A-1", "order.placed:A-2"]
    assert shop.take(ORDERS, emptied, as_of=datetime(2024, 6, 1)).corrected == 0
    shop.take(ORDERS, shop.file("july.csv", told), as_of=datetime(2024, 7, 1))
    assert shop.events() == ["order.delivered:A-1", "order.placed:A-1", "order.placed:A-2"]


def test_an_older_export_empties_nothing(shop: Shop) -> None:
    header = ",".join(HEADER)
    shop.take(ORDERS, shop.file("june.csv", csv_of(header, ["A-1,Mo,2024-03-03 09:00,2024-03-04 08:00"])), as_of=datetime(2024, 6, 1))
    shop.take(ORDERS, shop.file("may.csv", csv_of(header, ["A-1,Mo,2024-03-03 09:00,"])), as_of=datetime(2024, 5, 1))
    assert shop.events() == ["order.delivered:A-1", "order.placed:A-1"]


def test_what_another_row_still_says_is_not_taken_back(shop: Shop) -> None:
    header = ",".join(HEADER)
    rows = ["A-1,Mo,2024-03-03 09:00,2024-03-04 08:00", "A-1,Mo,2024-03-03 09:00,"]
    shop.take(ORDERS, shop.file("may.csv", csv_of(header, rows[:1])), as_of=datetime(2024, 5, 1))
    shop.take(ORDERS, shop.file("june.csv", csv_of(header, rows)), as_of=datetime(2024, 6, 1))
    assert shop.events() == ["order.delivered:A-1", "order.placed:A-1"]


def test_undeclared_the_file_modified_later_wins(shop: Shop) -> None:
    new = shop.file("new.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 10:00,"]))
    old = shop.file("old.csv", csv_of(",".join(HEADER), ["A-1,Mo,2024-03-03 09:00,"]))
    os.utime(old, (1_700_000_000, 1_700_000_000))
    shop.take(ORDERS, new)
    report = shop.take(ORDERS, old, at=NOW + timedelta(days=1))
    assert (report.corrected, shop.events("occurred_at")) == (1, [datetime(2024, 3, 3, 2)])


def test_the_same_file_named_twice_is_read_once(shop: Shop) -> None:
    first, second = shop.file("a.csv", text()), shop.file("b.csv", text())
    report = shop.take(ORDERS, first, second)
    assert [file.name for file in report.files] == ["a.csv"]
    (warning,) = (found for found in report.warnings if found.code == "same_file")
    assert warning.say("en") == "b.csv is the same as a file before it and was not read again"


@pytest.mark.parametrize("chunk_rows", [1, 2, 100])
def test_chunks_do_not_show(shop: Shop, chunk_rows: int) -> None:
    progress: list[float] = []
    shop.take(ORDERS, shop.file("orders.csv", text()), chunk_rows=chunk_rows, progress=lambda share, _: progress.append(share))
    assert shop.events("id, occurred_at, objects") == EXPECTED
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


class PowerCutError(Exception):
    """What interrupts an import in these tests."""


def test_an_interrupted_import_shows_nothing_and_goes_on_where_it_stood(shop: Shop) -> None:
    rows = [f"{n},c1,{'soon' if n % 4 == 0 else '2024-03-03 09:00'}," for n in range(10)]
    orders = shop.file("orders.csv", csv_of(",".join(HEADER), rows))

    def cut(share: float, _: str) -> None:
        if share > 0.5:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        shop.take(ORDERS, orders, chunk_rows=2, progress=cut)
    assert shop.events() == []
    report = shop.take(ORDERS, orders, chunk_rows=2)
    assert report.files[0].chunks_resumed == 3
    assert shop.events() == [f"order.placed:{n}" for n in range(10) if n % 4]
    assert shop.rejected_codes() == [(n + 2, "placed_at", "time_unreadable") for n in (0, 4, 8)]
    assert (report.rejected, report.watermark) == (3, datetime(2024, 3, 3, 1))


@pytest.mark.parametrize(
    ("watermark", "table", "options", "expected"),
    [
        ("last_time", "", {}, datetime(2024, 3, 5, 10)),
        ("column", 'watermark = "exported"', {}, datetime(2024, 3, 31, 16)),
        ("declared", "", {"declared_watermark": datetime(2024, 4, 30)}, datetime(2024, 4, 30)),
    ],
)
def test_the_watermark_is_known_in_three_ways(
    shop: Shop, watermark: str, table: str, options: dict[str, Any], expected: datetime
) -> None:
    mapping = ORDERS.replace("last_time", watermark).replace('key = ["order_id"]', f'key = ["order_id"]\n{table}')
    rows = ["A-1,Mo,2024-03-03 09:00,2024-03-05 18:00,2024-04-01 00:00:00", "A-2,Mo,2024-03-03 09:00,,2024-03-01"]
    report = shop.take(mapping, shop.file("orders.csv", csv_of(",".join(HEADER) + ",exported", rows)), **options)
    with shop.journal.snapshot() as snapshot:
        (source,) = snapshot.sources()
    assert (report.watermark, source.watermark) == (expected, expected)
    assert source.event_types == {"order.placed", "order.delivered"}

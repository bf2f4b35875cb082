"""Segments give back exactly what was written, whatever the ids look like."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal import ObjectRef
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.segments import FULL_ID, SHORT_ID
from tests.journal.shop import Shop, paid

PIECES = st.sampled_from(["order.paid", ":", "o1", "o", "1", "=", "\x01", "é", "订单", "order.paid:o1"])
TEXT = st.lists(PIECES, min_size=1, max_size=5).map("".join)


def test_the_short_form_of_an_id_gives_the_id_back() -> None:
    with open_duckdb() as duck:

        @settings(max_examples=60, deadline=None)
        @given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=20))
        def check(rows: list[tuple[str, str, str]]) -> None:
            duck.execute("CREATE OR REPLACE TABLE ids (id VARCHAR, type VARCHAR, object_id VARCHAR)")
            duck.executemany("INSERT INTO ids VALUES (?, ?, ?)", rows)
            found = duck.execute(
                f"SELECT {FULL_ID} FROM (SELECT {SHORT_ID} AS id, type, object_id FROM ids)"
            ).fetchall()
            assert [row[0] for row in found] == [row[0] for row in rows]

        check()


def test_an_id_from_a_mapping_takes_no_room_of_its_own(sqlite_shop: Shop) -> None:
    usual = paid(1, id="order.paid:o1")
    item = paid(1, id="order.paid:o1:2")
    other = paid(1, id="4711")
    sqlite_shop.import_file(usual, item, other, paid(2, id="paid:\x01", objects=(ObjectRef("order", "\x01"),)))
    assert [row[0] for row in sqlite_shop.effective("id")] == ["4711", "order.paid:o1", "order.paid:o1:2", "paid:\x01"]
    [path] = (sqlite_shop.journal.folder / "segments").glob("2024-03.*.parquet")
    kept = sqlite_shop.duck.execute(f"SELECT id FROM '{path}' ORDER BY id").fetchall()
    assert [row[0] for row in kept] == [":4711", ":paid:\x01", "=:\x01", "=:\x01:2"]


def test_a_column_without_a_value_is_left_out_of_the_file(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(paid(1), paid(2))
    [path] = (sqlite_shop.journal.folder / "segments").glob("2024-03.*.parquet")
    columns = {row[0] for row in sqlite_shop.duck.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()}
    assert columns.isdisjoint({"place", "corrects", "voids", "attr_score"})
    assert sqlite_shop.effective("place, corrects, voids, attr_score") == [(None, None, False, None)] * 2

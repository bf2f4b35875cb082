"""The examples' mappings: sound, and on real data every row is taken and nothing is taken twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.connectors.importing import import_files
from lastmeter.connectors.mapping_file import check_mapping, load_mapping
from lastmeter.journal import Journal
from tests.connectors.shop import NOW

EXAMPLES = Path(__file__).parents[2] / "examples"
TABLES = ("orders", "order_items", "order_payments", "order_reviews", "customers", "products", "sellers")
EVENTS = {
    "olist": {
        "order.purchased": 73_577, "order.approved": 73_491, "order.handed_over": 72_095, "order.delivered": 71_124,
        "order.canceled": 439, "order.unavailable": 564, "item.listed": 83_306, "payment.made": 77_107,
        "review.asked": 70_512, "review.answered": 73_454, "object.described": 73_577 + 32_951 + 3_095,
    },
    "olist_timestamped": {
        "order.purchased": 6_292, "order.approved": 6_220, "order.handed_over": 4_811, "order.delivered": 3_839,
        "order.canceled": 439, "order.unavailable": 564, "item.listed": 6_422, "payment.made": 6_975,
        "review.asked": 6_375, "review.answered": 6_375,
    },
}


@pytest.mark.parametrize("mapping", sorted(EXAMPLES.glob("*/sources/*.toml")), ids=lambda path: path.parts[-3])
def test_the_mapping_is_sound(mapping: Path) -> None:
    assert check_mapping(mapping) == []


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(EVENTS))
def test_every_row_of_the_real_exports_is_taken_once(example: str, real_data: Path, tmp_path: Path) -> None:
    files = [path for name in TABLES if (path := real_data / example / f"{name}.parquet").exists()]
    if not files:
        pytest.skip(f"no {example} among the real data")
    mapping = load_mapping(EXAMPLES / example / "sources" / "shop.toml")
    journal = Journal.open(tmp_path / "journal")
    first = import_files(journal, mapping, files, at=NOW)
    assert dict(first.by_type) == EVENTS[example]
    assert (first.rejected, first.contradictory, first.duplicate, first.corrected) == (0, 0, 0, 0)
    again = import_files(journal, mapping, files, at=NOW + timedelta(days=1))
    assert (again.stored, again.corrected, again.duplicate) == (0, 0, first.stored)
    with journal.snapshot() as snapshot:
        snapshot.define_events("events")
        promised = snapshot.duck.execute(
            "SELECT count(*), max(attr_promised_delivery_at) < ? FROM events WHERE type = 'order.purchased' "
            "AND attr_promised_delivery_on IS NOT NULL", [datetime(2019, 1, 1)]).fetchall()
        undated = snapshot.duck.execute("SELECT count(*) FROM events WHERE type = 'review.answered' AND occurred_at IS NULL")
        assert promised == [(EVENTS[example]["order.purchased"], True)]
        assert undated.fetchall() == [(2_902 if example == "olist" else 0,)]

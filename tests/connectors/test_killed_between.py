"""A kill in the middle of a chunk sets no row aside twice."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from lastmeter.journal import manifest, rejected
from tests.connectors.shop import ORDERS, Shop, csv_of

HEADER = "order_id,customer_id,placed_at,delivered_at"
ROWS = ["A-1,Mo,never,", "A-2,Mo,2024-03-03 09:00,", "A-3,Mo,never,", "A-4,Mo,2024-03-03 09:00,"]


@pytest.mark.parametrize("place", [manifest, rejected])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_kill_while_a_chunk_is_staged(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: ModuleType, nth: int) -> None:
    path = shop.file("orders.csv", csv_of(HEADER, ROWS))
    real, left = place.add, nth

    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        done = real(*arguments, **named)
        if left == 0:
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as broken:
        broken.setattr(place, "add", dying)
        with pytest.raises(KeyboardInterrupt):
            shop.take(ORDERS, path, chunk_rows=2)
    report = shop.take(ORDERS, path, chunk_rows=2)
    assert shop.rejected_codes() == [(2, "placed_at", "time_unreadable"), (4, "placed_at", "time_unreadable")]
    assert report.rejected == 2
    assert [batch.rejected for batch in shop.journal.batches()] == [2]
    assert shop.events() == ["order.placed:A-2", "order.placed:A-4"]

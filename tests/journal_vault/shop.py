"""Mei's shop as an import sees it: rows of orders and reviews, mapped to events with tokens, as the connectors do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from lastmeter.journal import Journal, Rejection, StageCounts
from lastmeter.journal.columns import OBJECTS_TYPE
from lastmeter.journal.engine import open_duckdb
from lastmeter.kernel.titles import Title

ATTRIBUTES = {"name": "token", "said": "token", "score": "number", "amount": "money"}
RECORDED = datetime(2018, 6, 1)
_SCHEMA = {
    "source": "VARCHAR", "id": "VARCHAR", "type": "VARCHAR", "occurred_at": "TIMESTAMP", "occurred_end": "TIMESTAMP",
    "precision": "VARCHAR", "zone": "VARCHAR", "object_type": "VARCHAR", "object_id": "VARCHAR",
    "objects": OBJECTS_TYPE, "revision": "BIGINT", "attr_name": "VARCHAR", "attr_said": "VARCHAR",
    "attr_score": "DOUBLE", "attr_amount": "BIGINT",
}


@dataclass(frozen=True)
class Order:
    """One order with its review."""

    number: int
    phone: str
    name: str
    said: str
    score: float = 5.0
    seller: str = "s-1"

    @property
    def bought_at(self) -> datetime:
        """One a day, so that a few orders span months."""
        return datetime(2018, 1, 1, 10) + timedelta(days=self.number)


def import_orders(
    journal: Journal, orders: Sequence[Order], *, label: str, rejections: Sequence[Rejection] = (), as_of: int = 0,
    publish: bool = True,
) -> StageCounts:
    """Imports orders as one chunk; goes on with an import of the same label that was left open."""
    with journal.import_batch("shop", label=label, recorded_at=RECORDED) as batch:
        batch.register_attributes(ATTRIBUTES)
        if batch.chunk_done(label, "m", "all"):
            return batch.publish(watermark=RECORDED, event_types=["order.purchased", "review.answered"])
        phones = _tokens(batch.tokens("identity", pa.array([order.phone for order in orders], pa.string())))
        names = _tokens(batch.tokens("personal", pa.array([order.name for order in orders], pa.string())))
        said = _tokens(batch.tokens("said", pa.array([order.said for order in orders], pa.string())))
        rows = []
        for order, phone, name, words in zip(orders, phones, names, said, strict=True):
            rows += _events(order, phone, name, words)
        with open_duckdb() as duck:
            duck.execute(f"CREATE TABLE mapped ({', '.join(f'{name} {kind}' for name, kind in _SCHEMA.items())})")
            duck.executemany(f"INSERT INTO mapped VALUES ({', '.join('?' * len(_SCHEMA))})", rows)
            counts = batch.stage(
                duck, "mapped", file_digest=label, mapping_digest="m", span="all", as_of=as_of
            )
        batch.reject(rejections)
        if publish:
            return batch.publish(watermark=RECORDED, event_types=["order.purchased", "review.answered"])
        return counts


def rejected_row(number: int, raw: str) -> Rejection:
    """A row that could not be taken."""
    return Rejection("orders.csv", number, "paid_at", "import.time", Title("时间", "time"), raw=raw)


def _tokens(array: pa.Array) -> list[str | None]:
    return [None if value is None else str(value) for value in array.to_pylist()]


def _events(order: Order, phone: str | None, name: str | None, words: str | None) -> list[list[object]]:
    customer = [{"type": "customer", "id": phone}] if phone else []
    seller = {"type": "seller", "id": order.seller}
    key, review = f"o-{order.number}", f"r-{order.number}"
    described: list[list[object]] = [[
        "shop", f"customer.described:{order.number}", "object.described", None, None, "unknown", "UTC",
        "customer", phone, None, 0, name, None, None, None,
    ]] if phone else []  # fmt: skip
    return [
        *described,
        ["shop", f"order.purchased:{key}", "order.purchased", order.bought_at, None, "second", "UTC", "order", key,
         [*customer, seller], 0, None, None, None, 990],
        ["shop", f"review.answered:{key}", "review.answered", order.bought_at + timedelta(days=5), None, "second", "UTC",
         "review", review, [{"type": "order", "id": key}], 0, None, words, order.score, None],
    ]  # fmt: skip

"""The exports: CSV files as an order system, a carrier's scanners and a care desk would write them, streamed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from lastmeter.demo.cast import BRANDS, CARRIERS, CHANNELS, PROVINCES, WAREHOUSES
from lastmeter.demo.customers import customer_codes
from lastmeter.demo.flow import Orders, World
from lastmeter.demo.products import money_text, product_codes
from lastmeter.demo.recorded import SCANS, SECOND_ATTEMPT, Scans
from lastmeter.demo.season import END, Floats, Ints
from lastmeter.demo.voice import COMPLAINT_CHANNELS, TOPICS, Voices

_AT_WAREHOUSE = 3  # the first three scans are made there, the others where the customer lives
_SITES = (*(w.code for w in WAREHOUSES), *(p.code for p in PROVINCES))


@dataclass
class Exports:
    """Open CSV files of one folder; each is made with the columns of its first rows."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, pa_csv.CSVWriter] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Exports:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, name: str, columns: Mapping[str, pa.Array]) -> None:
        """Append rows to `NAME.csv`."""
        table = pa.table(dict(columns))
        if name not in self._writers:
            free_text = any(column in table.column_names for column in ("comment", "content", "address"))
            options = pa_csv.WriteOptions(quoting_style="needed" if free_text else "none", quoting_header="none")
            writer = pa_csv.CSVWriter(str(self.path(name)), table.schema, write_options=options)
            self._writers[name] = self._stack.enter_context(writer)
        self._writers[name].write_table(table)
        self.rows[name] = self.rows.get(name, 0) + table.num_rows

    def path(self, name: str) -> Path:
        """Where a file stands."""
        return self.folder / f"{name}.csv"


def order_columns(world: World, orders: Orders, voices: Voices) -> dict[str, pa.Array]:
    """One wide row an order, as it stands at the end."""
    amount = world.products.price_minor[orders.product] * orders.quantity
    channels = np.searchsorted(np.cumsum([channel.share for channel in CHANNELS]), orders.channel_draw, side="right")
    return {
        "order_id": pa.array(orders.number),
        "customer_id": customer_codes(orders.customer),
        "product_id": product_codes(orders.product),
        "quantity": pa.array(orders.quantity),
        "amount": money_text(amount),
        "store": _words([b.code for b in BRANDS], world.products.brand[orders.product]),
        "channel": _words([channel.code for channel in CHANNELS], channels.clip(0, len(CHANNELS) - 1)),
        "province": _words([p.code for p in PROVINCES], orders.province),
        "status": _status(orders, voices),
        "placed_at": _times(orders.placed),
        "paid_at": _times(orders.paid),
        "promised_on": pa.array(orders.promised_day.astype(np.int32), pa.date32()),
        "cancelled_at": _times(orders.cancelled),
        "returned_at": _times(voices.returned),
    }


def scan_columns(scans: Scans, orders: Orders) -> dict[str, pa.Array]:
    """One row a scan, by time."""
    times = [scans[name] for name in (*SCANS, SECOND_ATTEMPT)]
    kinds = [*range(len(SCANS)), SCANS.index("out_for_delivery")]
    attempts = [1] * len(SCANS) + [2]
    rows = [np.flatnonzero(column < END) for column in times]
    row = np.concatenate(rows)
    when = np.concatenate([column[chosen] for column, chosen in zip(times, rows, strict=True)])
    kind = np.repeat(kinds, [len(chosen) for chosen in rows])
    attempt = np.repeat(attempts, [len(chosen) for chosen in rows])
    by_time = np.lexsort((kind, orders.number[row], when))
    row, when, kind, attempt = row[by_time], when[by_time], kind[by_time], attempt[by_time]
    site = np.where(kind < _AT_WAREHOUSE, orders.warehouse[row], orders.province[row] + len(WAREHOUSES))
    return {
        "order_id": pa.array(orders.number[row]),
        "scan": _words(SCANS, kind),
        "attempt": pa.array(attempt),
        "scanned_at": _times(when),
        "site": _words(_SITES, site),
        "carrier": _words([c.code for c in CARRIERS], orders.carrier[row]),
    }


def review_columns(orders: Orders, voices: Voices) -> dict[str, pa.Array]:
    """One row a review; a few have lost their time."""
    number = orders.number[voices.review_of]
    return {
        "review_id": pa.array([f"R{n}" for n in number.tolist()], pa.string()),
        "order_id": pa.array(number),
        "customer_id": customer_codes(orders.customer[voices.review_of]),
        "stars": pa.array(voices.stars),
        "comment": voices.comments,
        "answered_at": _times(voices.answered),
    }


def complaint_columns(orders: Orders, voices: Voices) -> dict[str, pa.Array]:
    """One row a complaint."""
    number = orders.number[voices.complaint_of]
    return {
        "complaint_id": pa.array([f"T{n}" for n in number.tolist()], pa.string()),
        "order_id": pa.array(number),
        "customer_id": customer_codes(orders.customer[voices.complaint_of]),
        "channel": _words(COMPLAINT_CHANNELS, voices.complaint_channel),
        "topic": _words(TOPICS, voices.topic),
        "content": voices.complaint_texts,
        "raised_at": _times(voices.raised),
    }


def _status(orders: Orders, voices: Voices) -> pa.Array:
    names = ("placed", "paid", "shipped", "delivered", "returned", "cancelled")
    reached = [orders.paid, orders.handed_over, orders.delivered, voices.returned, orders.cancelled]
    status = np.zeros(len(orders.number), dtype=np.int64)
    for rank, times in enumerate(reached, start=1):
        status = np.where(times < END, rank, status)
    return _words(names, status)


def _words(words: tuple[str, ...] | list[str], index: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))


def _times(seconds: Floats) -> pa.Array:
    """Local times as the exporting systems print them; never and after the export is empty."""
    known = seconds < END
    whole = np.where(known, seconds, 0).astype(np.int64)
    return pa.array(whole, pa.int64(), mask=~known).cast(pa.timestamp("s"))

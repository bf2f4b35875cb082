"""The simulated commerce company: its exports, streamed to files, with three planted problems and their truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lastmeter.demo import files, season
from lastmeter.demo.cast import FIRST_DAY, LAST_DAY, ZONE
from lastmeter.demo.customers import customer_rows
from lastmeter.demo.flow import World, make_orders, make_world
from lastmeter.demo.problems import Truth
from lastmeter.demo.products import PRODUCT_COUNT, product_rows
from lastmeter.demo.recorded import count_events, scans_of, tally
from lastmeter.demo.season import END, Ints
from lastmeter.demo.voice import make_voices
from lastmeter.kernel.clock import utc_of_local, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

FEWEST_EVENTS = 5_000
MOST_EVENTS = 10_000_000
SOURCES = {
    "shop": ("products", "customers", "orders"), "logistics": ("scans",), "care": ("reviews", "complaints"),
}
"""Which files each source of the template reads, in the order of importing."""
_ORDERS_A_CHUNK = 40_000
_PILOT_ORDERS = 12_000
_ORDERS_BELOW_TARGET = 0.985  # what is left over are customers who registered and have not bought yet
_ZONE = zone_named(ZONE)
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was made.

    `files` by source, to be imported in this order; `counts` of events by type as an import finds them; `truth` about
    the planted problems, also in `truth_file`; `exported_at`, the naive UTC instant as of which the company stands.
    """

    files: dict[str, tuple[Path, ...]]
    counts: dict[str, int]
    truth: tuple[dict[str, Any], ...]
    truth_file: Path
    exported_at: datetime

    @property
    def events(self) -> int:
        """All events."""
        return sum(self.counts.values())


def generate(
    folder: Path, *, seed: int = 1, events: int = 200_000, strength: float = 1.0, progress: Progress | None = None
) -> DemoReport:
    """Write the company's exports and truth.json into a folder; the same seed and size give the same bytes.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        seed: the only source of chance.
        events: how many events an import of all files shall find, 5,000 to 10,000,000; met within one in a hundred.
        strength: of the planted problems, 0 (not there) to 1; nothing else changes with it.
        progress: called after each chunk with the share done, 0 to 1, and the day that was reached.

    Raises:
        LastMeterError: `demo.size` for a size outside these bounds.
    """
    check_size(events)
    expected_orders = int((events - PRODUCT_COUNT) / _events_an_order(seed) * _ORDERS_BELOW_TARGET)
    world = make_world(np.random.default_rng([seed, 0]), expected_orders, strength)
    first_order = np.full(len(world.customers), END, dtype=np.int64)
    counts: dict[str, int] = {}
    truth = Truth()
    with files.Exports(folder) as exports:
        exports.write("products", product_rows(np.random.default_rng([seed, 1]), world.products))
        counts["object.described"] = PRODUCT_COUNT
        for number, days in enumerate(season.chunks(expected_orders, world.demand, _ORDERS_A_CHUNK)):
            rng = np.random.default_rng([seed, 2, number])
            _write_chunk(rng, world, days, exports, counts, truth, first_order)
            if progress:
                progress(min(1.0, sum(counts.values()) / events), _date_of(days[-1]).isoformat())
        _write_customers(np.random.default_rng([seed, 3]), world, exports, counts, first_order, events)
    entries = tuple(truth.entries())
    truth_file = write_truth(folder, seed, counts, entries)
    if progress:
        progress(1.0, LAST_DAY.isoformat())
    paths = {source: tuple(exports.path(name) for name in names) for source, names in SOURCES.items()}
    exported_at = utc_of_local(datetime.combine(LAST_DAY + timedelta(days=1), time()), _ZONE)
    return DemoReport(paths, counts, entries, truth_file, exported_at)


def check_size(events: int) -> None:
    """Refuse a size that no demo can have.

    Raises:
        LastMeterError: `demo.size`.
    """
    if not FEWEST_EVENTS <= events <= MOST_EVENTS:
        raise LastMeterError(
            "demo.size",
            Title("演示数据不能是 {events} 个事件", "The demo cannot have {events} events"),
            Title("请选 {fewest} 到 {most} 之间的数量", "Choose a number from {fewest} to {most}"),
            events=events, fewest=FEWEST_EVENTS, most=MOST_EVENTS,
        )


def _events_an_order(seed: int) -> float:
    """How many events an order and its share of customers make, from a pilot that is not written."""
    world = make_world(np.random.default_rng([seed, 0]), _PILOT_ORDERS)
    rng = np.random.default_rng([seed, 4])
    buyers: set[int] = set()
    found = 0
    for days in season.chunks(_PILOT_ORDERS, world.demand, _ORDERS_A_CHUNK):
        orders = make_orders(rng, world, days)
        voices = make_voices(rng, world, orders)
        found += sum(count_events(orders, scans_of(rng, orders), voices).values())
        buyers.update(orders.customer.tolist())
    return (found + len(buyers)) / _PILOT_ORDERS


def _write_chunk(
    rng: np.random.Generator, world: World, days: Ints, exports: files.Exports, counts: dict[str, int], truth: Truth,
    first_order: Ints,
) -> None:
    orders = make_orders(rng, world, days)
    voices = make_voices(rng, world, orders)
    scans = scans_of(rng, orders)
    np.minimum.at(first_order, orders.customer, orders.placed.astype(np.int64))
    exports.write("orders", files.order_columns(world, orders, voices))
    exports.write("scans", files.scan_columns(scans, orders))
    exports.write("reviews", files.review_columns(orders, voices))
    exports.write("complaints", files.complaint_columns(orders, voices))
    for event_type, count in count_events(orders, scans, voices).items():
        counts[event_type] = counts.get(event_type, 0) + count
    tally(truth, orders, scans)


def _write_customers(
    rng: np.random.Generator, world: World, exports: files.Exports, counts: dict[str, int], first_order: Ints,
    events: int,
) -> None:
    """All who bought, and as many who registered without buying as make up the number of events asked for."""
    bought = first_order < END
    missing = max(0, events - sum(counts.values()) - int(np.count_nonzero(bought)))
    lookers = np.flatnonzero(~bought)[:: max(1, int(np.count_nonzero(~bought) // max(1, missing)))][:missing]
    chosen = np.sort(np.concatenate([np.flatnonzero(bought), lookers]))
    for start in range(0, len(chosen), _ORDERS_A_CHUNK):
        part = chosen[start : start + _ORDERS_A_CHUNK]
        exports.write("customers", customer_rows(rng, world.customers, part, first_order[part]))
    counts["object.described"] += len(chosen)


def write_truth(folder: Path, seed: int, counts: dict[str, int], problems: tuple[dict[str, Any], ...]) -> Path:
    """Write truth.json: what was made, and what is wrong with it."""
    truth = {"seed": seed, "events": sum(counts.values()), "counts": dict(sorted(counts.items())), "problems": problems}
    path = folder / "truth.json"
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _date_of(day: int) -> date:
    return FIRST_DAY + timedelta(days=int(day))

"""Incremental builds equal full ones, and cost a small share of them.

    python benchmarks/show_incremental.py [--seed N] [--schedules 500] [--events 10000000]

Two parts. Random schedules of a real journal (late, duplicate, corrected, voided, undone events, deadlines without any,
changed versions; long-lived journeys, next to no merges): each must equal a full build. And on a large journal the CPU
of building after one late event, 10,000 arriving and 10,000 scattered ones, each beside the full build of the same
journal in the same run. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.journeys.real_ledger import RealLedger
from tests.journeys.schedules import Schedule

from lastmeter.journal import Journal
from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.blueprint import load_blueprints
from lastmeter.journeys.build import BuildReport, build
from lastmeter.journeys.verify import verify

FIRST = datetime(2022, 1, 1)
DAYS = 730
EVENTS_A_JOURNEY = 8.4
TYPES = frozenset({
    "order.purchased", "order.item", "payment.made", "order.approved", "parcel.handed_over", "notice.out_for_delivery",
    "parcel.delivered", "parcel.damaged", "review.answered", "order.cancelled", "object.described",
})
ATTRIBUTES = {
    "score": "number", "scale": "number", "amount": "money", "amount_currency": "text", "state": "text",
    "promised_delivery_on": "date", "promised_delivery_at": "time",
}
SQL_TYPES = {"number": "DOUBLE", "money": "BIGINT", "text": "VARCHAR", "date": "DATE", "time": "TIMESTAMP"}
BLUEPRINT = """
[journey]
kind = "order"
object = "order"
title = { zh = "订单", en = "Orders" }
version = "1"
effective_from = 2022-01-01
start = "purchased"
abandoned_after_days = 180
""" + "".join(f"""
[[step]]
code = "{code}"
title = {{ zh = "{code}", en = "{code}" }}
event = "{event}"
""" for code, event in (
    ("purchased", "order.purchased"), ("approved", "order.approved"), ("handed_over", "parcel.handed_over"),
    ("delivered", "parcel.delivered"), ("cancelled", "order.cancelled"),
)) + "".join(f"""
[[{table}]]
code = "{code}"
title = {{ zh = "{code}", en = "{code}" }}
post = "logistics"
{keys}
""" for table, code, keys in (
    ("promise", "delivery", 'on = "purchased"\nname = "delivery"\nstep = "delivered"'),
    ("link", "approval", 'from = "purchased"\nto = "approved"\nlimit = "24 hours"'),
    ("link", "handover", 'from = "approved"\nto = "handed_over"\nlimit = "3 days"'),
    ("link", "transport", 'from = "handed_over"\nto = "delivered"\nlimit = "8 days"'),
    ("required", "notice", 'event = "notice.out_for_delivery"\nbefore = "delivered"'),
    ("forbidden", "damaged", 'event = "parcel.damaged"'),
    ("feedback", "low_score", 'event = "review.answered"\nbelow = 3\nsolicited = true'),
)) + """
[[ending]]
state = "completed"
step = "delivered"

[[ending]]
state = "cancelled"
step = "cancelled"

[dimensions]
customer = "customer>person"
place = "customer.state"
performer = "seller"
origin = "event:handed_over.place"

[value]
attribute = "amount"
event = "payment.made"
"""


def main() -> None:
    """Run both parts and print what they found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--schedules", type=int, default=500)
    arguments.add_argument("--steps", type=int, default=8)
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--workers", type=int, default=os.cpu_count())
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="lastmeter-incremental-") as scratch:
        found: dict[str, object] = run_schedules(Path(scratch), asked.seed, asked.schedules, asked.steps, asked.workers)
        if asked.events:
            found |= measure(Path(scratch), asked.events)
    print(json.dumps(found))


def run_schedules(scratch: Path, seed: int, count: int, steps: int, workers: int) -> dict[str, object]:
    """Differences of all builds of all schedules from full builds at the same `at`."""
    differences = builds = incremental = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        runs = pool.map(run_schedule, repeat(scratch), range(seed, seed + count), repeat(steps))
        for done, (found, built, small, trail) in enumerate(runs, 1):
            differences, builds, incremental = differences + found, builds + built, incremental + small
            if found:
                print(f"schedule {seed + done - 1}: {trail}")
            if done % 10 == 0:
                print(f"{done} schedules, {builds} builds, {incremental} incremental, {differences} differences", flush=True)
    return {"schedules": count, "differences": differences, "builds": builds, "incremental_builds": incremental}


def run_schedule(scratch: Path, number: int, steps: int) -> tuple[int, int, int, list[str]]:
    """One schedule: differences, builds, how many of them incremental, and what happened."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        ledger = RealLedger(Path(folder) / "journal")
        schedule = Schedule(Random(number), ledger, Path(folder) / "facts").run(steps)
    return schedule.differences, schedule.builds, schedule.incremental, schedule.trail


def measure(scratch: Path, events: int) -> dict[str, object]:
    """CPU seconds of builds over a large journal."""
    journeys = round(events / EVENTS_A_JOURNEY)
    (scratch / "blueprints").mkdir()
    (scratch / "blueprints" / "order.toml").write_text(BLUEPRINT, encoding="utf-8")
    blueprints = load_blueprints(scratch / "blueprints")
    journal = Journal.open(scratch / "journal")
    end = FIRST + timedelta(days=DAYS)
    told = sum(publish(journal, f"month {part}", orders(journeys, part, 24), end) for part in range(24))
    print(f"{told} events of {journeys} orders", flush=True)

    def built(at: datetime, *, full: bool = False) -> tuple[float, BuildReport]:
        began = time.process_time()
        with journal.snapshot() as snapshot:
            report = build(snapshot, blueprints, scratch / "facts", at=at, full=full)
        return time.process_time() - began, report

    full_seconds, report = built(end)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"full build: {full_seconds:.1f} CPU s, {report.journeys} journeys, peak {peak / 1e9:.2f} GB", flush=True)
    idle_seconds, _ = built(end)
    cases: dict[str, Callable[[], str]] = {
        "one_late": lambda: late(journeys, 1, journeys // 2, journeys // 2 + 1),
        "arriving": lambda: late(journeys, 10_000, journeys - journeys // 100, journeys),
        "scattered": lambda: late(journeys, 10_000, 0, journeys),
    }
    found: dict[str, object] = {
        "events": told, "journeys": report.journeys, "full_cpu_seconds": round(full_seconds, 2), "peak_bytes": peak,
        "idle_cpu_seconds": round(idle_seconds, 2),
    }
    for hours, (name, query) in enumerate(cases.items(), 1):
        at = end + timedelta(hours=hours)
        publish(journal, name, query(), at)
        seconds, report = built(at)
        share = seconds / full_seconds
        print(f"{name}: {seconds:.2f} CPU s = {share:.2%} of a full build, {report.dirty} journeys traced", flush=True)
        found |= {f"{name}_cpu_seconds": round(seconds, 3), f"{name}_share": round(share, 4), f"{name}_dirty": report.dirty}
        if report.full:
            raise SystemExit(f"{name} was built in full: {report.full}")
    with journal.snapshot() as snapshot:
        checked = verify(snapshot, blueprints, scratch / "facts")
    found |= {"large_differences": checked.differences, "cpu_share": found["arriving_share"]}
    return found


def publish(journal: Journal, label: str, query: str, watermark: datetime) -> int:
    """One import of what a query makes."""
    duck = open_duckdb()
    try:
        duck.execute(f"CREATE TEMP VIEW told AS {query}")
        with journal.import_batch("shop", label=label, recorded_at=watermark) as batch:
            batch.register_attributes(ATTRIBUTES)
            counts = batch.stage(duck, "told", file_digest=label, mapping_digest="m", span="all", as_of=1)
            batch.publish(watermark=watermark, event_types=TYPES)
            return counts.stored
    finally:
        duck.close()


def orders(journeys: int, part: int, parts: int) -> str:
    """The events of one stretch of orders, bought in even succession over `DAYS` days."""
    first, last = journeys * part // parts, journeys * (part + 1) // parts
    seconds = "to_seconds((({} % 1000) / 1000.0 * {})::BIGINT)"
    approved = f"bought + {seconds.format('hash(i, 3)', 90_000)}"
    handed = f"{approved} + {seconds.format('hash(i, 4)', 4 * 86_400)}"
    arrived = f"{handed} + {seconds.format('hash(i, 5)', 9 * 86_400)}"
    bought = f"TIMESTAMP '{FIRST}' + to_seconds((i * {DAYS - 20}.0 * 86400 / {journeys})::BIGINT)"
    base = (f"SELECT i, 'o' || (hash(i) % 100000000000) || '-' || i AS name, {bought} AS bought"
            f" FROM range({first}, {last}) AS numbers (i)")
    promised = "(bought + INTERVAL 32 HOUR + INTERVAL 9 DAY)::DATE"
    told = [
        event("order.purchased", "bought", others="[{'type': 'customer', 'id': 'c' || i}]", attributes={
            "promised_delivery_on": promised, "promised_delivery_at": f"({promised})::TIMESTAMP + INTERVAL 16 HOUR"}),
        event("order.item", "bought", others="[{'type': 'seller', 'id': 's' || (hash(i, 1) % 3000)}]"),
        event("payment.made", "bought", attributes={"amount": "(hash(i, 2) % 10000)::BIGINT", "amount_currency": "'CNY'"}),
        event("order.approved", approved, where="hash(i, 6) % 100 > 0"),
        event("parcel.handed_over", handed, where="hash(i, 7) % 100 > 1"),
        event("notice.out_for_delivery", f"{handed} + INTERVAL 5 HOUR", where="hash(i, 8) % 100 > 4"),
        event("parcel.delivered", arrived, where="hash(i, 9) % 100 > 2"),
        event("parcel.damaged", arrived, where="hash(i, 10) % 100 < 2"),
        event("review.answered", f"{arrived} + INTERVAL 1 DAY", where="hash(i, 11) % 100 < 60",
              attributes={"score": "(1 + hash(i, 12) % 5)::DOUBLE", "scale": "5.0"}),
        event("order.cancelled", "bought + INTERVAL 1 DAY", where="hash(i, 13) % 100 < 1"),
        event("object.described", "NULL::TIMESTAMP", key="('customer', 'c' || i)", attributes={"state": "'S' || (i % 30)"},
              others="[{'type': 'person', 'id': 'h' || (i // 2)}]"),
    ]
    return f"WITH base AS ({base}) " + " UNION ALL ".join(told)


def late(journeys: int, count: int, first: int, last: int) -> str:
    """One more event for each of some orders, spread evenly from one to another."""
    step = max((last - first) // count, 1)
    bought = f"TIMESTAMP '{FIRST}' + to_seconds((i * {DAYS - 20}.0 * 86400 / {journeys})::BIGINT)"
    base = (f"SELECT i, 'o' || (hash(i) % 100000000000) || '-' || i AS name, {bought} AS bought FROM ("
            f"SELECT {first} + n * {step} AS i FROM range({count}) AS numbers (n))")
    return f"WITH base AS ({base}) " + event("parcel.damaged", "bought + INTERVAL 6 DAY", occurrence=f":{first}-{count}")


def event(
    kind: str, moment: str, *, others: str = "NULL", where: str = "true", key: str = "('order', name)",
    attributes: dict[str, str] | None = None, occurrence: str = "",
) -> str:
    """The SELECT of one event for each row of `base`."""
    given = {name: f"NULL::{SQL_TYPES[type_]}" for name, type_ in ATTRIBUTES.items()} | (attributes or {})
    values = ", ".join(f"{value} AS attr_{name}" for name, value in given.items())
    object_type, object_id = key.strip("()").split(", ", 1)
    return f"""SELECT 'shop' AS source, '{kind}:' || {object_id} || '{occurrence}' AS id, '{kind}' AS type,
        {moment} AS occurred_at, NULL::TIMESTAMP AS occurred_end,
        timezone('Asia/Shanghai', timezone('UTC', {moment}))::DATE AS local_on,
        CASE WHEN {moment} IS NULL THEN 'unknown' ELSE 'second' END AS precision, 'Asia/Shanghai' AS zone,
        {object_type} AS object_type, {object_id} AS object_id, {others}::STRUCT("type" VARCHAR, id VARCHAR)[] AS objects,
        NULL::VARCHAR AS performer, CASE WHEN '{kind}' = 'parcel.handed_over' THEN 'w' || (i % 7) END AS place,
        NULL::VARCHAR AS channel, {values} FROM base WHERE {where}"""


if __name__ == "__main__":
    main()

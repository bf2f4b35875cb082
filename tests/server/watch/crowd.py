"""Processes that work on one workspace at once: one that records, one that watches, some that read.

Usage: python -m tests.server.watch.crowd ROLE WORKSPACE. ROLE is `migrate`, `record`, `work`, `read` or `settle`; the last
line printed is one JSON object of what was found. All go on until the one that watches has had its turns.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

STEPS = ("placed", "paid")
TURNS = 8


def record(over: Path) -> dict[str, object]:
    """Orders w0, w1, w2 ..., each in one transaction, two days old: none of them is ever picked."""
    from lastmeter.journal import Event, ObjectRef
    from lastmeter.server import clock
    from lastmeter.server.company import served

    number = 0
    while not over.exists():
        now = clock.now()
        served.journal.record([
            Event(source="live", id=f"{step}:{number}", type=f"order.{step}", occurred_at=(now - timedelta(days=2)).replace(microsecond=0),
                  objects=(ObjectRef("order", f"w{number:06}"),)) for step in STEPS
        ], recorded_at=now)
        number += 1
        time.sleep(0.01)
    return {"orders": number}


def work(over: Path) -> dict[str, object]:
    """Turns of the watch without a pause, sealing and tidying in between."""
    from lastmeter.server import clock
    from lastmeter.server.company import served
    from lastmeter.server.watch import jobs, watching

    for turn in range(TURNS):
        watching.watch(clock.now())
        if turn % 3 == 1:
            served.journal.seal(at=clock.now())
            jobs.tidy(clock.now())
    over.touch()
    return {}


def read(over: Path) -> dict[str, object]:
    """The orders that the fact tables have: each once, and with an order all that were recorded before it."""
    from lastmeter.kernel.errors import LastMeterError
    from lastmeter.server.company import workspace
    from lastmeter.server.watch import queries

    reads = faults = seen = 0
    while not over.exists():
        try:
            with workspace() as ws:
                facts = ws.facts("order")
                first = _orders(facts)
                for _build in range(3):  # these fact tables are not those of the last two builds any more
                    built = queries.built_at()
                    while queries.built_at() == built and not over.exists():
                        time.sleep(0.05)
                again = _orders(facts)
        except LastMeterError as error:
            if error.code != "facts.not_built":
                raise
            time.sleep(0.2)
            continue
        reads += 1
        whole = [f"w{number:06}" for number in range(len(first))]
        faults += (first != whole) + (again != first) + (len(first) < seen)
        seen = len(first)
    return {"reads": reads, "faults": faults, "seen": seen}


def settle(_over: Path) -> dict[str, object]:
    """One last turn; then each order has one raised flaw, as in a full build."""
    from lastmeter.journal.engine import open_duckdb
    from lastmeter.journeys.fact_files import held, read_manifest
    from lastmeter.server import clock
    from lastmeter.server.company import served, workspace
    from lastmeter.server.watch import watching
    from lastmeter.server.watch.models import Act, Flaw

    watching.watch(clock.now())
    folder = served.folder / "facts"
    with workspace() as ws:
        built = read_manifest(folder)
        assert built is not None
        ws.build(at=built.at, full=True)
    built = read_manifest(folder)
    assert built is not None
    with open_duckdb() as duck:
        truth = {row[0] for row in duck.execute(f"SELECT flaw_id FROM {held(folder, built, 'flaws')}").fetchall()}
    raised = list(Act.objects.filter(what="raised").values_list("flaw", flat=True))
    shown = set(Flaw.objects.filter(withdrawn_at=None).values_list("flaw_id", flat=True))
    with served.journal.snapshot() as snapshot:
        snapshot.define_events("told")
        events = snapshot.duck.execute("SELECT count(*) FROM told WHERE type = 'flaw.raised'").fetchall()[0][0]
    return {"flaws": len(truth), "differ": len(truth ^ shown), "raised_twice": len(raised) - len(set(raised)),
            "events_missing": len(raised) - events, "journeys": built.journeys}


def migrate(_over: Path) -> dict[str, object]:
    """Tables, and a source that is complete."""
    from lastmeter.journal import statements
    from lastmeter.server import setup
    from lastmeter.server.company import served

    setup.migrate()
    with served.journal.store.writing() as connection:
        types = " ".join(f"order.{step}" for step in (*STEPS, "picked", "cancelled"))
        connection.execute(statements.SOURCE_SET, (0, "live", types, datetime(2100, 1, 1).isoformat()))
    return {}


def _orders(facts: object) -> list[str]:
    journeys = facts.journeys.select("journey_id").collect()  # type: ignore[attr-defined]
    return sorted(row[0] for row in journeys.rows())


if __name__ == "__main__":
    from lastmeter.server.setup import prepare

    role, folder = sys.argv[1], Path(sys.argv[2])
    prepare(folder)
    print(json.dumps({"migrate": migrate, "record": record, "work": work, "read": read, "settle": settle}[role](folder / "over")))

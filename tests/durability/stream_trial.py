"""Streams over HTTP: shuffled, late, repeated, corrected before what they correct; the fact tables come out the same.

All schedules go into one company, each under a source and orders of its own (`s17`, `s17-o-3`), while the worker seals and
builds. At the end the rows of each are compared with those of the first, which was sent in order, once.

Usage: python -m tests.durability.stream_trial FOLDER SCHEDULES SEED [--url URL]; the last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.durability.served import ServedCompany

ORDERS = 12
COMPLETE = "2026-06-01T00:00:00Z"
AT = datetime(2026, 6, 1)
_STEPS = ("order.placed", "order.paid", "order.picked", "order.packed", "order.handed_over", "parcel.out_for_delivery", "parcel.delivered")
_TABLES = ("journeys", "links", "flaws", "feedback")
# Names of what was derived from an order's own name.
_DERIVED = {"flaw_id"}
_ROWS = """
import json, sys
from datetime import datetime
from pathlib import Path
from lastmeter.workspace import Workspace
with Workspace.open(Path(sys.argv[1])) as ws:
    ws.build(at=datetime.fromisoformat(sys.argv[2]))
    facts = ws.facts("order")
    for table in sys.argv[3].split(","):
        for row in getattr(facts, table).collect(backend="pyarrow").to_native().to_pylist():
            print(json.dumps([table, row], default=str, sort_keys=True))
"""


def story(schedule: int, chance: random.Random) -> list[dict[str, Any]]:
    """The events of a few orders in the order in which they happened, corrections last. The same for every schedule but for names."""
    events: list[dict[str, Any]] = []
    corrections: list[dict[str, Any]] = []
    for order in range(ORDERS):
        at = datetime(2026, 3, 1) + timedelta(hours=7 * order)
        for place, kind in enumerate(_STEPS[: chance.randint(3, len(_STEPS))]):
            at += timedelta(minutes=chance.choice((20, 90, 600, 3_000)))
            one = {
                "id": f"{kind}:o-{order}", "type": kind, "occurred_at": f"{at.isoformat()}Z",
                "objects": {"order": f"s{schedule}-o-{order}"}, "place": chance.choice(("SH", "BJ")), "performer": "carrier:sf",
            }
            events.append(one)
            if place and chance.random() < 0.25:
                for revision in range(1, chance.randint(2, 3)):
                    moved = at + timedelta(hours=chance.randint(1, 40))
                    corrections.append({**one, "id": f"{one['id']}:c{revision}", "corrects": one["id"], "revision": revision,
                                        "occurred_at": f"{moved.isoformat()}Z"})
                if chance.random() < 0.3:
                    corrections.append({**one, "id": f"{one['id']}:void", "corrects": one["id"], "revision": 9, "voids": True})
    return events + corrections


def send(client: httpx.Client, schedule: int, events: list[dict[str, Any]], chance: random.Random) -> None:
    """Send a schedule: the first as it happened, the others shuffled, in parts of any size, some of it several times."""
    if schedule:
        events = events + chance.sample(events, k=len(events) // 3)
        chance.shuffle(events)
    source = f"/api/v1/events?source=s{schedule}"
    while events:
        count = chance.choice((1, 1, 3, 10, 40)) if schedule else len(events)
        part, events = events[:count], events[count:]
        if len(part) == 1:
            answer = client.post(source, json=part[0])
            assert answer.status_code in {200, 201}, answer.text
        else:
            lines = "\n".join(json.dumps(one) for one in part)
            answer = client.post(source, content=lines, headers={"content-type": "application/x-ndjson"})
            told = answer.json()
            assert answer.status_code == 200, answer.text
            assert told["conflict"] == told["rejected"] == 0, answer.text


def run(folder: Path, schedules: int, seed: int, url: str | None) -> dict[str, int]:
    """Send so many schedules; how many of them end in other fact tables than the first."""
    with ServedCompany(folder, url=url) as company:
        web, worker = company.fork("web"), company.fork("worker")
        company.wait_until_ready()
        with company.client() as client:
            for schedule in range(schedules):
                send(client, schedule, story(schedule, random.Random(seed)), random.Random(f"{seed}-{schedule}"))
                client.post(f"/api/v1/sources/s{schedule}/watermark", json={"complete_until": COMPLETE}).raise_for_status()
        company.kill(worker)
        company.kill(web)
        lines = company.run("-c", _ROWS, str(folder), AT.isoformat(), ",".join(_TABLES)).splitlines()
    rows: dict[int, Counter[str]] = {schedule: Counter() for schedule in range(schedules)}
    for line in lines:
        table, row = json.loads(line)
        found = re.fullmatch(r"s(\d+)-(.*)", row["journey_id"])
        if found:
            text = json.dumps([table, {name: value for name, value in row.items() if name not in _DERIVED}])
            rows[int(found[1])][text.replace(f"s{found[1]}-", "").replace(f'"s{found[1]}"', '"s"')] += 1
    return {
        "schedules": schedules - 1, "rows": rows[0].total(),
        "differences": sum(rows[schedule] != rows[0] for schedule in range(1, schedules)),
    }


def main() -> None:
    """Run a trial from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("schedules", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    print(json.dumps(run(chosen.folder, chosen.schedules, chosen.seed, chosen.url)))


if __name__ == "__main__":
    main()

"""Kill trials over HTTP: senders never rest while web and worker are killed, again and again.

What was acknowledged must be there, once; no flaw may be raised twice. A sender that hears nothing sends the same again.

Usage: python -m tests.durability.http_trial FOLDER KILLS SEED [--url URL]; the last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.durability.served import ServedCompany

SENDERS = 4
BATCH = 25
LONGEST_LIFE_SECONDS = 1.5
REAL_EVERY = 25
"""Every so many kills the web process is the real one."""
_COUNT = """
import json, sys
from collections import Counter
from pathlib import Path
from lastmeter.server import setup
setup.prepare(Path(sys.argv[1]))
from django.db import connection
from lastmeter.server import clock, worker
from lastmeter.server.company import served
for name in ("seal", "watch"):
    worker.run_once(name)
with served.journal.snapshot() as snapshot:
    snapshot.define_events("events")
    found = snapshot.duck.execute("SELECT id FROM events WHERE source = 'trial'").fetchall()
    told = snapshot.duck.execute("SELECT source || id FROM events WHERE type LIKE 'flaw.%'").fetchall()
doubled = sum(count - 1 for count in Counter(found).values())
with connection.cursor() as cursor:
    cursor.execute("SELECT flaw_id, SUM(CASE what WHEN 'raised' THEN 1 WHEN 'withdrawn' THEN -1 ELSE 0 END)"
                   " FROM watch_act GROUP BY flaw_id")
    acts = cursor.fetchall()
    cursor.execute("SELECT COUNT(*) FROM watch_flaw")
    flaws = cursor.fetchone()[0]
flaws_doubled = sum(max(0, int(count) - 1) for _flaw, count in acts) + sum(count - 1 for count in Counter(told).values())
print(json.dumps({"ids": [row[0] for row in found], "doubled": doubled, "flaws": flaws, "flaws_doubled": flaws_doubled}))
"""


class Senders:
    """Threads that send orders until they are told to stop, each event again and again until somebody says it is safe."""

    def __init__(self, company: ServedCompany) -> None:
        self._company = company
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.acknowledged: set[str] = set()
        self.told: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._send, args=(number,), daemon=True) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish what it has under way, at most for a while."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _send(self, sender: int) -> None:
        number = 0
        with self._company.client(timeout=10) as client:
            while not self._stopped.is_set():
                events = [event(f"{sender}-{number + place}") for place in range(1 if sender % 2 else BATCH)]
                number += len(events)
                while not self._offer(client, events):
                    if self._stopped.is_set():
                        return
                    time.sleep(0.05)

    def _offer(self, client: httpx.Client, events: list[dict[str, Any]]) -> bool:
        try:
            if len(events) == 1:
                answer = client.post("/api/v1/events", json=events[0])
                outcomes = {answer.json().get("id"): answer.json().get("outcome")} if answer.status_code in {200, 201} else {}
            else:
                lines = "\n".join(json.dumps(one) for one in events)
                answer = client.post("/api/v1/events", content=lines, headers={"content-type": "application/x-ndjson"})
                outcomes = {one["id"]: one["outcome"] for one in answer.json()["events"]} if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            return False
        with self._lock:
            self.told.update([answer.status_code])
            self.acknowledged |= {name for name, outcome in outcomes.items() if outcome in {"stored", "duplicate"}}
        return bool(outcomes)


def event(name: str) -> dict[str, Any]:
    """Half of the names are orders paid a month ago, the others are when those were picked: late."""
    order, _, act = name.rpartition("-")
    number = int(act)
    kind, days = ("order.paid", 30) if number % 2 == 0 else ("order.picked", 20)
    at = datetime.now(UTC) - timedelta(days=days)
    return {
        "source": "trial", "id": f"{kind}:{name}", "type": kind, "occurred_at": at.isoformat(timespec="seconds"),
        "objects": [{"type": "order", "id": f"t-{order}-{number // 2}"}],
    }


def run(
    folder: Path, kills: int, seed: int, url: str | None, *, restart: Any = None, longest: float = LONGEST_LIFE_SECONDS,
) -> dict[str, Any]:
    """Kill so many web and worker processes in turn, each after `longest` seconds at most.

    `restart` is called now and then (a database that is restarted). An answer of 500 is a mistake of the server's, whoever dies.
    """
    chance = random.Random(seed)
    with ServedCompany(folder, url=url) as company:
        web, worker = company.fork("web"), company.fork("worker")
        company.wait_until_ready()
        senders = Senders(company)
        began = time.monotonic()
        for life in range(kills):
            time.sleep(chance.uniform(0.1, longest))
            if life % 2:
                company.kill(worker)
                worker = company.fork("worker")
            else:
                company.kill(web)
                real = life % (2 * REAL_EVERY) == 0
                web = company.start("web", wait=False) if real else company.fork("web")
                company.wait_until_ready()
            if restart is not None and life % 50 == 25:
                restart()
        seconds = time.monotonic() - began
        senders.stop()
        company.kill(web)
        company.kill(worker)
        found = json.loads(company.run("-c", _COUNT, str(folder)).splitlines()[-1])
        lost = senders.acknowledged - set(found.pop("ids"))
        return {
            "kills": kills, "seconds": round(seconds), "acknowledged": len(senders.acknowledged), "lost": len(lost), **found,
            "failed": senders.told[500],
            "answers": {str(status): count for status, count in sorted(senders.told.items())},
        }


def main() -> None:
    """Run a trial from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    print(json.dumps(run(chosen.folder, chosen.kills, chosen.seed, chosen.url)))


if __name__ == "__main__":
    main()

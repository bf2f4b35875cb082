"""Kill trials: an importer, a sealer and a builder are killed at random points, again and again, on one journal.

What was acknowledged must be there, once. Workers are forked from a process that has only loaded the library, so that
most of a life is spent writing; they say what is safe through a pipe, which is read after the kill.

Usage: python -m tests.durability.kill_trial FOLDER KILLS SEED [--url URL]; the last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lastmeter.journal import Event, Journal, ObjectRef
from lastmeter.journeys.blueprint import Blueprint, load_blueprints
from lastmeter.journeys.build import build
from lastmeter.journeys.verify import verify

START = datetime(2018, 3, 1)
AT = datetime(2018, 6, 1)
CHUNKS = 2
ROWS = 40
LONGEST_LIFE_SECONDS = 0.9
WAIT_SHARE = 0.9
READY = b"\n"
CHECK_EVERY = 25

_BLUEPRINT = """
[journey]
kind = "order"
object = "order"
title = { zh = "订单", en = "Orders" }
version = "1"
effective_from = 2016-01-01
start = "paid"

[[step]]
code = "paid"
title = { zh = "付款", en = "Paid" }
event = "order.paid"

[[step]]
code = "delivered"
title = { zh = "送达", en = "Delivered" }
event = "order.delivered"

[[ending]]
state = "completed"
step = "delivered"

[[link]]
code = "delivery"
title = { zh = "配送", en = "Delivery" }
from = "paid"
to = "delivered"
limit = "3 days"
post = "logistics"
"""

Say = Callable[[str], None]


@dataclass
class Story:
    """What was acknowledged so far."""

    events: set[str] = field(default_factory=set)
    batches: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    def hear(self, line: str) -> None:
        """One line of a worker: `event ID` or `batch NUMBER`."""
        what, _, name = line.partition(" ")
        if what == "batch":
            self.batches = int(name) + 1
            self.events |= {f"import:paid:{number}" for number in batch_numbers(int(name))}
        else:
            self.events.add(f"door:{name}")


def batch_numbers(batch: int) -> range:
    """Order numbers of an import."""
    return range(batch * CHUNKS * ROWS, (batch + 1) * CHUNKS * ROWS)


def single(life: int, number: int) -> Event:
    """One event through the door."""
    return Event(
        source="door", id=f"{life}-{number}", type="order.paid",
        occurred_at=START + timedelta(minutes=life, seconds=number), objects=(ObjectRef("order", f"d{life}-{number}"),),
    )  # fmt: skip


def importing(journal: Journal, first: int, say: Say) -> None:
    """Import batch after batch; one that a kill left open is resumed under its label."""
    batch = first
    while True:
        with journal.import_batch("import", label=f"b{batch}", recorded_at=AT) as current:
            for chunk in range(CHUNKS):
                if not current.chunk_done("file", "mapping", str(chunk)):
                    _stage(journal, current, batch, chunk)
            current.publish(watermark=AT, event_types=["order.paid"])
        say(f"batch {batch}")
        batch += 1


def _stage(journal: Journal, current: Any, batch: int, chunk: int) -> None:
    numbers = batch_numbers(batch)[chunk * ROWS : (chunk + 1) * ROWS]
    with journal.duckdb() as duck:
        duck.execute(
            f"""CREATE TABLE mapped AS SELECT 'import' AS source, 'paid:' || n AS id, 'order.paid' AS type,
            TIMESTAMP '{START}' + to_hours(n::INTEGER % 2000) AS occurred_at, NULL::TIMESTAMP AS occurred_end,
            'second' AS precision, 'UTC' AS zone, 'order' AS object_type, 'o' || n AS object_id
            FROM range({numbers.start}, {numbers.stop}) AS r(n)"""
        )
        current.stage(duck, "mapped", file_digest="file", mapping_digest="mapping", span=str(chunk), as_of=1)


def sealing(journal: Journal, life: int, say: Say) -> None:
    """Record a few events, then seal what is there."""
    number = 0
    while True:
        for _ in range(3):
            event = single(life, number)
            if journal.record([event], recorded_at=AT) == ["stored"]:
                say(f"event {event.id}")
            number += 1
        journal.seal(at=AT)


def building(journal: Journal, life: int, say: Say, blueprints: list[Blueprint], facts: Path) -> None:
    """Record an event, then bring the fact tables up to date."""
    number = 0
    while True:
        event = single(life, number)
        if journal.record([event], recorded_at=AT) == ["stored"]:
            say(f"event {event.id}")
        with journal.snapshot() as snapshot:
            build(snapshot, blueprints, facts, at=AT)
        number += 1


class Trial:
    """One journal and its many short-lived workers."""

    def __init__(self, folder: Path, url: str | None, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "blueprints").mkdir(exist_ok=True)
        (folder / "blueprints" / "order.toml").write_text(_BLUEPRINT, encoding="utf-8")
        self._folder = folder
        self._url = url
        self._chance = random.Random(seed)
        self._blueprints = load_blueprints(folder / "blueprints")
        self.story = Story()
        self.lost = 0
        self.doubled = 0
        self.differences = 0

    def run(self, kills: int) -> dict[str, int]:
        """Kill so many workers; the figures."""
        roles = ("importer", "sealer", "builder")
        for life in range(kills):
            role = roles[life % len(roles)]
            self._live_and_die(role, life)
            self.story.kills[role] += 1
            if (life + 1) % CHECK_EVERY == 0 or life + 1 == kills:
                self.check()
        return {
            "kills": kills, "acknowledged": len(self.story.events), "lost": self.lost, "doubled": self.doubled,
            "verify_differences": self.differences,
        }

    def _live_and_die(self, role: str, life: int) -> None:
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._worker(role, life, writes)
        os.close(writes)
        # Mostly killed at work; now and then while it opens the journal.
        if self._chance.random() < WAIT_SHARE:
            os.read(reads, len(READY))
        time.sleep(self._chance.uniform(0.0, LONGEST_LIFE_SECONDS))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        with os.fdopen(reads, encoding="utf-8") as said:
            for line in said.read().splitlines():
                if line:
                    self.story.hear(line)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise AssertionError(f"the {role} of life {life} ended by itself")

    def _worker(self, role: str, life: int, writes: int) -> None:
        def say(line: str) -> None:
            os.write(writes, f"{line}\n".encode())

        try:
            journal = Journal.open(self._folder / "journal", database_url=self._url)
            os.write(writes, READY)
            if role == "importer":
                importing(journal, self.story.batches, say)
            elif role == "sealer":
                sealing(journal, life, say)
            else:
                building(journal, life, say, self._blueprints, self._folder / "facts")
        except BaseException as error:
            os.write(2, f"{role} of life {life}: {error!r}\n".encode())
        os._exit(1)

    def check(self) -> None:
        """Count in a process of its own: this one must stay fit for forking."""
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(writes, json.dumps(self._count()).encode())
                os._exit(0)
            except BaseException as error:
                os.write(2, f"check: {error!r}\n".encode())
                os._exit(1)
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as found:
            text = found.read()
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise AssertionError("the journal could not be read after the kills")
        lost, doubled, differences = json.loads(text)
        self.lost, self.doubled, self.differences = (
            max(self.lost, lost), max(self.doubled, doubled), max(self.differences, differences),
        )  # fmt: skip

    def _count(self) -> tuple[int, int, int]:
        journal = Journal.open(self._folder / "journal", database_url=self._url)
        journal.sweep(at=AT)
        with journal.snapshot() as snapshot:
            snapshot.define_events("events")
            ids = Counter(f"{source}:{name}" for source, name in snapshot.duck.execute(
                "SELECT source, id FROM events"
            ).fetchall())  # fmt: skip
            build(snapshot, self._blueprints, self._folder / "facts", at=AT)
            differences = verify(snapshot, self._blueprints, self._folder / "facts").differences
        lost = len(self.story.events - ids.keys())
        doubled = sum(count - 1 for count in ids.values())
        # An import is all or nothing.
        partial = sum(name.startswith("import:") for name in ids) % (CHUNKS * ROWS)
        return lost, doubled + partial, int(differences)


def main() -> None:
    """Run a trial from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    print(json.dumps(Trial(chosen.folder, chosen.url, chosen.seed).run(chosen.kills)))


if __name__ == "__main__":
    main()

"""A program that records events and acknowledges each to its standard output; run under the shim.

Usage: python -m tests.durability.acknowledging FOLDER FIRST STOP DOOR [--url URL] [--weaken]
DOOR is `record` (one transaction an event) or `writer` (group commit). `--weaken` breaks the store's promise on purpose.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lastmeter.journal import Event, Journal, ObjectRef
from lastmeter.journal.connection import Row
from lastmeter.journal.hot import Outcome
from lastmeter.journal.postgresql import PostgresConnection
from lastmeter.journal.sqlite import SqliteConnection
from tests.durability.tracing import MARK

RECORDED = datetime(2018, 3, 2)


def event(number: int) -> Event:
    """The event with that number."""
    return Event(
        source="door", id=f"{MARK}{number:08d}", type="order.paid",
        occurred_at=datetime(2018, 3, 1) + timedelta(seconds=number), objects=(ObjectRef("order", f"o-{number}"),),
    )  # fmt: skip


def acknowledge(identifier: str) -> None:
    """Tell whoever waits that the event is safe."""
    os.write(1, f"ack {identifier}\n".encode())


def through_record(journal: Journal, numbers: range) -> None:
    """One durable transaction an event."""
    for number in numbers:
        one = event(number)
        if journal.record([one], recorded_at=RECORDED) == ["stored"]:
            acknowledge(one.id)


def through_writer(journal: Journal, numbers: range) -> None:
    """Many submitters, one writer, one commit for those that wait together."""

    def when_done(identifier: str, future: Future[Outcome]) -> None:
        if future.result() == "stored":
            acknowledge(identifier)

    with journal.writer() as writer:
        for number in numbers:
            one = event(number)
            future = writer.submit(one, recorded_at=RECORDED)
            future.add_done_callback(lambda done, identifier=one.id: when_done(identifier, done))  # type: ignore[misc]
            if number % 25 == 24:
                future.result()


def weaken(patch: pytest.MonkeyPatch) -> None:
    """Commit without waiting for the disk, behind the store's back."""
    open_sqlite, execute = SqliteConnection.open, PostgresConnection.execute

    def open_without_sync(path: Path, lock_file: Path) -> SqliteConnection:
        connection = open_sqlite(path, lock_file)
        raw: sqlite3.Connection = connection.raw
        raw.execute("PRAGMA synchronous=NORMAL")
        return connection

    def execute_without_sync(self: PostgresConnection, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return execute(self, sql.replace("synchronous_commit = on", "synchronous_commit = off"), params)

    patch.setattr(SqliteConnection, "open", open_without_sync)
    patch.setattr(PostgresConnection, "execute", execute_without_sync)


def main() -> None:
    """Record and acknowledge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("stop", type=int)
    parser.add_argument("door", choices=["record", "writer"])
    parser.add_argument("--url")
    parser.add_argument("--weaken", action="store_true")
    chosen = parser.parse_args()
    with pytest.MonkeyPatch.context() as patch:
        if chosen.weaken:
            weaken(patch)
        journal = Journal.open(chosen.folder, database_url=chosen.url)
        # Somebody else has the database open too, as always in earnest: SQLite syncs when the last one closes it.
        bystander = journal.store.connect()
        bystander.execute("SELECT count(*) FROM lm_hot")
        {"record": through_record, "writer": through_writer}[chosen.door](journal, range(chosen.first, chosen.stop))
        bystander.close()
        journal.close()


if __name__ == "__main__":
    main()

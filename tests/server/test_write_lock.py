"""On SQLite whatever the server writes queues behind the journal's write lock, single statements too."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections, transaction
from django.db.models import F

from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock
from lastmeter.server.board.models import ReadMark
from lastmeter.server.people.models import Person
from lastmeter.server.sqlite.base import LOCK_NAME
from tests.server.conftest import ClientOf

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has writers side by side")

WRITES: dict[str, Callable[[], object]] = {
    "create": lambda: ReadMark.objects.create(name="new"),
    "save": lambda: ReadMark(name="new", number=2).save(),
    "save again": lambda: ReadMark.objects.get(name="there").save(),
    "update": lambda: ReadMark.objects.update(number=F("number") + 1),
    "delete of many": lambda: ReadMark.objects.filter(name="there").delete(),
    "delete of one": lambda: ReadMark.objects.get(name="there").delete(),
    "get or create": lambda: ReadMark.objects.get_or_create(name="new"),
    "update or create": lambda: ReadMark.objects.update_or_create(name="there", defaults={"number": 5}),
    "bulk create": lambda: ReadMark.objects.bulk_create([ReadMark(name="new")], ignore_conflicts=True),
    "bulk update": lambda: ReadMark.objects.bulk_update(list(ReadMark.objects.all()), ["number"]),
    "with a number of its own": lambda: Person.objects.create(username="somebody"),
    "to others": lambda: Person.objects.get(username="owner").groups.set([]),
    "session": lambda: SessionStore().save(),
}
_EXECUTED = re.compile(r"""\.execute\(\s*f?["']+\s*(\w+)""")
_WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the write lock."""
    try:
        os.close(take_lock(folder / "journal" / LOCK_NAME, wait=False))
    except LastMeterError:
        return True
    return False


def unlocked_writes(company: Path, do: Callable[[], object]) -> list[str]:
    """The statements that wrote, and were not in a transaction that holds the lock."""
    found: list[str] = []

    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITE.match(sql) and not is_locked(company):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watched):
        do()
    return found


@pytest.mark.parametrize("name", WRITES)
def test_a_single_write_holds_the_lock(company: Path, name: str) -> None:
    ReadMark.objects.create(name="there")
    assert unlocked_writes(company, WRITES[name]) == []
    assert not is_locked(company)


def test_so_does_what_a_signed_in_browser_causes(company: Path, client_of: ClientOf) -> None:
    assert unlocked_writes(company, lambda: client_of("owner").get("/")) == []
    assert unlocked_writes(company, lambda: client_of("owner").post("/choose/", {"lang": "zh"})) == []


@pytest.mark.parametrize("name", WRITES)
def test_a_single_write_waits_for_its_turn(company: Path, name: str) -> None:
    ReadMark.objects.create(name="there")
    held = take_lock(company / "journal" / LOCK_NAME)
    failed: list[Exception] = []

    def write() -> None:
        try:
            with clock.frozen(clock.now()):
                WRITES[name]()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive(), "it did not wait"
    os.close(held)
    thread.join(timeout=20)
    assert (thread.is_alive(), failed) == (False, [])


def test_within_a_transaction_it_is_part_of_it(company: Path) -> None:
    with transaction.atomic():
        ReadMark.objects.create(name="new")
        ReadMark.objects.update(number=9)
        transaction.set_rollback(True)
    assert not ReadMark.objects.filter(name="new").exists()


def test_no_statement_that_is_written_by_hand_writes() -> None:
    """What a cursor writes outside a transaction would pass the lock by: cursors only read, or lock tables of PostgreSQL."""
    server = Path(__file__).parents[2] / "src" / "lastmeter" / "server"
    texts = [path.read_text(encoding="utf-8") for path in server.rglob("*.py")]
    after = [part for text in texts for part in text.split(".cursor()")[1:]]
    first = [found[1].upper() if (found := _EXECUTED.search(part)) else "?" for part in after]
    assert len(first) >= 2
    assert set(first) <= {"SELECT", "LOCK"}

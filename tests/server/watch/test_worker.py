"""The worker: jobs do not wait for one another, one worker at a time does them, what is under way is finished."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from lastmeter.journal.locks import take_lock
from lastmeter.server import worker
from lastmeter.server.worker import Job


def _run(stopped: threading.Event, *jobs: Job) -> threading.Thread:
    thread = threading.Thread(target=worker.run, args=(stopped, jobs))
    thread.start()
    return thread


def test_a_slow_job_and_one_that_fails_keep_no_other_waiting(company: Path) -> None:
    stopped, enough = threading.Event(), threading.Event()
    turns: list[datetime] = []

    def quick(at: datetime) -> None:
        turns.append(at)
        if len(turns) == 3:
            enough.set()

    def broken(at: datetime) -> None:
        raise ValueError

    def slow(at: datetime) -> None:
        stopped.wait(30)

    thread = _run(stopped, Job("slow", 60, slow), Job("broken", 0.05, broken), Job("quick", 0.05, quick))
    assert enough.wait(20)
    stopped.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_what_is_under_way_when_asked_to_stop_is_finished(company: Path) -> None:
    stopped, begun = threading.Event(), threading.Event()
    finished: list[bool] = []

    def long(at: datetime) -> None:
        begun.set()
        time.sleep(0.5)
        finished.append(True)

    thread = _run(stopped, Job("long", 60, long))
    assert begun.wait(20)
    stopped.set()
    thread.join(timeout=20)
    assert finished == [True]


def test_a_second_worker_stands_by_until_the_first_has_gone(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STAND_BY", 0.05)
    first_stops, second_stops = threading.Event(), threading.Event()
    first_began, second_began = threading.Event(), threading.Event()
    first = _run(first_stops, Job("one", 60, lambda _at: first_began.set()))
    assert first_began.wait(20)
    second = _run(second_stops, Job("one", 60, lambda _at: second_began.set()))
    assert not second_began.wait(0.5)
    first_stops.set()
    first.join(timeout=20)
    assert second_began.wait(20)
    second_stops.set()
    second.join(timeout=20)
    assert not second.is_alive()


done: list[int] = []


@task()
def remember(number: int) -> None:
    """A task that leaves a trace."""
    done.append(number)


def claimed(number: int, *workers: str) -> Any:
    """A task that these workers had in hand, one after the other."""
    remember.enqueue(number)
    row = DBTaskResult.objects.get(status="READY")
    for name in workers:
        row.claim(name)
    return row


def test_a_task_whose_worker_died_is_taken_up_and_one_in_hand_is_left(company: Path) -> None:
    done.clear()
    orphan, in_hand = claimed(1, "lastmeter-dead"), claimed(2, "lastmeter-alive")
    alive = take_lock(worker._lock_of("lastmeter-alive"))
    try:
        assert worker.take_up_tasks() == 1
        assert worker.take_up_tasks() == 0
        worker._batch().run()
    finally:
        os.close(alive)
    in_hand.refresh_from_db()
    orphan.refresh_from_db()
    assert (done, orphan.status, in_hand.status) == ([1], "SUCCESSFUL", "RUNNING")


def test_the_worker_takes_up_what_another_left(company: Path) -> None:
    done.clear()
    claimed(3, "lastmeter-dead")
    stopped = threading.Event()
    thread = _run(stopped, Job("nothing", 60, lambda _at: None))
    ends = time.monotonic() + 20
    while not done and time.monotonic() < ends:
        time.sleep(0.05)
    stopped.set()
    thread.join(timeout=20)
    assert done == [3]
    assert list((company / "server" / "workers").iterdir()) == []


def test_a_task_that_its_workers_die_of_is_given_up(company: Path) -> None:
    done.clear()
    row = claimed(4, "one", "two", "three")
    assert worker.take_up_tasks() == 0
    row.refresh_from_db()
    assert (row.status, done) == ("FAILED", [])

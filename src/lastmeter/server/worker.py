"""The worker: runs the jobs that are due, each at its own interval, and the tasks that acts have enqueued.

A job is declared in its app's `jobs.py`: `JOBS = [Job("watch", 30, watch_once)]`. Each has a thread of its own, so that none
keeps another waiting; one that fails is logged and tried again at its next turn. One worker a workspace does the jobs; a
second one stands by until the first has gone. Tasks are shared by all workers: each is claimed in the database by a worker
that holds a lock file of its own name; what a worker had claimed when it died is taken up by another.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import close_old_connections, transaction
from django_tasks_db.management.commands.db_worker import Worker as TaskWorker
from django_tasks_db.models import DBTaskResult

from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock
from lastmeter.server.ending import EVERY, asked_to_end

log = logging.getLogger(__name__)
TASK_INTERVAL = 1.0
STAND_BY = 5.0
LOCK = "worker.lock"
LOOK_AFTER = 15.0
"""Seconds between two looks for tasks of workers that have died."""
MOST_TRIES = 3
"""So often a task is begun whose worker dies of it."""
# It tells each second that there is nothing to do.
logging.getLogger("django_tasks_db").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so many (real) seconds; `run` is given the time by the server's clock."""

    name: str
    every: float
    run: Callable[[datetime], None]


def jobs() -> list[Job]:
    """The jobs of all apps."""
    found: list[Job] = []
    for app in apps.get_app_configs():
        if app.name.startswith("lastmeter.") and importlib.util.find_spec(f"{app.name}.jobs"):
            found += importlib.import_module(f"{app.name}.jobs").JOBS
    return found


def run(stopped: threading.Event, chosen: Sequence[Job] | None = None) -> None:
    """Work until `stopped` is set, then finish what is under way: each job in a thread of its own, tasks in another."""
    tasks = threading.Thread(target=_work_tasks, args=(stopped,), name="tasks")
    tasks.start()
    turn = take_turn(stopped)
    if turn is not None:
        try:
            threads = [threading.Thread(target=_work, args=(stopped, job), name=job.name) for job in (jobs() if chosen is None else chosen)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            os.close(turn)
    tasks.join()


def take_turn(stopped: threading.Event) -> int | None:
    """Wait to be the one worker that does the jobs; the lock to be closed at the end, None if stopped before.

    The lock ends with its process, however that ends; its file says whose it was last.
    """
    settings.PRIVATE.mkdir(exist_ok=True)
    while not stopped.is_set():
        try:
            turn = take_lock(settings.PRIVATE / LOCK, wait=False)
            os.ftruncate(turn, 0)
            os.pwrite(turn, f"{socket.gethostname()} {os.getpid()}\n".encode(), 0)
            return turn
        except LastMeterError as error:
            if error.code != "journal.busy":
                raise
        log.info("another worker does the jobs; standing by")
        stopped.wait(STAND_BY)
    return None


def turn_is_taken() -> bool:
    """Whether some worker does the jobs now."""
    return _is_held(settings.PRIVATE / LOCK)


def holder() -> tuple[str, int]:
    """Host and process of the worker that took the turn last; nothing and 0 where that is not known."""
    host, _, pid = (settings.PRIVATE / LOCK).read_text(encoding="utf-8").strip().partition(" ")
    return host, int(pid) if pid.isdigit() else 0


def run_until_signal() -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished."""
    asked, stopped = asked_to_end(), threading.Event()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker") as threads:
        working = threads.submit(run, stopped)
        while not asked() and not working.done():
            time.sleep(EVERY)
        stopped.set()
        working.result()


def run_once(name: str) -> None:
    """Do one job now; for tests and the command line."""
    next(job for job in jobs() if job.name == name).run(clock.now())


def _work(stopped: threading.Event, job: Job) -> None:
    while not stopped.is_set():
        began = time.monotonic()
        close_old_connections()
        try:
            job.run(clock.now())
        except Exception:
            log.exception("job failed", extra={"fields": {"job": job.name}})
        close_old_connections()
        stopped.wait(max(0.05, job.every - (time.monotonic() - began)))


def take_up_tasks() -> int:
    """Put tasks back that a dead worker had claimed; how many. One that has outlived several workers is given up."""
    found = 0
    for task in DBTaskResult.objects.running():
        name = str(task.worker_ids[-1]) if task.worker_ids else ""
        if name and _is_alive(name):
            continue
        state = "READY" if len(task.worker_ids) < MOST_TRIES else "FAILED"
        with transaction.atomic():
            taken = DBTaskResult.objects.filter(pk=task.pk, status="RUNNING", started_at=task.started_at).update(status=state)
        if taken:
            log.warning("a worker died over a task", extra={"fields": {"task": task.task_path, "again": state == "READY"}})
            found += state == "READY"
    return found


def _work_tasks(stopped: threading.Event) -> None:
    name = f"lastmeter-{secrets.token_hex(8)}"
    held = take_lock(_lock_of(name))
    looked = float("-inf")
    try:
        while not stopped.is_set():
            worker = _batch(name)
            try:
                if time.monotonic() - looked >= LOOK_AFTER:
                    looked = time.monotonic()
                    take_up_tasks()
                worker.run()
            except Exception:
                log.exception("tasks failed")
            if not worker._run_tasks:
                stopped.wait(TASK_INTERVAL)
    finally:
        _lock_of(name).unlink(missing_ok=True)
        os.close(held)


def _lock_of(name: str) -> Path:
    folder = Path(settings.PRIVATE) / "workers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{name}.lock"


def _is_alive(name: str) -> bool:
    """Whether a worker of this name works: it holds its lock as long as it lives."""
    path = _lock_of(name)
    if _is_held(path):
        return True
    path.unlink(missing_ok=True)
    return False


def _is_held(path: Path) -> bool:
    """Whether a process holds a lock; it ends with its process."""
    if not path.exists():
        return False
    try:
        os.close(take_lock(path, wait=False))
    except LastMeterError as error:
        if error.code != "journal.busy":
            raise
        return True
    return False


def _batch(name: str = "lastmeter-once") -> TaskWorker:
    """Does one task, if any is enqueued, then returns."""
    return TaskWorker(
        queue_names=["*"], interval=0, batch=True, backend_name="default", startup_delay=False, max_tasks=1,
        worker_id=name, excluded_queue_names=[],
    )

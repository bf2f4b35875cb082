"""The worker: runs the jobs that are due, each at its own interval, and the tasks that acts have enqueued.

A job is declared in its app's `jobs.py`: `JOBS = [Job("watch", 30, watch_once)]`. One that fails is logged and tried again
at its next turn; none keeps another from running.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import close_old_connections
from django_tasks_db.management.commands.db_worker import Worker as TaskWorker

from lastmeter.server import clock

log = logging.getLogger(__name__)
TASK_INTERVAL = 1.0


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
    """Work until `stopped` is set: jobs in a thread of their own, tasks in another."""
    tasks = threading.Thread(target=_work_tasks, args=(stopped,), name="tasks", daemon=True)
    tasks.start()
    _work_jobs(stopped, jobs() if chosen is None else chosen)
    tasks.join(timeout=30)


def run_until_signal() -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    run(stopped)


def run_once(name: str) -> None:
    """Do one job now; for tests and the command line."""
    next(job for job in jobs() if job.name == name).run(clock.now())


def _work_jobs(stopped: threading.Event, chosen: Sequence[Job]) -> None:
    due = dict.fromkeys(range(len(chosen)), time.monotonic())
    while not stopped.is_set():
        for number, job in enumerate(chosen):
            if time.monotonic() < due[number] or stopped.is_set():
                continue
            due[number] = time.monotonic() + job.every
            close_old_connections()
            try:
                job.run(clock.now())
            except Exception:
                log.exception("job failed", extra={"fields": {"job": job.name}})
        close_old_connections()
        stopped.wait(max(0.05, min(due.values(), default=time.monotonic() + 1) - time.monotonic()))


def _work_tasks(stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            _batch().run()
        except Exception:
            log.exception("tasks failed")
        stopped.wait(TASK_INTERVAL)


def _batch() -> TaskWorker:
    """Does what is enqueued, then returns."""
    return TaskWorker(
        queue_names=["*"], interval=0, batch=True, backend_name="default", startup_delay=False, max_tasks=None,
        worker_id="lastmeter-worker", excluded_queue_names=[],
    )

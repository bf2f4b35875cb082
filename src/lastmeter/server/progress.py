"""Work of the worker that a page follows: a row with state, share and words, and one way to run it.

A run is enqueued in the transaction that causes it. While it works it holds a lock file, which its process loses when it
dies: `resume` finds such runs and enqueues them again. What a run does must therefore bear being done twice.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django_tasks_db.models import DBTaskResult

from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock

log = logging.getLogger(__name__)
TOLD_EVERY = 0.4
"""Seconds between two updates of a share: a page asks once a second."""
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
ACTIVE = (QUEUED, RUNNING)
_BROKE = LastMeterError(
    "server.run_failed", Title("后台任务出错，没有做完", "The worker failed before it was done"),
    Title("再试一次；仍不行就把运行编号告诉管理员", "Try again; if it persists, tell your administrator the number of the run"),
)


class Run(models.Model):
    """One piece of work: `share` from 0 to 1 and `words` say how far it is, `error` why it failed (both in two languages)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=12, default=QUEUED, db_index=True)
    share = models.FloatField(default=0.0)
    words = models.JSONField(default=dict, blank=True)
    error = models.JSONField(null=True, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    task_id = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True
        ordering = ("-id",)

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.state in ACTIVE

    @property
    def said(self) -> Title | None:
        """What it is doing."""
        return title_from(self.words)

    @property
    def error_title(self) -> Title | None:
        """Why it failed."""
        return title_from(self.error["message"]) if self.error else None

    @property
    def error_hint(self) -> Title | None:
        """What to do about it."""
        return title_from(self.error["hint"]) if self.error else None


R = TypeVar("R", bound=Run)
Told = Callable[[float, Title], None]


def as_json(title: Title | None, **places: Any) -> dict[str, str]:
    """A title as a row keeps it; nothing for nothing."""
    return {} if title is None else {"zh": title.say("zh", **places), "en": title.say("en", **places)}


def title_from(kept: Any) -> Title | None:
    """The title that a row keeps."""
    return Title(kept["zh"], kept["en"]) if kept else None


def enqueue(run: Run, task: Any) -> None:
    """Have the worker do `task(run.pk)`; within the transaction of what causes it."""
    run.state, run.share, run.error = QUEUED, 0.0, None
    run.task_id = str(task.enqueue(run.pk).id)
    run.save()


def work(model: type[R], number: int, do: Callable[[R, Told], None]) -> None:
    """Do a run, once: what `do` leaves in the row is saved with it. An error that a user can mend is kept in the row."""
    with _held(model, number):
        run = model._default_manager.filter(pk=number).first()
        if run is None or not run.is_active:
            return
        run.state = RUNNING
        run.save()
        try:
            do(run, _teller(run))
        except LastMeterError as error:
            _fail(run, error)
        except Exception:
            _fail(run, _BROKE)
            log.exception("run failed", extra={"fields": {"run": f"{model.__name__}:{number}"}})
        else:
            run.state, run.share = DONE, 1.0
        run.ended_at = clock.now()
        run.save()
    lock_of(model, number).unlink(missing_ok=True)


def resume(model: type[R], task_of: Callable[[R], Any]) -> int:
    """Enqueue again what a dead process left behind; how many."""
    found = 0
    for run in model._default_manager.filter(state__in=ACTIVE):
        if run.task_id and DBTaskResult.objects.filter(id=run.task_id, status="READY").exists():
            continue
        try:
            with _held(model, run.pk, wait=False), transaction.atomic():
                run.refresh_from_db()
                if run.is_active:
                    enqueue(run, task_of(run))
                    found += 1
        except LastMeterError:  # it works
            continue
    return found


def lock_of(model: type[Run], number: int) -> Path:
    """The lock file of a run."""
    folder = Path(settings.PRIVATE) / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{model.__name__.lower()}-{number}.lock"


@contextmanager
def _held(model: type[Run], number: int, *, wait: bool = True) -> Iterator[None]:
    held = take_lock(lock_of(model, number), wait=wait)
    try:
        yield
    finally:
        os.close(held)


def _fail(run: Run, error: LastMeterError) -> None:
    run.state = FAILED
    run.error = {"code": error.code, "message": as_json(error.title, **error.places),
                 "hint": as_json(error.hint_title, **error.places)}


def _teller(run: Run) -> Told:
    """Writes share and words into the row, now and then; never inside a transaction of the journal."""
    last = 0.0

    def tell(share: float, words: Title) -> None:
        nonlocal last
        if 0.0 < share < 1.0 and time.monotonic() - last < TOLD_EVERY:
            return
        last = time.monotonic()
        run.share, run.words = share, as_json(words)
        with transaction.atomic():
            type(run)._default_manager.filter(pk=run.pk).update(share=share, words=run.words)

    return tell

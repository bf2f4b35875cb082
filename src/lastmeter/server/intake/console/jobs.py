"""What the worker does for uploads beside the tasks: takes up what a dead process left, forgets uploads that nobody wants."""

from __future__ import annotations

from datetime import datetime, timedelta

from lastmeter.server.intake.console import uploads
from lastmeter.server.intake.console.models import PROPOSED, ImportRun
from lastmeter.server.intake.console.tasks import bring_in
from lastmeter.server.progress import ACTIVE, FAILED, resume
from lastmeter.server.worker import Job

KEPT = timedelta(days=2)


def take_up(at: datetime) -> None:
    """Imports that were under way when their process died go on behind the last chunk that was staged."""
    resume(ImportRun, lambda _run: bring_in)


def forget(at: datetime) -> None:
    """Uploads of imports that ended, or that waited for two days in vain."""
    for run in ImportRun.objects.exclude(state__in=ACTIVE):
        is_waiting = run.state in {PROPOSED, FAILED} and at - run.made_at < KEPT
        if not is_waiting and uploads.folder_of(run.pk).exists():
            uploads.remove(run.pk)


JOBS = [Job("take up imports", 15, take_up), Job("forget uploads", 3600, forget)]

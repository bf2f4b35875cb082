"""What the worker does for the watch, each at its own interval (real seconds)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from lastmeter.journeys.merge import merge
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.company import served
from lastmeter.server.watch import foresight, silence, watching
from lastmeter.server.worker import Job

log = logging.getLogger(__name__)
SEAL_ABOVE = 1000
"""So many single events are sealed at once; fewer wait `SEAL_SECONDS`: each sealing makes files that must be merged."""
SEAL_SECONDS = 300.0
_sealed_at = [time.monotonic()]


def unless_busy(run: Callable[[datetime], None]) -> Callable[[datetime], None]:
    """Leaves out a turn while somebody imports."""

    @wraps(run)
    def patient(at: datetime) -> None:
        try:
            run(at)
        except LastMeterError as error:
            if error.code != "journal.busy":
                raise

    return patient


@unless_busy
def seal(at: datetime) -> None:
    """Move single events into segments where they are many, or have waited."""
    waiting = served.journal.hot_count()
    if waiting and (waiting >= SEAL_ABOVE or time.monotonic() - _sealed_at[0] >= SEAL_SECONDS):
        served.journal.seal(at=at, wait=False)
        _sealed_at[0] = time.monotonic()
        log.info("sealed", extra={"fields": {"events": waiting}})


def watch(at: datetime) -> None:
    """Build and raise."""
    watching.watch(at)


@unless_busy
def tidy(at: datetime) -> None:
    """Merge small files, sweep; only what is worth it, and only while nobody imports. What has expired goes by the audit's job."""
    served.journal.compact(at=at, wait=False)
    served.journal.sweep(at=at, wait=False)
    merge(served.folder / "facts")


def look_ahead(at: datetime) -> None:
    """Say what will be late."""
    foresight.look_ahead(at)


JOBS = [
    Job("seal", 10, seal), Job("watch", 20, watch), Job("sources", 30, silence.look), Job("risk", 60, look_ahead),
    Job("tidy", 600, tidy),
]

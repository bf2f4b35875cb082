"""What the worker does for webhooks."""

from __future__ import annotations

from datetime import datetime

from lastmeter.server.webhooks.actions import deliver_due
from lastmeter.server.webhooks.collecting import collect
from lastmeter.server.worker import Job

PATIENCE = 3.0
"""So many seconds a turn of the job waits for answers; slow receivers go on beside it."""


def tell(at: datetime) -> None:
    """Queue what is new, then try what is due."""
    collect()
    deliver_due(at, patience=PATIENCE)


JOBS = [Job("webhooks", 5, tell)]

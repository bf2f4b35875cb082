"""What the worker does for webhooks."""

from __future__ import annotations

from datetime import datetime

from lastmeter.server.webhooks.actions import deliver_due
from lastmeter.server.webhooks.collecting import collect
from lastmeter.server.worker import Job


def tell(at: datetime) -> None:
    """Queue what is new, then try what is due."""
    collect()
    deliver_due(at)


JOBS = [Job("webhooks", 5, tell)]

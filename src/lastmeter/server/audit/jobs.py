"""What the worker does for privacy: purges what was erased, lets go of what is older than it may be kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.management import call_command

from lastmeter.journal import erasure
from lastmeter.server.audit.actions.keeping import expire
from lastmeter.server.audit.forgetting import forget_if_erased
from lastmeter.server.company import served
from lastmeter.server.worker import Job


def purge(at: datetime) -> None:
    """Try again to remove the bytes of what was erased, while that is pending; replay erasures that a restore forgot."""
    journal = served.journal
    with journal.store.reading() as connection:
        forgotten = erasure.needs_reapplying(journal, connection)
        pending = erasure.purge_pending(connection)
    if forgotten:
        erasure.reapply(journal, at)
    if forgotten or pending:
        erasure.purge(journal)


def forget(at: datetime) -> None:
    """What the apps keep of who was erased, at the command line too, goes."""
    del at
    forget_if_erased()


def let_go(at: datetime) -> None:
    """What is older than it may be kept."""
    expire(at)


def clear_away(at: datetime) -> None:
    """Sessions that are over, and tasks that were done two weeks ago with all that they were told: addresses of mail among it."""
    del at  # both carry the machine's time
    call_command("clearsessions")
    call_command("prune_db_task_results", queue_name="*", verbosity=0)


JOBS = [Job("purge", 300, purge), Job("forget", 30, forget), Job("expire", timedelta(hours=6).total_seconds(), let_go),
        Job("clear away", timedelta(hours=6).total_seconds(), clear_away)]

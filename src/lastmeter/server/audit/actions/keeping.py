"""Retention: what is older than it may be kept goes. How long is said by the environment; see `LASTMETER_KEEP_...`."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from lastmeter.journal import Journal, rejected
from lastmeter.journal.engine import identifier
from lastmeter.journal.purging import mark_pending
from lastmeter.journal.vault import Kind
from lastmeter.server.audit.actions.recording import record
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.audit.queries.tokens import token_columns
from lastmeter.server.company import served
from lastmeter.server.environment import read

WORDS: tuple[Kind, ...] = ("said",)


def expire(at: datetime) -> dict[str, int]:
    """Let go of customers' words, set-aside rows and audit rows beyond their age; how many of each."""
    journal = served.journal
    gone = {
        "texts": _texts(journal, at, _days("LASTMETER_KEEP_TEXTS_DAYS")),
        "rejected": _rejected(journal, at, _days("LASTMETER_KEEP_REJECTED_DAYS")),
        "audit": _audit(at, _days("LASTMETER_KEEP_AUDIT_DAYS")),
    }
    if any(gone.values()):
        record("worker", "expire", texts=gone["texts"], rejected=gone["rejected"], audit=gone["audit"])
    return gone


def _days(setting: str) -> int:
    return int(read(setting))


def _texts(journal: Journal, at: datetime, days: int) -> int:
    """Words that only events before then hold. The events stay, with a token that nothing stands behind."""
    if not days:
        return 0
    with journal.snapshot() as snapshot:
        snapshot.define_events("every")
        held = " UNION ALL ".join(
            f"SELECT {identifier('attr_' + name)} AS token, coalesce(occurred_at, recorded_at) AS told_at FROM every"
            for name in token_columns(snapshot)
        )
        rows = [] if not held else snapshot.duck.execute(
            f"SELECT token FROM ({held}) WHERE token IS NOT NULL GROUP BY token HAVING max(told_at) < ?", [at - timedelta(days=days)]
        ).fetchall()
    with journal.store.turn(), journal.store.writing() as connection:
        words = journal.vault.reveal(connection, [token for (token,) in rows], kinds=WORDS)
        gone = journal.vault.forget(connection, words)
        if gone:
            mark_pending(connection, at)
    return len(gone)


def _rejected(journal: Journal, at: datetime, days: int) -> int:
    if not days:
        return 0
    with journal.store.writing() as connection:
        return rejected.expire(connection, before=at - timedelta(days=days))


@transaction.atomic
def _audit(at: datetime, days: int) -> int:
    if not days:
        return 0
    return AuditRow.objects.filter(at__lt=at - timedelta(days=days)).delete()[0]

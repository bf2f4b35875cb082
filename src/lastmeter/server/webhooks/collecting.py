"""Turns what the logs of the server hold into messages: each log is read on from where it was read to, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import Model

from lastmeter.server.audit.models import AuditRow
from lastmeter.server.watch.models import Act
from lastmeter.server.watch.queries import acts_after
from lastmeter.server.webhooks.actions import FLAW, announce
from lastmeter.server.webhooks.messages import TYPES
from lastmeter.server.webhooks.models import Collected, Subscription


def collect() -> int:
    """Announce acts and flaws that subscribers want; how many messages were queued.

    What happened before anybody subscribed is passed over.
    """
    return _read_on("audit", AuditRow, _acts) + _read_on("watch", Act, _flaws)


def _read_on(log: str, rows: type[Model], tell: Callable[[int, int], int]) -> int:
    with transaction.atomic():
        place, fresh = Collected.objects.select_for_update().get_or_create(log=log)
        _await_writers(rows)
        newest = rows._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
        heard = not fresh and Subscription.objects.filter(active=True).exists()
        told = tell(place.last, newest) if heard else 0
        place.last = newest
        place.save()
        return told


def _await_writers(rows: type[Model]) -> None:
    """On PostgreSQL a row is numbered before it is committed: without waiting for those under way, a lower number that comes
    later would be passed over for good. On SQLite one writes at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(rows._meta.db_table)} IN SHARE MODE")


def _acts(after: int, newest: int) -> int:
    rows = AuditRow.objects.filter(pk__gt=after, pk__lte=newest, act__in=TYPES).order_by("pk")
    return sum(
        announce(row.act, f"audit-{row.pk}", {
            "actor": row.actor, "object_type": row.object_type, "object_id": row.object_id, "detail": row.detail,
        }) for row in rows.iterator()
    )


def _flaws(after: int, newest: int) -> int:
    """Flaws raised and withdrawn; those found late are told to nobody."""
    told = 0
    while found := acts_after(after):
        for number, act in found:
            flaw = act.flaw
            told += announce(f"flaw.{act.what}", f"{FLAW}{number}", {
                "flaw_id": flaw.flaw_id, "kind": flaw.kind, "journey": flaw.journey, "rule": flaw.rule, "post": flaw.post,
                "place": flaw.place, "performer": flaw.performer,
            }, brands=[flaw.brand] if flaw.brand else ())
        after = found[-1][0]
        if after >= newest:
            break
    return told

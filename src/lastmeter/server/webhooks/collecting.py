"""Turns what the logs of the server hold into messages: each log is read on from where it was read to, in one transaction."""

from __future__ import annotations

from django.db import transaction

from lastmeter.server.audit.models import AuditRow
from lastmeter.server.webhooks.actions import announce
from lastmeter.server.webhooks.messages import TYPES
from lastmeter.server.webhooks.models import Collected, Subscription

AT_ONCE = 500


def collect() -> int:
    """Announce acts that subscribers want; how many messages were queued.

    Rows that were written before anybody subscribed are passed over.
    """
    with transaction.atomic():
        place, fresh = Collected.objects.select_for_update().get_or_create(log="audit")
        newest = AuditRow.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        if fresh or not Subscription.objects.filter(active=True).exists():
            place.last = newest
            place.save()
            return 0
        rows = list(AuditRow.objects.filter(pk__gt=place.last, act__in=TYPES).order_by("pk")[:AT_ONCE])
        told = sum(
            announce(row.act, f"audit-{row.pk}", {
                "actor": row.actor, "object_type": row.object_type, "object_id": row.object_id, "detail": row.detail,
            }) for row in rows
        )
        place.last = rows[-1].pk if len(rows) == AT_ONCE else newest
        place.save()
        return told

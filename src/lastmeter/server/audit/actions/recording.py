"""The only writer of the audit."""

from __future__ import annotations

from typing import Any

from lastmeter.server import clock, logs
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.models import Person


def record(
    who: Person | str, act: str, *, object_type: str = "", object_id: str = "", reason: str = "", **detail: Any
) -> AuditRow:
    """Write down that `who` (a person, or the name of what acted) did `act`; call it inside the act's transaction.

    detail: counts and codes, never a personal value.
    """
    person = who if isinstance(who, Person) else None
    return AuditRow.objects.create(
        at=clock.now(), person=person, actor=person.username if person else str(who), act=act, object_type=object_type,
        object_id=object_id, reason=reason, detail=detail, request_id=logs.request_id.get() or "",
    )

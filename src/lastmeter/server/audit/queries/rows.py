"""Rows of the audit: filtered and paged; who saw a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from lastmeter.journal.vault import KINDS, canonical_identity
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import served

VAULT = "vault"
"""Object type of rows about a value of the vault; the object's id is its token."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show: who did it, which act (or the beginning of one), to which object, from when until when (UTC)."""

    actor: str = ""
    act: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def rows(self) -> QuerySet[AuditRow]:
        """The rows, latest first."""
        rows = AuditRow.objects.select_related("person")
        if self.actor:
            rows = rows.filter(Q(actor__iexact=self.actor) | Q(person__name__icontains=self.actor))
        if self.act:
            rows = rows.filter(act__startswith=self.act)
        if self.object:
            rows = rows.filter(Q(object_id=self.object) | Q(object_type=self.object))
        if self.since:
            rows = rows.filter(at__gte=self.since)
        if self.until:
            rows = rows.filter(at__lt=self.until)
        return rows


def page(asked: Asked, number: int) -> tuple[list[AuditRow], bool]:
    """One page of rows, counted from 1, and whether more follow."""
    first = (max(number, 1) - 1) * PAGE
    rows = list(asked.rows()[first : first + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def acts() -> list[str]:
    """The acts that were ever written down."""
    return list(AuditRow.objects.order_by("act").values_list("act", flat=True).distinct())


def tokens_of(value: str) -> list[str]:
    """The tokens of a value in its usual spellings, whatever kind it is held as."""
    journal = served.journal
    with journal.store.reading() as connection:
        hashes = {journal.vault.hash_of(kind, spelling) for spelling in _spellings(value) for kind in KINDS}
        return sorted(set(journal.vault.find_hashes(connection, hashes).values()))


def who_saw(value: str, since: datetime, until: datetime) -> list[AuditRow]:
    """Everybody who was shown or handed out this value (a phone, a name, an address) between two instants, latest first.

    The value is looked up by its keyed hash; it is written down nowhere.
    """
    return list(
        AuditRow.objects.filter(object_type=VAULT, object_id__in=tokens_of(value), at__gte=since, at__lt=until)
        .select_related("person")
    )


def _spellings(value: str) -> set[str]:
    text = value.strip()
    plain = canonical_identity(text)
    spelt = {text, plain}
    if plain.isdecimal() and len(plain) == 11:
        parts = (plain[:3], plain[3:7], plain[7:])
        spelt |= {f"{country}{joint.join(parts)}" for joint in ("", "-", " ") for country in ("", "+86", "+86 ", "86", "0086")}
    return spelt

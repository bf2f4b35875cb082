"""Which source is silent: one that has told nothing for longer than it ever should.

How long that is was declared, or is learnt from its own past: half as long again as nine of ten days' longest gaps.
A source of which fewer than three gaps are known has no rhythm yet and is never called silent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from lastmeter.journal.snapshot import Contact, SourceState
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.company import served
from lastmeter.server.watch.actions import OUTAGE
from lastmeter.server.watch.models import Gap, Silence, Source

LEAST = timedelta(minutes=10)
MARGIN = 1.5
SHARE = 0.9
DAYS = 28
FEWEST = 3


def look(at: datetime) -> None:
    """Look at every source: note what its gaps are, raise the alarm of a silent one, end that of one that speaks again."""
    contacts = served.journal.contacts()
    for state in served.journal.sources():
        with transaction.atomic():
            _look_at(state, [one for one in contacts if one.source == state.name], at)


def allowed(longest: Sequence[float], declared_minutes: int | None = None) -> timedelta | None:
    """How long a source may be silent: as declared, else by the longest gaps of its days in seconds; None: not known yet."""
    if declared_minutes is not None:
        return timedelta(minutes=declared_minutes)
    if len(longest) < FEWEST:
        return None
    usual = sorted(longest)[math.ceil(SHARE * len(longest)) - 1]
    return max(LEAST, timedelta(seconds=usual * MARGIN))


def rhythm(source: str, declared_minutes: int | None) -> timedelta | None:
    """How long a source may be silent, by its last `DAYS` days with a gap."""
    longest = list(Gap.objects.filter(source=source).order_by("-day").values_list("seconds", flat=True)[:DAYS])
    return allowed(longest, declared_minutes)


def gaps_of(contacts: Sequence[Contact]) -> dict[date, float]:
    """The longest gap in seconds by the day on which it ended, between imports that moved the watermark on."""
    found: dict[date, float] = {}
    last: Contact | None = None
    for one in sorted(contacts, key=lambda each: each.at):
        if one.watermark is None or (last is not None and last.watermark is not None and one.watermark <= last.watermark):
            continue
        if last is not None and one.at > last.at:
            found[one.at.date()] = max(found.get(one.at.date(), 0.0), (one.at - last.at).total_seconds())
        last = one
    return found


def _look_at(state: SourceState, contacts: Sequence[Contact], at: datetime) -> None:
    known = Source.objects.select_for_update().filter(name=state.name).first()
    if known is None:
        for day, seconds in gaps_of(contacts).items():
            _note_gap(state.name, day, seconds)
        contact = max((one.at for one in contacts), default=state.watermark or at)
        known = Source(name=state.name, watermark=state.watermark, contact_at=min(contact, at), looked_at=at)
    elif state.watermark is not None and (known.watermark is None or state.watermark > known.watermark):
        # While nobody looked it may have spoken many times: such a gap teaches nothing.
        if timedelta(0) <= at - known.looked_at <= OUTAGE * clock.speed() and at > known.contact_at:
            _note_gap(state.name, at.date(), (at - known.contact_at).total_seconds())
        known.watermark, known.contact_at = state.watermark, at
        Silence.objects.filter(source=state.name, until=None).update(until=at)
    known.looked_at = at
    known.save()
    may_be_silent = rhythm(state.name, known.declared_minutes)
    if may_be_silent is not None and at - known.contact_at > may_be_silent:
        alarm, is_new = Silence.objects.get_or_create(
            source=state.name, until=None, defaults={"since": known.watermark or known.contact_at, "noticed_at": at})
        if is_new:
            record("watch", "source.silent", object_type="source", object_id=state.name, since=alarm.since.isoformat())


def _note_gap(source: str, day: date, seconds: float) -> None:
    gap, is_new = Gap.objects.get_or_create(source=source, day=day, defaults={"seconds": seconds})
    if not is_new and seconds > gap.seconds:
        gap.seconds = seconds
        gap.save(update_fields=["seconds"])

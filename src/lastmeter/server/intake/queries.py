"""What is known of intake: live sources, tokens, and what was set aside. Plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from lastmeter.connectors.personal import kind_of
from lastmeter.journal import rejected as set_aside
from lastmeter.journal.connection import Connection
from lastmeter.journal.store import wrap
from lastmeter.kernel.masking import mask, redact
from lastmeter.kernel.titles import Title
from lastmeter.server.intake.models import LiveSource, Token
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand, may

HIDDEN = "…"
_PLACE = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row of a file, or an event that came over HTTP, that could not be taken, and why."""

    number: int
    at: datetime
    source: str
    batch: int
    """The import that it came with; 0: over HTTP."""
    file: str
    """Its file; of what came over HTTP, the source's name."""
    row: int | None
    """From 1: its row in the file, or its place among the events of the request."""
    place: str | None
    """The column or field to blame."""
    code: str
    reason: Title
    form: str
    """How to read `raw`: event (ours or a CloudEvent), rows (a webhook's body, for the source's mapping), or '' for a file's row."""
    raw: str | None
    """As it came, for who may see it; otherwise with every value masked. None: too many of the kind, or erased."""
    masked: bool
    can_replay: bool


@dataclass(frozen=True, slots=True)
class RejectedCount:
    """How many of a source are set aside for one reason."""

    source: str
    code: str
    reason: Title
    count: int
    latest_at: datetime
    live: bool
    """Whether they came over HTTP (and can be replayed)."""


def rejected(
    person: Person, *, source: str | None = None, code: str | None = None, live: bool | None = None,
    before: int | None = None, limit: int = 50,
) -> list[Rejected]:
    """What was set aside, newest first, in pages: `before` is the number of the last one seen.

    live: only what came over HTTP (True), only rows of files (False).

    Raises:
        LastMeterError: `people.not_allowed` without see.sources.
    """
    demand(person, "see.sources")
    rows = set_aside.page(own(), source=source, code=code, live=live, before=before, limit=limit)
    return [_shown(row, source, person) for row, source in rows]


def one_rejected(person: Person, number: int) -> Rejected | None:
    """One of them; None where it was settled, erased or has expired."""
    demand(person, "see.sources")
    found = set_aside.page(own(), number=number, limit=1)
    return _shown(*found[0], person) if found else None


def rejected_counts(person: Person, *, source: str | None = None) -> list[RejectedCount]:
    """How many are set aside, by source and reason, most first; the reason is that of all, so it names no column or value."""
    demand(person, "see.sources")
    return [
        RejectedCount(name, code, Title(_PLACE.sub(HIDDEN, zh), _PLACE.sub(HIDDEN, en)), count, datetime.fromisoformat(latest), live)
        for name, code, zh, en, count, latest, live in set_aside.count_by_source(own(), source=source)
    ]


def tokens(person: Person, *, withdrawn: bool = False) -> Sequence[Token]:
    """The tokens that were given, without those that were withdrawn unless asked for.

    Raises:
        LastMeterError: `people.not_allowed` without token.edit.
    """
    demand(person, "token.edit")
    found = Token.objects.select_related("given_by")
    return list(found if withdrawn else found.filter(withdrawn_at__isnull=True))


def live_sources() -> dict[str, LiveSource]:
    """The sources that send as it happens, by name."""
    return {source.name: source for source in LiveSource.objects.all()}


def own() -> Connection:
    """The connection of this request, as the journal speaks to one; an open transaction of Django's is its own."""
    connection.ensure_connection()
    return wrap(connection.connection)


def may_see_raw(person: Person) -> bool:
    """Whether the person may see what was set aside as it came. Nobody can tell of which brand it is: only who sees all of them."""
    return may(person, "rejected.see") and not person.brands


def masked_text(raw: str) -> str:
    """A raw event without what is personal: values under personal names masked, words hidden, numbers taken out of the rest."""
    try:
        found = json.loads(raw)
    except ValueError:
        return HIDDEN
    return json.dumps(_masked(found, ""), ensure_ascii=False)


def _masked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, f"{name}.{key}" if name else key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    kind = kind_of(name)
    if value is None or isinstance(value, bool):
        return value
    if kind == "said":
        return HIDDEN
    if kind == "personal":
        return mask(str(value))
    return redact(value) if isinstance(value, str) else value


def _shown(row: set_aside.RejectedRow, source: str, person: Person) -> Rejected:
    sees = may_see_raw(person)
    places = dict(row.places)
    form = str(places.pop("form", ""))
    assert row.recorded_at is not None  # noqa: S101 - every stored row has it
    shown = Rejected(
        number=row.number, at=row.recorded_at, source=source, batch=row.batch, file=row.file, row=row.row, place=row.column,
        code=row.code, reason=_filled(row.reason, places), form=form, raw=row.raw, masked=False,
        can_replay=row.batch == 0 and form != "" and may(person, "rejected.mend"),
    )
    if sees or row.raw is None:
        return shown
    return replace(shown, raw=masked_text(row.raw), masked=True)


def _filled(reason: Title, places: dict[str, Any]) -> Title:
    """The sentence with its places filled; one whose braces have no place stays as it is."""
    try:
        return Title(reason.say("zh", **places), reason.say("en", **places))
    except (KeyError, IndexError, ValueError):
        return reason

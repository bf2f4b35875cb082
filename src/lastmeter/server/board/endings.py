"""Whose phone ends in these four digits: an index beside the vault that is filled, and emptied, as the vault is.

It holds no digit: a keyed hash of the last four, the number of the vault's row, and the object that it belongs to. What the
vault forgot is not found from that moment on, and its row here goes with the next run of the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction

from lastmeter.journal import Snapshot
from lastmeter.journal.engine import identifier
from lastmeter.journal.vault import token_of
from lastmeter.server.board.models import PhoneEnding, ReadMark
from lastmeter.server.company import served

MARK, GONE_MARK = "phone endings", "erasures seen"
_LOOKED_AT, _AT_ONCE, _MOST = 100_000, 10_000, 200
_ABANDONED = timedelta(hours=2)
"""An import that is open for so long has failed, and nobody waits for it."""
Belonging = tuple[int, str, str]


def fill(at: datetime) -> None:
    """Add the phone numbers that came into the vault, and drop those that left it."""
    journal = served.journal
    while True:
        mark, _ = ReadMark.objects.get_or_create(name=MARK)
        with journal.store.reading() as connection:
            found, last = journal.vault.endings(connection, since=mark.number, most=_LOOKED_AT)
        if last <= mark.number or _is_importing(at):
            break
        _add(found, last)
    drop_gone()


def _is_importing(at: datetime) -> bool:
    """Whether values may lie in the vault whose events are still to come: an import writes them first, and publishes at its end."""
    return any(row.state == "open" and at - row.recorded_at < _ABANDONED for row in served.journal.batches())


def drop_gone() -> int:
    """Drop the rows whose numbers the vault has forgotten; how many. Looked for only after something was erased."""
    journal = served.journal
    with journal.store.reading() as connection:
        erasures = journal.vault.erased_count(connection)
        seen, _ = ReadMark.objects.get_or_create(name=GONE_MARK)
        if seen.number == erasures:
            return 0
        numbers = set(PhoneEnding.objects.values_list("token", flat=True))
        gone = sorted(numbers - journal.vault.still_held(connection, numbers))
    with transaction.atomic():
        for start in range(0, len(gone), _MOST):
            PhoneEnding.objects.filter(token__in=gone[start : start + _MOST]).delete()
        ReadMark.objects.filter(name=GONE_MARK).update(number=erasures)
    return len(gone)


def owners_of(digits: str) -> list[tuple[str, str]]:
    """(type, id) of the objects whose phone ends in these four digits, of numbers that the vault still holds."""
    journal = served.journal
    rows = list(PhoneEnding.objects.filter(ending=journal.vault.ending_hash(digits)).order_by("object_id")[:_MOST])
    with journal.store.reading() as connection:
        held = journal.vault.still_held(connection, [row.token for row in rows])
    return [(row.object_type, row.object_id) for row in rows if row.token in held]


def owners_of_token(token: str) -> list[tuple[str, str]]:
    """(type, id) of the objects that a phone number in the vault belongs to, as far as the index has come."""
    number = int(token.rpartition("~")[2])
    return [(row.object_type, row.object_id) for row in PhoneEnding.objects.filter(token=number)[:_MOST]]


def _add(found: Sequence[tuple[int, bytes]], last: int) -> None:
    hashes = dict(found)
    rows: list[Belonging] = []
    if found:
        with served.journal.snapshot() as snapshot:
            rows = _belongings(snapshot, hashes)
    fresh = [PhoneEnding(token=number, ending=hashes[number], object_type=kind, object_id=key) for number, kind, key in rows]
    for start in range(0, len(fresh), _AT_ONCE):
        PhoneEnding.objects.bulk_create(fresh[start : start + _AT_ONCE], ignore_conflicts=True)
    ReadMark.objects.filter(name=MARK).update(number=last)


def _belongings(snapshot: Snapshot, numbers: Iterable[int]) -> list[Belonging]:
    """Which objects hold these tokens: in an attribute of an event about them, or as their own id."""
    duck = snapshot.duck
    listed = sorted(numbers)
    duck.register("lm_tokens", pa.table({"number": listed, "token": [token_of(number) for number in listed]}))
    snapshot.define_events("every")
    columns = ["object_id", *(identifier(f"attr_{name}") for name, kind in sorted(snapshot.attributes().items()) if kind == "token")]
    parts = " UNION ".join(
        f"SELECT number, object_type, object_id FROM every JOIN lm_tokens ON every.{column} = lm_tokens.token" for column in columns
    )
    rows: list[Belonging] = duck.sql(f"{parts} ORDER BY ALL").fetchall()
    duck.unregister("lm_tokens")
    return rows

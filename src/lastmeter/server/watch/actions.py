"""What the watch and people do with flaws: the only writers of this app's tables about them.

Raising and withdrawing are events of the loop, in the same transaction as the rows. They are about an object of type `flaw`
alone: named beside its journey, each would make that journey be judged again, and would count as something that happened
in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from django.db import connection, transaction

from lastmeter.journal import Event, ObjectRef
from lastmeter.journal.event import OWN_SOURCE
from lastmeter.journeys.fact_files import Manifest, manifest_of, text_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit import forgetting
from lastmeter.server.audit.actions import record
from lastmeter.server.company import find, served
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand, reach_of
from lastmeter.server.watch.comparing import Difference, Row
from lastmeter.server.watch.models import Act, Compared, Flaw, Forgotten, Prediction, Source

T = TypeVar("T")

OUTAGE = timedelta(minutes=15)
"""The watch was away if it has not compared for so long: what came to be a flaw meanwhile is found late."""
OLD = timedelta(days=7)
"""A flaw that came to be so long ago is history told late, whatever the watch did."""
TAKEN_OVER = timedelta(days=90)
"""So much of the history is listed when the watch begins; older flaws are in the figures only."""
"""The source of the loop's own events."""
CHUNK = 1000
_UPDATED = ("rule", "primitive", "post", "occurrence", "place", "performer", "brand", "occurred_at", "excess_seconds")
_TAKE = "flaw.note"


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a comparison: flaws raised (those found late among them), withdrawn, taken over from history."""

    raised: int = 0
    late_found: int = 0
    withdrawn: int = 0
    inherited: int = 0


def take_over(rows: Sequence[Row], manifest: Manifest, *, at: datetime) -> Settled:
    """Begin to watch: what is a flaw already is known, raises nothing and notifies nobody."""
    rows = _without_forgotten(Difference(come=list(rows))).come
    for chunk in portions(rows, CHUNK):
        with transaction.atomic():
            Flaw.objects.bulk_create([_flaw(row, at, inherited=True) for row in chunk], ignore_conflicts=True)
    with transaction.atomic():
        _compared(manifest, at, since=at - TAKEN_OVER)
    return Settled(inherited=len(rows))


def settle(difference: Difference, manifest: Manifest, last: Compared, *, at: datetime) -> Settled:
    """Raise what is new and withdraw what is there no more, each once; then the comparison counts as done.

    What came to be a flaw while nobody watched, or is one only since a blueprint says so, is found late.

    Interrupted, the next comparison goes on: what was raised is known by its id.
    """
    difference = _without_forgotten(difference)
    was_away = at - last.at > OUTAGE * clock.speed() or manifest_of(last.manifest).readings != manifest.readings
    late_before = at - (OUTAGE * clock.speed() if was_away else OLD)
    raised = late = withdrawn = 0
    for chunk in portions(difference.come, CHUNK):
        with transaction.atomic():
            found = _raise(chunk, at, late_before)
        raised, late = raised + len(found), late + sum(flaw.late_found for flaw in found)
    for chunk in portions(difference.gone, CHUNK):
        with transaction.atomic():
            withdrawn += _withdraw(_those_gone(chunk, at), at)
    for chunk in portions(difference.changed, CHUNK):
        with transaction.atomic():
            _update(chunk)
    with transaction.atomic():
        overdue = list(Flaw.objects.filter(waits=True, occurred_at__lte=at, withdrawn_at=None)[:CHUNK])
        withdrawn += _withdraw(overdue, at)
        _compared(manifest, at, since=last.since)
    return Settled(raised, late, withdrawn)


def take_on(person: Person, flaw_id: str, note: str = "") -> Flaw:
    """The person takes a flaw on, with a note; a second note is added to the first.

    Raises:
        LastMeterError: `people.not_allowed`, `flaw.unknown`.
    """
    with transaction.atomic():
        flaw = _flaw_of(person, flaw_id)
        flaw.taken_by, flaw.taken_at = person, clock.now()
        flaw.save(update_fields=["taken_by", "taken_at"])
        _act(flaw, "taken", person, note)
    return flaw


def release(person: Person, flaw_id: str) -> Flaw:
    """Nobody has the flaw any more: the undoing of `take_on`.

    Raises:
        LastMeterError: `people.not_allowed`, `flaw.unknown`.
    """
    with transaction.atomic():
        flaw = _flaw_of(person, flaw_id)
        if flaw.taken_by_id is not None:
            flaw.taken_by, flaw.taken_at = None, None
            flaw.save(update_fields=["taken_by", "taken_at"])
            _act(flaw, "released", person, "")
    return flaw


def declare_rhythm(person: Person, source: str, minutes: int | None) -> None:
    """Say after how many minutes without news a source counts as silent; None: as it is learnt.

    Raises:
        LastMeterError: `people.not_allowed`, `source.unknown`.
    """
    demand(person, "source.edit")
    with transaction.atomic():
        if not Source.objects.filter(name=source).update(declared_minutes=minutes):
            raise LastMeterError(
                "source.unknown", Title("没有数据源“{source}”", "There is no source “{source}”"),
                Title("在“数据源”页里看有哪些", "See the page Sources for those there are"), source=source,
            )
        record(person, "source.edit", object_type="source", object_id=source, silent_after_minutes=minutes)


def forget_erased() -> int:
    """Remove all that the watch keeps of journeys whose people were erased, notes too; how many flaws that were."""
    types = {one.kind: one.object_type for one in find(("watch", "blueprints"), lambda ws: tuple(ws.blueprints)).value}
    known = {pair for rows in (Flaw, Prediction) for pair in rows._default_manager.values_list("kind", "journey").distinct()}
    objects = {(types[kind], journey): kind for kind, journey in known if kind in types}
    by_kind: dict[str, list[str]] = {}
    for object_type, journey in forgetting.erased_among(objects):
        by_kind.setdefault(objects[object_type, journey], []).append(journey)
    return sum(forget(kind, journeys) for kind, journeys in by_kind.items())


def forget(kind: str, journeys: Sequence[str]) -> int:
    """Remove all that the watch keeps of these journeys, so that it does not come back; how many flaws that were."""
    gone = 0
    for chunk in portions(journeys, 500):
        with transaction.atomic():
            flaws = Flaw.objects.filter(kind=kind, journey__in=chunk)
            Forgotten.objects.bulk_create([Forgotten(flaw_id=one) for one in flaws.values_list("pk", flat=True)], ignore_conflicts=True)
            gone += flaws.delete()[1].get("watch.Flaw", 0)
            Prediction.objects.filter(kind=kind, journey__in=chunk).delete()
    return gone


def _without_forgotten(difference: Difference) -> Difference:
    """What is left where the flaws of who was erased are left out."""
    forgotten = set(Forgotten.objects.values_list("pk", flat=True))
    if not forgotten:
        return difference
    kept = ([row for row in rows if row["flaw_id"] not in forgotten] for rows in (difference.come, difference.gone, difference.changed))
    return Difference(*kept)


def _raise(rows: Sequence[Row], at: datetime, late_before: datetime) -> list[Flaw]:
    """Flaws that are raised now: new, or there again after they were withdrawn."""
    known = Flaw.objects.in_bulk([row["flaw_id"] for row in rows])
    fresh, again = [], []
    for row in rows:
        flaw = known.get(row["flaw_id"])
        if flaw is None:
            fresh.append(_flaw(row, at, late_found=_is_late(row["occurred_at"], late_before)))
        elif flaw.withdrawn_at is not None:
            flaw.withdrawn_at, flaw.raised_at, flaw.times = None, at, flaw.times + 1
            flaw.late_found = _is_late(row["occurred_at"], late_before)
            again.append(flaw)
    Flaw.objects.bulk_create(fresh)
    Flaw.objects.bulk_update(again, ["withdrawn_at", "raised_at", "times", "late_found"])
    _update([row for row in rows if row["flaw_id"] in known])
    _tell([*fresh, *again], "raised", at)
    return [*fresh, *again]


def _those_gone(rows: Sequence[Row], at: datetime) -> list[Flaw]:
    """Flaws to withdraw: of history before the watch too; not those whose deadline the clock has yet to reach again."""
    known = Flaw.objects.in_bulk([row["flaw_id"] for row in rows])
    ahead = [flaw for flaw in known.values() if flaw.occurred_at is not None and flaw.occurred_at > at]
    for flaw in ahead:
        flaw.waits = True
    Flaw.objects.bulk_update(ahead, ["waits"])
    history = [_flaw(row, at, inherited=True) for row in rows if row["flaw_id"] not in known and not _is_ahead(row, at)]
    Flaw.objects.bulk_create(history)
    return [flaw for flaw in known.values() if not flaw.waits and flaw.withdrawn_at is None] + history


def _withdraw(flaws: Sequence[Flaw], at: datetime) -> int:
    for flaw in flaws:
        flaw.withdrawn_at, flaw.waits = at, False
    Flaw.objects.bulk_update(flaws, ["withdrawn_at", "waits"])
    _tell(flaws, "withdrawn", at)
    return len(flaws)


def _update(rows: Sequence[Row]) -> None:
    known = Flaw.objects.in_bulk([row["flaw_id"] for row in rows])
    for row in rows:
        if flaw := known.get(row["flaw_id"]):
            flaw.waits = False
            for name in _UPDATED:
                setattr(flaw, name, row[name])
    Flaw.objects.bulk_update(list(known.values()), ["waits", *_UPDATED])


def _tell(flaws: Sequence[Flaw], what: Literal["raised", "withdrawn"], at: datetime) -> None:
    """Write it into the flaws' history and, as events of the loop, into the journal."""
    Act.objects.bulk_create(Act(flaw=flaw, at=at, what=what) for flaw in flaws)
    served.journal.append(connection.connection, [_event(flaw, what, at) for flaw in flaws], recorded_at=at)


def _event(flaw: Flaw, what: str, at: datetime) -> Event:
    again = "" if flaw.times == 1 else f":{flaw.times}"
    said = {"journey_kind": flaw.kind, "journey_id": flaw.journey, "rule": flaw.rule, "post": flaw.post}
    return Event(
        source=OWN_SOURCE, id=f"flaw.{what}:{flaw.flaw_id}{again}", type=f"flaw.{what}", occurred_at=at.replace(microsecond=0),
        objects=(ObjectRef("flaw", flaw.flaw_id),), place=flaw.place, performer=flaw.performer,
        attributes={name: value for name, value in said.items() if value},
    )


def _flaw(row: Row, at: datetime, *, inherited: bool = False, late_found: bool = False) -> Flaw:
    return Flaw(
        flaw_id=row["flaw_id"], kind=row["journey_kind"], journey=row["journey_id"], raised_at=at, inherited=inherited,
        late_found=late_found, **{name: row[name] for name in _UPDATED},
    )


def _is_late(occurred_at: datetime | None, before: datetime) -> bool:
    return occurred_at is not None and occurred_at < before


def _is_ahead(row: Row, at: datetime) -> bool:
    return row["occurred_at"] is not None and row["occurred_at"] > at


def _compared(manifest: Manifest, at: datetime, *, since: datetime) -> None:
    Compared.objects.update_or_create(pk=1, defaults={"manifest": text_of(manifest), "at": at, "since": since})


def _flaw_of(person: Person, flaw_id: str) -> Flaw:
    demand(person, _TAKE)
    flaw = Flaw.objects.select_for_update().filter(pk=flaw_id).first()
    if flaw is None or not reach_of(person).covers([flaw.brand], [flaw.performer]):
        raise LastMeterError(
            "flaw.unknown", Title("没有这处瑕疵", "There is no such flaw"),
            Title("回到“瑕疵”页重新选择", "Go back to the page Flaws and choose again"),
        )
    return flaw


def _act(flaw: Flaw, what: str, person: Person, note: str) -> None:
    Act.objects.create(flaw=flaw, at=clock.now(), what=what, person=person, note=note.strip()[:500])
    record(person, _TAKE, object_type="flaw", object_id=flaw.flaw_id, what=what, journey_kind=flaw.kind, journey=flaw.journey,
           rule=flaw.rule)



def portions(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The rows in portions of at most `size`: short transactions, and queries that can name them all."""
    for first in range(0, len(rows), size):
        yield rows[first:first + size]

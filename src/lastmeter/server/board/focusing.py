"""The only writer of the focus list: one function an act, each with its permission, its audit row and its event of the loop.

The list itself is the workspace's `focus.toml`, which the command line reads and writes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from django.db import connection, transaction

from lastmeter.diagnosis.focus import MOST, Chosen
from lastmeter.diagnosis.reefs.reef import taken_apart
from lastmeter.journal.event import OWN_SOURCE, Event, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.company import served
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand
from lastmeter.server.people.queries import today
from lastmeter.workspace import focusing

ACT = "focus.choose"
What = Literal["chosen", "changed", "dropped"]


def choose(person: Person, one: Chosen, *, codes: Sequence[str], period: str) -> Chosen:
    """Take a reef or a cause on; `codes` are those of the period.

    Raises:
        LastMeterError: `people.not_allowed`, `focus.unknown`, `focus.full`.
    """
    _demand(person, one.code)
    focusing.check_code(one.code, codes, period)
    known = focusing.read_chosen(served.folder)
    if one.code not in {other.code for other in known} and len(known) >= MOST:
        raise LastMeterError(
            "focus.full", Title("已经选了 {n} 项，够了", "{n} items are chosen, which is enough"),
            Title("先放下一项：清得太多，等于什么都没清", "Drop one first: who clears everything clears nothing"), n=len(known),
        )
    return _write(person, Chosen(one.code, one.owner, one.action, one.due, one.since or today(), one.note), "chosen")


def change(
    person: Person, code: str, *, owner: str | None, action: str | None, due: date | None, note: str | None
) -> Chosen:
    """Say anew who owns an item, what is being done and by when; what is empty is forgotten.

    Raises:
        LastMeterError: `people.not_allowed`, `focus.not_chosen`.
    """
    _demand(person, code)
    before = held(code)
    if before is None:
        focusing.drop(served.folder, code)  # says what is chosen instead
    return _write(person, Chosen(code, owner, action, due, before.since if before else None, note), "changed")


def drop(person: Person, code: str) -> Chosen | None:
    """Take an item off; what it was, so that it can be put back.

    Raises:
        LastMeterError: `people.not_allowed`, `focus.not_chosen`.
    """
    _demand(person, code)
    before = held(code)
    with transaction.atomic():
        if before is not None:
            _tell(person, code, "dropped")
        focusing.drop(served.folder, code)
    return before


def put_back(person: Person, code: str, before: Chosen | None) -> None:
    """Undo the last act on an item: as it was before, or off the list where it was not on it.

    Raises:
        LastMeterError: `people.not_allowed`, `focus.not_chosen`.
    """
    if before is None:
        drop(person, code)
        return
    _demand(person, code)
    _write(person, before, "changed" if held(code) else "chosen")


def held(code: str) -> Chosen | None:
    """The item as it is now, if it is chosen."""
    return next((one for one in focusing.read_chosen(served.folder) if one.code == code), None)


def _demand(person: Person, code: str) -> None:
    """Who sees one brand alone chooses what is of that brand alone."""
    demand(person, ACT, brands=[taken_apart(code)[1].get("brand")])


def _write(person: Person, one: Chosen, what: What) -> Chosen:
    with transaction.atomic():
        _tell(person, one.code, what)
        focusing.put(served.folder, one)
    return one


def _tell(person: Person, code: str, what: What) -> None:
    at = clock.now()
    row = record(person, ACT, object_type="focus", object_id=code[:200], what=what)
    event = Event(
        source=OWN_SOURCE, id=f"focus.{what}:{row.pk}", type=f"focus.{what}", occurred_at=at.replace(microsecond=0),
        objects=(ObjectRef("focus", code),), attributes={"rule": taken_apart(code)[0]},
    )
    served.journal.append(connection.connection, [event], recorded_at=at)

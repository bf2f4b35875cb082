"""Who holds which post on which local day, and who answers for a vacant one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people import queries
from lastmeter.server.people.actions import holdings, organisation, persons
from lastmeter.server.people.models import Holding, Person

POST = "dispatch"


def person(role: str) -> Person:
    return Person.objects.get(username=role)


def test_a_post_is_held_from_one_day_to_another_included(company: Path) -> None:
    holdings.appoint(person("owner"), POST, person("field"), date(2026, 3, 1), date(2026, 3, 31))
    assert queries.holder_of(POST, date(2026, 2, 28)) is None
    assert queries.holder_of(POST, date(2026, 3, 1)) == person("field")
    assert queries.holder_of(POST, date(2026, 3, 31)) == person("field")
    assert queries.holder_of(POST, date(2026, 4, 1)) is None
    assert queries.posts_of(person("field"), date(2026, 3, 15)) == [POST]
    assert queries.posts_of(person("field"), date(2026, 4, 1)) == []


def test_an_appointment_ends_the_open_one_before_it(company: Path) -> None:
    owner = person("owner")
    holdings.appoint(owner, POST, person("field"), date(2026, 3, 1))
    holdings.appoint(owner, POST, person("agent"), date(2026, 4, 1))
    assert queries.holder_of(POST, date(2026, 3, 31)) == person("field")
    assert queries.holder_of(POST, date(2026, 4, 1)) == person("agent")


@pytest.mark.parametrize(("since", "until"), [
    (date(2026, 3, 31), None), (date(2026, 2, 1), date(2026, 3, 1)), (date(2026, 3, 10), date(2026, 3, 12)),
    (date(2026, 2, 1), None),
])
def test_nobody_holds_a_post_that_somebody_holds(company: Path, since: date, until: date | None) -> None:
    holdings.appoint(person("owner"), POST, person("field"), date(2026, 3, 1), date(2026, 3, 31))
    with pytest.raises(LastMeterError) as error:
        holdings.appoint(person("owner"), POST, person("agent"), since, until)
    assert error.value.code == "people.overlap"
    assert Holding.objects.count() == 1


def test_a_vacant_post_falls_to_the_head_of_its_department_else_to_the_first_owner(company: Path) -> None:
    owner, day = person("owner"), queries.today()
    assert queries.accountable(POST, day) == owner
    organisation.save_department(owner, "warehouses", Title("仓储部", "Warehouses"), head="warehouse_floor")
    assert queries.accountable(POST, day) == owner, "the head's own post is vacant too"
    holdings.appoint(owner, "warehouse_floor", person("manager"), day)
    assert queries.accountable(POST, day) == person("manager")
    holdings.appoint(owner, POST, person("field"), day)
    assert queries.accountable(POST, day) == person("field")


def test_a_leaver_hands_over_today(company: Path) -> None:
    owner, day = person("owner"), queries.today()
    holdings.appoint(owner, POST, person("field"), day - timedelta(days=30))
    posts = persons.deactivate(owner, person("field"), successor=person("agent"), reason="left")
    assert posts == [POST]
    assert queries.holder_of(POST, day) == person("agent")
    assert Holding.objects.get(person=person("field")).until == day - timedelta(days=1)


def test_without_a_successor_the_post_stands_vacant(company: Path) -> None:
    owner, day = person("owner"), queries.today()
    holdings.appoint(owner, POST, person("field"), day - timedelta(days=30))
    persons.deactivate(owner, person("field"), successor=None)
    assert queries.holder_of(POST, day) is None
    assert queries.accountable(POST, day) == owner


def test_a_post_must_be_declared_and_the_person_be_here(company: Path) -> None:
    owner = person("owner")
    with pytest.raises(LastMeterError) as error:
        holdings.appoint(owner, "moon_landing", person("field"), queries.today())
    assert error.value.code == "people.post_unknown"
    persons.deactivate(owner, person("field"), successor=None)
    with pytest.raises(LastMeterError) as error:
        holdings.appoint(owner, POST, person("field"), queries.today())
    assert error.value.code == "people.invalid"


@pytest.mark.parametrize("role", ["analyst", "agent", "field", "viewer", "third_party"])
def test_only_those_who_steer_appoint(company: Path, role: str) -> None:
    with pytest.raises(LastMeterError) as error:
        holdings.appoint(person(role), POST, person(role), queries.today())
    assert error.value.code == "people.not_allowed"

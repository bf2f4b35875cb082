"""Departments and posts are edited in their file; people come from a CSV file, all or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import mail
from django.db import OperationalError

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people import queries
from lastmeter.server.people.actions import importing, organisation
from lastmeter.server.people.models import Holding, Person
from lastmeter.workspace.config import load_config
from tests.server.conftest import ClientOf

GOOD = """email,name,role,brands,post,since
lin@example.com,Lin Xue,field,hearth volt,dispatch,2026-03-01
wei@example.com,Wei Han,analyst,,,
"""


def owner() -> Person:
    return Person.objects.get(username="owner")


def test_a_new_post_stands_in_the_file_and_comments_stay(company: Path) -> None:
    path = company / "lastmeter.toml"
    before = path.read_text(encoding="utf-8")
    organisation.save_department(owner(), "returns", Title("退货部", "Returns"))
    organisation.save_post(owner(), "return_desk", Title("退货主管", "Head of returns"), department="returns", areas=("service",))
    after = path.read_text(encoding="utf-8")
    config = load_config(company)
    assert config.posts()["return_desk"].title.title() == Title("退货主管", "Head of returns")
    assert config.posts()["return_desk"].areas == ("service",)
    assert {line for line in before.splitlines() if line.startswith("#")} <= set(after.splitlines())
    assert [row.code for row in queries.organisation(queries.today())][-1] == "returns"


def test_renaming_keeps_the_code_and_what_else_is_said(company: Path) -> None:
    organisation.save_post(owner(), "warehouse_floor", Title("仓库主管", "Head of the floor"), department="warehouses")
    post = load_config(company).posts()["warehouse_floor"]
    assert post.title.title() == Title("仓库主管", "Head of the floor")
    assert post.areas == ("goods",)


def test_the_last_edit_can_be_undone_once(company: Path) -> None:
    path = company / "lastmeter.toml"
    before = path.read_bytes()
    organisation.save_department(owner(), "returns", Title("退货部", "Returns"))
    assert organisation.can_undo()
    organisation.undo(owner())
    assert path.read_bytes() == before
    with pytest.raises(LastMeterError) as error:
        organisation.undo(owner())
    assert error.value.code == "people.nothing_to_undo"


def test_what_somebody_else_wrote_since_is_not_undone(company: Path) -> None:
    organisation.save_department(owner(), "returns", Title("退货部", "Returns"))
    path = company / "lastmeter.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# by hand\n", encoding="utf-8")
    assert not organisation.can_undo()
    with pytest.raises(LastMeterError):
        organisation.undo(owner())


@pytest.mark.parametrize(("code", "zh", "department"), [("Dispatch 2", "发货", ""), ("packing", "", ""), ("packing", "打包", "moon")])
def test_an_edit_that_is_wrong_changes_nothing(company: Path, code: str, zh: str, department: str) -> None:
    before = (company / "lastmeter.toml").read_bytes()
    with pytest.raises(LastMeterError) as error:
        organisation.save_post(owner(), code, Title(zh, "Packing"), department=department)
    assert error.value.code == "people.invalid"
    assert (company / "lastmeter.toml").read_bytes() == before


@pytest.mark.parametrize("role", ["manager", "analyst", "agent", "field", "viewer", "third_party"])
def test_only_owners_change_the_organisation(company: Path, role: str) -> None:
    person = Person.objects.get(username=role)
    with pytest.raises(LastMeterError) as error:
        organisation.save_department(person, "returns", Title("退货部", "Returns"))
    assert error.value.code == "people.not_allowed"
    with pytest.raises(LastMeterError) as error:
        organisation.undo(person)
    assert error.value.code == "people.not_allowed"


def test_people_come_from_a_file(client_of: ClientOf) -> None:
    client = client_of("owner")
    mail.outbox.clear()
    preview = client.post("/people/import/", {"text": GOOD}).content.decode()
    assert "2 people can be imported" in preview
    assert Person.objects.count() == 7, "a preview stores nothing"
    links = client.post("/people/import/", {"text": GOOD, "confirm": "1"}).content.decode()
    assert links.count("/invitation/") == 2
    assert len(mail.outbox) == 2
    lin = Person.objects.get(email="lin@example.com")
    assert (lin.role, lin.brands, lin.has_usable_password()) == ("field", ["hearth", "volt"], False)
    assert [(held.post, str(held.since)) for held in Holding.objects.filter(person=lin)] == [("dispatch", "2026-03-01")]


@pytest.mark.parametrize(("row", "code"), [
    ("no address,Wei,analyst,,,", "people.invalid"), ("wei@example.com,Wei,emperor,,,", "people.invalid"),
    ("agent@example.com,Wei,analyst,,,", "people.taken"), ("LIN@example.com,Wei,analyst,,,", "people.taken"),
    ("wei@example.com,Wei,analyst,,moon_landing,", "people.invalid"), ("wei@example.com,Wei,analyst,,dispatch,1.3.2026", "people.invalid"),
    (",Wei,analyst,,,", "people.invalid"), ("wei@example.com,Wei,third_party,,,", "people.invalid"),
])
def test_one_wrong_line_and_nobody_comes(company: Path, row: str, code: str) -> None:
    text = GOOD.replace("wei@example.com,Wei Han,analyst,,,", row)
    lines = importing.read(owner(), text)
    assert [line.error.code if line.error else None for line in lines] == [None, code]
    assert lines[1].number == 3
    with pytest.raises(LastMeterError) as error:
        importing.take_over(owner(), lines)
    assert error.value.places["line"] == 3
    assert Person.objects.count() == 7


def test_what_only_shows_when_stored_leaves_nothing_half_done(company: Path) -> None:
    clash = GOOD + "mo@example.com,Mo,field,,dispatch,2026-03-01\n"
    lines = importing.read(owner(), clash)
    assert not any(line.error for line in lines), "each line is right for itself: both want the same post on the same day"
    with pytest.raises(LastMeterError) as error:
        importing.take_over(owner(), lines)
    assert error.value.code == "people.import_line"
    assert error.value.places["line"] == 4
    assert (Person.objects.count(), Holding.objects.count()) == (7, 0)


def test_other_columns_are_refused(company: Path) -> None:
    with pytest.raises(LastMeterError) as error:
        importing.read(owner(), "mail,salary\nx,1\n")
    assert error.value.code == "people.import_columns"


def test_what_cannot_be_written_down_is_not_done(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = company / "lastmeter.toml"
    before = path.read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(organisation, "record", broken)
    with pytest.raises(OperationalError):
        organisation.save_department(owner(), "returns", Title("退货部", "Returns"))
    assert path.read_bytes() == before

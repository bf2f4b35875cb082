"""Inviting, changing and letting go of persons."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people import queries
from lastmeter.server.people.actions import persons
from lastmeter.server.people.actions.persons import Invited, Invitee
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf

PASSWORD = "seven quiet lamps"


def person(role: str) -> Person:
    return Person.objects.get(username=role)


def invited(**more: object) -> Invited:
    wanted = {"role": "agent", "email": "lin@example.com", "name": "Lin"} | more
    return persons.invite(person("owner"), Invitee(**wanted))  # type: ignore[arg-type]


def test_an_invited_person_sets_a_password_and_is_in(client_of: ClientOf) -> None:
    made = invited(brands=("hearth",))
    stranger = client_of(None)
    page = stranger.get(f"/invitation/{made.secret}/").content.decode()
    assert "Agent" in page
    answer = stranger.post(f"/invitation/{made.secret}/", {"name": "Lin Xue", "username": "linxue", "password": PASSWORD})
    assert answer.status_code == 302
    lin = Person.objects.get(username="linxue")
    assert (lin.name, lin.role, lin.brands) == ("Lin Xue", "agent", ["hearth"])
    assert stranger.get("/account/").status_code == 200


def test_a_link_works_once(client_of: ClientOf) -> None:
    made = invited()
    persons.accept(made.secret, name="Lin", username="lin", password=PASSWORD)
    with pytest.raises(LastMeterError) as error:
        persons.accept(made.secret, name="Eve", username="eve", password=PASSWORD)
    assert error.value.code == "people.invitation_over"


@pytest.mark.parametrize(("after", "works"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)])
def test_a_link_works_for_seven_days(company: Path, after: timedelta, works: bool) -> None:
    made = invited()
    with clock.frozen(clock.now() + after):
        if works:
            assert persons.invitation_of(made.secret).person == made.person
        else:
            with pytest.raises(LastMeterError):
                persons.invitation_of(made.secret)


def test_a_new_link_replaces_the_old_and_a_withdrawn_one_is_over(company: Path) -> None:
    first = invited()
    second = persons.invite_again(person("owner"), first.person)
    with pytest.raises(LastMeterError):
        persons.invitation_of(first.secret)
    persons.withdraw(person("owner"), persons.invitation_of(second.secret))
    with pytest.raises(LastMeterError):
        persons.invitation_of(second.secret)


def test_the_secret_is_not_kept(company: Path) -> None:
    made = invited()
    assert made.secret not in str(made.person.invitations.get().__dict__)


def test_the_link_is_mailed_and_shown(client_of: ClientOf) -> None:
    mail.outbox.clear()
    answer = client_of("owner").post("/people/invite/", {"role": "viewer", "email": "wei@example.com", "name": "Wei"})
    assert answer.status_code == 200
    (letter,) = mail.outbox
    assert letter.to == ["wei@example.com"]
    link = next(line for line in letter.body.splitlines() if "/invitation/" in line)
    assert link in answer.content.decode()


def test_a_weak_password_is_refused_and_the_link_still_works(client_of: ClientOf) -> None:
    made = invited()
    answer = client_of(None).post(f"/invitation/{made.secret}/", {"name": "Lin", "username": "xue", "password": "12345678"})
    assert answer.status_code == 400
    assert persons.invitation_of(made.secret).person.username == made.person.username


def test_nobody_gives_a_wider_reach_than_the_own(company: Path) -> None:
    scoped = person("owner")
    scoped.brands = ["hearth"]
    scoped.save()
    for brands in ((), ("volt",), ("hearth", "volt")):
        with pytest.raises(LastMeterError) as error:
            persons.invite(scoped, Invitee(role="agent", email="lin@example.com", brands=brands))
        assert error.value.code == "people.beyond_own_reach"
    with pytest.raises(LastMeterError):
        persons.change(scoped, person("manager"), Invitee(role="viewer", brands=("hearth",)))
    assert persons.invite(scoped, Invitee(role="agent", email="lin@example.com", brands=("hearth",))).person.brands == ["hearth"]


def test_the_last_owner_stays(company: Path) -> None:
    owner = person("owner")
    with pytest.raises(LastMeterError) as error:
        persons.deactivate(owner, owner, successor=None)
    assert error.value.code == "people.last_owner"
    with pytest.raises(LastMeterError):
        persons.change(owner, owner, Invitee(role="viewer"))
    persons.invite(owner, Invitee(role="owner", email="second@example.com"))
    with pytest.raises(LastMeterError):
        persons.deactivate(owner, owner, successor=None)


def test_who_was_let_go_is_out_at_once(client_of: ClientOf) -> None:
    agent = client_of("agent")
    assert agent.get("/account/").status_code == 200
    persons.deactivate(person("owner"), person("agent"), successor=None)
    assert agent.get("/account/").status_code == 302
    persons.reactivate(person("owner"), person("agent"))
    assert person("agent").is_active
    assert agent.get("/account/").status_code == 302, "an old session does not live again"
    assert client_of("agent").get("/account/").status_code == 200


def test_a_session_that_nobody_used_meanwhile_does_not_live_again_and_others_stay(client_of: ClientOf) -> None:
    agents, other = [client_of("agent"), client_of("agent")], client_of("field")
    persons.deactivate(person("owner"), person("agent"), successor=None)
    persons.reactivate(person("owner"), person("agent"))
    assert [agent.get("/account/").status_code for agent in agents] == [302, 302]
    assert other.get("/account/").status_code == 200
    assert not UserSession.objects.filter(user__username="agent").exists()


@pytest.mark.parametrize(("role", "more"), [("third_party", {}), ("agent", {"email": "no address"}), ("agent", {"username": "a b"})])
def test_what_cannot_be_a_person_is_refused(company: Path, role: str, more: dict[str, str]) -> None:
    with pytest.raises(LastMeterError) as error:
        persons.invite(person("owner"), Invitee(role=role, **more))  # type: ignore[arg-type]
    assert error.value.code == "people.invalid"


def test_an_address_belongs_to_one(company: Path) -> None:
    invited()
    with pytest.raises(LastMeterError) as error:
        invited(email="LIN@example.com")
    assert error.value.code == "people.taken"


@pytest.mark.parametrize("role", ["manager", "analyst", "agent", "field", "viewer", "third_party"])
def test_only_owners_manage_people(company: Path, role: str) -> None:
    for act in (
        lambda: persons.invite(person(role), Invitee(role="owner", email="x@example.com")),
        lambda: persons.change(person(role), person(role), Invitee(role="owner")),
        lambda: persons.deactivate(person(role), person("owner"), successor=None),
        lambda: persons.invite_again(person(role), person("owner")),
    ):
        with pytest.raises(LastMeterError) as error:
            act()
        assert error.value.code == "people.not_allowed"


def test_every_act_is_written_down(company: Path) -> None:
    made = invited()
    persons.change(person("owner"), made.person, Invitee(role="viewer", email="lin@example.com"))
    persons.deactivate(person("owner"), made.person, successor=None)
    assert list(AuditRow.objects.order_by("id").values_list("act", flat=True)) == [
        "people.invite", "people.change", "people.deactivate"]


def test_a_company_without_an_owner_who_can_sign_in_says_so(company: Path) -> None:
    assert not queries.nobody_can_sign_in()
    owner = person("owner")
    owner.set_unusable_password()
    owner.save()
    assert queries.nobody_can_sign_in()


def test_mail_that_fails_is_told(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(persons, "send_mail", broken)
    assert not persons.mail_invitation(invited(), "https://example.com/", Title("公司", "Company"), "en")


def test_the_account_page_keeps_ones_choices(client_of: ClientOf) -> None:
    client = client_of("field")
    client.post("/account/", {"name": "Field A", "lang": "zh", "theme": "dark", "compact": "on"})
    changed = person("field")
    assert (changed.name, changed.lang, changed.theme, changed.compact, changed.single_keys) == ("Field A", "zh", "dark", True, False)
    assert client.post("/account/", {"lang": "tlh"}).status_code == 400

"""The people of a simulated company: one of each role, and who holds each post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lastmeter.server.people import queries
from lastmeter.server.people.actions.holdings import appoint
from lastmeter.server.people.actions.persons import Invitee, accept, invite
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Role
from lastmeter.workspace.config import Config

STAFF: tuple[tuple[str, str, Role], ...] = (
    ("owner", "Mei Lin 林梅", "owner"), ("manager", "Jonas Ekström", "manager"), ("analyst", "赵一诺 Zhao Yinuo", "analyst"),
    ("agent", "Priya Nair", "agent"), ("viewer", "陈思远", "viewer"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in."""

    username: str
    name: str
    role: Role


def make_accounts(config: Config, password: str, since: date) -> list[Account]:
    """Accounts with this password where there are none yet; all that are there, in both cases."""
    wanted = [Account(*each) for each in STAFF]
    wanted += [Account(code, post.person, "field") for code, post in config.posts().items() if post.person]
    if queries.nobody_can_sign_in():
        owner: Person | None = None
        for each in wanted:
            invited = invite(owner, Invitee(role=each.role, username=each.username, name=each.name))
            person = accept(invited.secret, name=each.name, username=each.username, password=password)
            owner = owner or person
            if each.username in config.posts():
                appoint(owner, each.username, person, since)
    return wanted

"""People from a CSV file: checked as a whole, shown, then taken over as a whole or not at all."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people import queries
from lastmeter.server.people.actions import errors, holdings, persons
from lastmeter.server.people.actions.persons import Invited, Invitee
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import ROLES, demand

COLUMNS = ("email", "name", "username", "role", "brands", "performer", "post", "since")
"""email or username is needed; role: a code; brands: separated by spaces; post with since (2026-12-01), else from today."""
MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: whom it makes, which post from when; or what is wrong with it."""

    number: int
    invitee: Invitee
    post: str
    since: date
    error: LastMeterError | None = None


def read(actor: Person, text: str) -> list[Line]:
    """The rows of a CSV file, each with its error if it has one; nothing is stored.

    Raises:
        LastMeterError: `people.not_allowed`, `people.import_columns`.
    """
    demand(actor, "people.edit")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    unknown = [name for name in rows.fieldnames or [""] if name not in COLUMNS]
    if unknown:
        raise LastMeterError(
            "people.import_columns", Title("第一行的列名不对", "The first line does not have the right columns"),
            Title("可以用：{columns}", "Known are: {columns}"), columns=", ".join(COLUMNS),
        )
    known = queries.config().posts()
    lines: list[Line] = []
    for row in rows:
        if len(lines) >= MOST_ROWS:
            raise errors.invalid(Title("一次最多 2,000 行", "At most 2,000 rows at once"))
        lines.append(_line(actor, rows.line_num, {name: (row.get(name) or "").strip() for name in COLUMNS}, lines, set(known)))
    return lines


@transaction.atomic
def take_over(actor: Person, lines: list[Line]) -> list[Invited]:
    """Invite everybody of the file and give them their posts; all, or on any error nobody.

    Raises:
        LastMeterError: `people.import_line` with the line; `people.not_allowed`.
    """
    demand(actor, "people.edit")
    invited = []
    for line in lines:
        try:
            if line.error:
                raise line.error
            made = persons.invite(actor, line.invitee)
            if line.post:
                holdings.appoint(actor, line.post, made.person, line.since)
        except LastMeterError as error:
            raise LastMeterError(
                "people.import_line", Title("第 {line} 行：{why}", "Line {line}: {why_en}"),
                Title("改正文件后重新导入；没有写入任何内容", "Mend the file and import it again; nothing was stored"),
                line=line.number, why=error.message("zh"), why_en=error.message("en"),
            ) from error
        invited.append(made)
    return invited


def _line(actor: Person, number: int, row: dict[str, str], before: list[Line], posts: set[str]) -> Line:
    role = row["role"] or "viewer"
    invitee = Invitee(
        role=next((code for code in ROLES if code == role), "viewer"), email=row["email"], name=row["name"], username=row["username"],
        brands=tuple(row["brands"].replace(";", " ").split()), performer=row["performer"],
    )
    since, error = queries.today(), None
    try:
        if role not in ROLES:
            raise errors.invalid(Title("没有这个角色", "There is no such role"))
        if not (invitee.email or invitee.username):
            raise errors.invalid(Title("邮箱和用户名至少写一个", "Write an e-mail address or a user name"))
        invitee.check()
        errors.demand_within(actor, invitee.brands)
        _demand_new(invitee, before)
        if row["post"] and row["post"] not in posts:
            raise errors.invalid(Title("没有这个岗位", "There is no such post"))
        since = date.fromisoformat(row["since"]) if row["since"] else since
    except LastMeterError as found:
        error = found
    except ValueError:
        error = errors.invalid(Title("日期要写成 2026-12-01", "Write the date as 2026-12-01"))
    return Line(number, invitee, row["post"], since, error)


def _demand_new(invitee: Invitee, before: list[Line]) -> None:
    email, name = invitee.email.lower(), invitee.username.lower()
    if email and (Person.objects.filter(email__iexact=email).exists() or any(line.invitee.email.lower() == email for line in before)):
        raise errors.taken("e-mail")
    if name and (Person.objects.filter(username__iexact=name).exists() or any(line.invitee.username.lower() == name for line in before)):
        raise errors.taken("user name")

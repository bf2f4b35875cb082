"""Acts on a brief: publish it, send it by mail, take it as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django_tasks import task

from lastmeter.charts.brief_mail import mail_brief
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.study import Depth
from lastmeter.journal.event import Event, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.mail import send
from lastmeter.server.board.queries.findings import brief_made
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, demand
from lastmeter.workspace import published

LOOP = "lastmeter"
ACT = "brief.publish"
MOST = 50
"""Addresses of one sending."""


def publish(person: Person, filters: Filters, brief: Brief) -> None:
    """Remember its figures: later briefs of the same show what late data restated. The first one stays.

    Raises:
        LastMeterError: `people.not_allowed`, `brief.narrowed`.
    """
    demand(person, ACT)
    if narrowed(filters):
        raise LastMeterError(
            "brief.narrowed", Title("筛选过的简报不能发布", "A brief of a part cannot be published"),
            Title("只留周期、地点、岗位或部门的筛选", "Keep to period, place, post or department"),
        )
    name = name_of(brief)
    with transaction.atomic():
        row = record(person, ACT, object_type="brief", object_id=name, what="published")
        at = clock.now()
        event = Event(
            source=LOOP, id=f"brief.published:{row.pk}", type="brief.published", occurred_at=at.replace(microsecond=0),
            objects=(ObjectRef("brief", name),),
        )
        served.journal.append(connection.connection, [event], recorded_at=at)
        published.remember(served.folder / "published", brief)


def is_published(brief: Brief) -> bool:
    """Whether a brief of the same has been published."""
    about = published.about(brief.place, brief.view)
    return bool(published.first_figures(served.folder / "published", brief.kind, brief.period.code, about))


def narrowed(filters: Filters) -> bool:
    """Whether it is about a part that no published brief is about."""
    return filters.reach != Reach() or any(name != "place" for name, _ in filters.where)


def name_of(brief: Brief) -> str:
    """What its file is called, without language and ending."""
    about = published.about(brief.place, brief.view)
    return "-".join(["brief", brief.kind, brief.period.code, *([about] if about else [])])


def mail(person: Person, filters: Filters, *, depth: Depth, lang: Lang, to: Sequence[str]) -> int:
    """Have it sent to these addresses by the worker; how many they are.

    Raises:
        LastMeterError: `people.not_allowed`, `brief.address`, `brief.nobody`.
    """
    demand(person, ACT)
    addresses = list(dict.fromkeys(one.strip() for one in to if one.strip()))
    if not addresses or len(addresses) > MOST:
        raise LastMeterError(
            "brief.nobody", Title("收件人要有 1 到 {most} 个", "There must be 1 to {most} addressees"),
            Title("选几位员工，或写邮件地址", "Choose people, or write addresses"), most=MOST,
        )
    for number, address in enumerate(addresses, 1):
        try:
            validate_email(address)
        except ValidationError as error:
            raise LastMeterError(
                "brief.address", Title("第 {number} 个收件地址不对", "Address number {number} is not right"),
                Title("写成 name@example.com", "Write it as name@example.com"), number=number,
            ) from error
    with transaction.atomic():
        record(person, ACT, object_type="brief", object_id=f"{filters.kind}-{filters.period.code}", what="mailed", addresses=len(addresses))
        send_brief.enqueue(_as_said(filters), depth, lang, addresses)
    return len(addresses)


@task()
def send_brief(said: dict[str, Any], depth: Depth, lang: Lang, to: list[str]) -> None:
    """The worker's part: make the brief and send it, one letter an address, so that nobody sees the others'."""
    with workspace() as ws:
        brief = brief_made(ws, _of_said(said), depth)
    for address in to:
        send(mail_brief(brief, lang, to=[address]), address)


def _as_said(filters: Filters) -> dict[str, Any]:
    return {
        "kind": filters.kind, "period": filters.period.code, "where": [list(one) for one in filters.where], "post": filters.post,
        "department": filters.department, "brands": list(filters.reach.brands), "performers": list(filters.reach.performers),
    }


def _of_said(said: dict[str, Any]) -> Filters:
    return Filters(
        said["kind"], parse_period(said["period"]), tuple((name, value) for name, value in said["where"]), said["post"],
        said["department"], Reach(tuple(said["brands"]), tuple(said["performers"])),
    )

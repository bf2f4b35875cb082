"""Acts on a brief: publish it, send it by mail, take it as a file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django_tasks import task

from lastmeter.charts.brief_mail import mail_brief
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.study import Depth
from lastmeter.diagnosis.words import fill
from lastmeter.journal.event import OWN_SOURCE, Event, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.mail import send
from lastmeter.server.board.models import BriefLetter, BriefSending
from lastmeter.server.board.queries.findings import brief_made
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, demand
from lastmeter.server.progress import ACTIVE, Told, enqueue, work
from lastmeter.workspace import published

log = logging.getLogger(__name__)
ACT = "brief.publish"
MOST = 50
"""Addresses of one sending."""
KEPT = timedelta(days=14)
"""So long it is told to whom a brief was sent; the audit keeps how many they were."""
SENDS = Title("正在寄第 {number} 封，共 {n} 封", "Sending letter {number} of {n}")


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
            source=OWN_SOURCE, id=f"brief.published:{row.pk}", type="brief.published", occurred_at=at.replace(microsecond=0),
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
    sending = BriefSending(
        person=person, kind=filters.kind, period=filters.period.code, filters=_as_said(filters), depth=depth, lang=lang,
        made_at=clock.now(),
    )
    with transaction.atomic():
        record(person, ACT, object_type="brief", object_id=f"{filters.kind}-{filters.period.code}", what="mailed", addresses=len(addresses))
        sending.save()
        BriefLetter.objects.bulk_create([BriefLetter(sending=sending, address=address) for address in addresses])
        enqueue(sending, send_brief)
    return len(addresses)


@task()
def send_brief(number: int) -> None:
    """The worker's part: make the brief and send it, one letter an address, so that nobody sees the others'."""
    work(BriefSending, number, _send)


def sendings_of(filters: Filters, *, most: int = 5) -> list[BriefSending]:
    """To whom the brief of this kind and period was sent, the latest first."""
    found = BriefSending.objects.filter(kind=filters.kind, period=filters.period.code)
    return list(found.select_related("person").prefetch_related("letters")[:most])


def forget_addresses(at: datetime) -> None:
    """Let go of addresses that were written to long ago."""
    BriefSending.objects.filter(made_at__lt=at - KEPT).exclude(state__in=ACTIVE).delete()


def _send(sending: BriefSending, tell: Told) -> None:
    """Send what is still to be sent. A letter that was being handed over when a worker died may have gone out: never twice."""
    sending.letters.filter(state="begun").update(state="unclear")
    with workspace() as ws:
        brief = brief_made(ws, _of_said(sending.filters), _depth(sending))
    letters = list(sending.letters.all())
    for number, letter in enumerate(letters, 1):
        if letter.state == "waiting":
            tell(number / (len(letters) + 1), fill(SENDS, number=number, n=len(letters)))
            _hand_over(letter, brief, "zh" if sending.lang == "zh" else "en")


def _hand_over(letter: BriefLetter, brief: Brief, lang: Lang) -> None:
    """One letter; whatever becomes of it, the others go."""
    _mark(letter, "begun")
    try:
        send(mail_brief(brief, lang, to=[letter.address]), letter.address)
    except Exception as error:
        log.warning("a brief could not be mailed", extra={"fields": {
            "letter": letter.pk, "error": type(error).__name__, "code": getattr(error, "smtp_code", None)}})
        _mark(letter, "failed")
    else:
        _mark(letter, "sent")


def _mark(letter: BriefLetter, state: str) -> None:
    letter.state = state
    with transaction.atomic():
        letter.save(update_fields=["state"])


def _depth(sending: BriefSending) -> Depth:
    return "full" if sending.depth == "full" else "quick"


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

"""Showing a personal value whole: with a reason, within a quota, written down; unusual revealing alarms the owners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from lastmeter.kernel.clock import day_in_utc, local_of_utc, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions.recording import record
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.audit.queries.rows import VAULT
from lastmeter.server.audit.queries.tokens import in_reach
from lastmeter.server.company import served
from lastmeter.server.environment import read
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand

REVEAL = "reveal"
UNUSUAL = "reveal.unusual"
HABIT_DAYS = 28
UNUSUAL_TITLES: dict[str, Title] = {
    "many": Title("一小时内显示了很多项", "Many within one hour"),
    "hours": Title("在工作时间之外", "Outside working hours"),
    "habit": Title("远多于此人平时", "Far more than this person usually does"),
}


def reveal(person: Person, tokens: Sequence[str] | str, reason: str, *, kind: str = "", journey: str = "") -> dict[str, str]:
    """The whole values behind vault tokens; one audit row for each.

    kind, journey: the journey on whose page they stand; it is checked that they belong to it.

    Raises:
        LastMeterError: `people.not_allowed`, `people.reveal_reason`, `people.reveal_quota`, `people.reveal_unknown`.
    """
    asked = [tokens] if isinstance(tokens, str) else list(dict.fromkeys(tokens))
    demand(person, REVEAL)
    if not in_reach(person, asked, kind=kind, journey=journey):
        raise _unknown()
    if len(reason.strip()) < 2:
        raise LastMeterError(
            "people.reveal_reason", Title("请写明为什么要看", "Say why you need to see it"),
            Title("例如：顾客来电改地址", "For example: the customer called to change the address"),
        )
    values = served.journal.reveal(asked, raw=True)
    if not values:
        raise _unknown()
    now = clock.now()
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        _demand_quota(person, len(values))
        for token in values:
            record(person, REVEAL, object_type=VAULT, object_id=token, reason=reason.strip()[:500], kind=kind, journey=journey)
        _watch(person, now)
    return values


def revealed_since(person: Person, since: datetime, until: datetime) -> int:
    """How many values the person revealed between two instants."""
    return AuditRow.objects.filter(person=person, act=REVEAL, at__gte=since, at__lt=until).count()


def quota_of(person: Person) -> tuple[int, int]:
    """How many values a person may reveal in a day, and how many of them are left today."""
    limit = int(read("LASTMETER_REVEALS_A_DAY"))
    return limit, max(0, limit - revealed_since(person, *_today(clock.now())))


def unusual(person: Person, now: datetime) -> list[str]:
    """Why the person's revealing is out of the ordinary, as codes of `UNUSUAL_TITLES`; empty where it is not."""
    found = []
    if revealed_since(person, now - timedelta(hours=1), now + timedelta(seconds=1)) > int(read("LASTMETER_REVEALS_AN_HOUR")):
        found.append("many")
    if not _working(now):
        found.append("hours")
    if _beyond_habit(person, now):
        found.append("habit")
    return found


def _watch(person: Person, now: datetime) -> None:
    """Flag what is unusual, each reason once a day, and let the owners know."""
    from lastmeter.server.audit.tasks import alarm_owners

    day, _ = _today(now)
    flagged = {
        why for detail in AuditRow.objects.filter(act=UNUSUAL, object_id=person.username, at__gte=day).values_list("detail", flat=True)
        for why in detail.get("why", [])
    }
    fresh = [why for why in unusual(person, now) if why not in flagged]
    if fresh:
        row = record("watch", UNUSUAL, object_type="person", object_id=person.username, why=fresh,
                     today=revealed_since(person, day, now + timedelta(seconds=1)))
        alarm_owners.enqueue(row.pk)


def _demand_quota(person: Person, more: int) -> None:
    limit, left = quota_of(person)
    if more > left:
        raise LastMeterError(
            "people.reveal_quota", Title("今天可显示 {limit} 项，还剩 {left} 项，您选了 {n} 项",
                                         "{left} of your {limit} reveals of today are left, and you chose {n}"),
            Title("少选几项，明天再看，或请所有者提高限额", "Choose fewer, go on tomorrow, or ask an owner for a higher limit"),
            limit=limit, left=left, n=more,
        )


def _beyond_habit(person: Person, now: datetime) -> bool:
    """More than three times the busiest day of the last weeks and at least ten; who has no habit yet has no excess."""
    day, _ = _today(now)
    today = revealed_since(person, day, now + timedelta(seconds=1))
    zone = zone_named(settings.COMPANY.company.zone)
    by_day: dict[object, int] = {}
    before = AuditRow.objects.filter(person=person, act=REVEAL, at__gte=day - timedelta(days=HABIT_DAYS), at__lt=day)
    for at in before.values_list("at", flat=True):
        local = local_of_utc(at, zone).date()
        by_day[local] = by_day.get(local, 0) + 1
    return bool(by_day) and today >= 10 and today > 3 * max(by_day.values())


def _working(now: datetime) -> bool:
    since, _, until = read("LASTMETER_WORKING_HOURS").partition("-")
    local = local_of_utc(now, zone_named(settings.COMPANY.company.zone)).time()
    return time.fromisoformat(since) <= local < time.fromisoformat(until)


def _today(now: datetime) -> tuple[datetime, datetime]:
    zone = zone_named(settings.COMPANY.company.zone)
    return day_in_utc(local_of_utc(now, zone).date(), zone)


def _unknown() -> LastMeterError:
    """The same whether there is nothing or it is out of reach: who may not see it learns nothing."""
    return LastMeterError(
        "people.reveal_unknown", Title("这项数据不存在或不在您的范围内", "This value does not exist or is beyond your reach"),
        Title("从旅程页面打开；已删除的数据无法显示", "Open it from the page of its journey; what was erased cannot be shown"),
    )

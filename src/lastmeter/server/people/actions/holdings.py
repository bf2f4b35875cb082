"""Who holds which post from when to when: whole local days, one person a post at a time."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people import queries
from lastmeter.server.people.actions import errors
from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Holding, Person
from lastmeter.server.people.permissions import demand


@transaction.atomic
def appoint(actor: Person, post: str, person: Person, since: date, until: date | None = None) -> Holding:
    """Let a person hold a post from one local day to another (included). Whoever holds it without end until then ends
    the day before.

    Raises:
        LastMeterError: `people.not_allowed`, `people.post_unknown`, `people.invalid`, `people.overlap`.
    """
    demand(actor, "holding.edit")
    _check(post, person, since, until)
    before = Holding.objects.filter(post=post, since__lt=since, until__isnull=True).first()
    if before is not None:
        before.until = since - timedelta(days=1)
        before.save(update_fields=["until"])
    held = _hold(post, person, since, until)
    record(actor, "holding.appoint", object_type="post", object_id=post, person=person.username, since=str(since),
           until=str(until or ""))
    return held


@transaction.atomic
def end(actor: Person, holding: Holding, until: date) -> None:
    """Let a holding end on a local day; one that would end before it began is removed.

    Raises:
        LastMeterError: `people.not_allowed`.
    """
    demand(actor, "holding.edit")
    _end(holding, until)
    record(actor, "holding.end", object_type="post", object_id=holding.post, person=holding.person.username, until=str(until))


def post_unknown(post: str) -> LastMeterError:
    """Nobody declared such a post."""
    return LastMeterError(
        "people.post_unknown", Title("没有岗位“{post}”", "There is no post “{post}”"),
        Title("岗位在“员工”页的组织里声明", "Posts are declared on the page People"), post=post,
    )


def hand_over(person: Person, successor: Person | None) -> list[str]:
    """End what a leaver holds with yesterday; a successor goes on from today. The codes of the posts. Part of an act: no
    check, no audit row of its own.

    Raises:
        LastMeterError: `people.invalid`, `people.overlap`.
    """
    today = queries.today()
    posts = []
    for holding in person.holdings.filter(Q(until__isnull=True) | Q(until__gte=today)):
        last, since = holding.until, max(holding.since, today)
        _end(holding, today - timedelta(days=1))
        posts.append(holding.post)
        if successor is not None:
            _check(holding.post, successor, since, last)
            _hold(holding.post, successor, since, last)
    return sorted(set(posts))


def _check(post: str, person: Person, since: date, until: date | None) -> None:
    if post not in queries.config().posts():
        raise post_unknown(post)
    if not person.is_active:
        raise errors.invalid(Title("此人已停用，不能担任岗位", "Somebody who was let go cannot hold a post"))
    if until is not None and until < since:
        raise errors.invalid(Title("结束日早于开始日", "It ends before it begins"))


def _hold(post: str, person: Person, since: date, until: date | None) -> Holding:
    others = Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=since), post=post)
    if until is not None:
        others = others.filter(since__lte=until)
    if found := others.order_by("since").first():
        raise LastMeterError(
            "people.overlap", Title("{since} 起这个岗位已有人担任", "Somebody holds this post from {since}"),
            Title("先结束那一段，或改日期", "End that first, or choose other days"), since=str(found.since),
        )
    return Holding.objects.create(post=post, person=person, since=since, until=until)


def _end(holding: Holding, until: date) -> None:
    if until < holding.since:
        holding.delete()
        return
    holding.until = until if holding.until is None else min(until, holding.until)
    holding.save(update_fields=["until"])

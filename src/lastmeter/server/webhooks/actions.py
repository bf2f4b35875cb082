"""Set up subscriptions, tell them, try again."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit import actions as audit
from lastmeter.server.people.actions.errors import demand_within
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand
from lastmeter.server.watch.actions import portions
from lastmeter.server.watch.models import Act
from lastmeter.server.webhooks.messages import TYPES
from lastmeter.server.webhooks.models import Delivery, Subscription
from lastmeter.server.webhooks.sending import Answer, send
from lastmeter.server.webhooks.targets import resolve

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 18_000, 36_000, 86_400))
"""Between tries; after the last one a message is given up."""
GONE = 410
FLAW = "flaw-"
"""How the id of a message about a flaw begins; the number of the watch's act follows."""
AT_ONCE = 50
"""Messages of one receiver in a turn."""
TURN_SECONDS = 20.0
LANES = 8
"""So many receivers are told at the same time."""
_TRIED = ("tries", "status", "fault", "state", "next_at")

log = logging.getLogger(__name__)
_lanes = ThreadPoolExecutor(LANES, thread_name_prefix="webhook")
_under_way: set[int] = set()
_lock = threading.Lock()


def subscribe(person: Person, name: str, url: str, types: Iterable[str], *, brands: Iterable[str] = ()) -> Subscription:
    """Make a subscription with a secret of its own.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`, `webhook.types`, `webhook.url`, `webhook.unresolved`,
            `webhook.private`.
    """
    brands = sorted(set(brands))
    demand(person, "webhook.edit")
    demand_within(person, brands)
    wanted = sorted(set(types))
    if not wanted or set(wanted) - set(TYPES):
        raise LastMeterError(
            "webhook.types", Title("请选要通知的事", "Choose what to be told of"),
            Title("可用：{types}", "Use some of: {types}"), types=", ".join(TYPES),
        )
    resolve(url)
    with transaction.atomic():
        made = Subscription.objects.create(
            name=name.strip() or url, url=url, types=wanted, brands=brands, made_at=clock.now(), made_by=person,
            secret="whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        )
        audit.record(person, "webhook.edit", object_type="webhook", object_id=str(made.pk), done="subscribed")
    return made


def switch(person: Person, subscription: Subscription, *, active: bool) -> None:
    """Pause a subscription, or let it go on."""
    _demand(person, subscription)
    with transaction.atomic():
        subscription.active = active
        subscription.save(update_fields=["active"])
        audit.record(person, "webhook.edit", object_type="webhook", object_id=str(subscription.pk), done="on" if active else "off")


def unsubscribe(person: Person, subscription: Subscription) -> None:
    """Delete a subscription with its deliveries."""
    _demand(person, subscription)
    with transaction.atomic():
        audit.record(person, "webhook.edit", object_type="webhook", object_id=str(subscription.pk), done="unsubscribed")
        subscription.delete()


def announce(kind: str, message: str, content: dict[str, Any], *, brands: Sequence[str] = ()) -> int:
    """Queue a message for every subscription that wants it, in the caller's transaction; how many.

    message: an id that is the same however often the same happening is announced: nobody is told twice.
    content: codes, counts and times; never a personal value.
    """
    wanted = [
        one for one in Subscription.objects.filter(active=True)
        if kind in one.types and (not one.brands or set(brands) & set(one.brands))
    ]
    at = clock.now()
    body = json.dumps({"type": kind, "timestamp": f"{at.isoformat(timespec='seconds')}Z", "data": content}, ensure_ascii=False)
    made = Delivery.objects.bulk_create(
        [Delivery(subscription=one, message=message, type=kind, body=body, made_at=at, next_at=at) for one in wanted],
        ignore_conflicts=True,
    )
    return len(made)


def test(person: Person, subscription: Subscription, message: str) -> None:
    """Queue a test message for one subscription, whatever it wants to hear of."""
    _demand(person, subscription)
    at = clock.now()
    body = json.dumps({"type": "test", "timestamp": f"{at.isoformat(timespec='seconds')}Z", "data": {}})
    with transaction.atomic():
        Delivery.objects.create(subscription=subscription, message=message, type="test", body=body, made_at=at, next_at=at)
        audit.record(person, "webhook.edit", object_type="webhook", object_id=str(subscription.pk), done="tested")


def try_again(person: Person, delivery: Delivery) -> None:
    """Queue a message once more."""
    _demand(person, delivery.subscription)
    delivery.state, delivery.tries, delivery.next_at = "waiting", 0, clock.now()
    with transaction.atomic():
        delivery.save(update_fields=["state", "tries", "next_at"])
        audit.record(person, "webhook.edit", object_type="webhook", object_id=str(delivery.subscription_id), done="again")


def deliver_due(at: datetime, *, patience: float | None = None) -> int:
    """Try what is due, side by side for different receivers: a slow one holds up no other. How many were taken.

    A receiver gets one message at a time, by when they were due. patience: seconds to wait for the answers; whoever takes longer
    is left to itself and not told anything else meanwhile. None: as long as it takes.
    """
    due = Delivery.objects.filter(state="waiting", next_at__lte=at, subscription__active=True)
    receivers = due.order_by("subscription").values_list("subscription", flat=True).distinct()
    told, _late = wait(_begin(list(receivers), at), timeout=patience)
    return sum(one.result() for one in told)


def deliver(delivery: Delivery, at: datetime) -> Answer:
    """Try one delivery. A receiver that says it is gone is not told of anything any more."""
    subscription = delivery.subscription
    connection.close()  # a receiver that takes its time keeps no connection from others
    # The signature's time is the real one: receivers refuse messages from far ago.
    answer = send(subscription.url, subscription.secret, delivery.message, delivery.body, at=clock.real_now())
    delivery.tries += 1
    delivery.status, delivery.fault = answer.status, answer.fault
    if answer.taken:
        delivery.state, delivery.next_at = "delivered", None
    elif answer.status == GONE or delivery.tries > len(WAITS):
        delivery.state, delivery.next_at = "given_up", None
    else:
        delivery.next_at = at + WAITS[delivery.tries - 1]
    with transaction.atomic():
        # Meanwhile somebody may have removed the subscription: it does not come back.
        Delivery.objects.filter(pk=delivery.pk).update(**{name: getattr(delivery, name) for name in _TRIED})
        if answer.status == GONE:
            Subscription.objects.filter(pk=subscription.pk).update(active=False)
    return answer


def forget_erased() -> int:
    """Remove messages about flaws that the watch keeps no more; how many."""
    named = {int(message.removeprefix(FLAW)): message for message in
             Delivery.objects.filter(message__startswith=FLAW).values_list("message", flat=True).distinct()}
    kept = set(Act.objects.filter(pk__gte=min(named, default=0)).values_list("pk", flat=True))
    gone = [message for number, message in named.items() if number not in kept]
    with transaction.atomic():
        return sum(Delivery.objects.filter(message__in=chunk).delete()[0] for chunk in portions(gone, 500))


def _begin(receivers: Sequence[int], at: datetime) -> list[Future[int]]:
    """A turn for each of these receivers that has none yet."""
    with _lock:
        begun = [number for number in receivers if number not in _under_way]
        _under_way.update(begun)
        return [_lanes.submit(_turn, number, at) for number in begun]


def _turn(receiver: int, at: datetime) -> int:
    """Tell one receiver what is due, until it fails to answer or its time is over; how many it took."""
    taken, began = 0, time.monotonic()
    try:
        due = Delivery.objects.filter(subscription=receiver, state="waiting", next_at__lte=at, subscription__active=True)
        for delivery in due.order_by("next_at", "pk").select_related("subscription")[:AT_ONCE]:
            answer = deliver(delivery, at)
            taken += answer.taken
            if answer.status in (None, GONE) or time.monotonic() - began > TURN_SECONDS:
                break
    except Exception:
        log.exception("a receiver could not be told")
    finally:
        connection.close()
        with _lock:
            _under_way.discard(receiver)
    return taken


def _demand(person: Person, subscription: Subscription) -> None:
    demand(person, "webhook.edit")
    demand_within(person, subscription.brands)

"""A subscriber is told, in signed messages, once; what it does not take is tried again; nothing is sent inside the house."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from standardwebhooks.webhooks import Webhook

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server import clock
from lastmeter.server.audit import actions as audit
from lastmeter.server.people.models import Person
from lastmeter.server.webhooks import actions, sending
from lastmeter.server.webhooks.collecting import collect
from lastmeter.server.webhooks.models import Delivery, Subscription
from tests.server.conftest import ClientOf


class Receiver(ThreadingHTTPServer):
    """A real receiver on this machine: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], str]] = []
        self.answers: list[int] = []
        self.may_answer = Event()
        self.may_answer.set()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.may_answer.wait(20)
        self.server.seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.may_answer.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Receiver]:
    """A second one."""
    with receiving() as server:
        yield server


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages may go to this machine: the keeper of the server has allowed it."""
    monkeypatch.setenv("LASTMETER_PRIVATE_TARGETS", "1")


def owner() -> Person:
    return Person.objects.get(username="owner")


def test_an_act_is_told_once_in_a_signed_message(company: Path, receiver: Receiver, inside: None) -> None:
    collect()
    made = actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    audit.record(owner(), "focus.choose", object_type="focus", object_id="late_handover")
    audit.record(owner(), "reveal", object_type="customer", object_id="v~7")  # nobody asked for that
    assert collect() == 1
    assert collect() == 0
    assert actions.deliver_due(clock.now()) == 1
    assert actions.deliver_due(clock.now()) == 0
    (headers, body), = receiver.seen
    said = Webhook(made.secret).verify(body, headers)
    assert said["type"] == "focus.choose"
    assert said["data"]["object_id"] == "late_handover"


def test_what_is_not_taken_is_tried_again_later_under_the_same_id_and_given_up_in_the_end(
    company: Path, receiver: Receiver, inside: None
) -> None:
    made = actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    actions.announce("focus.choose", "m1", {})
    receiver.answers = [500] * 9
    at = clock.now()
    assert actions.deliver_due(at) == 0
    assert actions.deliver_due(at + timedelta(seconds=4)) == 0
    assert len(receiver.seen) == 1
    for wait in actions.WAITS:
        at += wait
        actions.deliver_due(at)
    delivery = Delivery.objects.get(subscription=made)
    assert (delivery.state, delivery.tries, delivery.status) == ("given_up", 9, 500)
    assert {headers["webhook-id"] for headers, _ in receiver.seen} == {"m1"}
    actions.try_again(owner(), delivery)
    assert actions.deliver_due(clock.now()) == 1


def test_a_receiver_that_is_gone_is_not_told_any_more(company: Path, receiver: Receiver, inside: None) -> None:
    made = actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    actions.announce("focus.choose", "m1", {})
    receiver.answers = [410]
    actions.deliver_due(clock.now())
    assert not Subscription.objects.get(pk=made.pk).active
    assert actions.announce("focus.choose", "m2", {}) == 0


def test_the_same_happening_announced_twice_is_one_message(company: Path, receiver: Receiver, inside: None) -> None:
    actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    actions.announce("focus.choose", "m1", {})
    actions.announce("focus.choose", "m1", {})
    assert Delivery.objects.count() == 1


def test_a_slow_receiver_holds_up_no_other_and_is_told_one_thing_at_a_time(
    company: Path, receiver: Receiver, other: Receiver, inside: None
) -> None:
    slow = actions.subscribe(owner(), "slow", receiver.url, ["focus.choose"])
    actions.subscribe(owner(), "quick", other.url, ["focus.choose", "brief.publish"])
    receiver.may_answer.clear()
    for number in range(3):
        actions.announce("focus.choose", f"m{number}", {})
    assert actions.deliver_due(clock.now(), patience=2.0) == 3
    assert [headers["webhook-id"] for headers, _ in other.seen] == ["m0", "m1", "m2"]
    actions.announce("brief.publish", "m3", {})
    assert actions.deliver_due(clock.now(), patience=2.0) == 1, "the slow one is still under way"
    receiver.may_answer.set()
    ends = time.monotonic() + 20
    while Delivery.objects.filter(subscription=slow, state="waiting").exists() and time.monotonic() < ends:
        time.sleep(0.02)
    assert [headers["webhook-id"] for headers, _ in receiver.seen] == ["m0", "m1", "m2"]


def test_a_receiver_that_is_not_there_is_tried_once_a_turn(company: Path, inside: None) -> None:
    actions.subscribe(owner(), "away", "http://127.0.0.1:9/hook", ["focus.choose"])
    for number in range(3):
        actions.announce("focus.choose", f"m{number}", {})
    assert actions.deliver_due(clock.now()) == 0
    assert list(Delivery.objects.order_by("pk").values_list("tries", flat=True)) == [1, 0, 0]
    assert actions.deliver_due(clock.now()) == 0
    assert list(Delivery.objects.order_by("pk").values_list("tries", flat=True)) == [1, 1, 0]


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(company: Path, inside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.5)
    over = Event()

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.1):
                try:
                    line.sendall(b"a")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        began = time.monotonic()
        answer = sending.send(f"http://127.0.0.1:{listening.getsockname()[1]}/", "whsec_" + "A" * 32, "m1", "{}", at=clock.real_now())
        took = time.monotonic() - began
        over.set()
        thread.join(20)
    assert (answer.status, answer.fault) == (None, "timeout")
    assert took < 10.0


def test_a_subscription_that_is_removed_while_it_is_told_stays_removed(company: Path, receiver: Receiver, inside: None) -> None:
    made = actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    actions.announce("focus.choose", "m1", {})
    receiver.may_answer.clear()
    actions.deliver_due(clock.now(), patience=0.5)
    actions.unsubscribe(owner(), made)
    receiver.may_answer.set()
    actions.deliver_due(clock.now())
    ends = time.monotonic() + 20
    while actions._under_way and time.monotonic() < ends:
        time.sleep(0.02)
    assert (len(receiver.seen), Delivery.objects.count()) == (1, 0)


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/x", "http://localhost:8000/", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/latest",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://100.64.0.1/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:a01:203::]/", "http://[::7f00:1]/",
])
def test_nothing_is_sent_inside_the_house(company: Path, url: str) -> None:
    with pytest.raises(LastMeterError) as caught:
        actions.subscribe(owner(), "x", url, ["focus.choose"])
    assert caught.value.code == "webhook.private"


def test_a_name_that_points_inside_later_is_refused_when_it_is_sent(
    company: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LASTMETER_PRIVATE_TARGETS", "1")
    made = actions.subscribe(owner(), "ERP", receiver.url, ["focus.choose"])
    monkeypatch.setenv("LASTMETER_PRIVATE_TARGETS", "0")
    actions.announce("focus.choose", "m1", {})
    actions.deliver_due(clock.now())
    assert not receiver.seen
    assert Delivery.objects.get(subscription=made).fault == "webhook.private"


@pytest.mark.parametrize(("url", "code"), [
    ("ftp://example.com/", "webhook.url"), ("https://user:secret@example.com/", "webhook.url"), ("nonsense", "webhook.url"),
    ("https://no-such-host.invalid/", "webhook.unresolved"),
])
def test_an_address_that_cannot_be_is_refused(company: Path, url: str, code: str) -> None:
    with pytest.raises(LastMeterError) as caught:
        actions.subscribe(owner(), "x", url, ["focus.choose"])
    assert caught.value.code == code


def test_the_page_makes_pauses_and_removes(client_of: ClientOf, receiver: Receiver, inside: None) -> None:
    client = client_of("owner")
    answer = client.post("/webhooks/new/", {"name": "ERP", "url": receiver.url, "types": ["flaw.raised"]})
    made = Subscription.objects.get()
    assert made.secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert made.secret not in client.get("/webhooks/").content.decode()  # shown once
    client.post(f"/webhooks/{made.pk}/", {"do": "off"})
    assert not Subscription.objects.get().active
    client.post(f"/webhooks/{made.pk}/", {"do": "test"})
    assert Delivery.objects.get().type == "test"
    client.post(f"/webhooks/{made.pk}/", {"do": "remove"})
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("role", ["manager", "analyst", "agent", "field", "viewer", "third_party"])
def test_only_the_owner_sets_webhooks_up(client_of: ClientOf, role: str) -> None:
    assert client_of(role).get("/webhooks/").status_code == 403


def test_who_sees_one_brand_subscribes_to_that_alone(company: Path, inside: None) -> None:
    whole = actions.subscribe(owner(), "all", "http://127.0.0.1:9/hook", ["flaw.raised"])
    narrow = owner()
    narrow.brands = ["hearth"]
    narrow.save()
    for brands in ([], ["hearth", "volt"]):
        with pytest.raises(LastMeterError) as error:
            actions.subscribe(narrow, "some", "http://127.0.0.1:9/hook", ["flaw.raised"], brands=brands)
        assert error.value.code == "people.beyond_own_reach"
    own = actions.subscribe(narrow, "own", "http://127.0.0.1:9/hook", ["flaw.raised"], brands=["hearth"])
    actions.switch(narrow, own, active=False)
    with pytest.raises(LastMeterError):
        actions.switch(narrow, whole, active=False)

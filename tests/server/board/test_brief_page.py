"""The brief in the console is the library's own file, under a policy of its own; published, sent and taken only by who may."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends import smtp
from django.test import Client
from django_tasks_db.models import DBTaskResult

from lastmeter.charts.brief_html import render_html
from lastmeter.charts.brief_mail import subject
from lastmeter.diagnosis.brief import brief_json
from lastmeter.kernel.titles import Lang
from lastmeter.server import clock
from lastmeter.server import company as served_company
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.board import briefs
from lastmeter.server.board.mail import send
from lastmeter.server.board.models import BriefLetter, BriefSending
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.worker import _batch, run_once
from lastmeter.workspace.listings import events
from lastmeter.workspace.published import first_figures
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

ASKED = "?kind=order&period=2026-09"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_file_is_the_librarys_and_may_be_framed_by_us_alone(company: Path, client_of: ClientOf, lang: Lang) -> None:
    answer = client_of("viewer").get(f"/brief/file/{ASKED}&lang={lang}")
    with workspace() as ws:
        assert answer.content.decode() == render_html(ws.brief(period="2026-09"), lang)
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "style=" not in answer.content.decode().replace("<style>", "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_what_the_brief_says_and_frames_it(company: Path, page_of: PageOf, client_of: ClientOf, lang: Lang) -> None:
    page = page_of(f"/brief/{ASKED}&post=last_mile", lang=lang)
    with workspace() as ws:
        brief = ws.brief(period="2026-09", post="last_mile")
    assert brief.headline.sentence.say(lang) in page
    assert f'src="/brief/file/{ASKED}&post=last_mile&depth=quick&lang={lang}"' in page
    answer = client_of("owner").get(f"/brief/{ASKED}")
    assert answer["Content-Security-Policy"].endswith("; frame-src 'self'")


def test_the_full_one_has_what_takes_longer(company: Path, client_of: ClientOf) -> None:
    answer = client_of("viewer").get(f"/brief/file/{ASKED}&depth=full&lang=en").content.decode()
    with workspace() as ws:
        assert answer == render_html(ws.brief(period="2026-09", depth="full"), "en")
    assert client_of("viewer").get(f"/brief/{ASKED}&depth=deep").status_code == 404


def test_taken_as_a_file_it_is_an_export(company: Path, client_of: ClientOf) -> None:
    answer = client_of("analyst").get(f"/brief/json/{ASKED}")
    with workspace() as ws:
        assert answer.content.decode() == brief_json(ws.brief(period="2026-09"))
    assert json.loads(answer.content)["kind"] == "order"
    assert answer["Content-Disposition"] == 'attachment; filename="brief-order-2026-09.json"'
    assert client_of("analyst").get(f"/brief/file/{ASKED}&download=1&lang=zh")["Content-Disposition"].endswith('2026-09-zh.html"')
    assert AuditRow.objects.filter(act="export", object_type="brief", object_id="brief-order-2026-09").count() == 2
    for address in (f"/brief/json/{ASKED}", f"/brief/file/{ASKED}&download=1"):
        assert client_of("viewer").get(address).status_code == 403


def test_published_figures_are_remembered_once_and_told(company: Path, client_of: ClientOf, page_of: PageOf) -> None:
    client = client_of("manager")
    assert client.post(f"/brief/publish/{ASKED}").status_code == 302
    with workspace() as ws:
        assert first_figures(company / "published", "order", "2026-09", None) == ws.brief(period="2026-09").figures
    page = page_of(f"/brief/{ASKED}", client=client)
    assert "Published: the figures are remembered" in page
    assert 'class="tag good">published' in page
    assert [row["object_id"] for row in AuditRow.objects.filter(act="brief.publish").values()] == ["brief-order-2026-09"]
    assert [event["type"] for event in events(served.journal).to_pylist()].count("brief.published") == 1


def test_a_part_is_not_published(company: Path, client_of: ClientOf) -> None:
    answer = client_of("owner").post(f"/brief/publish/{ASKED}&brand=linen")
    assert "brief.narrowed" in answer.content.decode()
    Person.objects.filter(username="manager").update(brands=["linen"])
    assert "brief.narrowed" in client_of("manager").post(f"/brief/publish/{ASKED}").content.decode()
    assert not (company / "published").exists()
    assert client_of("analyst").post(f"/brief/publish/{ASKED}").status_code == 403


def test_sent_by_the_worker_a_letter_each(company: Path, client_of: ClientOf) -> None:
    said = {"to": ["owner@example.com"], "others": "board@example.com, owner@example.com"}
    assert client_of("manager").post(f"/brief/mail/{ASKED}&lang=zh", said).status_code == 302
    for _ in range(3):
        _batch().run()
    letters = [message.message() for message in mail.outbox]
    with workspace() as ws:
        wanted = subject(ws.brief(period="2026-09"), "zh")
    assert sorted(str(letter["To"]) for letter in letters) == ["board@example.com", "owner@example.com"]
    assert {str(letter["Subject"]) for letter in letters} == {wanted}
    attached = [part for part in letters[0].walk() if part.get_content_disposition() == "attachment"]
    assert [part.get_filename() for part in attached] == ["brief-2026-09-zh.html"]
    row = AuditRow.objects.get(act="brief.publish")
    assert row.detail == {"what": "mailed", "addresses": 2}


def mailed(client: Client, *addresses: str) -> BriefSending:
    """A brief whose letters wait for the worker."""
    assert client.post(f"/brief/mail/{ASKED}", {"others": " ".join(addresses)}).status_code == 302
    return BriefSending.objects.get()


def refusing(address: str) -> Callable[[object, str], None]:
    """A mail server that takes every letter but those to one address."""
    def deliver(letter: object, to: str) -> None:
        if to == address:
            raise SMTPRecipientsRefused({to: (550, b"no such mailbox")})
        send(letter, to)  # type: ignore[arg-type]

    return deliver


def test_an_address_that_fails_stops_no_other_and_is_shown(
    company: Path, client_of: ClientOf, page_of: PageOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    manager = client_of("manager")
    sending = mailed(manager, "a@example.com", "gone@example.com", "z@example.com")
    monkeypatch.setattr(briefs, "send", refusing("gone@example.com"))
    _batch().run()
    sending.refresh_from_db()
    assert [message.to for message in mail.outbox] == [["a@example.com"], ["z@example.com"]]
    assert (sending.state, sending.sent, sending.failed, sending.unclear) == ("done", 2, ["gone@example.com"], [])
    page = page_of(f"/brief/{ASKED}", client=manager)
    assert "2 of 3 letters sent" in page
    assert "Not sent to: gone@example.com" in page
    assert "gone@example.com" not in page_of(f"/brief/{ASKED}", role="viewer")
    assert "gone@example.com" not in caplog.text


def test_a_mail_server_that_says_nothing_is_not_waited_for() -> None:
    backend = mail.get_connection("django.core.mail.backends.smtp.EmailBackend")
    assert isinstance(backend, smtp.EmailBackend)
    assert backend.timeout == 30


def test_a_worker_that_dies_over_a_letter_is_followed_by_one_that_sends_the_rest_once(
    company: Path, client_of: ClientOf, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = client_of("manager")
    sending = mailed(manager, "a@example.com", "b@example.com", "c@example.com", "d@example.com")

    def dies(letter: EmailMessage, to: str) -> None:
        send(letter, to)
        if to == "b@example.com":
            raise KeyboardInterrupt

    monkeypatch.setattr(briefs, "send", dies)
    with pytest.raises(KeyboardInterrupt):
        briefs.send_brief.call(sending.pk)
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["dead"])
    monkeypatch.undo()
    monkeypatch.setattr(served_company, "SOON_SECONDS", 120.0)
    run_once("take up trials")
    while _batch_did():
        pass
    sending.refresh_from_db()
    assert sorted(message.to[0] for message in mail.outbox) == ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]
    assert (sending.state, sending.sent, sending.unclear) == ("done", 3, ["b@example.com"])
    assert "may have been sent, not sent again: b@example.com" in page_of(f"/brief/{ASKED}", client=manager)


def test_addresses_are_forgotten_after_two_weeks(company: Path, client_of: ClientOf) -> None:
    sending = mailed(client_of("manager"), "a@example.com")
    briefs.forget_addresses(clock.now() + timedelta(days=15))
    assert BriefSending.objects.filter(pk=sending.pk).exists(), "it is still to be sent"
    _batch().run()
    briefs.forget_addresses(clock.now() + timedelta(days=13))
    assert BriefLetter.objects.count() == 1
    briefs.forget_addresses(clock.now() + timedelta(days=15))
    assert BriefLetter.objects.count() == 0


def _batch_did() -> bool:
    worker = _batch()
    worker.run()
    return bool(worker._run_tasks)


def test_addresses_are_checked_and_never_told_back(company: Path, client_of: ClientOf) -> None:
    answer = html.unescape(client_of("owner").post(f"/brief/mail/{ASKED}", {"others": "not an address"}).content.decode())
    assert "brief.address" in answer
    assert "not an address" not in answer
    assert "brief.nobody" in client_of("owner").post(f"/brief/mail/{ASKED}", {"others": " "}).content.decode()
    assert client_of("viewer").post(f"/brief/mail/{ASKED}", {"others": "a@example.com"}).status_code == 403


def test_roles(company: Path, client_of: ClientOf) -> None:
    for address in ("/brief/", "/brief/file/", "/brief/json/"):
        assert client_of("third_party").get(f"{address}{ASKED}").status_code == 403
        assert client_of(None).get(f"{address}{ASKED}").status_code == 302

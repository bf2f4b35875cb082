"""The brief as a mail, parsed back as a mail client would."""

from __future__ import annotations

import asyncio
import email
import re
import socket
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from aiosmtpd.controller import Controller

from lastmeter.charts.brief_html import HTML_LANG
from lastmeter.charts.brief_mail import mail_brief, subject
from lastmeter.charts.brief_text import render_text
from lastmeter.cli import mail
from lastmeter.diagnosis.brief import Brief, make_brief
from lastmeter.diagnosis.study import Depth
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from tests.charts.test_brief_html import HOSTILE, hostile_brief
from tests.diagnosis.northquay import COMPANY, OWNERS, POSTS, facts_of, two_years

SERVER = {"LASTMETER_SMTP_HOST": "mail.northquay.example", "LASTMETER_SMTP_FROM": "brief@northquay.example"}
LANGUAGES: tuple[Lang, ...] = get_args(Lang)


@pytest.fixture(scope="module")
def brief() -> Brief:
    return _brief()


def _brief(company: Title = COMPANY, depth: Depth = "full") -> Brief:
    return make_brief(
        facts_of(two_years()), period=parse_period("2026-10"), company=company, posts=POSTS, owners=OWNERS, depth=depth
    )


def read(brief: Brief, lang: Lang) -> EmailMessage:
    message = email.message_from_bytes(mail_brief(brief, lang).as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


class _Letter(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_client_finds_text_letter_images_and_the_whole_brief(brief: Brief, lang: Lang) -> None:
    message = read(brief, lang)
    assert message.get_content_type() == "multipart/mixed"
    text, letter = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert letter is not None
    assert text.get_content().replace("\r\n", "\n") == render_text(brief, lang)
    assert f'lang="{HTML_LANG[lang]}"' in letter.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == f"brief-2026-10-{lang}.html"
    assert attached.get_content_type() == "text/html"
    assert message["Subject"] == subject(brief, lang)
    assert brief.headline.sentence.say(lang) in message["Subject"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_image_is_inside_and_is_a_png_of_a_size(brief: Brief, lang: Lang) -> None:
    message = read(brief, lang)
    letter = _Letter(message.get_body(("html",)).get_content())  # type: ignore[union-attr]
    shown = {attributes["src"] for tag, attributes in letter.seen if tag == "img"}
    held = {f"cid:{part['Content-ID'][1:-1]}": part.get_content() for part in message.walk() if part.get_content_maintype() == "image"}
    assert shown == set(held)
    assert len(shown) >= 2
    for content in held.values():
        assert content.startswith(b"\x89PNG")
        assert len(content) > 300
    assert all(attributes.get("alt") for tag, attributes in letter.seen if tag == "img")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_letter_fetches_and_runs_nothing(brief: Brief, lang: Lang) -> None:
    text = read(brief, lang).get_body(("html",)).get_content()  # type: ignore[union-attr]
    tags = {tag for tag, _ in _Letter(text).seen}
    assert not tags & {"script", "link", "iframe", "form", "svg", "object"}
    assert "http" not in text
    assert "var(--" not in text
    assert len(text.encode()) < 100_000  # clients cut longer letters


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_from_outside_stay_words(lang: Lang) -> None:
    message = read(hostile_brief(), lang)
    text = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in text
    assert "\n" not in message["Subject"]
    assert HOSTILE.split("{{", maxsplit=1)[0] in message["Subject"]


def test_a_name_with_a_line_break_makes_no_header_of_its_own() -> None:
    message = read(_brief(Title("北\r\nBcc: x@y.z", "North\r\nBcc: x@y.z"), "quick"), "en")
    assert message["Bcc"] is None
    assert message["Subject"].startswith("North Bcc: x@y.z")


def test_the_same_brief_gives_the_same_mail() -> None:
    one, again = (mail_brief(_brief(depth="quick"), "zh").as_bytes() for _ in range(2))
    assert one == again


def test_each_language_is_complete(brief: Brief) -> None:
    zh = read(brief, "zh").get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "现在清哪几处" in zh
    en = read(brief, "en").get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert not re.search("[\u4e00-\u9fff]", en)


def test_it_is_sent_in_one_conversation(brief: Brief) -> None:
    taken: list[Any] = []

    class Sink:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name it asks for
            taken.append(envelope)
            await asyncio.sleep(0)
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk = Controller(Sink(), hostname="127.0.0.1", port=port)
    desk.start()
    try:
        settings = mail.settings({
            "LASTMETER_SMTP_HOST": "127.0.0.1", "LASTMETER_SMTP_PORT": str(port), "LASTMETER_SMTP_TLS": "none",
            "LASTMETER_SMTP_FROM": "brief@northquay.example",
        })
        mail.send(brief, "zh", to=["lin.mei@northquay.example"], settings=settings, at=datetime(2026, 11, 2, 8))
    finally:
        desk.stop()
    (envelope,) = taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("brief@northquay.example", ["lin.mei@northquay.example"])
    message = email.message_from_bytes(envelope.content, policy=default)
    assert message["Date"] == "Mon, 02 Nov 2026 08:00:00 +0000"
    assert message["To"] == "lin.mei@northquay.example"
    assert message["Message-ID"].endswith("@northquay.example>")
    assert message["Subject"] == subject(brief, "zh")


@pytest.mark.parametrize(("environment", "code", "name"), [
    ({}, "mail.no_server", "LASTMETER_SMTP_HOST"),
    ({"LASTMETER_SMTP_HOST": "h"}, "mail.no_server", "LASTMETER_SMTP_FROM"),
    (SERVER | {"LASTMETER_SMTP_TLS": "maybe"}, "mail.setting_wrong", "LASTMETER_SMTP_TLS"),
    (SERVER | {"LASTMETER_SMTP_PORT": "x"}, "mail.setting_wrong", "LASTMETER_SMTP_PORT"),
])
def test_a_setting_that_is_missing_is_named(environment: dict[str, str], code: str, name: str) -> None:
    with pytest.raises(LastMeterError) as raised:
        mail.settings(environment)
    assert (raised.value.code, raised.value.places["name"]) == (code, name)


def test_a_server_that_is_not_there_is_an_error_and_no_secret_in_it(brief: Brief) -> None:
    server = mail.Server("127.0.0.1", 1, "a@northquay.example", "none", "user", "secret")
    with pytest.raises(LastMeterError) as raised:
        mail.send(brief, "en", to=["b@northquay.example"], settings=server, at=datetime(2026, 11, 2))
    assert raised.value.code == "mail.not_sent"
    assert "secret" not in raised.value.message("en")


def test_an_address_that_is_none_is_refused(brief: Brief) -> None:
    server = mail.Server("127.0.0.1", 1, "a@northquay.example", "none")
    with pytest.raises(LastMeterError) as raised:
        mail.send(brief, "en", to=["nobody at all\r\nBcc: x"], settings=server, at=datetime(2026, 11, 2))
    assert raised.value.code == "mail.address_wrong"

"""The brief as a mail: text, a short HTML letter with its drawings inside, and the whole brief attached.

Mail clients show no SVG, few of them the page's layout, and cut long letters: so the letter says what the brief says in its
own words (headline, findings, what to clear), draws what must be seen as PNG inside the mail (RFC 2392, `cid:`), and
carries the whole brief as a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lastmeter.charts.brief_html import HTML_LANG, Say, render_html
from lastmeter.charts.brief_text import render_text
from lastmeter.charts.drawings.control import control_chart
from lastmeter.charts.drawings.sparkline import sparkline
from lastmeter.charts.raster import png, size_of
from lastmeter.diagnosis import words
from lastmeter.diagnosis.brief import Brief
from lastmeter.kernel.titles import Lang

_DOMAIN = "brief.lastmeter.invalid"


def mail_brief(brief: Brief, lang: Lang, *, sender: str = "", to: Sequence[str] = ()) -> EmailMessage:
    """The brief as a message in one language; the same brief gives the same bytes.

    multipart/mixed of multipart/alternative (text, HTML with inline images) and the whole brief. Left out, sender and
    addressees are for who sends it to fill in.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject(brief, lang)
    if sender:
        message["From"] = Address(addr_spec=sender)
    if to:
        message["To"] = tuple(Address(addr_spec=one) for one in to)
    message["Content-Language"] = HTML_LANG[lang]
    images = _Images(lang)
    letter = _environment().get_template("mail.html.jinja").render(
        brief=brief, lang=lang, html_lang=HTML_LANG[lang], say=Say(lang), words=words, image=images.tag,
        control_chart=control_chart, sparkline=sparkline,
    )
    message.set_content(render_text(brief, lang))
    message.add_alternative(letter, subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    for name, content in images.held.items():
        html.add_related(content, "image", "png", cid=f"<{name}>", filename=f"{name.split('@')[0]}.png", disposition="inline")  # type: ignore[union-attr]
    name = f"brief-{brief.period.code}{'-' + brief.view.code if brief.view else ''}-{lang}.html"
    message.add_attachment(render_html(brief, lang).encode(), "text", "html", filename=name)
    _fix_boundaries(message, brief.kind + name)
    return message


def subject(brief: Brief, lang: Lang) -> str:
    """Company, whose brief, period, and what it says: all that many people read. On one line, whatever names hold."""
    about = brief.view.title if brief.view else brief.place_title or (words.same(brief.place) if brief.place else None)
    parts = [brief.company, *([about] if about else []), brief.period.title]
    colon = "：" if lang == "zh" else ": "
    said = " · ".join(part.say(lang) for part in parts) + colon + brief.headline.sentence.say(lang)
    return " ".join(said.split())


class _Images:
    """The drawings of a letter, each once, by content."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.held: dict[str, bytes] = {}

    def tag(self, drawing: Markup, alt: str) -> Markup:
        """The drawing as an inline image."""
        if not drawing:
            return Markup("")
        content = png(drawing, self.lang)
        name = f"{hashlib.sha256(content).hexdigest()[:16]}@{_DOMAIN}"
        self.held[name] = content
        width, height = size_of(drawing)
        return Markup('<img src="cid:{}" width="{:.0f}" height="{:.0f}" alt="{}" style="display:block;max-width:100%;height:auto">').format(
            name, width, height, alt)


def _fix_boundaries(message: EmailMessage, seed: str) -> None:
    """Boundaries from the content instead of from chance: the same brief gives the same file."""
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary("=_" + hashlib.sha256(f"{seed}/{place}".encode()).hexdigest()[:32])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lastmeter.charts"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters["percent"] = words.percent
    environment.filters["count"] = words.count
    return environment


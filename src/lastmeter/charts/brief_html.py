"""The brief as one HTML file: everything inside it, no script, nothing fetched; for mail, phone and paper.

Each section is drawn by `templates/sections/KIND.html.jinja`, after the kind of what it holds. Jinja escapes every
text; markup comes from templates and drawings only.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lastmeter.charts.drawings.bar import bar
from lastmeter.charts.drawings.control import control_chart
from lastmeter.charts.drawings.sparkline import sparkline
from lastmeter.charts.drawings.strip import strip
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis import words
from lastmeter.diagnosis.brief import Brief
from lastmeter.kernel.money import exponent
from lastmeter.kernel.titles import Lang, Title

HTML_LANG: dict[Lang, str] = {"zh": "zh-Hans", "en": "en"}


def render_html(brief: Brief, lang: Lang) -> str:
    """The whole brief as one self-contained page in one language."""
    return _environment().get_template("brief.html.jinja").render(
        brief=brief, lang=lang, html_lang=HTML_LANG[lang], style=_style(), say=Say(lang), words=words, bar=bar,
        control_chart=control_chart, sparkline=sparkline, strip=strip,
    )


class Say:
    """Writes titles, labels, dates and quotes in one language: what templates call."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, title: Title | None) -> str:
        """The title in this language; nothing where there is none."""
        return title.say(self.lang) if title else ""

    def label(self, name: str, /, **places: object) -> str:
        """A label by name, its places filled."""
        spoken = {key: place.say(self.lang) if isinstance(place, Title) else place for key, place in places.items()}
        return LABELS[name].say(self.lang, **spoken)

    def day(self, moment: date | None) -> str:
        """22 Oct, 10月22日."""
        return words.day(moment).say(self.lang) if moment else words.DASH

    def instant(self, moment: datetime) -> str:
        """22 October 2026 20:40 UTC."""
        return words.instant(moment).say(self.lang)

    def duration(self, seconds: float | None, unit: str | None = None) -> str:
        """6.4 h, 2.5 days; with unit “days” always days."""
        return words.duration(seconds, unit).say(self.lang)

    def limit(self, seconds: float | None, unit: str | None) -> str:
        """A limit in its own unit."""
        return words.limit(seconds, unit).say(self.lang)

    def days(self, number: float | None) -> str:
        """A number of days."""
        return words.days(number).say(self.lang)

    @staticmethod
    def money(minor: float, currency: str) -> str:
        """An amount in minor units as whole major units with its currency: 1,204 CNY."""
        return f"{words.count(minor / 10 ** exponent(currency))} {currency}"

    def joined(self, titles: list[Title]) -> str:
        """Several titles as one enumeration."""
        return ("、" if self.lang == "zh" else ", ").join(title.say(self.lang) for title in titles)

    @staticmethod
    def quote_lang(text: str) -> str:
        """The language to declare for a customer's words: Chinese where it has Han characters, else unknown."""
        return "zh-Hans" if any("\u4e00" <= sign <= "\u9fff" for sign in text) else ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lastmeter.charts"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = words.percent
    environment.filters["count"] = words.count
    return environment


@cache
def _style() -> Markup:
    """Tokens and the brief's own rules: files of this package, no data in them."""
    folder = resources.files("lastmeter.charts") / "templates"
    return Markup("\n".join((folder / name).read_text("utf-8") for name in ("tokens.css", "brief.css")))  # noqa: S704

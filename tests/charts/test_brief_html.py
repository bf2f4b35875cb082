"""The brief as a file that Lin Mei forwards: whole in itself, safe, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import get_args

import pytest

from lastmeter.charts.brief_html import HTML_LANG, render_html
from lastmeter.charts.brief_text import WIDTH, cells, render_text
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis.accountable import View
from lastmeter.diagnosis.brief import Brief, make_brief
from lastmeter.diagnosis.focus import Chosen
from lastmeter.diagnosis.sections import Section, Table, all_sections
from lastmeter.diagnosis.study import Depth
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from tests.diagnosis.northquay import BLUEPRINT, COMPANY, OWNERS, POSTS, facts_of, spoken, two_years

LANGUAGES: tuple[Lang, ...] = get_args(Lang)
HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(2)>{{ 7*7 }}&amp;\'"'


@pytest.fixture(scope="module")
def brief() -> Brief:
    return _brief()


TAKEN_ON = [
    Chosen("handover: origin=Wuhan", owner="Zhao Qiang", action="Move the cut-off back", due=date(2026, 11, 20), since=date(2026, 10, 12)),
    Chosen("damaged", since=date(2026, 9, 1)),
]


@cache
def _brief(company: Title = COMPANY, period: str = "2026-10", depth: Depth = "full", view: View | None = None) -> Brief:
    return make_brief(
        facts_of(two_years()), period=parse_period(period), company=company, posts=POSTS, owners=OWNERS, reveal=spoken,
        depth=depth, view=view, chosen=TAKEN_ON,
    )


@cache
def hostile_brief() -> Brief:
    """Every word that comes from outside is an attack, and longer than any column."""
    bad = Title(HOSTILE, HOSTILE)
    orders = [
        replace(order, id=f"{HOSTILE}{order.id}", place=HOSTILE + order.place, carrier=HOSTILE + order.carrier)
        for order in two_years()
    ]
    facts = facts_of(orders)
    links = tuple(replace(line, title=bad) for line in BLUEPRINT.links)
    others = tuple(replace(line, title=bad) for line in BLUEPRINT.others)
    blueprints = {"order": replace(BLUEPRINT, title=bad, links=links, others=others)}
    return make_brief(
        replace(facts, blueprints=blueprints, watermarks={HOSTILE: facts.at}), period=parse_period("2026-10"),
        company=bad, posts=dict.fromkeys(POSTS, bad), owners=dict.fromkeys(POSTS, HOSTILE),
        reveal=lambda tokens: dict.fromkeys(tokens, HOSTILE),
        depth="full", chosen=[Chosen("handover: origin=Wuhan", HOSTILE, HOSTILE, since=date(2026, 9, 1))],
        names={"place": {order.place: bad for order in orders}, "performer": {order.carrier: bad for order in orders[:9]}},
    )


class _Page(HTMLParser):
    """What a browser would see: tags with their attributes, and that they close."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.seen if tag == name]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_runs_and_nothing_is_fetched(brief: Brief, lang: Lang) -> None:
    text = render_html(brief, lang)
    page = _Page(text)
    names = {tag for tag, _ in page.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
    attributes = {name for _, each in page.seen for name in each}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"src", "href", "style", "srcset"}
    assert "http" not in text
    assert not re.search(r"@import|url\(", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_from_outside_stay_words(lang: Lang) -> None:
    text = render_html(hostile_brief(), lang)
    page = _Page(text)
    assert {tag for tag, _ in page.seen} & {"script", "img"} == set()
    assert "<script" not in text.split("</style>")[1]
    assert "&lt;script&gt;" in text
    assert "{{ 7*7 }}" in text  # shown, never worked out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_a_document_with_landmarks_and_headings(brief: Brief, lang: Lang) -> None:
    page = _Page(render_html(brief, lang))
    assert page.tags("html")[0]["lang"] == HTML_LANG[lang]
    for name, number in {"h1": 1, "main": 1, "header": 1, "title": 1}.items():
        assert len(page.tags(name)) == number, name
    ids = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["aria-labelledby"] for attributes in page.tags("section")} <= set(ids)
    assert all("role" in svg or svg.get("aria-hidden") == "true" for svg in page.tags("svg"))
    assert all(header.get("scope") for header in page.tags("th"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_is_drawn(brief: Brief, lang: Lang) -> None:
    page = _Page(render_html(brief, lang))
    drawn = [each["id"] for each in page.tags("section") if "sec" in (each.get("class") or "").split()]
    assert drawn == [section.code for section in brief.sections]
    assert set(drawn) == {maker.code for maker in all_sections()} - {"peers", "index"}
    text = render_text(brief, lang)
    assert all(section.title.say(lang) in text for section in brief.sections)


def test_the_figures_of_the_file_are_those_of_the_brief(brief: Brief) -> None:
    text = render_html(brief, "en")
    assert '<p class="big">68.7%</p>' in text
    assert "63.2–73.8%" in text
    assert "n = 291" in text
    assert "7 of 7 rules observed" in text


def test_a_true_minus_and_no_hyphen_before_digits(brief: Brief) -> None:
    body = render_text(brief, "en")
    assert not re.search(r"(?<![\w-])-\d", body)


def test_the_page_of_one_language_has_no_word_of_the_other(brief: Brief) -> None:
    said_en = {label.en for label in LABELS.values() if len(label.en) > 6 and "{" not in label.en}
    zh = render_html(brief, "zh").split("</style>")[1]
    assert not {label for label in said_en if f">{label}<" in zh}
    en = render_html(brief, "en").split("</style>")[1]
    quotes = "".join(row.text for row in brief.section("quotes").data.rows)  # type: ignore[union-attr]
    assert not {sign for sign in en if "\u4e00" <= sign <= "\u9fff"} - set(quotes)


def test_a_section_that_returns_a_table_needs_no_template(brief: Brief) -> None:
    title = Title("按星期", "By weekday")
    table = Table([title, Title("瑕疵", "Flaws")], [[Title("周一", "Monday"), Title("12", "12")]])
    longer = replace_sections(brief, [*brief.sections, Section("weekday", title, None, None, table)])
    assert '<th scope="row">Monday</th><td class="num">12</td>' in render_html(longer, "en")
    assert "周一" in render_text(longer, "zh")


def replace_sections(brief: Brief, sections: list[Section]) -> Brief:
    """The brief with other sections."""
    return Brief(**{name: getattr(brief, name) for name in brief.__struct_fields__ if name != "sections"}, sections=sections)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_prose_of_the_text_form_fits_a_terminal(brief: Brief, lang: Lang) -> None:
    head, why, *_ = render_text(brief, lang).split("\n\n")
    assert all(cells(line) <= WIDTH for line in [*head.splitlines(), *why.splitlines()])


def test_columns_of_the_text_form_align_in_chinese(brief: Brief) -> None:
    lines = render_text(brief, "zh").splitlines()
    start = lines.index(next(line for line in lines if line.startswith("断在哪里")))
    table = lines[start + 2:start + 10]
    assert len({cells(line[:line.rindex("%") + 1]) for line in table[1:]}) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("period", ["2023-01", "2024-04", "2024-05", "2026-06", "2026-W40", "2026-Q3", "2026"])
def test_any_period_can_be_drawn(period: str, lang: Lang) -> None:
    brief = _brief(period=period, depth="full" if period == "2026-W40" else "quick")
    _Page(render_html(brief, lang))
    assert brief.headline.sentence.say(lang) in render_text(brief, lang)


def test_labels_are_complete() -> None:
    for name, label in LABELS.items():
        assert label.zh, name
        assert label.en, name
        assert set(re.findall(r"{(\w+)}", label.zh)) == set(re.findall(r"{(\w+)}", label.en)), name

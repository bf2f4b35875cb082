"""The brief in Chromium: no sideways scrolling on a phone, two pages of A4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from lastmeter.charts.brief_html import render_html
from lastmeter.diagnosis.study import Depth
from lastmeter.kernel.titles import Lang
from tests.charts.test_brief_html import LANGUAGES, _brief, hostile_brief

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [320, 390, 700, 794, 1280])
def test_nothing_scrolls_sideways(browser: Browser, lang: Lang, width: int) -> None:
    assert _scroll_width(browser, render_html(_brief(), lang), width) <= width


@pytest.mark.parametrize("lang", LANGUAGES)
def test_long_hostile_names_do_not_widen_a_phone(browser: Browser, lang: Lang) -> None:
    assert _scroll_width(browser, render_html(hostile_brief(), lang), 390) <= 390


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("depth", "pages"), [("quick", b"2"), ("full", b"3")])
def test_it_prints_on_few_pages(browser: Browser, lang: Lang, depth: Depth, pages: bytes) -> None:
    page = browser.new_page()
    page.set_content(render_html(_brief(depth=depth), lang))
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert re.findall(rb"/Count (\d+)", printed) == [pages]


def test_it_asks_nobody_for_anything(browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(render_html(_brief(), "en"))
    page.close()
    assert asked == []


def _scroll_width(browser: Browser, text: str, width: int) -> int:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(text)
    found = int(page.evaluate("document.documentElement.scrollWidth"))
    page.close()
    return found

"""A phone in one hand: whoever serves a customer finds an order, opens it by its card, takes on a flaw; nothing is too small to hit."""

from __future__ import annotations

import pytest
from playwright.sync_api import FloatRect, Page, expect

from lastmeter.workspace import Workspace
from tests.browser.conftest import PageOf, Site

PHONE = 390
LEAST = 40
"""CSS pixels that a thumb needs, in height."""
PAGES = ("/", "/flaws/", "/journeys/", "/journeys/list/", "/search/", "/more/")
_TOO_LOW = """least => [...document.querySelectorAll("main :is(a, button, summary, select, input:not([type=hidden])), .tabbar a")]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest(".vh, p, [hidden]"))
  .filter(one => {
    const area = one.matches("select, input") ? one.closest("label") ?? one : one, over = getComputedStyle(one, "::after");
    const laid = over.position === "absolute" && over.content !== "none" && over.inset !== "auto" ? parseFloat(over.height) : 0;
    return Math.ceil(Math.max(area.getBoundingClientRect().height, laid)) < least;
  }).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_pressed_is_as_high_as_a_thumb(site: Site, browser_page: PageOf, lang: str) -> None:
    page = browser_page("agent", PHONE, lang, site=site)
    found = {}
    for path in PAGES:
        page.goto(f"{site.url}{path}")
        page.wait_for_load_state("networkidle")
        found[path] = page.evaluate(_TOO_LOW, LEAST)
    assert {path: low for path, low in found.items() if low} == {}


@pytest.mark.slow
def test_search_is_one_press_away_and_a_card_is_one_target(site: Site, browser_page: PageOf) -> None:
    with Workspace.open(site.folder) as ws:
        order = ws.journeys().head(1).to_arrow().to_pylist()[0]["journey_id"]
    page = browser_page("agent", PHONE, site=site)
    page.goto(f"{site.url}/")
    page.locator(".tabbar").get_by_role("link", name="Search").tap()
    page.locator("#palette input[name=q]").fill(order)
    page.locator("#palette").get_by_role("option").filter(has_text=order).first.tap()
    expect(page.locator("h1")).to_contain_text(order)
    page.goto(f"{site.url}/journeys/list/")
    card = page.locator(".cards tbody tr").first
    wanted = card.locator("td.lead").inner_text()
    _tap_the_corner_of(page, card.bounding_box())
    expect(page.locator("h1")).to_contain_text(wanted)


@pytest.mark.slow
def test_filters_that_narrow_nothing_come_when_asked_for(site: Site, browser_page: PageOf) -> None:
    page = browser_page("agent", PHONE, site=site)
    page.goto(f"{site.url}/journeys/list/?flawed=1")
    place, flawed = page.locator("select[name=place]"), page.locator("select[name=flawed]")
    expect(flawed).to_be_visible()
    expect(place).to_be_hidden()
    page.get_by_text("All filters").tap()
    expect(place).to_be_visible()


def _tap_the_corner_of(page: Page, box: FloatRect | None) -> None:
    """Where no word stands: the lower right of a card."""
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)

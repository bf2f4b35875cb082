"""Every page of the console, at a desk and on a phone, in both languages: opens, fits, and axe finds nothing serious."""

from __future__ import annotations

import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page

from lastmeter.workspace import Workspace
from tests.browser.conftest import PageOf, Site, does_not_overflow

PAGES = (
    "/", "/journeys/", "/journeys/list/", "/journeys/{kind}/{journey}/", "/flaws/", "/pareto/", "/reefs/", "/drivers/", "/indicators/",
    "/indicators/perfect_journey_rate/", "/focus/", "/brief/", "/sources/", "/sources/shop/", "/sources/import/", "/sources/rejected/",
    "/blueprints/", "/blueprints/order/", "/people/", "/webhooks/", "/audit/", "/account/", "/more/", "/search/?q=2026", "/welcome/",
)
SERIOUS = {"serious", "critical"}
FIRST_TIME_SECONDS = 60


def opened(page: Page, url: str) -> None:
    """Goes there, again and again while the page is still being worked out."""
    until = time.monotonic() + FIRST_TIME_SECONDS
    # Such a page loads itself again, too: where that comes first there is no answer.
    while ((answer := page.goto(url)) is None or answer.status == 202) and time.monotonic() < until:
        page.wait_for_timeout(500)
    assert answer is not None
    assert answer.status == 200, (url, answer.status)
    page.wait_for_load_state("networkidle")


def faults(page: Page) -> list[dict[str, Any]]:
    """What axe calls serious, with the first place of each; once more where the page has just loaded what it waited for."""
    try:
        found = Axe().run(page).response["violations"]
    except Error:
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
    return [{"id": one["id"], "where": one["nodes"][0]["html"][:160]} for one in found if one["impact"] in SERIOUS]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_opens_fits_and_has_no_serious_fault(site: Site, browser_page: PageOf, width: int, lang: str) -> None:
    with Workspace.open(site.folder) as ws:
        journey = ws.journeys(flawed=True).head(1).to_arrow().to_pylist()[0]
    page = browser_page("owner", width, lang, site=site)
    wrong = {}
    for path in PAGES:
        address = path.format(kind=journey["journey_kind"], journey=journey["journey_id"])
        opened(page, f"{site.url}{address}")
        wrong[path] = [*faults(page), *([] if does_not_overflow(page) else [{"id": "wider than its window"}])]
        assert page.locator("h1").count() == 1, path
    assert [f"{path}: {one}" for path, found in wrong.items() for one in found] == []


@pytest.mark.slow
def test_a_stranger_sees_a_sign_in_page_without_a_serious_fault(site: Site, browser_page: PageOf) -> None:
    for width in (1440, 390):
        page = browser_page(None, width, site=site)
        opened(page, f"{site.url}/")
        assert page.url.startswith(f"{site.url}/accounts/login/")
        assert faults(page) == []


@pytest.mark.slow
def test_dark_is_as_readable(site: Site, browser_page: PageOf) -> None:
    page = browser_page("owner", site=site)
    page.goto(f"{site.url}/account/")
    page.emulate_media(color_scheme="dark")
    wrong = {}
    for path in ("/", "/journeys/", "/flaws/", "/pareto/", "/indicators/perfect_journey_rate/"):
        opened(page, f"{site.url}{path}")
        wrong[path] = faults(page)
    assert [f"{path}: {one}" for path, found in wrong.items() for one in found] == []

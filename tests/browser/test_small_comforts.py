"""What a script adds: the palette, and a look that changes at the first press."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PageOf, Site


@pytest.mark.slow
def test_the_palette_shows_the_pages_as_it_opens_and_follows_the_arrows(site: Site, browser_page: PageOf) -> None:
    page = browser_page("viewer", site=site)
    page.goto(f"{site.url}/account/")
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Pareto").wait_for()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#palette [role=option][aria-selected=true]")
    assert page.locator("#palette input[name=q]").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.type("drivers")
    page.get_by_role("option", name="Pareto").wait_for(state="detached")
    page.keyboard.press("Enter")
    page.wait_for_url("**/drivers/**")


@pytest.mark.slow
def test_who_types_faster_than_the_palette_finds_is_not_led_elsewhere(site: Site, browser_page: PageOf) -> None:
    page = browser_page("viewer", site=site)
    page.goto(f"{site.url}/account/")
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Pareto").wait_for()
    page.keyboard.type("drivers")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    assert "“drivers”" in page.locator("h2.sentence").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize(("system", "after"), [("dark", "light"), ("light", "dark")])
def test_one_press_changes_what_the_system_shows(site: Site, browser_page: PageOf, system: str, after: str) -> None:
    page = browser_page("analyst", site=site)
    page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    page.goto(f"{site.url}/account/")
    page.locator("select[name=theme]").select_option("")
    with page.expect_navigation():
        page.locator("main .btn.primary").first.click()
    page.locator(".nav button[name=theme]:visible").click()
    page.wait_for_selector("html[data-theme]")
    assert page.locator("html").get_attribute("data-theme") == after

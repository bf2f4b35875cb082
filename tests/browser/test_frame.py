"""The frame in a browser: signing in leads somewhere, on a phone and a screen, in both languages."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PageOf, Site, does_not_overflow


@pytest.mark.slow
def test_a_person_signs_in_and_finds_all_pages_of_the_role(site: Site, browser_page: PageOf) -> None:
    phone = browser_page("owner", 390, "zh", site=site)
    phone.goto(f"{site.url}/more/")
    assert phone.get_by_role("heading", name="所有页面").is_visible()
    assert does_not_overflow(phone)
    stranger = browser_page(None, site=site)
    stranger.goto(f"{site.url}/more/")
    assert "/accounts/login/" in stranger.url

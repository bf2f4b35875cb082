"""A newcomer: from the first sign-in of an empty workspace to the first brief; a file is brought in and undone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf, Site, does_not_overflow
from tests.connectors_proposal.newcomer import write_exports

pytestmark = pytest.mark.slow

WORKER_MS = 90_000
VISITS = "visit_no,booked_at,finished_at,engineer,score\n" + "".join(
    f"V-{number},2026-08-{number % 27 + 1:02d} 09:{number:02d},2026-08-{number % 27 + 2:02d} 11:{number:02d},"
    f"e{number % 3},{number % 5 + 1}\n"
    for number in range(1, 41))


def bring_in(page: Page, site: Site, files: list[Path]) -> None:
    """Upload, look at what is proposed, agree, wait for the worker."""
    page.goto(f"{site.url}/sources/import/")
    page.locator("#files").set_input_files(files)
    page.locator("form[enctype] button.primary").click()
    page.wait_for_url(re.compile(r"/sources/import/\d+/"))
    page.locator("button[value=begin]").click()
    expect(page.locator("#stored")).to_be_visible(timeout=WORKER_MS)


@pytest.mark.parametrize(("width", "lang", "first", "ready"), [
    (1440, "zh", "五步，从导出文件到第一份简报", "都齐了：第一份简报可以看了"),
    (390, "en", "Five steps from your exports to the first brief", "All is there: the first brief can be read"),
])
def test_from_first_sign_in_to_first_brief(
    empty_site: Site, browser_page: PageOf, tmp_path: Path, width: int, lang: str, first: str, ready: str
) -> None:
    """Exports as a clerk saves them: a workbook, and two files in GBK."""
    page = browser_page("owner", width, lang, site=empty_site)
    page.goto(empty_site.url)
    expect(page.locator("h2.sentence")).to_have_text(first)
    page.get_by_role("link", name=re.compile("导入文件|Import files")).first.click()
    page.locator("#files").set_input_files(write_exports(tmp_path / "exports"))
    page.locator("form[enctype] button.primary").click()
    page.wait_for_url(re.compile(r"/sources/import/\d+/"))
    assert "订单号" in page.content()
    assert does_not_overflow(page)
    page.locator("button[value=begin]").click()
    expect(page.locator("#stored")).to_have_text("981", timeout=WORKER_MS)
    assert does_not_overflow(page)
    page.get_by_role("link", name=re.compile("下一步|What is next")).click()
    expect(page.locator("h2.sentence")).to_have_text(ready, timeout=WORKER_MS)
    page.get_by_role("link", name=re.compile("打开简报|Open the brief")).click()
    page.wait_for_url("**/brief/**")
    expect(page.locator("main h2, main h1").first).to_be_visible()
    assert does_not_overflow(page)


def test_a_file_is_brought_in_and_undone(site: Site, browser_page: PageOf, tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(VISITS, encoding="utf-8")
    page = browser_page("manager", 1440, "en", site=site)
    bring_in(page, site, [tmp_path / "visits.csv"])
    assert page.locator("#stored").inner_text() == "80"
    page.get_by_role("link", name=re.compile(r"Undo batch \d+")).click()
    page.get_by_role("button", name="Undo this batch").click()
    expect(page.get_by_role("heading", name=re.compile(r"Batch \d+ is undone"))).to_be_visible(timeout=WORKER_MS)
    page.goto(f"{site.url}/sources/visits/")
    expect(page.get_by_text("Undone", exact=True)).to_be_visible()


def test_a_blueprint_is_changed_after_seeing_what_that_changes(site: Site, browser_page: PageOf) -> None:
    page = browser_page("owner", 390, "en", site=site)
    page.goto(f"{site.url}/blueprints/files/order/")
    text = page.locator("textarea")
    good = text.input_value()
    text.fill(good.replace('limit = "72 hours"', 'limit = "long"'))
    page.locator("button[value=try]").click()
    page.locator("#mistakes a").click()
    chosen = text.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert chosen == 'limit = "long"'
    text.fill(good.replace('limit = "72 hours"', 'limit = "60 hours"'))
    page.locator("button[value=try]").click()
    expect(page.get_by_role("button", name="Save the correction")).to_be_visible(timeout=WORKER_MS)
    assert does_not_overflow(page)
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_text("“At the delivery station” within 60 h of “Handed to the carrier”")).to_be_visible()
    assert 'limit = "60 hours"' in (site.folder / "blueprints" / "order.toml").read_text(encoding="utf-8")

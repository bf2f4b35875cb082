"""Colleagues at work: a flaw appears before their eyes and goes again, a focus is chosen, a masked phone is revealed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from lastmeter.diagnosis.focus import Chosen
from lastmeter.workspace import Workspace
from lastmeter.workspace.focusing import drop, put, read_chosen
from tests.browser.conftest import HEIGHTS, REVEALS, PageOf, Site, does_not_overflow

pytestmark = pytest.mark.slow

WATCH_MS = 75_000
"""The watch has its turn every 20 seconds, the page asks every 15."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMIT = DAY  # from payment to picking
MADE_MS = 60_000
"""So long a page may say that its figures are being worked out; it loads itself again until they are."""
DESK, PHONE = 1440, 390


class Till:
    """A system of the shop that tells over HTTP what happened, and up to when the shop's systems are complete."""

    def __init__(self, site: Site, key: str) -> None:
        self._url = site.url
        self._key = {"Authorization": f"Bearer {key}"}

    def tell(self, order: str, steps: dict[str, datetime]) -> None:
        """What happened to an order, when."""
        lines = [
            {"id": f"{step}-{order}", "source": "till", "type": f"order.{step}", "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S}Z",
             "objects": {"order": order}}
            for step, at in steps.items()
        ]
        answer = self._post("/api/v1/events", content="\n".join(map(json.dumps, lines)).encode())
        assert answer.json()["stored"] == len(lines), answer.text

    def complete_until(self, at: datetime, sources: Sequence[str] = ("till", "shop", "logistics", "care")) -> None:
        """Nothing that happened before then is still to come."""
        for name in sources:
            self._post(f"/api/v1/sources/{name}/watermark", content=json.dumps({"complete_until": f"{at.isoformat()}Z"}).encode())

    def _post(self, path: str, content: bytes) -> httpx.Response:
        headers = {**self._key, "Content-Type": "application/x-ndjson"}
        answer = httpx.post(f"{self._url}{path}", content=content, headers=headers, timeout=30, trust_env=False)
        return answer.raise_for_status()


def key_given_by(owner: Page, site: Site) -> str:
    """A token for a program, as an owner gives it: shown once."""
    owner.goto(f"{site.url}/sources/")
    owner.get_by_role("button", name="Give a token").click()
    owner.locator("#token-name").fill("till")
    owner.locator("#token-new button.primary").click()
    return owner.locator("#token-key").inner_text().strip()


def shipped(paid: datetime) -> dict[str, datetime]:
    """Picked, packed and handed over, each within its limit."""
    return {step: paid + HOUR * later for later, step in enumerate(("picked", "packed", "handed_over"), start=1)}


def rows_of(page: Page, journey: str) -> Locator:
    return page.locator(".flawlist tbody tr", has=page.get_by_role("link", name=journey, exact=True))


def lies_within_the_window(page: Page, found: Locator) -> bool:
    box = found.bounding_box()
    assert page.viewport_size is not None
    return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]


def test_a_flaw_appears_while_people_look_once_and_goes_when_it_is_disproved(busy_site: Site, browser_page: PageOf) -> None:
    """Four colleagues look at the flaws, at a desk and on a phone, in both languages; nobody touches a page."""
    site = busy_site
    till = Till(site, key_given_by(browser_page("owner", site=site), site))
    looking = {(width, lang): browser_page("manager", width, lang, site=site) for width in HEIGHTS for lang in ("zh", "en")}
    for page in looking.values():
        page.goto(f"{site.url}/flaws/")
        expect(page.locator(".flawlist")).to_be_visible(timeout=WATCH_MS)  # the watch has taken over what was there before
        page.evaluate("window.untouched = true")
    paid = site.clock.now() - LIMIT - timedelta(seconds=2)
    till.tell("late-1", {"placed": paid - HOUR, "paid": paid})
    till.tell("kept-1", {"placed": paid - HOUR, "paid": paid, **shipped(paid)})
    till.complete_until(paid + LIMIT + timedelta(seconds=1))
    for (width, lang), page in looking.items():
        row = rows_of(page, "late-1")
        expect(row).to_have_count(1, timeout=WATCH_MS)
        expect(row).to_contain_text("付款到拣货" if lang == "zh" else "Payment to picking")
        expect(row).to_contain_text("新" if lang == "zh" else "new")
        expect(rows_of(page, "kept-1")).to_have_count(0)
        take = row.get_by_role("button", name="接手" if lang == "zh" else "Take on")
        assert lies_within_the_window(page, take), width
        assert does_not_overflow(page)

    till.tell("late-1", shipped(paid))
    till.complete_until(site.clock.now() - timedelta(seconds=1))
    for page in looking.values():
        expect(rows_of(page, "late-1")).to_have_count(0, timeout=WATCH_MS)
        assert page.evaluate("window.untouched === true"), "the page was loaded again"

    for (_, lang), page in looking.items():
        page.get_by_role("link", name="已撤回" if lang == "zh" else "Withdrawn", exact=True).click()
        row = rows_of(page, "late-1")
        expect(row).to_have_count(1)
        row.get_by_role("link", name="付款到拣货" if lang == "zh" else "Payment to picking").click()
        expect(page.locator(".tl h4")).to_have_text(
            ["提出", "撤回：后来的数据推翻了它"] if lang == "zh" else ["Raised", "Withdrawn: later data disproved it"])


WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "nothing": "还没有选过", "choose": "选为聚焦项", "chosen": "已选为聚焦项。", "change": "修改", "save": "保存", "saved": "已保存。",
        "due": "11月30日前完成", "full": "已选 4 项，够了", "early": "还不能判断", "take": "选定", "drop": "放下",
    },
    "en": {
        "nothing": "Nothing has been chosen yet", "choose": "Choose as focus", "chosen": "Chosen as focus.", "change": "Change",
        "save": "Save", "saved": "Saved.", "due": "due 30 Nov", "full": "4 are chosen, which is enough",
        "early": "It cannot be told yet", "take": "Choose", "drop": "Drop",
    },
}


@pytest.mark.parametrize(("width", "lang", "others"), [(DESK, "zh", ("notice_out", "delivery")), (PHONE, "en", ())])
def test_a_focus_is_chosen_from_the_reefs(
    busy_site: Site, browser_page: PageOf, width: int, lang: str, others: tuple[str, ...]
) -> None:
    """With who, what and by when; with two `others` the next one is the fourth, which is enough."""
    words = WORDS[lang]
    for one in read_chosen(busy_site.folder):  # of whoever was here before
        drop(busy_site.folder, one.code)
    page = browser_page("manager", width, lang, site=busy_site)
    page.goto(f"{busy_site.url}/focus/?period=2026")
    expect(page.get_by_text(words["nothing"])).to_be_visible(timeout=MADE_MS)
    page.goto(f"{busy_site.url}/reefs/?period=2026")
    reef = page.locator("article.reef").first
    expect(reef).to_be_visible(timeout=MADE_MS)
    named = reef.locator("h3").inner_text()
    reef.get_by_role("button", name=words["choose"]).click()
    card = page.locator("section.card:has(.rankcard)", has=page.get_by_role("heading", name=named)).first
    expect(card).to_be_visible(timeout=MADE_MS)
    card.get_by_text(words["change"], exact=True).click()
    form = card.locator("form[action$='/focus/change/']")
    form.locator("select[name=owner]").select_option("agent")
    form.locator("textarea[name=action]").fill("two-layer boxes")
    form.locator("input[name=due]").fill("2026-11-30")
    form.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["saved"])).to_be_visible(timeout=MADE_MS)
    first = page.locator(".rankcard").first
    for told in (named, "agent", "two-layer boxes", words["due"]):
        expect(first).to_contain_text(told)
    effect = page.locator("section.card:not(:has(.rankcard))", has=page.get_by_role("heading", name=named))
    expect(effect).to_contain_text(words["early"])

    if others:
        for code in others:  # as the command line chooses
            put(busy_site.folder, Chosen(code))
        page.reload()
        free = page.locator("section.card:has(form[action$='/focus/choose/']):has(.rankcard)").first
        free.get_by_text(words["choose"], exact=True).click(timeout=MADE_MS)
        free.locator("textarea[name=action]").fill("ring twice")
        free.get_by_role("button", name=words["take"], exact=True).click()
        expect(page.get_by_text(words["full"])).to_be_visible(timeout=MADE_MS)
        expect(page.get_by_text("ring twice", exact=True).first).to_be_visible()
        expect(page.locator("form[action$='/focus/choose/']")).to_have_count(0)
    else:
        page.get_by_role("button", name=words["drop"], exact=True).click()
        expect(page.get_by_text(words["nothing"])).to_be_visible(timeout=MADE_MS)
    assert does_not_overflow(page)


@pytest.mark.parametrize(("width", "lang", "role", "said"), [
    (DESK, "zh", "agent", {
        "reveal": "显示", "close": "关闭", "left": "今天可显示 3 项，还剩 3 项", "few": "今天可显示 3 项，还剩 2 项，您选了 3 项",
        "saw": "有 1 个人看过",
    }),
    (PHONE, "en", "manager", {
        "reveal": "Reveal", "close": "Close", "left": "3 of your 3 reveals of today are left",
        "few": "2 of your 3 reveals of today are left, and you chose 3", "saw": "One person saw it",
    }),
])
def test_a_masked_phone_is_revealed_for_a_reason_and_that_is_seen(
    busy_site: Site, browser_page: PageOf, width: int, lang: str, role: str, said: dict[str, str]
) -> None:
    kind, journey, phone = a_customer_of(busy_site, [DESK, PHONE].index(width))
    reason = f"address changes, {role}"
    page = browser_page(role, width, lang, site=busy_site)
    page.goto(f"{busy_site.url}/journeys/{kind}/{journey}/")
    assert phone not in page.content()
    page.locator(".personal").get_by_role("link", name=said["reveal"]).click()
    sheet = page.locator("#dialog")
    expect(sheet).to_contain_text(said["left"])
    for box in sheet.locator("label", has_not_text=phone[-4:]).locator("input[type=checkbox]").all():
        box.uncheck()
    sheet.locator("input[name=reason]").fill(reason)
    sheet.get_by_role("button", name=said["reveal"]).click()
    expect(sheet.locator(".revealed")).to_have_text([phone])
    assert does_not_overflow(page)
    sheet.get_by_role("button", name=said["close"]).click()
    page.reload()
    assert phone not in page.content()

    page.locator(".personal").get_by_role("link", name=said["reveal"]).click()
    expect(sheet.locator("input[type=checkbox]")).to_have_count(REVEALS)
    sheet.locator("input[name=reason]").fill(reason)
    sheet.get_by_role("button", name=said["reveal"]).click()
    expect(sheet.get_by_role("alert")).to_contain_text(said["few"])
    expect(sheet.locator(".revealed")).to_have_count(0)

    owner = browser_page("owner", width, lang, site=busy_site)
    owner.goto(f"{busy_site.url}/audit/")
    expect(owner.locator("tbody tr", has_text=reason)).to_have_count(1)
    expect(owner.locator("tbody tr", has_text=reason)).to_contain_text(role)
    owner.locator("form[action$='/audit/seen/'] input[name=value]").fill(phone)
    owner.locator("form[action$='/audit/seen/'] button").click()
    expect(owner.locator("h2.sentence")).to_have_text(said["saw"])
    expect(owner.locator("tbody tr")).to_have_count(1)
    expect(owner.locator("tbody tr")).to_contain_text(re.compile(f"{role}.*{reason}", re.DOTALL))


def a_customer_of(site: Site, place: int) -> tuple[str, str, str]:
    """Kind and id of a journey, and the phone of its customer; another one for another place."""
    with (site.exports / "customers.csv").open(encoding="utf-8", newline="") as stream:
        phones = {row["customer_id"]: row["phone"] for row in csv.DictReader(stream)}
    with Workspace.open(site.folder) as ws:
        rows = ws.journeys(flawed=True).head(2000).to_arrow().to_pylist()
    row = [row for row in rows if row["customer"] in phones][place]
    return row["journey_kind"], row["journey_id"], phones[row["customer"]]

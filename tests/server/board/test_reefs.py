"""The reefs page shows what the library's search found, says what it is not, and leads to the focus list."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.diagnosis.sections.reefs import told
from lastmeter.kernel.titles import Lang
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from lastmeter.workspace.focusing import read_chosen
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

ADDRESS = "/reefs/?period=2026"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_cards_hold_the_reefs_by_what_mending_gives(large_company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(ADDRESS, lang=lang)
    with workspace() as ws:
        found = ws.find_reefs("order", period="2026")
    assert len(found.main) >= 2
    assert told(found).say(lang) in page
    ordered = sorted(found.main, key=lambda one: -one.potential.journeys)
    titles = re.findall(r'<h3 class="mt1"><a[^>]*>(.*?)</a>', page)
    assert titles[:len(ordered)] == [one.conditions[0].value_title.say(lang) for one in ordered]
    for reef in ordered:
        gain = (reef.potential.rate - reef.potential.now) * 100
        assert f"<b>{words.change_of(gain)}</b>" in page
        assert f"<b>{reef.size.ratio:.1f}</b>" in page
        assert re.search(rf'counted=1[^"]*">{words.count(reef.n)}</a>', page)
        assert words.count(reef.flaws - reef.expected) in page
    assert ("是潜力，不是效果" if lang == "zh" else "a potential, not an effect") in page


def test_none_found_is_said_and_leads_on(company: Path, page_of: PageOf) -> None:
    page = page_of(ADDRESS)
    with workspace() as ws:
        found = ws.find_reefs("order", period="2026")
    assert not found.all
    assert told(found).en in page
    assert "No kind of journey breaks beyond chance" in page


def test_one_press_chooses_a_reef(large_company: Path, page_of: PageOf, client_of: ClientOf) -> None:
    with workspace() as ws:
        code = ws.find_reefs("order", period="2026").all[0].code
    client = client_of("manager")
    answer = client.post("/focus/choose/", {"code": code, "kind": "order", "period": "2026"})
    assert (answer.status_code, answer["Location"]) == (302, "/focus/?kind=order&period=2026")
    assert [one.code for one in read_chosen(large_company)] == [code]
    assert "action running" in page_of(ADDRESS, role="viewer")
    assert "Choose as focus" not in page_of(ADDRESS, role="viewer")
    assert "Choose as focus" in page_of(ADDRESS, role="manager")


def test_roles_reach_and_csv(large_company: Path, page_of: PageOf, client_of: ClientOf) -> None:
    assert client_of("field").get(ADDRESS).status_code == 403
    assert client_of("viewer").get(f"{ADDRESS}&format=csv").status_code == 403
    answer = client_of("analyst").get(f"{ADDRESS}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    with workspace() as ws:
        found = ws.find_reefs("order", period="2026")
        with ws.narrowed(lambda facts: facts.where(brand="linen")):
            of_brand = ws.find_reefs("order", period="2026")
    assert [row["code"] for row in rows] == [one.code for one in found.all]
    Person.objects.filter(username="manager").update(brands=["linen"])
    assert told(of_brand).en in page_of(ADDRESS, role="manager")

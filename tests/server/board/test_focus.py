"""The focus list in the console is the workspace's own file: chosen, changed, dropped, undone, told to audit and journal."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.diagnosis.focus import Chosen
from lastmeter.diagnosis.judged import judged
from lastmeter.diagnosis.naming import rule_titles
from lastmeter.diagnosis.sections.focus import told
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.workspace.focusing import put, read_chosen
from lastmeter.workspace.listings import events
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

ADDRESS = "/focus/?period=2026"
ASKED = {"kind": "order", "period": "2026"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_is_the_librarys(large_company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(ADDRESS, lang=lang)
    with workspace() as ws:
        found = ws.focus("order", period="2026")
    assert told(found).say(lang) in page
    shown = re.findall(r'<h3 class="t16"><a[^>]*>(.*?)</a>.*?class="gain">\+([\d,]+)<', page, flags=re.DOTALL)
    assert shown == [(item.title.say(lang), words.count(item.adds)) for item in found.items]
    assert found.following is not None
    assert found.following.title.say(lang) in page
    assert all(words.percent(item.rate_after) in page for item in found.items)


def test_choose_change_drop_and_undo(company: Path, client_of: ClientOf, page_of: PageOf) -> None:
    client = client_of("manager")
    client.post("/focus/choose/", {**ASKED, "code": "handover", "owner": "Agent", "action": "second pick-up", "due": "2026-11-30"})
    assert [(one.code, one.owner, one.action, one.due) for one in read_chosen(company)] == [
        ("handover", "Agent", "second pick-up", date(2026, 11, 30))
    ]
    page = page_of(ADDRESS, client=client)
    assert "Chosen as focus." in page
    assert page.index("second pick-up") < page.index("not chosen")
    client.post("/focus/change/", {**ASKED, "code": "handover", "owner": "Agent", "action": "", "due": "", "note": "asked the dock"})
    changed = read_chosen(company)[0]
    assert (changed.action, changed.due, changed.note, changed.since) == (None, None, "asked the dock", read_chosen(company)[0].since)
    assert _undo(client, page_of) == 302
    assert read_chosen(company)[0].action == "second pick-up"
    client.post("/focus/drop/", {**ASKED, "code": "handover"})
    assert read_chosen(company) == []
    assert _undo(client, page_of) == 302
    assert read_chosen(company)[0].due == date(2026, 11, 30)


def _undo(client: object, page_of: PageOf) -> int:
    token = re.search(r'name="undo" value="([^"]+)"', page_of(ADDRESS, client=client))
    assert token
    status: int = client.post("/focus/undo/", {**ASKED, "undo": token[1]}).status_code  # type: ignore[attr-defined]
    return status


def test_an_undo_that_was_tampered_with_is_refused(company: Path, client_of: ClientOf) -> None:
    answer = client_of("manager").post("/focus/undo/", {**ASKED, "undo": "eyJjb2RlIjoieCJ9:nonsense"})
    assert answer.status_code == 400
    assert "focus.undo" in answer.content.decode()


def test_audit_and_journal_are_told(company: Path, client_of: ClientOf) -> None:
    client_of("manager").post("/focus/choose/", {**ASKED, "code": "handover"})
    row = AuditRow.objects.get(act="focus.choose")
    assert (row.actor, row.object_id, row.detail) == ("manager", "handover", {"what": "chosen"})
    told_of = [event for event in events(served.journal).to_pylist() if event["type"] == "focus.chosen"]
    assert [(event["source"], event["attr_rule"]) for event in told_of] == [("lastmeter", "handover")]


def test_what_nobody_found_or_too_many_is_refused(company: Path, client_of: ClientOf) -> None:
    client = client_of("owner")
    answer = client.post("/focus/choose/", {**ASKED, "code": "weather"})
    assert answer.status_code == 404
    assert "focus.unknown" in answer.content.decode()
    for code in ("handover", "notice_out", "delivery", "tour"):
        assert client.post("/focus/choose/", {**ASKED, "code": code}).status_code == 302
    answer = client.post("/focus/choose/", {**ASKED, "code": "complaint"})
    assert "focus.full" in answer.content.decode()
    assert len(read_chosen(company)) == 4
    assert "focus.due" in client.post("/focus/change/", {**ASKED, "code": "tour", "due": "soon"}).content.decode()


def test_only_who_steers_chooses_and_a_brand_only_its_own(company: Path, client_of: ClientOf, page_of: PageOf) -> None:
    assert client_of("analyst").post("/focus/choose/", {**ASKED, "code": "handover"}).status_code == 403
    assert client_of("third_party").get(ADDRESS).status_code == 403
    assert "Choose as focus" not in page_of(ADDRESS, role="agent")
    Person.objects.filter(username="manager").update(brands=["linen"])
    answer = client_of("manager").post("/focus/choose/", {**ASKED, "code": "handover"})
    assert answer.status_code == 403
    assert read_chosen(company) == []


def test_effects_are_the_librarys(large_company: Path, page_of: PageOf) -> None:
    put(large_company, Chosen("damaged: performer=carrier:camelbell", "Lin Fang", "new boxes", None, date(2026, 5, 1)))
    put(large_company, Chosen("handover", "Luo Min", None, None, date(2026, 5, 1)))
    page = page_of("/focus/?period=2026-09")
    with workspace() as ws:
        facts = ws.facts("order")
        found = judged(facts, read_chosen(large_company), period=parse_period("2026-09"), titles=rule_titles(facts), names=ws.names())
    assert len(found) == 2
    assert all(one.text.en in page for one in found)
    assert all(one.title.en in page for one in found)
    early = page_of("/focus/?period=2026-03", lang="zh")
    assert "还没有选过" not in early
    assert "打包到交给快递" in early[early.index("行动从这一期之后才开始的"):]

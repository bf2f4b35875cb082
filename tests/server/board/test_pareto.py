"""The Pareto page shows the library's Pareto; its drill-down adds up; roles and reach hold."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.diagnosis.pareto import pareto
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

YEAR = "2026"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_cause_with_its_figures(company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(f"/pareto/?period={YEAR}", lang=lang)
    with workspace() as ws:
        causes = pareto(ws.facts("order"), period=parse_period(YEAR), posts=ws.post_titles())
    table = page[page.index('id="causes"'):]
    rows = re.findall(
        r'<tr.*?rule=(\w+)">(.*?)</a></td>.*?">([\d,]+)</a></td><td class="num"[^>]*>(.*?)</td><td class="num[^>]*>(.*?)</td>', table)
    assert rows == [
        (one.rule, one.title.say(lang), words.count(one.count), words.percent(one.share), words.percent(one.cumulative)) for one in causes
    ]


def test_the_drill_down_adds_up_and_leads_to_its_journeys(company: Path, page_of: PageOf) -> None:
    with workspace() as ws:
        first = pareto(ws.facts("order"), period=parse_period(YEAR))[0]
        flaws = ws.flaws("order", period=YEAR).to_arrow().to_pylist()
    mine = [row for row in flaws if row["rule"] == first.rule and row["counted"]]
    page = page_of(f"/pareto/?period={YEAR}&by=performer&part=1")
    assert "<html" not in page
    shown = re.findall(rf'rule={first.rule}&performer=([^"]+)" class="grow.*?>([\d,]+)</span>', page)
    performers = {row["performer"] for row in mine if row["performer"]}
    assert {value.replace("%3A", ":"): int(number) for value, number in shown} == {
        one: sum(row["performer"] == one for row in mine) for one in performers
    }


def test_all_flaws_by_post(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/pareto/?period={YEAR}&rule=all&by=post&part=1")
    with workspace() as ws:
        causes = pareto(ws.facts("order"), period=parse_period(YEAR))
    of_post = sum(one.count for one in causes if one.post == "last_mile")
    assert of_post
    assert re.search(rf'post=last_mile" class="grow.*?>{of_post}</span>', page)


def test_the_table_sorts_by_its_headers(company: Path, page_of: PageOf) -> None:
    with workspace() as ws:
        causes = pareto(ws.facts("order"), period=parse_period(YEAR))
    page = page_of(f"/pareto/?period={YEAR}&sort=previous")
    table = page[page.index('id="causes"'):]
    shown = re.findall(r'<tr[^>]*><td class="lead"><a href="[^"]*rule=(\w+)"', table)
    before = {one.rule: one.previous for one in causes}
    assert sorted(shown) == sorted(before)
    assert [before[rule] for rule in shown] == sorted(before.values())
    assert 'aria-sort="ascending"><a href="?kind=order&period=2026&sort=-previous' in table
    assert page_of(f"/pareto/?period={YEAR}").count('aria-sort="descending"') == 1


def test_an_unknown_cause_or_dimension_is_told(company: Path, client_of: ClientOf) -> None:
    client = client_of("owner")
    for asked in ("rule=nonsense", "by=shoe_size", "sort=mood"):
        answer = client.get(f"/pareto/?period={YEAR}&{asked}")
        assert answer.status_code == 404
        assert "filter.unknown" in answer.content.decode()


def test_no_flaws_is_an_empty_page_that_leads_on(company: Path, page_of: PageOf) -> None:
    assert "No flaw in this period" in page_of("/pareto/?period=2019-01")


def test_who_may_see_and_who_may_export(company: Path, client_of: ClientOf) -> None:
    assert client_of("agent").get("/pareto/").status_code == 403
    assert client_of(None).get("/pareto/").status_code == 302
    assert "format=csv" not in client_of("viewer").get(f"/pareto/?period={YEAR}").content.decode()
    assert client_of("viewer").get(f"/pareto/?period={YEAR}&format=csv").status_code == 403
    answer = client_of("analyst").get(f"/pareto/?period={YEAR}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    with workspace() as ws:
        causes = pareto(ws.facts("order"), period=parse_period(YEAR))
    assert [(row["rule"], int(row["count"])) for row in rows] == [(one.rule, one.count) for one in causes]
    assert AuditRow.objects.filter(act="export", object_type="pareto").count() == 1


def test_reach(company: Path, page_of: PageOf) -> None:
    Person.objects.filter(username="manager").update(brands=["linen"])
    page = page_of(f"/pareto/?period={YEAR}", role="manager")
    with workspace() as ws:
        causes = pareto(ws.facts("order").where(brand="linen"), period=parse_period(YEAR))
    assert words.flaws(sum(one.count for one in causes)).en in page

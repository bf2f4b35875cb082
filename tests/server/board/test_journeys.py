"""The map of journeys: its figures are the library's, its numbers lead to lists of as many journeys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.diagnosis.links import late_links
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.server.company import workspace
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

PERIOD = "2026-09"


def shown_count(page: str) -> int:
    """How many journeys a list says it has."""
    found = re.search(r'<h2 class="sentence">([0-9,]+) journeys? ', page)
    assert found, page
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_links_are_told_as_the_library_measures_them(company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(f"/journeys/?period={PERIOD}", lang=lang)
    with workspace() as ws:
        links = late_links(ws.facts("order"), period=parse_period(PERIOD), posts=ws.post_titles()).rows
        owners = ws.post_owners()
    rows = page[page.index("<tbody>"):page.index("</tbody>")].split("<tr")[1:]
    assert len(rows) == len(links) == 6
    for row, link in zip(rows, links, strict=True):
        assert link.post
        assert link.title.say(lang) in row
        for seconds in (link.now.median, link.now.p90, link.now.spread):
            assert words.duration(seconds).say(lang) in row
        assert words.limit(link.limit_seconds, link.limit_unit).say(lang) in row
        assert words.percent(link.now.late_share) in row
        assert link.post_title
        assert link.post_title.say(lang) in row
        assert owners[link.post] in row


def test_the_link_that_is_late_most_often_is_marked_and_only_that(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/journeys/?period={PERIOD}")
    with workspace() as ws:
        links = late_links(ws.facts("order"), period=parse_period(PERIOD)).rows
    worst = max(links, key=lambda link: link.now.late_share or 0.0)
    hot = re.findall(r'<tr class="hot">(.*?)</tr>', page, re.DOTALL)
    assert len(hot) == 1
    assert worst.title.en in hot[0]


def test_every_number_leads_to_as_many_journeys(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/journeys/?period={PERIOD}")
    with workspace() as ws:
        links = late_links(ws.facts("order"), period=parse_period(PERIOD)).rows
        states = ws.journeys("order", period=PERIOD).to_arrow()["state"].to_pylist()
    for link in links:
        address = re.search(rf'href="(/journeys/list/\?[^"]*link={link.link}&[^"]*)"', page)
        assert address
        assert shown_count(page_of(address[1])) == link.now.late
    leading = re.findall(r'href="(/journeys/list/\?[^"]*state=([a-z]+)[^"]*)"', page)
    assert {state for _, state in leading} == set(states)
    for address, state in leading:
        assert shown_count(page_of(address)) == states.count(state)


def test_a_map_of_nothing_says_what_to_do(company: Path, page_of: PageOf) -> None:
    page = page_of("/journeys/?period=2031-01")
    assert "No journey falls due in this period" in page
    assert "Choose another period" in page


def test_the_table_goes_out_as_csv_for_who_may_export(company: Path, client_of: ClientOf) -> None:
    answer = client_of("analyst").get(f"/journeys/?period={PERIOD}&format=csv")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"link","title_zh"')
    assert len(lines) == 7
    assert client_of("viewer").get(f"/journeys/?period={PERIOD}&format=csv").status_code == 403
    assert "format=csv" not in client_of("viewer").get(f"/journeys/?period={PERIOD}").content.decode()

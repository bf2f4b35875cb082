"""The drivers page shows the library's drivers, and what was not known when customers were asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.server.company import workspace
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_shares_fractions_and_what_was_left_out(large_company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of("/drivers/?period=2026", lang=lang)
    with workspace() as ws:
        found = ws.drivers("order", period=parse_period("2026"))
    row = r'<tr><td[^>]*>(.*?)</td><td class="barcell wide">.*?</td><td class="num[^>]*>(.*?)</td><td class="num soft">(.*?)</td>'
    rows = re.findall(row, page)
    assert rows == [
        (one.title.say(lang), words.percent(one.share), words.percent_range(one.low, one.high)) for one in found.rows
    ]
    assert all(words.percent(one.attributable_fraction) in page for one in found.rows)
    assert found.auc is not None
    assert f"<dd>{found.auc:.2f}</dd>" in page
    assert f">{words.count(found.n)}</a>" in page
    for one in found.dropped:
        assert one.title.say(lang) in page
        assert one.reason.say(lang) in page


def test_too_few_answers_are_said(company: Path, page_of: PageOf) -> None:
    page = page_of("/drivers/?period=2026-09")
    assert "Too few answers to tell what moves the score" in page
    assert "At least 200 scores" in page


def test_roles(company: Path, client_of: ClientOf) -> None:
    assert client_of("field").get("/drivers/").status_code == 403
    assert client_of("third_party").get("/drivers/").status_code == 403

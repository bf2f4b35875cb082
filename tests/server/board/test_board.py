"""The board says what the library's quick brief says, to each within reach, in both languages."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from lastmeter.diagnosis import words
from lastmeter.diagnosis.rates import PERFECT, rates
from lastmeter.diagnosis.sections.better import Better
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.sections.rates import Rates
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.server import clock
from lastmeter.server import company as served_company
from lastmeter.server.board.queries.findings import part
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Holding, Person
from lastmeter.server.watch.models import Prediction, Silence
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

PERIOD = "2026-09"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentence_figures_and_causes_are_the_briefs(company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(f"/?period={PERIOD}", lang=lang)
    with workspace() as ws:
        brief = ws.brief(period=PERIOD)
    assert brief.headline.sentence.say(lang) in page
    assert all(why.say(lang) in page for why in brief.headline.why)
    held, causes, moved = part(brief, Rates), part(brief, Causes), part(brief, Better)
    assert held
    assert causes
    assert moved
    for rate in held.rates:
        assert f'class="fig">{words.percent(rate.value)}</a>' in page
        assert words.percent_range(rate.low, rate.high) in page
        assert rate.change.text.say(lang) in page
    assert held.regular is None or words.days(held.regular.spread).say(lang) in page
    assert all(cause.title.say(lang) in page for cause in causes.rows[:4] if cause.count)
    assert all(row.text.say(lang) in page for row in [*moved.worse, *moved.rows] if row.real)


def test_the_weekly_chart_is_the_rate_by_week(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/?period={PERIOD}&by=week")
    with workspace() as ws:
        rate = rates(ws.facts("order"), (PERFECT,), period=parse_period("2026-W39"))[0]
    table = page[page.index('id="chart-table"'):]
    shown = re.findall(r'period=(2026-W\d+)&.*?</td><td class="num">(.*?)</td><td class="num">(.*?)</td>', table)
    assert shown[0] == ("2026-W39", words.percent(rate.value), words.count(rate.n))
    assert len(re.findall(r"<tr><td>", table[:table.index("</table>")])) == len(rate.points)


def test_open_flaws_are_those_of_journeys_under_way(company: Path, page_of: PageOf) -> None:
    page = page_of("/")
    with workspace() as ws:
        facts = ws.facts("order")
        states = facts.journeys.select("journey_id", "state", "flaw_count").collect(backend="pyarrow").to_native().to_pylist()
        flaws = facts.flaws.select("journey_id", "rule").collect(backend="pyarrow").to_native().to_pylist()
    under_way = {row["journey_id"] for row in states if row["state"] in ("unstarted", "open")}
    by_rule: dict[str, set[str]] = {}
    for row in flaws:
        if row["journey_id"] in under_way:
            by_rule.setdefault(row["rule"], set()).add(row["journey_id"])
    shown = dict(re.findall(r'state=open&rule=(\w+)".*?w3">([\d,]+)<', page))
    assert by_rule
    assert {rule: int(number) for rule, number in shown.items()} == {rule: len(ids) for rule, ids in by_rule.items()}


def test_who_holds_a_post_reads_its_own_last_meter_first(company: Path, page_of: PageOf) -> None:
    Holding.objects.create(person=Person.objects.get(username="field"), post="last_mile", since=date(2020, 1, 1))
    page = page_of(f"/?period={PERIOD}", role="field")
    with workspace() as ws:
        brief = ws.brief(period=PERIOD, post="last_mile")
    held = part(brief, Rates)
    assert held
    own, whole = page.index("My posts"), page.index("The whole company")
    assert own < page.index(brief.headline.sentence.en) < whole
    assert own < page.index(words.percent(held.rates[0].value)) < whole
    assert "My posts" not in page_of(f"/?period={PERIOD}", role="viewer")
    as_post = page_of(f"/?period={PERIOD}&post=last_mile", role="viewer")
    assert f'class="fig">{words.percent(held.rates[0].value)}</a>' in as_post


def test_a_post_without_rules_is_told_so(company: Path, page_of: PageOf) -> None:
    toml = company / "lastmeter.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[[post]]\ncode = "quiet"\ntitle = { zh = "闲岗", en = "Quiet post" }\n', "utf-8")
    Holding.objects.create(person=Person.objects.get(username="field"), post="quiet", since=date(2020, 1, 1))
    assert "answers for no rule" in page_of("/", role="field")


def test_a_brand_is_all_that_its_manager_sees(company: Path, page_of: PageOf) -> None:
    Person.objects.filter(username="manager").update(brands=["orchard"])
    page = page_of("/?period=2026", role="manager")
    with workspace() as ws:
        narrowed = rates(ws.facts("order").where(brand="orchard"), (PERFECT,), period=parse_period("2026"))[0]
        whole = rates(ws.facts("order"), (PERFECT,), period=parse_period("2026"))[0]
    assert words.journeys(narrowed.n).en in page
    assert words.journeys(whole.n).en not in page


def test_a_third_party_sees_its_own_journeys_and_no_focus(company: Path, page_of: PageOf) -> None:
    Person.objects.filter(username="third_party").update(performer="carrier:swallow")
    page = page_of("/?period=2026", role="third_party")
    with workspace() as ws:
        own = ws.facts("order").where(performer="carrier:swallow")
        n = rates(own, (PERFECT,), period=parse_period("2026"))[0].n
    assert words.journeys(n).en in page
    assert "Focus this period" not in page
    assert "Focus this period" in page_of("/?period=2026", role="viewer")


def test_what_takes_long_is_waited_for_on_a_page_that_says_so(
    company: Path, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_company, "SOON_SECONDS", 0.0)
    client = client_of("owner")
    client.get("/healthz")
    began = time.monotonic()
    answer = client.get(f"/?period={PERIOD}")
    assert answer.status_code == 202
    assert 'http-equiv="refresh"' in answer.content.decode()
    assert "Being worked out" in answer.content.decode()
    while client.get(f"/?period={PERIOD}").status_code == 202:
        assert time.monotonic() - began < 120
        time.sleep(0.2)
    assert "class=\"sentence\"" in client.get(f"/?period={PERIOD}").content.decode()


def test_what_goes_wrong_meanwhile_is_told_to_who_asks_next(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_company, "SOON_SECONDS", 0.0)
    calls = []

    def failing(_ws: object) -> int:
        calls.append(1)
        raise ValueError("no")

    told = 0
    for _ in range(200):
        try:
            assert served.find_soon(("a failing key",), failing) is None
        except ValueError:
            told += 1
            break
        time.sleep(0.05)
    assert told == 1
    assert len(calls) == 1


def test_a_finding_is_made_once_and_kept(company: Path) -> None:
    calls = []

    def counted(_ws: object) -> int:
        calls.append(1)
        return 7

    first, second = served.find_soon(("a key",), counted), served.find_soon(("a key",), counted)
    assert first is not None
    assert first is second
    assert (first.value, len(calls)) == (7, 1)


def test_what_will_be_late_and_who_is_silent_is_told(company: Path, page_of: PageOf) -> None:
    assert "May be late" not in page_of("/")
    now = clock.now()
    for number, brand in enumerate(["linen", "linen", "volt"]):
        Prediction.objects.create(
            kind="order", journey=f"p{number}", due_at=now + timedelta(hours=3), said_at=now, step="packed", reached_at=now,
            chance=0.9, compared=40, brand=brand,
        )
    Silence.objects.create(source="logistics", since=now - timedelta(days=2), noticed_at=now)
    page = page_of("/")
    assert re.search(r'href="/flaws/ahead/.*?May be late.*?w3">3<', page)
    assert "Logistics scans has been silent since" in page
    assert re.search(r'May be late.*?w3">2<', page_of("/?brand=linen"))
    assert "May be late" not in page_of("/?channel=app")


def test_few_queries_and_a_light_page(company: Path, client_of: ClientOf) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of("owner")
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/")
    assert len(queries) <= 10
    assert len(answer.content) < 100_000

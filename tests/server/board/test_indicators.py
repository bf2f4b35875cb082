"""Indicators: figures, charts and comparisons are the library's; what takes long is shown when it is there."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path

import pytest

from lastmeter.charts.theme import PALETTE
from lastmeter.diagnosis import words
from lastmeter.indicators import registry
from lastmeter.indicators.compare import compare
from lastmeter.indicators.series import chart_of
from lastmeter.kernel.titles import Lang
from lastmeter.server.board import explorable
from lastmeter.server.board.queries import indicators as queries
from lastmeter.server.board.views import indicators as views
from lastmeter.server.company import workspace
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

PERIOD = "2026-09"


@pytest.fixture
def _at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PATIENCE", 120.0)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.usefixtures("_at_leisure")
def test_an_area_shows_each_figure_with_its_interval(company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(f"/indicators/?period={PERIOD}&q=promise", lang=lang)
    with workspace() as ws:
        figure = ws.figures("promise_kept_rate", period=PERIOD, kind="order")[0]
        title = ws.catalogue["promise_kept_rate"].title.say(lang)
    row = re.search(rf"<tr>(?:(?!</tr>).)*{re.escape(title)}</a>.*?</tr>", page, re.DOTALL)
    assert row
    assert words.percent(figure.value) in row[0]
    assert words.percent_range(figure.low, figure.high) in row[0]
    assert words.count(figure.n) in row[0]


@pytest.mark.usefixtures("_at_leisure")
def test_search_keeps_what_it_finds_in_either_language(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/indicators/?period={PERIOD}&q=完美旅程率")
    assert "Perfect journey rate" in page
    assert "Promise kept" not in page
    assert "No indicator goes by “zzzz”" in page_of("/indicators/?q=zzzz")


def test_what_is_not_there_yet_is_asked_for_again(company: Path, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PATIENCE", 0.0)
    client = client_of("viewer")
    page = client.get(f"/indicators/?period={PERIOD}").content.decode()
    assert 'hx-trigger="load delay:2s"' in page
    assert "Being worked out" in page
    until = time.monotonic() + 120
    while 'hx-trigger="load' in page and time.monotonic() < until:
        time.sleep(0.1)
        page = client.get(f"/indicators/?period={PERIOD}").content.decode()
    assert "indicators changed beyond chance" in page or "No indicator changed beyond chance" in page
    for area in registry.areas():
        assert area.title.en in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_defines_draws_and_compares(company: Path, page_of: PageOf, lang: Lang) -> None:
    page = page_of(f"/indicators/perfect_journey_rate/?period={PERIOD}&by=performer", lang=lang)
    with workspace() as ws:
        indicator = ws.catalogue["perfect_journey_rate"]
        figures = ws.figures("perfect_journey_rate", by=["performer"], period=PERIOD, kind="order")
        chart = chart_of(ws.facts("order"), indicator)
        names = ws.names()["performer"]
    assert indicator.meaning.zh in page
    assert indicator.meaning.en in page
    known = [figure for figure in figures if figure.keys["performer"] is not None]
    assert known
    for group in compare(indicator, known).groups:
        title = names[str(group.figure.keys["performer"])].say(lang)
        row = re.search(rf"<tr>(?:(?!</tr>).)*{re.escape(title)}</a>.*?</tr>", page, re.DOTALL)
        assert row
        assert words.percent(group.figure.value) in row[0]
        assert f'class="verdict {queries.STANDINGS[group.standing][0]}"' in row[0]
    shown = re.findall(r"<tr><td>(2026-\d\d)</td><td class=\"num\">(.*?)</td>", page)
    told = {point.period: words.percent(point.value) for point in chart.points if point.value is not None}
    assert shown[0][0] == PERIOD
    assert all(told[period] == value for period, value in shown)


def test_one_that_is_no_share_is_drawn_in_its_unit(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/indicators/order_to_arrival_spread/?period={PERIOD}")
    chart = page[page.index('<svg class="chart"'):]
    assert re.search(r">[0-9.]+ days</text>", chart[:chart.index("</svg>")])


def test_the_journeys_beside_it_are_those_that_miss_it(company: Path, page_of: PageOf) -> None:
    page = page_of(f"/indicators/perfect_journey_rate/?period={PERIOD}")
    with workspace() as ws:
        flawed = set(ws.journeys("order", period=PERIOD, flawed=True).to_arrow()["journey_id"].to_pylist())
    shown = re.findall(r'href="/journeys/order/([^"/]+)/"', page)
    assert flawed
    assert len(shown) == min(queries.EXAMPLES, len(flawed))
    assert set(shown) <= flawed


def test_the_chart_to_explore_comes_in_the_reader_s_colours(company: Path, client_of: ClientOf, page_of: PageOf) -> None:
    address = f"/indicators/perfect_journey_rate/?period={PERIOD}"
    page = page_of(address)
    spec = re.search(r'data-spec="([^"]+)"', page)
    assert spec
    light = client_of("viewer").get(f"/indicators/perfect_journey_rate/{spec[1]}").json()["spec"]
    dark = client_of("viewer").get(f"/indicators/perfect_journey_rate/{spec[1]}&theme=dark").json()["spec"]
    assert PALETTE["light"]["data_band"] in str(light["layer"])
    assert PALETTE["dark"]["data_band"] in str(dark["layer"])
    assert PALETTE["light"]["data_band"] not in str(dark["layer"])
    with workspace() as ws:
        chart = chart_of(ws.facts("order"), ws.catalogue["perfect_journey_rate"])
    drawn = [row["value"] for row in next(iter(light.get("datasets", {"": light["data"].get("values")}).values()))]
    assert drawn[-1] == pytest.approx(next(point.value for point in chart.points if point.period == PERIOD))


def test_the_script_of_charts_is_kept_for_good(company: Path, client_of: ClientOf) -> None:
    answer = client_of("viewer").get(f"/indicators/vega-{explorable.bundle_version()}.js", headers={"accept-encoding": "gzip"})
    script = gzip.decompress(b"".join(answer)).decode()
    assert "window.vegaEmbed=" in script
    assert "immutable" in answer["Cache-Control"]
    plain = client_of("viewer").get(f"/indicators/vega-{explorable.bundle_version()}.js")
    assert b"".join(plain).decode() == script


def test_who_may_not_and_what_is_not(company: Path, client_of: ClientOf) -> None:
    assert client_of("third_party").get("/indicators/").status_code == 403
    assert client_of("viewer").get("/indicators/nothing/").status_code == 404
    assert client_of("viewer").get("/indicators/perfect_journey_rate/?by=luck").status_code == 400


def test_the_series_goes_out_as_csv(company: Path, client_of: ClientOf) -> None:
    client = client_of("analyst")
    for _ in range(100):
        answer = client.get(f"/indicators/promise_kept_rate/?period={PERIOD}&format=csv")
        if answer.status_code == 200:
            break
        time.sleep(0.1)
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == '"period","value","n","usual","lower","upper","signal"'
    assert lines[-1].startswith(f'"{PERIOD}"')

"""What a page is about is read from its address, once for all pages, and no further than the person may see."""

from __future__ import annotations

import html
from datetime import date, datetime
from pathlib import Path

import narwhals.stable.v2 as nw
import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from lastmeter.workspace import Workspace
from tests.server.conftest import ClientOf


def filters_for(role: str, address: str = "") -> Filters:
    request = RequestFactory().get(f"/any/{address}")
    request.user = Person.objects.get(username=role)
    return filters_of(request)


def due(filters: Filters) -> int:
    with workspace() as ws:
        return int(filters.facts(ws).journeys.select(nw.len().alias("n")).collect(backend="pyarrow").to_native()["n"][0].as_py())


def flaws_of(ws: Workspace, filters: Filters) -> int:
    return sum(ws.pareto(filters.kind, period=filters.period).to_arrow()["count"].to_pylist())


def test_left_out_they_are_the_librarys_own_defaults(company: Path) -> None:
    filters = filters_for("owner")
    with workspace() as ws:
        assert filters.period == ws.period(None, ws.facts("order"))
    assert (filters.kind, filters.where, filters.post) == ("order", (), None)
    assert filters.address == f"?kind=order&period={filters.period.code}"


def test_an_address_narrows_and_is_carried_on(company: Path) -> None:
    filters = filters_for("owner", "?period=2026-W30&place=beijing&channel=app&rule=late&page=3")
    assert filters.period.code == "2026-W30"
    assert filters.where == (("place", "beijing"), ("channel", "app"))
    assert filters.to("/pareto/") == "/pareto/?kind=order&period=2026-W30&place=beijing&channel=app"
    assert filters.here(channel=None) == "?kind=order&period=2026-W30&place=beijing&rule=late"
    assert 0 < due(filters) < due(filters_for("owner"))


def test_what_no_journey_has_is_told(company: Path) -> None:
    for address, code in (("?place=atlantis", "filter.unknown"), ("?performer=carrier:none", "filter.unknown"),
                          ("?period=soon", "period.unreadable"), ("?kind=parcel", "journey.kind_unknown")):
        with pytest.raises(LastMeterError) as told:
            filters_for("owner", address)
        assert told.value.code == code


def test_what_exists_but_not_together_is_told_so_with_a_way_out(company: Path, client_of: ClientOf) -> None:
    with Workspace.open(company) as ws, ws.narrowed(lambda facts: facts.where(place="beijing")):
        for asked in (ws.brief, ws.reefs):
            with pytest.raises(LastMeterError, match="within what is selected") as told:
                asked(kind="order", place="shanghai")
            assert told.value.code == "filter.nothing"
    page = client_of("owner").get("/pareto/?place=atlantis")
    assert page.status_code == 404
    assert 'href="/pareto/">Without filters' in page.content.decode()
    assert "Without filters" not in client_of("owner").get("/nowhere/?place=atlantis").content.decode()


def test_reach_narrows_facts_and_choices_and_is_part_of_the_key(company: Path) -> None:
    Person.objects.filter(username="manager").update(brands=["orchard"])
    all_of_it, reached = filters_for("owner"), filters_for("manager")
    assert 0 < due(reached) < due(all_of_it)
    assert reached.key != all_of_it.key
    assert [one.code for one in reached.frame.values["brand"]] == ["orchard"]  # type: ignore[union-attr]
    with pytest.raises(LastMeterError) as told:
        filters_for("manager", "?brand=volt")
    assert told.value.code == "filter.unknown"
    assert "volt" not in str(told.value.hint("en"))


def test_a_third_party_without_a_name_sees_nothing(company: Path) -> None:
    assert due(filters_for("third_party")) == 0


def test_the_workspace_is_narrowed_within_and_whole_after(company: Path) -> None:
    filters = filters_for("owner", "?brand=orchard&period=2026")
    with workspace() as ws:
        with filters.within(ws):
            inside = flaws_of(ws, filters)
        assert 0 < inside < flaws_of(ws, filters)
        assert not ws.is_narrowed


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_bar_steps_and_drops(company: Path, lang: str) -> None:
    filters = filters_for("owner", "?period=2026-08&place=beijing&channel=app&post=dispatch")
    shown = html.unescape(render_to_string("board/filters.html", {"filters": filters, "lang": lang}))
    assert "?kind=order&period=2026-07&place=beijing&channel=app&post=dispatch" in shown
    assert "?kind=order&period=2026-09&place=beijing&channel=app&post=dispatch" in shown
    assert 'href="?kind=order&period=2026-08&place=beijing&post=dispatch"' in shown
    assert 'href="?kind=order&period=2026-08&channel=app&post=dispatch"' not in shown, "the select of places drops it"
    assert ("北京" if lang == "zh" else "Beijing") in shown
    assert ("对比7月" if lang == "zh" else "against July") in shown
    assert 'type="hidden" name="post" value="dispatch"' in shown


def test_there_is_no_step_beyond_the_facts(company: Path) -> None:
    filters = filters_for("owner")
    today = filters.frame.today  # type: ignore[union-attr]
    assert filters_for("owner", f"?period={today:%Y-%m}").later is None


def test_a_day_has_begun_where_it_has_begun_at_the_company(company: Path) -> None:
    """The facts are as of 16:00 UTC on 31 October: in Shanghai November has begun."""
    frame = filters_for("owner").frame
    with workspace() as ws:
        assert ws.facts().at == datetime(2026, 10, 31, 16)
    assert frame is not None
    assert frame.today == date(2026, 11, 1)

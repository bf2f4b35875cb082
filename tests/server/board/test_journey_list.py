"""The list of journeys: what it counts, sorts and refuses; what goes out of it; the views that people save."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import narwhals.stable.v2 as nw
import pytest

from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.board.models import SavedView
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from tests.server.board.conftest import PageOf
from tests.server.board.hostile import FORMULA, plant
from tests.server.board.test_journeys import shown_count
from tests.server.conftest import ClientOf

LIST = "/journeys/list/"


def ids(page: str) -> list[str]:
    """The journeys of a page of the list, in its order."""
    return re.findall(r'<td class="lead"><a href="/journeys/order/([^"/]+)/">', page)


CHOICES: dict[str, dict[str, Any]] = {
    "": {},
    "period=2026-09": {"period": "2026-09"},
    "period=2026-Q3&flawed=1": {"period": "2026-Q3", "flawed": True},
    "period=2026-09&flawed=0&place=guangdong": {"period": "2026-09", "flawed": False, "place": "guangdong"},
    "state=cancelled": {"state": "cancelled"},
    "promise=missed&brand=volt": {"promise": "missed", "brand": "volt"},
    "rule=notice_out": {"flaw": "notice_out"},
}


def test_it_counts_what_the_library_counts(company: Path, page_of: PageOf) -> None:
    for query, choice in CHOICES.items():
        with workspace() as ws:
            expected = ws.journeys("order", **choice).to_arrow().num_rows
        assert expected, query
        assert shown_count(page_of(f"{LIST}?kind=order&{query}")) == expected, query


def test_a_post_answers_for_its_own_flaws(company: Path, page_of: PageOf) -> None:
    with workspace() as ws:
        flaws = ws.flaws("order", period="2026-09").to_arrow().to_pylist()
    expected = {row["journey_id"] for row in flaws if row["post"] == "last_mile"}
    assert expected
    assert shown_count(page_of(f"{LIST}?period=2026-09&post=last_mile")) == len(expected)


def test_the_order_is_the_one_asked_for_and_pages_go_on_where_the_one_before_ended(company: Path, page_of: PageOf) -> None:
    with workspace() as ws:
        frame = ws.facts("order").journeys.sort("duration_seconds", "journey_id", descending=[True, False], nulls_last=True)
        expected = frame.select("journey_id").head(100).collect(backend="pyarrow").to_native()["journey_id"].to_pylist()
    first = page_of(f"{LIST}?sort=-duration")
    assert ids(first) == expected[:50]
    assert ids(page_of(f"{LIST}?sort=-duration&page=2")) == expected[50:]
    assert 'aria-sort="descending"' in first


def test_a_filter_that_cannot_be_is_refused_in_words(company: Path, client_of: ClientOf) -> None:
    viewer = client_of("viewer")
    for query in ("kind=nothing", "period=yesterday", "state=lost", "rule=none", "link=none", "sort=luck", "flawed=2",
                  "place=atlantis", "page=0", "page=9999", "page=x"):
        answer = viewer.get(f"{LIST}?{query}")
        assert answer.status_code in {400, 404}, query
        assert 'class="empty"' in answer.content.decode(), query


@pytest.mark.parametrize(("lang", "words"), [("zh", "没有符合的旅程"), ("en", "No journey matches")])
def test_an_empty_list_says_what_to_do(company: Path, page_of: PageOf, lang: str, words: str) -> None:
    assert words in page_of(f"{LIST}?customer=nobody", lang=lang)


def test_a_brand_sees_its_own_journeys_only(company: Path, page_of: PageOf) -> None:
    Person.objects.filter(username="manager").update(brands=["volt"])
    with workspace() as ws:
        expected = ws.journeys("order", period="2026-09", brand="volt").to_arrow().num_rows
    assert shown_count(page_of(f"{LIST}?period=2026-09", role="manager")) == expected


def test_a_third_party_sees_its_own_doing_only(company: Path, page_of: PageOf) -> None:
    Person.objects.filter(username="third_party").update(performer="carrier:lark")
    with workspace() as ws:
        expected = ws.journeys("order", performer="carrier:lark").to_arrow().num_rows
    assert shown_count(page_of(LIST, role="third_party")) == expected


def test_a_file_has_all_rows_safe_from_formulas_and_is_written_down(company: Path, client_of: ClientOf) -> None:
    plant(clock.now())
    answer = client_of("analyst").get(f"{LIST}?place={quote(FORMULA)}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["place"] == f"'{FORMULA}"
    written = AuditRow.objects.get(act="export", object_type="journeys")
    assert written.actor == "analyst"
    assert written.detail["rows"] == 1


def test_only_some_roles_take_files_away(company: Path, client_of: ClientOf) -> None:
    assert client_of("agent").get(f"{LIST}?format=csv").status_code == 403
    assert "format=csv" not in client_of("agent").get(LIST).content.decode()


def test_a_view_is_saved_shared_deleted_and_brought_back(company: Path, client_of: ClientOf, page_of: PageOf) -> None:
    analyst = client_of("analyst")
    saved = analyst.post("/views/save/", {"name": "September, late", "address": f"{LIST}?period=2026-09&promise=missed"})
    assert saved["Location"] == f"{LIST}?period=2026-09&promise=missed"
    assert "September, late" in page_of(LIST, role="analyst")
    assert "September, late" not in page_of(LIST, role="viewer")
    analyst.post("/views/save/", {"name": "September, late", "address": f"{LIST}?period=2026-09&promise=missed", "shared": "on"})
    view = SavedView.objects.get()
    assert "September, late" in page_of(LIST, role="viewer")
    assert client_of("viewer").post(f"/views/{view.pk}/delete/").status_code == 404
    gone = analyst.post(f"/views/{view.pk}/delete/")
    assert "September, late" not in page_of(LIST, role="viewer")
    assert f'action="/views/{view.pk}/restore/"' in page_of(gone["Location"], role="analyst")
    analyst.post(f"/views/{view.pk}/restore/")
    assert "September, late" in page_of(LIST, role="viewer")
    assert set(AuditRow.objects.filter(object_type="view").values_list("act", flat=True)) == {
        "view.save", "view.delete", "view.restore"}


def test_a_view_leads_nowhere_else(company: Path, client_of: ClientOf) -> None:
    for address in ("https://elsewhere.example/?a=1", "//elsewhere.example/?a=1", "/journeys/list/", "javascript:alert(1)?x"):
        assert client_of("analyst").post("/views/save/", {"name": "x", "address": address}).status_code == 400, address
    assert client_of("third_party").post("/views/save/", {"name": "x", "address": f"{LIST}?a=1"}).status_code == 403
    assert not SavedView.objects.exists()


def test_a_customer_leads_to_all_of_their_journeys(company: Path, page_of: PageOf) -> None:
    """The customer's journeys as the fact table has them."""
    with workspace() as ws:
        journeys = ws.facts("order").journeys.filter(~nw.col("customer").is_null())
        row = journeys.group_by("customer").agg(nw.len().alias("n")).sort("n", "customer", descending=[True, False]).head(1)
        busiest = row.collect(backend="pyarrow").to_native().to_pylist()[0]
    assert shown_count(page_of(f"{LIST}?customer={busiest['customer']}")) == busiest["n"] > 1


def test_of_two_views_of_one_name_the_later_is_saved_over(company: Path, client_of: ClientOf) -> None:
    client = client_of("manager")
    first = {"name": "late", "address": "/journeys/list/?kind=order&flawed=1"}
    client.post("/views/save/", first)
    gone = SavedView.objects.get()
    client.post(f"/views/{gone.pk}/delete/")
    client.post("/views/save/", first)
    client.post(f"/views/{gone.pk}/restore/")
    assert client.post("/views/save/", {**first, "address": "/journeys/list/?kind=order&flawed=0"}).status_code == 302
    assert sorted(SavedView.objects.values_list("address", flat=True)) == [
        "/journeys/list/?kind=order&flawed=0", "/journeys/list/?kind=order&flawed=1"]

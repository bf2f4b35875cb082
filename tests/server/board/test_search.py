"""Search: what is typed leads to pages, orders and customers, never beyond what the person may see."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote_plus

import narwhals.stable.v2 as nw
import pytest
from django.test import Client

from lastmeter.journal.vault import ending_of
from lastmeter.server import clock
from lastmeter.server.board import endings
from lastmeter.server.board.models import PhoneEnding, SavedView
from lastmeter.server.board.queries.search import may_stand_in_address
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.worker import run_once
from tests.server.conftest import ClientOf


@pytest.fixture
def searched(client_of: ClientOf) -> Callable[..., str]:
    """What a role reads after typing a text into the search: `searched("L0", role="viewer", part=True)`."""

    def search(text: str, *, role: str = "owner", lang: str = "en", part: bool = False) -> str:
        answer = client_of(role, lang=lang).post("/search/", {"q": text, **({"part": "1"} if part else {})})
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return search


Searched = Callable[..., str]


def found(page: str) -> list[str]:
    """The addresses of what was found, in order."""
    if "palette results" not in page:
        return re.findall(r'<a href="([^"]+)" role="option"', page)
    return re.findall(r'<li><a href="([^"]+)"', page[page.index("palette results"):])


def someone(*conditions: nw.Expr) -> dict[str, str]:
    """A journey that meets these, with its customer's phone as the vault holds it."""
    with workspace() as ws:
        rows = ws.facts("order").journeys.filter(~nw.col("customer").is_null(), *conditions).sort("journey_id").head(1)
        row = rows.collect(backend="pyarrow").to_native().to_pylist()[0]
        with ws.journal.snapshot() as snapshot:
            snapshot.define_events("every")
            token = snapshot.duck.execute(
                "SELECT max(attr_phone) FROM every WHERE object_type = 'customer' AND object_id = ?", [row["customer"]]
            ).fetchall()[0][0]
        phone = ws.journal.reveal([token], raw=True)[token]
    return {"journey": row["journey_id"], "customer": row["customer"], "phone": phone, "token": token, "brand": row["brand"]}


@pytest.mark.parametrize(("lang", "text"), [("zh", "旅程"), ("en", "journeys")])
def test_pages_are_found_by_name_with_the_keys_that_lead_there(company: Path, searched: Searched, lang: str, text: str) -> None:
    page = searched(text, lang=lang, part=True)
    assert "/journeys/" in found(page)
    assert "<kbd>G</kbd><kbd>J</kbd>" in page


def test_a_page_that_a_role_may_not_see_is_not_found(company: Path, searched: Searched) -> None:
    assert "/audit/" in found(searched("audit"))
    assert "/audit/" not in found(searched("audit", role="viewer"))


def test_an_order_is_found_by_its_id_and_by_how_it_begins_the_exact_one_first(company: Path, searched: Searched) -> None:
    journey = someone()["journey"]
    page = searched(journey, part=True)
    assert found(page)[0] == f"/journeys/order/{journey}/"
    assert page.count('aria-selected="true"') == 1
    assert page.index('aria-selected="true"') < page.index(f">{journey}<")
    begun = found(searched(journey[:6], part=True))
    assert begun[0] == f"/journeys/order/{journey}/"
    assert len(begun) == 8


def test_a_customer_is_found_by_key_and_leads_to_the_journeys(company: Path, searched: Searched) -> None:
    one = someone()
    assert found(searched(one["customer"], part=True)) == [f"/journeys/list/?kind=order&customer={one['customer']}"]


def test_the_last_digits_of_a_phone_lead_to_the_customer_for_who_may_reveal(company: Path, searched: Searched) -> None:
    one, address = someone(), "/journeys/list/?kind=order&customer="
    digits = one["phone"][-4:]
    assert f"{address}{one['customer']}" not in found(searched(digits, role="agent", part=True))
    run_once("phone endings")
    assert f"{address}{one['customer']}" in found(searched(digits, role="agent", part=True))
    assert f"{address}{one['customer']}" in found(searched(one["phone"], role="agent", part=True))
    assert one["customer"] not in searched(digits, role="viewer", part=True)
    page = searched(digits, role="agent")
    assert one["phone"] not in page


def test_the_index_holds_no_digit_and_is_filled_once(company: Path) -> None:
    one = someone()
    endings.fill(clock.now())
    rows = list(PhoneEnding.objects.values_list("token", "ending", "object_id"))
    assert (int(one["token"][2:]), served.journal.vault.ending_hash(one["phone"][-4:]), one["customer"]) in [
        (token, bytes(ending), key) for token, ending, key in rows]
    assert all(one["phone"][-4:].encode() not in bytes(ending) for _, ending, _ in rows)
    endings.fill(clock.now())
    assert PhoneEnding.objects.count() == len(rows) == len(set(rows))


def test_who_was_erased_is_found_no_more(company: Path, searched: Searched) -> None:
    one = someone()
    endings.fill(clock.now())
    with workspace() as ws:
        ws.erase(one["customer"], at=clock.now())
    assert one["customer"] not in str(endings.owners_of(one["phone"][-4:]))
    endings.fill(clock.now())
    assert not PhoneEnding.objects.filter(object_id=one["customer"]).exists()


def test_nobody_beyond_the_reach_is_found(company: Path, searched: Searched) -> None:
    other = someone(nw.col("brand") != "volt")
    endings.fill(clock.now())
    Person.objects.filter(username="agent").update(brands=["volt"])
    with workspace() as ws:
        also = ws.facts("order").journeys.filter(nw.col("customer") == other["customer"], nw.col("brand") == "volt")
        assert not also.collect(backend="pyarrow").to_native().num_rows
    for typed in (other["journey"], other["customer"], other["phone"][-4:], other["phone"]):
        assert other["journey"] not in str(found(searched(typed, role="agent")))
        assert other["customer"] not in str(found(searched(typed, role="agent")))


def test_saved_views_and_indicators_are_found_by_name(company: Path, searched: Searched) -> None:
    owner = Person.objects.get(username="owner")
    SavedView.objects.create(name="Late in Guangdong", address="/journeys/list/?place=guangdong", owner=owner, saved_at=clock.now())
    assert "/journeys/list/?place=guangdong" in found(searched("late in"))
    assert "/journeys/list/?place=guangdong" not in found(searched("late in", role="viewer"))
    assert "/indicators/perfect_journey_rate/" in found(searched("完美旅程率"))


def test_the_page_works_without_script_and_says_when_nothing_is_found(company: Path, client_of: ClientOf, searched: Searched) -> None:
    page = searched("zzzzzz", role="viewer")
    assert "Nothing found" in page
    assert '<form class="filters" method="post" action="/search/"' in page
    assert '<form class="filters" method="post" action="/search/"' in client_of("viewer").get("/search/").content.decode()
    assert client_of(None).get("/search/?q=a").status_code == 302


PERSONAL = ["13800138000", "+86 138-0013-8001", "wang.li@example.com", "王丽", "Wang Li", "Wang"]


@pytest.mark.parametrize("typed", PERSONAL)
def test_what_may_name_a_person_is_not_looked_up_from_an_address_and_leaves_it(
    company: Path, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("lastmeter.server.board.views.search.search", lambda *_args, **_more: pytest.fail("looked up"))
    answer = client_of("agent").get("/search/", {"q": typed})
    assert (answer.status_code, answer["Location"]) == (302, "/search/")
    monkeypatch.undo()
    page = client_of("agent").get("/search/", {"q": typed}, follow=True).content.decode()
    assert "Type it here" in page
    assert typed not in page


@pytest.mark.parametrize("typed", PERSONAL)
@pytest.mark.parametrize("part", [False, True])
def test_what_was_typed_stands_in_no_address_of_the_answer_and_in_no_log(
    searched: Searched, caplog: pytest.LogCaptureFixture, typed: str, part: bool
) -> None:
    caplog.set_level("DEBUG")
    page = searched(typed, role="agent", part=part)
    addresses = re.findall(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"', page)
    assert not [one for one in addresses if typed in unquote_plus(one)]
    assert 'method="get" action="/search/"' not in page
    assert typed not in caplog.text


@pytest.mark.parametrize(("text", "may"), [
    ("", True), ("4471", True), ("LM-2026-000123", True), ("SO20260912", True), ("C0001847", True),
    ("20260912000123", False),  # an order, or a phone with its country: nobody can tell
    ("13800138000", False), ("a@example.com", False), ("wang", False), ("王丽2", False), ("li 42", False), ("4471\n", False),
])
def test_what_may_stand_in_an_address(text: str, may: bool) -> None:
    assert may_stand_in_address(text) is may


@pytest.mark.parametrize("part", [False, True])
def test_how_an_id_begins_and_last_digits_may_stand_in_an_address(company: Path, client_of: ClientOf, part: bool) -> None:
    endings.fill(clock.now())
    one, browser = someone(), client_of("agent")
    more = {"part": "1"} if part else {}
    assert f"/journeys/order/{one['journey']}/" in found(browser.get("/search/", {"q": one["journey"][:6], **more}).content.decode())
    assert one["customer"] in browser.get("/search/", {"q": one["phone"][-4:], **more}).content.decode()


def test_a_search_that_another_site_sends_is_refused(company: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(Person.objects.get(username="agent"), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post("/search/", {"q": "2026"}).status_code == 403
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/search/").content.decode())[-1]
    assert browser.post("/search/", {"q": "2026", "csrfmiddlewaretoken": token}).status_code == 200


def test_an_empty_company_finds_its_pages(company: Path, searched: Searched) -> None:
    shutil.rmtree(company / "facts")
    served.reset()
    assert "/journeys/" in found(searched("journeys"))
    assert not found(searched("2026", part=True))


@pytest.mark.parametrize(("value", "ending"), [
    ("13800138000", "8000"), ("+86 138-0013-8001", "8001"), ("(010) 6552 1234", "1234"), ("C0001847", None), ("12345", None),
    ("广东佛山市春晖路81号", None), ("a@example.com", None),
])
def test_what_is_a_phone(value: str, ending: str | None) -> None:
    assert ending_of(value) == ending


def test_a_phone_whose_import_is_under_way_is_not_passed_over(company: Path) -> None:
    """Its value lies in the vault before its event can be seen."""
    one = someone()
    with served.journal.import_batch("late", label="late", recorded_at=clock.now()):
        endings.fill(clock.now())
        assert not PhoneEnding.objects.exists()
        endings.fill(clock.now() + timedelta(hours=3))  # nobody brings in one file for so long
    assert PhoneEnding.objects.filter(object_id=one["customer"]).exists()


def test_what_is_cut_short_says_so(searched: Searched) -> None:
    many, few = searched("20"), searched("Pareto")
    assert "“20”: the first 8 of many" in many
    assert "of many" not in few

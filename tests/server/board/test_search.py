"""Search: what is typed leads to pages, orders and customers, never beyond what the person may see."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import narwhals.stable.v2 as nw
import pytest

from lastmeter.journal.vault import ending_of
from lastmeter.server import clock
from lastmeter.server.board import endings
from lastmeter.server.board.models import PhoneEnding, SavedView
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.worker import run_once
from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf


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
def test_pages_are_found_by_name_with_the_keys_that_lead_there(company: Path, page_of: PageOf, lang: str, text: str) -> None:
    page = page_of(f"/search/?part=1&q={text}", lang=lang)
    assert "/journeys/" in found(page)
    assert "<kbd>G</kbd><kbd>J</kbd>" in page


def test_a_page_that_a_role_may_not_see_is_not_found(company: Path, page_of: PageOf) -> None:
    assert "/audit/" in found(page_of("/search/?q=audit"))
    assert "/audit/" not in found(page_of("/search/?q=audit", role="viewer"))


def test_an_order_is_found_by_its_id_and_by_how_it_begins_the_exact_one_first(company: Path, page_of: PageOf) -> None:
    journey = someone()["journey"]
    page = page_of(f"/search/?part=1&q={journey}")
    assert found(page)[0] == f"/journeys/order/{journey}/"
    assert page.count('aria-selected="true"') == 1
    assert page.index('aria-selected="true"') < page.index(f">{journey}<")
    begun = found(page_of(f"/search/?part=1&q={journey[:6]}"))
    assert begun[0] == f"/journeys/order/{journey}/"
    assert len(begun) == 8


def test_a_customer_is_found_by_key_and_leads_to_the_journeys(company: Path, page_of: PageOf) -> None:
    one = someone()
    assert found(page_of(f"/search/?part=1&q={one['customer']}")) == [f"/journeys/list/?kind=order&customer={one['customer']}"]


def test_the_last_digits_of_a_phone_lead_to_the_customer_for_who_may_reveal(company: Path, page_of: PageOf) -> None:
    one, address = someone(), "/journeys/list/?kind=order&customer="
    digits = one["phone"][-4:]
    assert f"{address}{one['customer']}" not in found(page_of(f"/search/?part=1&q={digits}", role="agent"))
    run_once("phone endings")
    assert f"{address}{one['customer']}" in found(page_of(f"/search/?part=1&q={digits}", role="agent"))
    assert f"{address}{one['customer']}" in found(page_of(f"/search/?part=1&q={one['phone']}", role="agent"))
    assert one["customer"] not in page_of(f"/search/?part=1&q={digits}", role="viewer")
    page = page_of(f"/search/?q={digits}", role="agent")
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


def test_who_was_erased_is_found_no_more(company: Path, page_of: PageOf) -> None:
    one = someone()
    endings.fill(clock.now())
    with workspace() as ws:
        ws.erase(one["customer"], at=clock.now())
    assert one["customer"] not in str(endings.owners_of(one["phone"][-4:]))
    endings.fill(clock.now())
    assert not PhoneEnding.objects.filter(object_id=one["customer"]).exists()


def test_nobody_beyond_the_reach_is_found(company: Path, page_of: PageOf) -> None:
    other = someone(nw.col("brand") != "volt")
    endings.fill(clock.now())
    Person.objects.filter(username="agent").update(brands=["volt"])
    with workspace() as ws:
        also = ws.facts("order").journeys.filter(nw.col("customer") == other["customer"], nw.col("brand") == "volt")
        assert not also.collect(backend="pyarrow").to_native().num_rows
    for typed in (other["journey"], other["customer"], other["phone"][-4:], other["phone"]):
        assert other["journey"] not in str(found(page_of(f"/search/?q={typed}", role="agent")))
        assert other["customer"] not in str(found(page_of(f"/search/?q={typed}", role="agent")))


def test_saved_views_and_indicators_are_found_by_name(company: Path, page_of: PageOf) -> None:
    owner = Person.objects.get(username="owner")
    SavedView.objects.create(name="Late in Guangdong", address="/journeys/list/?place=guangdong", owner=owner, saved_at=clock.now())
    assert "/journeys/list/?place=guangdong" in found(page_of("/search/?q=late in"))
    assert "/journeys/list/?place=guangdong" not in found(page_of("/search/?q=late in", role="viewer"))
    assert "/indicators/perfect_journey_rate/" in found(page_of("/search/?q=完美旅程率"))


def test_the_page_works_without_script_and_says_when_nothing_is_found(company: Path, client_of: ClientOf) -> None:
    page = client_of("viewer").get("/search/?q=zzzzzz").content.decode()
    assert "Nothing found" in page
    assert '<form class="filters" method="get"' in page
    assert client_of(None).get("/search/?q=a").status_code == 302


def test_an_empty_company_finds_its_pages(company: Path, page_of: PageOf) -> None:
    shutil.rmtree(company / "facts")
    served.reset()
    assert "/journeys/" in found(page_of("/search/?q=journeys"))
    assert not found(page_of("/search/?part=1&q=2026"))


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

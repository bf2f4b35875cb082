"""The page of one journey: the answer first, every flaw with its proof, and nothing of the customer but what the role may see."""

from __future__ import annotations

import html
import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import narwhals.stable.v2 as nw
import pytest
from django.test import Client

from lastmeter.kernel.titles import Lang
from lastmeter.server import clock
from lastmeter.server.board.queries.states import due_of
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from lastmeter.workspace import Workspace
from tests.server.board.conftest import PageOf
from tests.server.board.hostile import FORMULA, ORDER, PHONE, SCRIPT, plant
from tests.server.board.test_journeys import shown_count
from tests.server.conftest import ClientOf


def one(*conditions: nw.Expr) -> dict[str, object]:
    """The first journey that meets all of these."""
    with workspace() as ws:
        rows = ws.facts("order").journeys.filter(*conditions).sort("journey_id").head(1)
        found: dict[str, object] = rows.collect(backend="pyarrow").to_native().to_pylist()[0]
        return found


def address_of(row: dict[str, object]) -> str:
    return f"/journeys/order/{quote(str(row['journey_id']))}/"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_shows_the_library_s_view(company: Path, page_of: PageOf, lang: Lang) -> None:
    row = one(nw.col("flaw_count") > 1, nw.col("state") == "completed", nw.col("promise") == "missed")
    page = page_of(address_of(row), lang=lang)
    with workspace() as ws:
        view = ws.journey(str(row["journey_id"]), kind="order")
    assert all(event.title.say(lang) in page for event in view.events if not event.type.startswith("review"))
    assert page.count('class="pin"') == len(view.events) + sum(flaw["primitive"] in ("link", "promise", "required") for flaw in view.flaws)
    for flaw in view.flaws:
        assert view.rule_titles[flaw["rule"]].say(lang) in page
        assert view.post_titles[flaw["post"]].say(lang) in page
    assert ("比承诺晚了" if lang == "zh" else "after the promise") in page


def test_a_late_link_is_a_thick_stretch_before_the_event_that_ended_it(company: Path, page_of: PageOf) -> None:
    with workspace() as ws:
        late = ws.facts("order").links.filter(nw.col("outcome") == "late").sort("journey_id").head(1)
        link = late.collect(backend="pyarrow").to_native().to_pylist()[0]
        view = ws.journey(link["journey_id"], kind="order")
    page = page_of(f"/journeys/order/{link['journey_id']}/")
    gap = page.index('<li class="gap bad">')
    assert view.rule_titles[link["link"]].en in page[gap:gap + 700]
    assert view.step_titles[link["to_step"]].en in page[gap:gap + 1500]


def test_an_open_journey_says_who_acts_next_and_by_when(company: Path, page_of: PageOf) -> None:
    row = one(nw.col("state") == "open", nw.col("promise") == "open")
    page = page_of(address_of(row))
    with workspace() as ws:
        view = ws.journey(str(row["journey_id"]), kind="order")
        owners = ws.post_owners()
    answer = page[page.index('class="card answer"'):page.index("</dl>")]
    waiting = [link for link in view.links if link["outcome"] in ("open", "overdue")]
    assert "On its way, promised for" in page
    assert waiting
    assert view.step_titles[waiting[0]["to_step"]].en in answer
    assert view.post_titles[waiting[0]["post"]].en in answer
    assert owners[waiting[0]["post"]] in answer


def test_a_perfect_one_says_so(company: Path, page_of: PageOf) -> None:
    page = page_of(address_of(one(nw.col("perfect"), nw.col("flaw_count") == 0, nw.col("state") == "completed")))
    assert "Done within the promise" in page
    assert "without a flaw" in page
    assert "No flaw" in page


def test_what_was_promised_by_the_end_of_a_day_is_that_day(company: Path) -> None:
    row = one(nw.col("promise") == "kept")
    assert due_of(row) == row["due_on"]


def test_nothing_that_a_customer_filled_runs_and_no_phone_is_quoted(company: Path, client_of: ClientOf) -> None:
    plant(clock.now())
    addresses = [
        f"/journeys/order/{quote(ORDER)}/", "/journeys/list/?sort=-started", "/journeys/", f"/journeys/list/?place={quote(FORMULA)}",
        f"/journeys/list/?customer={quote(SCRIPT)}",
    ]
    browser = client_of("owner")
    looks = [(address, partial(browser.get, address)) for address in addresses]
    looks += [(f"search for {typed}", partial(browser.post, "/search/", {"q": typed, **more}))
              for typed, more in ((ORDER[:4], {}), (SCRIPT, {}), (ORDER[:4], {"part": "1"}))]
    for address, look in looks:
        answer = look()
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "<script>alert" not in text, address
        assert "<img src=x" not in text, address
        assert "<b><script" not in text, address
        assert PHONE not in text, address
    page = client_of("owner").get(addresses[0]).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "请打 [电话] 给我" in page


def test_another_brand_s_journey_is_refused(company: Path, client_of: ClientOf) -> None:
    Person.objects.filter(username="agent").update(brands=["volt"])
    own, other = one(nw.col("brand") == "volt"), one(nw.col("brand") != "volt")
    assert client_of("agent").get(address_of(own)).status_code == 200
    assert_unknown(client_of("agent"), other)


def test_a_third_party_opens_its_own_journeys_only(company: Path, client_of: ClientOf) -> None:
    Person.objects.filter(username="third_party").update(performer="carrier:lark")
    assert client_of("third_party").get(address_of(one(nw.col("performer") == "carrier:lark"))).status_code == 200
    assert_unknown(client_of("third_party"), one(nw.col("performer") != "carrier:lark"))


def assert_unknown(browser: Client, row: dict[str, Any]) -> None:
    """The journey looks as if there were none of this id: to a browser, to a program, to who asks twice."""
    there, nowhere = row["journey_id"], "no-such-id"
    for address in ("/journeys/order/{}/", "/api/v1/journeys/order/{}", "/journeys/order/{}/"):
        answers = [browser.get(address.format(one)) for one in (there, nowhere)]
        assert [answer.status_code for answer in answers] == [404, 404]
        texts = [re.sub(r'"request_id": "[0-9a-f]{16}"|request [0-9a-f]{16}|value="[A-Za-z0-9]{64}"|X-CSRFToken[^}]*', "",
                        answer.content.decode()) for answer in answers]
        assert texts[0].replace(there, "ID") == texts[1].replace(nowhere, "ID")


def test_the_customer_is_masked_and_leads_to_as_many_journeys(company: Path, page_of: PageOf, client_of: ClientOf) -> None:
    row = one(~nw.col("customer").is_null())
    page = page_of(address_of(row))
    with workspace() as ws:
        mine = ws.facts("order").journeys.filter(nw.col("customer") == row["customer"]).collect(backend="pyarrow").to_native().num_rows
    assert shown_count(page_of(f"/journeys/list/?kind=order&customer={row['customer']}")) == mine
    assert f"customer={row['customer']}" in page
    assert "**" in page
    assert "reveal" in page
    assert f'href="/customers/{row["customer"]}/"' in page
    viewed = client_of("viewer").get(address_of(row)).content.decode()
    assert 'class="btn quiet sm" href="/reveal' not in viewed
    assert 'href="/customers/' not in viewed


def test_an_unknown_one_is_not_found(company: Path, client_of: ClientOf) -> None:
    answer = client_of("viewer").get("/journeys/order/nothing/")
    assert answer.status_code == 404
    assert "There is no journey “nothing”" in answer.content.decode()


def test_words_of_who_was_erased_are_gone_from_the_page_at_once(company: Path, client_of: ClientOf) -> None:
    """Also where another process erased, and the fact tables still stand as they were."""
    with workspace() as ws:
        said = ws.facts("order").feedback.filter(~nw.col("said").is_null()).select("journey_id", "said").sort("journey_id")
        rows = said.collect(backend="pyarrow").to_native().to_pylist()
        texts = ws.journal.reveal([row["said"] for row in rows])
        spoken = [texts[one["said"]] for one in rows]
        row = rows[next(at for at, words in enumerate(spoken) if spoken.count(words) == 1)]  # what others said too would stay with them
        journeys = ws.facts("order").journeys.filter(nw.col("journey_id") == row["journey_id"])
        customer = journeys.collect(backend="pyarrow").to_native()["customer"][0].as_py()
    words, address = texts[row["said"]], f"/journeys/order/{row['journey_id']}/"
    browser = client_of("owner")
    assert words in html.unescape(browser.get(address).content.decode())
    with Workspace.open(company) as elsewhere:
        elsewhere.erase(customer, at=clock.now())
    assert words not in html.unescape(browser.get(address).content.decode())

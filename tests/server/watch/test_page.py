"""The page Flaws: what a role sees, narrows, takes on, takes away; it renews itself only where something changed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.models import Holding, Person
from lastmeter.server.watch import queries
from lastmeter.server.watch.models import Flaw, Prediction, Silence
from tests.server.conftest import ClientOf

DAY = timedelta(days=1)


@pytest.fixture
def two(company: Path, template: tuple[Path, object]) -> tuple[Flaw, Flaw]:
    """A new late picking in the north, of one brand, and an old complaint in the south, of another."""
    from lastmeter.server import clock

    at = clock.now()
    first = Flaw.objects.create(
        flaw_id="a" * 32, kind="order", journey="w1", rule="picking", primitive="link", post="warehouse_floor", place="north",
        performer="carrier:one", brand="red", occurred_at=at - timedelta(hours=2), raised_at=at)
    second = Flaw.objects.create(
        flaw_id="b" * 32, kind="order", journey="w2", rule="complaint", primitive="feedback", post="customer_care", place="south",
        performer="carrier:two", brand="blue", occurred_at=at - 3 * DAY, raised_at=at - 2 * DAY)
    return first, second


def page_of(client_of: ClientOf, role: str = "owner", query: str = "", lang: str = "en") -> str:
    answer = client_of(role, lang=lang).get(f"/flaws/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_what_is_new_in_both_languages(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    page = page_of(client_of)
    assert "1 new flaw in the last 24 hours is with nobody yet" in page
    assert "Payment to picking" in page
    assert "style=" not in page
    assert "过去 24 小时有 1 处新瑕疵还没有人接手" in page_of(client_of, lang="zh")


def test_filters_narrow_the_list(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    for query, seen in (("?state=new", {"w1"}), ("?state=known", {"w2"}), ("?rule=complaint", {"w2"}), ("?place=north", {"w1"}),
                        ("?post=customer_care", {"w2"}), ("?state=withdrawn", set()), ("", {"w1", "w2"})):
        page = page_of(client_of, query=query)
        assert {order for order in ("w1", "w2") if f"/order/{order}/" in page} == seen, query
    assert client_of("owner").get("/flaws/?state=odd").status_code == 400


def test_the_sentence_counts_what_the_filters_leave(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    """One of two is new, the other known; the state alone does not narrow the sentence, since it tells of all states."""
    for query, said in (("", "1 more are known"), ("?place=north", "0 more are known"), ("?state=new", "1 more are known"),
                        ("?rule=complaint", "No new flaw")):
        assert said in page_of(client_of, query=query), query


def test_mine_are_those_of_the_posts_that_i_hold_today(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    Holding.objects.create(person=Person.objects.get(username="agent"), post="customer_care", since=date(2020, 1, 1))
    page = page_of(client_of, "agent", "?mine=1")
    assert "/order/w2/" in page
    assert "/order/w1/" not in page


def test_nobody_sees_beyond_brand_and_performer(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    Person.objects.filter(username="manager").update(brands=["blue"])
    Person.objects.filter(username="third_party").update(performer="carrier:one")
    assert "/order/w1/" not in page_of(client_of, "manager")
    assert "/order/w2/" not in page_of(client_of, "third_party")
    assert "/order/w1/" in page_of(client_of, "third_party")
    assert client_of("manager").get(f"/flaws/{'a' * 32}/").status_code == 404
    assert client_of("manager").post(f"/flaws/{'a' * 32}/take/").status_code == 404
    assert client_of("manager").post(f"/flaws/{'0' * 32}/take/").status_code == 404
    assert queries.count_new(Person.objects.get(username="manager")) == 0


def test_a_flaw_is_taken_on_noted_and_released_and_the_audit_knows(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    client = client_of("agent")
    assert client.post(f"/flaws/{'a' * 32}/take/", {"note": "waits for the carrier"}).status_code == 302
    page = client.get(f"/flaws/{'a' * 32}/").content.decode()
    assert "waits for the carrier" in page
    assert queries.counts(Person.objects.get(username="owner"), queries.Asked()).new == 0
    client.post(f"/flaws/{'a' * 32}/release/")
    assert [one.what for one in queries.history("order", "w1")] == ["taken", "released"]
    assert Flaw.objects.get(pk="a" * 32).taken_by is None
    assert list(AuditRow.objects.filter(act="flaw.note").values_list("actor", flat=True)) == ["agent", "agent"]
    assert client_of("viewer").post(f"/flaws/{'a' * 32}/take/").status_code == 403


def test_the_list_is_sent_again_only_where_it_changed(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    client = client_of("owner")
    page = client.get("/flaws/").content.decode()
    seen = re.search(r"seen=([0-9a-f]{12})", page)
    assert seen is not None
    same = client.get(f"/flaws/?part=live&seen={seen[1]}")
    assert (same.status_code, same["HX-Reswap"]) == (204, "none")
    two[0].withdrawn_at = two[0].raised_at
    two[0].save()
    part = client.get(f"/flaws/?part=live&seen={seen[1]}").content.decode()
    assert 'id="live"' in part
    assert "<html" not in part


def test_a_silent_source_stands_at_the_top(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    Silence.objects.create(source="carrier", since=two[0].raised_at - DAY, noticed_at=two[0].raised_at)
    assert "carrier has been silent since" in page_of(client_of)


def test_the_csv_runs_no_formula_and_is_in_the_audit(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    Flaw.objects.filter(pk="a" * 32).update(journey="=1+1")
    answer = client_of("owner").get("/flaws/?format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "'=1+1" in text
    assert AuditRow.objects.filter(act="export", object_type="flaws").count() == 1
    assert client_of("viewer").get("/flaws/?format=csv").status_code == 403


def test_what_will_be_late_is_shown_with_how_often_that_is_right(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    at = two[0].raised_at
    Prediction.objects.create(kind="order", journey="w9", due_at=at + DAY, said_at=at, step="packed", reached_at=at - DAY,
                              expected_at=at + 2 * DAY, chance=0.4, compared=120)
    page = client_of("owner").get("/flaws/ahead/").content.decode()
    assert "1 open journey may be late" in page
    assert "40%" in page
    assert "可能迟到" in client_of("owner", lang="zh").get("/flaws/ahead/").content.decode()


def test_an_empty_list_says_what_to_do(client_of: ClientOf) -> None:
    assert "No flaw yet" in page_of(client_of)
    assert "Nothing to look out for" in client_of("owner").get("/flaws/ahead/").content.decode()


def test_the_navigation_counts_what_is_new(client_of: ClientOf, two: tuple[Flaw, Flaw]) -> None:
    assert re.search(r'data-go="f">.*?<b class="bad">1</b></a>', page_of(client_of)) is not None

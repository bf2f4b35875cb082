"""Sources: what is known of each, mappings as text, tokens, what was set aside."""

from __future__ import annotations

import csv
import html
import io
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.test import RequestFactory

from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import served
from lastmeter.server.intake.console import alarms, queries
from lastmeter.server.intake.console.models import ImportRun
from lastmeter.server.intake.models import Token
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf
from tests.server.intake.test_console_imports import propose, work


def test_every_source_says_up_to_when_it_is_complete_and_how_much_it_tells(client_of: ClientOf) -> None:
    page = client_of("owner").get("/sources/").content.decode()
    assert "sources have told us something" in page
    owner = Person.objects.get(username="owner")
    shop = queries.one_source(owner, "shop")
    state = next(state for state in served.journal.sources() if state.name == "shop")
    assert shop.watermark == state.watermark
    assert shop.batches == 1
    with served.journal.snapshot() as snapshot:
        snapshot.define_events("told")
        total, last = snapshot.duck.execute(
            "SELECT count(*), max(occurred_at)::DATE FROM told WHERE source = 'shop' AND occurred_at IS NOT NULL").fetchall()[0]
        days = dict(snapshot.duck.execute(
            "SELECT occurred_at::DATE, count(*) FROM told WHERE source = 'shop' AND occurred_at IS NOT NULL GROUP BY 1").fetchall())
    assert shop.rate.events == total
    assert shop.rate.days == tuple(days.get(last - timedelta(days=back), 0) for back in range(queries.DAYS - 1, -1, -1))
    assert shop.rate.per_day == sum(days.get(last - timedelta(days=back), 0) for back in range(1, 8)) / 7


def test_a_silent_source_is_what_the_page_says_first(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Person.objects.get(username="owner")
    since = queries.one_source(owner, "care").watermark
    assert since is not None
    monkeypatch.setattr(alarms, "_asked", [lambda: {"care": since}])
    assert "has been silent since" in client_of("owner").get("/sources/").content.decode()
    assert "没有动静" in client_of("owner", lang="zh").get("/sources/care/").content.decode()


def test_the_list_as_csv_needs_the_act(client_of: ClientOf) -> None:
    text = client_of("analyst").get("/sources/?format=csv").getvalue().decode("utf-8-sig")
    assert [row["source"] for row in csv.DictReader(io.StringIO(text))] == ["care", "logistics", "shop"]
    assert client_of("viewer").get("/sources/?format=csv").status_code == 403


def test_a_page_a_source_and_none_for_others(client_of: ClientOf) -> None:
    client = client_of("manager")
    page = client.get("/sources/shop/").content.decode()
    assert "curl http://testserver/api/v1/events" in page
    assert "order.placed" in page
    assert client.get("/sources/nothing/").status_code == 404


def test_a_mapping_is_checked_by_line_saved_whole_and_audited(client_of: ClientOf, company: Path) -> None:
    client = client_of("analyst")
    path = company / "sources" / "shop.toml"
    before = path.read_text(encoding="utf-8")
    wrong = before.replace('zone = "Asia/Shanghai"', 'zoen = "Asia/Shanghai"')
    answer = client.post("/sources/shop/mapping/", {"act": "save", "text": wrong})
    assert answer.status_code == 422
    assert "data-line=" in answer.content.decode()
    other = client.post("/sources/shop/mapping/", {"act": "save", "text": before.replace('name = "shop"', 'name = "shopp"', 1)})
    assert "is not the name of the source" in other.content.decode()
    assert path.read_text(encoding="utf-8") == before
    assert client.post("/sources/shop/mapping/", {"act": "check", "text": before}).status_code == 200
    assert not AuditRow.objects.filter(act="source.edit").exists()

    saved = client.post("/sources/shop/mapping/", {"act": "save", "text": ("# ours\n" + before).replace("\n", "\r\n")})
    assert saved.status_code == 302
    assert path.read_text(encoding="utf-8") == "# ours\n" + before.rstrip() + "\n"
    assert AuditRow.objects.filter(act="source.edit", object_id="shop").count() == 1
    assert [one.name for one in path.parent.glob("*") if "partial" in one.name] == []
    assert client_of("viewer").post("/sources/shop/mapping/", {"act": "save", "text": before}).status_code == 403


def test_what_is_written_into_a_mapping_is_shown_as_text(client_of: ClientOf) -> None:
    answer = client_of("owner").post("/sources/shop/mapping/", {"act": "check", "text": "</textarea><script>alert(1)</script>"})
    assert "<script>alert" not in answer.content.decode()


def test_an_owner_gives_a_token_whose_key_is_shown_once_and_withdraws_it(client_of: ClientOf) -> None:
    client = client_of("owner")
    answer = client.post("/sources/tokens/", {"name": "warehouse", "scope": ["events:write"], "source": "wms"})
    token = Token.objects.get(name="warehouse")
    page = answer.content.decode()
    assert token.hint in page
    assert answer["Cache-Control"] == "no-store"
    key = page.split('id="token-key">')[1].split("<")[0]
    assert key not in client.get("/sources/").content.decode()
    client.post(f"/sources/tokens/{token.pk}/withdraw/")
    token.refresh_from_db()
    assert token.withdrawn_at is not None
    assert client_of("manager").post("/sources/tokens/", {"name": "x", "scope": ["read"]}).status_code == 403
    assert "Give a token" not in client_of("manager").get("/sources/").content.decode()


def test_rejected_rows_are_listed_with_their_reason_and_raw_only_for_who_may(client_of: ClientOf) -> None:
    owner = client_of("owner")
    run = propose(owner)
    owner.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping})
    work()
    batch = ImportRun.objects.get(pk=run.pk).batch
    page = owner.get("/sources/rejected/?source=visits").content.decode()
    assert "visits.csv" in page
    assert "arrived_at" in page
    assert "visits.csv" not in owner.get("/sources/rejected/?door=http").content.decode()
    number = page.split('href="/sources/rejected/')[1].split("/")[0]
    assert "13800138002" in owner.get(f"/sources/rejected/{number}/").content.decode()
    assert AuditRow.objects.filter(act="rejected.see", object_id=number).exists()
    assert "13800138002" not in client_of("analyst").get(f"/sources/rejected/{number}/").content.decode()

    mine = owner.get(f"/sources/batches/{batch}/rejected.csv").getvalue().decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(mine)))
    assert (row["file"], row["row"], row["column"]) == ("visits.csv", "4", "arrived_at")
    assert "13800138002" in row["as it came"]
    theirs = client_of("analyst").get(f"/sources/batches/{batch}/rejected.csv").getvalue().decode()
    assert "13800138002" not in theirs
    assert client_of("viewer").get(f"/sources/batches/{batch}/rejected.csv").status_code == 403

    owner.post(f"/sources/rejected/{number}/", {"act": "discard"})
    assert owner.get(f"/sources/rejected/{number}/").status_code == 404


def test_the_event_that_the_page_shows_is_taken(client_of: ClientOf) -> None:
    """The example is no promise: sent as it stands, it is stored."""
    owner = client_of("owner")
    page = html.unescape(owner.get("/sources/shop/").content.decode())
    event = page.split("--data '")[1].split("'</pre>")[0]
    answer = owner.post("/sources/tokens/", {"name": "till", "scope": ["events:write"], "source": "shop"})
    key = answer.content.decode().split('id="token-key">')[1].split("<")[0]
    sent = client_of(None).post("/api/v1/events", event, content_type="application/cloudevents+json",
                                headers={"authorization": f"Bearer {key}"})
    assert sent.status_code < 300, sent.content
    assert json.loads(sent.content)["outcome"] == "stored"


def test_what_came_over_http_is_mended_and_replayed(client_of: ClientOf) -> None:
    owner = client_of("owner")
    key = owner.post("/sources/tokens/", {"name": "till", "scope": ["events:write"], "source": "till"}).content.decode()
    key = key.split('id="token-key">')[1].split("<")[0]
    event = {"specversion": "1.0", "id": "p-1", "source": "till", "type": "order.paid", "objects": "order:o-1", "time": "yesterday"}
    client_of(None).post("/api/v1/events", json.dumps(event), content_type="application/cloudevents+json",
                         headers={"authorization": f"Bearer {key}"})
    assert owner.get("/sources/till/").status_code == 200, "a source of which nothing could be taken has its page"
    page = owner.get("/sources/rejected/?door=http").content.decode()
    number = page.split('href="/sources/rejected/')[1].split("/")[0]
    still = owner.post(f"/sources/rejected/{number}/", {"act": "replay", "text": json.dumps(event)})
    assert still.status_code == 422
    assert "It still cannot be taken" in still.content.decode()
    assert "yesterday" in still.content.decode()
    mended = json.dumps({**event, "time": "2026-10-01T10:00:00Z"})
    assert client_of("viewer").post(f"/sources/rejected/{number}/", {"act": "replay", "text": mended}).status_code == 403
    assert owner.post(f"/sources/rejected/{number}/", {"act": "replay", "text": mended}).status_code == 302
    assert owner.get(f"/sources/rejected/{number}/").status_code == 404
    with served.journal.snapshot() as snapshot:
        snapshot.define_events("told")
        assert snapshot.duck.execute("SELECT count(*) FROM told WHERE source = 'till' AND id = 'p-1'").fetchall() == [(1,)]


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1"])
def test_downloads_hold_no_formulas(company: Path, cell: str) -> None:
    """Whatever a customer or a file said: a spreadsheet shows it as text."""
    request = RequestFactory().get("/sources/")
    request.user = Person.objects.get(username="owner")
    with closing(csv_answer(request, "x", pa.table({"as it came": [cell], cell: ["plain"]}))) as answer:
        text = answer.getvalue().decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert row[0] == f"'{cell}"
    assert header[1] == f"'{cell}"

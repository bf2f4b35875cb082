"""The first-run guide: what it says of a workspace at each step, for who may and who may not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lastmeter.server.board.queries.welcome import progress
from lastmeter.server.company import served
from lastmeter.workspace import Workspace
from tests.server.conftest import ClientOf


@pytest.fixture
def emptied(company: Path) -> Path:
    """The company without events and facts: its batches undone, its fact tables gone."""
    with Workspace.open(company) as ws:
        for batch in ws.journal.batches():
            ws.undo(batch.number, at=batch.recorded_at)
    shutil.rmtree(company / "facts")
    served.reset()
    return company


def test_a_company_with_a_brief_has_all_five(client_of: ClientOf) -> None:
    assert progress().done == 5
    page = client_of("viewer").get("/welcome/").content.decode()
    assert "the first brief can be read" in page
    assert "hx-trigger" not in page.split('id="welcome"')[1].split(">")[0]


def test_a_new_company_is_led_to_its_files(client_of: ClientOf, emptied: Path) -> None:
    assert progress().done == 0
    page = client_of("owner").get("/welcome/").content.decode()
    assert "Five steps" in page
    assert 'href="/sources/import/"' in page
    viewer = client_of("viewer").get("/welcome/").content.decode()
    assert 'href="/sources/import/"' not in viewer
    assert "导出文件" in client_of("owner", lang="zh").get("/welcome/").content.decode()


def test_with_events_and_no_facts_the_guide_waits_for_the_worker(client_of: ClientOf, company: Path) -> None:
    shutil.rmtree(company / "facts")
    served.reset()
    assert progress().done == 3
    page = client_of("manager").get("/welcome/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    answer = client_of("manager").get("/welcome/", headers={"hx-request": "true"})
    assert answer.content.decode().strip().startswith('<div class="stack" id="welcome"')


def test_a_blueprint_that_no_data_starts_is_said_to_be_idle(client_of: ClientOf, company: Path) -> None:
    path = company / "blueprints" / "order.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('event = "order.placed"', 'event = "order.never"'), encoding="utf-8")
    assert not progress().has_blueprint
    page = client_of("owner").get("/welcome/").content.decode()
    assert "no source tells of its start" in page
    assert "/blueprints/new/?from=data" in page
    assert "/blueprints/new/" not in client_of("viewer").get("/welcome/").content.decode()


def test_a_broken_blueprint_is_what_the_guide_points_at(client_of: ClientOf, company: Path) -> None:
    (company / "blueprints" / "order.toml").write_text("no toml", encoding="utf-8")
    assert "Mend the blueprint" in client_of("owner").get("/welcome/").content.decode()
    assert "One blueprint file is wrong" in client_of("owner").get("/blueprints/").content.decode()


def test_pages_without_facts_lead_to_the_guide(client_of: ClientOf, emptied: Path) -> None:
    answer = client_of("owner").get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/welcome/"


def test_nobody_is_sent_where_the_role_may_not_go(client_of: ClientOf) -> None:
    assert 'href="/sources/">See sources' in client_of("analyst").get("/welcome/").content.decode()
    assert "See sources" not in client_of("agent").get("/welcome/").content.decode()

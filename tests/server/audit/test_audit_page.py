"""The audit page: filters, pages, CSV."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from lastmeter.server import clock
from lastmeter.server.audit import actions
from lastmeter.server.audit.acts import object_title
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.actions.persons import COMMAND_LINE
from lastmeter.server.people.models import Person
from tests.server.conftest import ClientOf

SERVER = Path(actions.__file__).parents[2]


@pytest.fixture
def rows(company: Path) -> None:
    owner, agent = Person.objects.get(username="owner"), Person.objects.get(username="agent")
    actions.record(owner, "people.invite", object_type="person", object_id="lin")
    actions.record(agent, "reveal", object_type="vault", object_id="v~7", reason="=HYPERLINK(1)")
    with clock.frozen(clock.now() + timedelta(days=2)):
        actions.record(agent, "reveal", object_type="vault", object_id="v~8", reason="second")


@pytest.mark.parametrize(("query", "seen", "unseen"), [
    ("", ["lin", "v~7", "v~8"], []), ("actor=agent", ["v~7", "v~8"], ["lin"]), ("act=people.invite", ["lin"], ["v~7"]),
    ("object=v~8", ["second"], ["v~7"]), ("act=nothing", ["No row matches"], ["v~7"]),
])
def test_it_filters(client_of: ClientOf, rows: None, query: str, seen: list[str], unseen: list[str]) -> None:
    page = client_of("owner").get(f"/audit/?{query}").content.decode()
    shown = page.partition("<main")[2]
    assert all(text in shown for text in seen)
    assert not any(f'mono small">{text}' in shown for text in unseen)


def test_it_filters_by_local_days(client_of: ClientOf, rows: None) -> None:
    day = (clock.now() + timedelta(days=1, hours=8)).date().isoformat()
    client = client_of("owner")
    assert "v~8" in client.get(f"/audit/?since={day}").content.decode()
    assert "v~7" not in client.get(f"/audit/?since={day}").content.decode()
    assert client.get("/audit/?since=yesterday").status_code == 400


def test_its_csv_runs_no_formula(client_of: ClientOf, rows: None) -> None:
    answer = client_of("owner").get("/audit/?format=csv&act=reveal")
    text = answer.getvalue().decode("utf-8-sig")
    assert len(text.splitlines()) == 3
    assert "'=HYPERLINK(1)" in text
    assert AuditRow.objects.filter(act="export", object_type="audit").count() == 1


def test_long_lists_have_pages(client_of: ClientOf, company: Path) -> None:
    for number in range(60):
        actions.record("worker", "tick", object_id=f"n{number}")
    client = client_of("owner")
    first, second = client.get("/audit/").content.decode(), client.get("/audit/?page=2").content.decode()
    assert "n59" in first
    assert "n9<" not in first
    assert "n9<" in second


@pytest.mark.parametrize("role", ["manager", "analyst", "agent", "field", "viewer", "third_party"])
def test_only_owners_see_it(client_of: ClientOf, role: str) -> None:
    assert client_of(role).get("/audit/").status_code == 403
    assert client_of(role).post("/audit/seen/", {"value": "x"}).status_code == 403


def test_who_is_no_person_is_named_in_the_reader_s_language(client_of: ClientOf) -> None:
    actions.record(COMMAND_LINE, "people.invite", object_type="person", object_id="somebody")
    assert "命令行" in client_of("owner", lang="zh").get("/audit/").content.decode()
    assert COMMAND_LINE in client_of("owner").get("/audit/").content.decode()


def test_every_kind_of_object_is_called_in_both_languages() -> None:
    """Whatever the code writes into the audit, or lets be taken out as a file, has a name that a reader knows."""
    written = "".join(path.read_text(encoding="utf-8") for path in SERVER.rglob("*.py"))
    kinds = {*re.findall(r'object_type="([a-z_]+)"', written), *re.findall(r'csv_answer\(request, "([a-z_]+)"', written)}
    assert {"person", "rejected", "pareto"} <= kinds
    assert [kind for kind in sorted(kinds) if not re.search(r"[\u4e00-\u9fff]", object_title(kind).zh)] == ["webhook"]

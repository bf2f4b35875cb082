"""What is no text is refused with a sentence before anything is looked up: PostgreSQL holds no NUL, and no half of a character."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lastmeter.server.api.paging import cursor_of
from lastmeter.server.people.models import Person
from lastmeter.server.ui.plain_text import is_text
from tests.server.conftest import ClientOf

LISTS = {
    "/flaws/": ("kind", "rule", "post", "place", "state", "sort"), "/flaws/ahead/": ("kind", "post", "place"),
    "/journeys/list/": ("kind", "place", "customer", "q", "rule"), "/pareto/": ("kind", "period", "place"),
    "/audit/": ("actor", "act", "object"),
    "/api/v1/flaws": ("kind", "rule", "post", "place", "cursor"), "/api/v1/risk": ("kind",), "/api/v1/audit": ("actor", "object"),
    "/api/v1/journeys": ("kind", "place"), "/search/": ("q",), "/sources/rejected/": ("source",),
}


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Within the block nothing reaches the database that it could not hold."""
    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        assert "\0" not in repr(params).replace("\\x00", "\0"), "PostgreSQL would fail on this"
        return execute(sql, params, many, context)

    return lambda: connection.execute_wrapper(watched)


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in LISTS.items() for name in names])
def test_a_filter_that_is_no_text_is_refused_in_words(
    company: Path, client_of: ClientOf, no_database: Callable[[], Any], path: str, name: str
) -> None:
    with no_database():
        answer = client_of("owner").get(f"{path}?{name}=a%00b")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "server.not_text" in text
    assert "The request holds a character that is no text" in text
    assert answer["Content-Type"].startswith("application/problem+json" if path.startswith("/api/") else "text/html")


@pytest.mark.parametrize("path", ["/flaws/a%00b/", "/journeys/order/%00/", "/customers/%00/", "/api/v1/flaws/%00", "/x/%00?%00=1"])
def test_so_is_such_an_address(company: Path, client_of: ClientOf, no_database: Callable[[], Any], path: str) -> None:
    with no_database():
        assert client_of("owner").get(path).status_code == 400
        assert client_of(None).get(path).status_code == 400


@pytest.mark.parametrize("path", ["/search/", "/flaws/x/take/", "/webhooks/new/", "/audit/seen/", "/accounts/login/"])
@pytest.mark.parametrize("content_type", ["form", "multipart"])
def test_so_is_such_a_form(company: Path, client_of: ClientOf, no_database: Callable[[], Any], path: str, content_type: str) -> None:
    said = dict.fromkeys(("q", "note", "value", "name", "login"), "a\0b")
    browser = client_of(None if path.startswith("/accounts/") else "owner")
    with no_database():
        if content_type == "multipart":
            answer = browser.post(path, said)
        else:
            answer = browser.post(path, "q=a%00b&login=a%00b", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, "server.not_text" in answer.content.decode()) == (400, True)


def test_so_is_such_a_cookie(company: Path, no_database: Callable[[], Any]) -> None:
    with no_database():
        assert Client(headers={"cookie": 'sessionid="abcdefgh\\000ijklmnop"'}).get("/").status_code == 400


@pytest.mark.parametrize("note", ["a\0b", "half \ud83d"])
def test_so_is_such_a_body(company: Path, client_of: ClientOf, no_database: Callable[[], Any], note: str) -> None:
    with no_database():
        answer = client_of("agent").post("/api/v1/flaws/x/take", json.dumps({"note": note}), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["title"]


@pytest.mark.parametrize("last", ["a\0b", 10**30])
def test_so_is_such_a_cursor(company: Path, client_of: ClientOf, no_database: Callable[[], Any], last: object) -> None:
    with no_database():
        for path, values in (("/api/v1/flaws", ["2026-10-01T00:00:00", last]), ("/api/v1/audit", [last])):
            answer = client_of("owner").get(path, {"cursor": cursor_of(values)})
            assert (answer.status_code, answer.json()["code"]) == (400, "api.cursor")


def test_who_performs_nothing_asks_the_database_for_nothing_that_it_cannot_hold(
    company: Path, client_of: ClientOf, no_database: Callable[[], Any]
) -> None:
    Person.objects.filter(username="third_party").update(performer="")
    with no_database():
        assert client_of("third_party").get("/flaws/").status_code == 200
        assert client_of("third_party").get("/api/v1/flaws").json()["items"] == []


def test_what_is_text() -> None:
    assert is_text({"a": ["中文", 1, None, {"b": "\t\r\n 😀"}]})
    assert not is_text({"a": [{"b\0": 1}]})
    assert not is_text(["x", ["\udc80"]])

"""The frame: signs of life, errors in words, the security policy, who may come in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction

from lastmeter.journal import Journal
from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import settings
from lastmeter.server.company import served
from lastmeter.workspace import Workspace
from tests.server.conftest import ClientOf


def test_signs_of_life(client_of: ClientOf) -> None:
    stranger = client_of(None)
    assert stranger.get("/healthz").content == b"ok\n"
    assert stranger.get("/readyz").status_code == 200


def test_a_stranger_is_sent_to_sign_in_and_sees_the_policy(client_of: ClientOf) -> None:
    answer = client_of(None).get("/more/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Request-Id"]


def test_an_unknown_page_says_so_in_both_languages(client_of: ClientOf) -> None:
    assert "没有这个页面" in client_of("owner", lang="zh").get("/nowhere/").content.decode()
    page = client_of("owner").get("/nowhere/")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()


def test_the_navigation_shows_what_a_role_may_see(client_of: ClientOf) -> None:
    assert 'href="/audit/"' in client_of("owner").get("/more/").content.decode()
    assert 'href="/audit/"' not in client_of("viewer").get("/more/").content.decode()


def test_the_language_is_kept_with_the_account(client_of: ClientOf) -> None:
    client = client_of("owner")
    client.post("/choose/", {"lang": "zh", "next": "/more/"})
    assert "所有页面" in client.get("/more/").content.decode()


def test_metrics_tell_of_requests_and_of_the_facts_to_this_machine_only(client_of: ClientOf) -> None:
    client_of("owner").get("/more/")
    told = client_of(None).get("/metrics").content.decode()
    assert 'lastmeter_requests_total{method="GET",route="more/",status="200"}' in told
    assert "lastmeter_journeys " in told
    assert 'lastmeter_source_age_seconds{source="shop"}' in told
    assert client_of(None).get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 401
    assert client_of(None).get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 401


def test_the_journal_is_open_before_a_transaction_takes_the_write_lock(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose first act is an act of the loop: opening the journal within it would wait for its own lock for ever."""
    opened = []

    def is_free(*args: Any, **more: Any) -> Journal:
        os.close(take_lock(company / "journal" / "write.lock", wait=False))
        opened.append(1)
        return opening(*args, **more)

    opening = Journal.open
    served.reset()
    monkeypatch.setattr(Journal, "open", is_free)
    with transaction.atomic():
        assert served.journal
    assert opened == [1]


def test_a_method_that_somebody_made_up_is_no_counter_of_its_own(client_of: ClientOf) -> None:
    client_of(None).generic("BREW1234", "/healthz")
    told = client_of(None).get("/metrics").content.decode()
    assert "BREW1234" not in told
    assert 'lastmeter_requests_total{method="other",route="healthz",status="405"}' in told


def test_what_the_databases_address_asks_for_holds_for_django_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql://ann:secret@db.example.com/lm?sslmode=verify-full&sslrootcert=/etc/ca.pem")
    made: Any = settings._database()
    assert made["HOST"] == "db.example.com"
    assert (made["OPTIONS"]["sslmode"], made["OPTIONS"]["sslrootcert"]) == ("verify-full", "/etc/ca.pem")
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql:///lm?host=/run/postgresql")
    made = settings._database()
    assert (made["HOST"], "host" in made["OPTIONS"]) == ("/run/postgresql", False)


def test_a_finding_that_cannot_be_made_leaves_nothing_behind(company: Path) -> None:
    def broken(ws: Workspace) -> int:
        raise LastMeterError("journey.unknown", Title("没有", "None"))

    for number in range(3):
        with pytest.raises(LastMeterError):
            served.find(("nothing", number), broken)
    assert served._making == {}


def test_many_names_do_not_make_the_lock_of_one_be_forgotten(company: Path) -> None:
    for number in range(400):
        cache.set(f"sign-in-{number}", [number])
    assert [number for number in range(400) if cache.get(f"sign-in-{number}") is None] == []
    cache.clear()


def test_whoever_opens_the_address_of_an_act_reads_a_page(client_of: ClientOf) -> None:
    answer = client_of("owner").get("/people/post/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize(("came_from", "back"), [
    ("http://testserver/sources/shop/?a=1", "/sources/shop/?a=1"), ("https://elsewhere.example/x/", "/"),
    ("http://testserver//evil.example/", "/"),
    ("", "/"),
])
def test_who_acts_after_the_session_ended_comes_back_to_the_page_not_to_the_act(client_of: ClientOf, came_from: str, back: str) -> None:
    answer = client_of(None).post("/sources/shop/sending/", {}, headers={"referer": came_from})
    assert answer.status_code == 302
    address = urlsplit(answer["Location"])
    assert (address.path, parse_qs(address.query)["next"]) == ("/accounts/login/", [back])


@pytest.mark.parametrize(("theme", "offered"), [("", ["dark", "light"]), ("light", ["dark"]), ("dark", ["light"])])
def test_a_look_is_offered_that_differs_from_what_is_seen(client_of: ClientOf, theme: str, offered: list[str]) -> None:
    """Who follows the system has both in the page; the style sheet shows the one that the system does not."""
    client = client_of("viewer")
    client.post("/choose/", {"theme": theme})
    page = client.get("/account/").content.decode()
    assert re.findall(r'name="theme" value="(\w+)"', page) == offered
    assert ("when-light" in page) == (theme == "")

"""The frame: signs of life, errors in words, the security policy, who may come in."""

from __future__ import annotations

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

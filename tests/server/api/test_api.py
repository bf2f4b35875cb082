"""The API: what a program reads equals what the library says; errors are problems; a token does no more than its giver."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from lastmeter.server import clock
from lastmeter.server.company import workspace
from lastmeter.server.intake.actions import give_token, withdraw_token
from lastmeter.server.people.models import Person
from lastmeter.server.watch import watching
from tests.server.conftest import ClientOf


def bearer(giver: str = "owner", *, scopes: tuple[str, ...] = ("read",), brands: tuple[str, ...] = ()) -> Client:
    """A program with a token that the owner made in the name of a person."""
    token, key = give_token(Person.objects.get(username="owner"), "program", scopes=scopes, brands=brands)
    token.given_by = Person.objects.get(username=giver)
    token.save()
    return Client(headers={"authorization": f"Bearer {key}", "accept-language": "en"})


def test_journeys_come_page_by_page_each_once(company: Path) -> None:
    program = bearer()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = program.get("/api/v1/journeys", {"limit": "97", **({"cursor": cursor} if cursor else {})}).json()
        seen += [row["journey_id"] for row in page["items"]]
        cursor = page["next"]
    with workspace() as ws:
        known = sorted(ws.journeys().to_arrow()["journey_id"].to_pylist())
    assert seen == known


def test_figures_equal_the_librarys(company: Path) -> None:
    program = bearer()
    figures = program.get("/api/v1/indicators/perfect_journey_rate", {"period": "2026-09", "by": "place"}).json()["items"]
    with workspace() as ws:
        said = {figure.keys["place"]: figure.value for figure in ws.figures("perfect_journey_rate", by=["place"], period="2026-09")}
        causes = ws.pareto(period="2026-09", lang="en").to_arrow().to_pylist()
    assert {row["place"]: row["value"] for row in figures} == said
    assert program.get("/api/v1/pareto", {"period": "2026-09"}).json()["items"] == causes


def test_one_journey_with_what_proves_it(company: Path) -> None:
    with workspace() as ws:
        first = ws.journeys(flawed=True).head(1).to_arrow()["journey_id"][0].as_py()
        view = ws.journey(first)
    said = bearer().get(f"/api/v1/journeys/order/{first}").json()
    assert [event["id"] for event in said["events"]] == [event.id for event in view.events]
    assert len(said["flaws"]) == len(view.flaws) > 0


@pytest.mark.parametrize("path", ["/kinds", "/reefs", "/focus", "/brief", "/indicators"])
def test_every_read_answers(company: Path, path: str) -> None:
    answer = bearer().get(f"/api/v1{path}")
    assert answer.status_code == 200
    assert answer.json()


def test_what_cannot_be_said_of_so_few_answers_is_a_problem_that_says_so(company: Path) -> None:
    assert problem(bearer().get("/api/v1/drivers"))[1].startswith("drivers.")


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def test_errors_are_problems_in_the_callers_language(company: Path) -> None:
    program = bearer()
    assert problem(program.get("/api/v1/journeys/order/none-such")) == (404, "journey.unknown")
    assert problem(program.get("/api/v1/journeys", {"cursor": "%%"})) == (400, "api.cursor")
    assert problem(program.get("/api/v1/journeys", {"limit": "many"})) == (422, "api.invalid")
    assert problem(program.get("/api/v1/pareto", {"period": "once"}))[0] == 400
    assert problem(program.get("/api/v1/nowhere"))[0] == 404
    said = program.get("/api/v1/journeys/order/none-such", headers={"accept-language": "zh-CN"}).json()
    assert "没有旅程" in said["title"]


def test_nobody_is_let_in_without_a_token(client_of: ClientOf) -> None:
    assert problem(client_of(None).get("/api/v1/journeys")) == (401, "api.nobody")
    assert problem(Client(headers={"authorization": "Bearer lm_guess"}).get("/api/v1/journeys")) == (401, "api.nobody")
    assert client_of("analyst").get("/api/v1/pareto").status_code == 200  # signed in


def test_a_token_does_no_more_than_its_giver(company: Path) -> None:
    assert problem(bearer("field").get("/api/v1/pareto")) == (403, "people.not_allowed")
    assert problem(bearer(scopes=("events:write",)).get("/api/v1/journeys")) == (403, "api.scope")
    program = bearer("analyst")
    Person.objects.filter(username="analyst").update(is_active=False)
    assert problem(program.get("/api/v1/journeys"))[0] == 401


def test_a_token_sees_its_brands_only(company: Path) -> None:
    with workspace() as ws:
        brands = sorted({row for row in ws.journeys().to_arrow()["brand"].to_pylist() if row})
    rows = bearer(brands=(brands[0],)).get("/api/v1/journeys", {"limit": 1000}).json()["items"]
    assert {row["brand"] for row in rows} == {brands[0]}


def test_a_withdrawn_or_expired_token_opens_nothing(company: Path) -> None:
    owner = Person.objects.get(username="owner")
    token, key = give_token(owner, "program", scopes=("read",), expires_at=clock.now() + timedelta(days=1))
    program = Client(headers={"authorization": f"Bearer {key}"})
    assert program.get("/api/v1/kinds").status_code == 200
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert program.get("/api/v1/kinds").status_code == 401
    withdraw_token(owner, token)
    assert program.get("/api/v1/kinds").status_code == 401


def test_the_description_is_openapi_31_and_says_problem_json(client_of: ClientOf) -> None:
    schema = client_of("owner").get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "application/problem+json" in schema["paths"]["/api/v1/journeys"]["get"]["responses"]["404"]["content"]


def test_a_program_takes_a_flaw_on_and_lets_go(company: Path) -> None:
    watching.watch(clock.now())
    program = bearer("manager", scopes=("read", "act"))
    first = program.get("/api/v1/flaws", {"state": "open", "limit": "1"}).json()
    flaw_id = first["items"][0]["flaw_id"]
    taken = program.post(f"/api/v1/flaws/{flaw_id}/take", {"note": "called"}, content_type="application/json").json()
    assert (taken["flaw"]["taken_by"], taken["history"][-1]["note"]) == ("manager", "called")
    assert program.post(f"/api/v1/flaws/{flaw_id}/release", {}, content_type="application/json").json()["flaw"]["taken_by"] is None
    second = program.get("/api/v1/flaws", {"limit": "1", "cursor": first["next"]}).json()["items"][0]
    assert second["flaw_id"] != flaw_id
    assert problem(bearer("viewer", scopes=("read", "act")).post(
        f"/api/v1/flaws/{flaw_id}/take", {}, content_type="application/json"))[0] == 403
    assert bearer("viewer").get(f"/api/v1/flaws/{flaw_id}").status_code == 200


def test_a_program_chooses_a_focus_and_drops_it(company: Path) -> None:
    program = bearer("manager", scopes=("read", "act"))
    causes = program.get("/api/v1/pareto", {"period": "2026-09"}).json()["items"]
    code = next(row["rule"] for row in causes if row["count"])
    chosen = program.post("/api/v1/focus?period=2026-09", {"code": code, "owner": "韩立", "action": "two shifts"},
                          content_type="application/json")
    assert chosen.json()["owner"] == "韩立"
    with workspace() as ws:
        assert code in {one["code"] for one in ws.focus_table(period="2026-09").to_arrow().to_pylist()}
    refused = program.post("/api/v1/focus?period=2026-09", {"code": "nonsense"}, content_type="application/json")
    assert problem(refused)[1] == "focus.unknown"
    assert program.delete(f"/api/v1/focus?code={code}").status_code == 200


@pytest.mark.parametrize("path", ["/sources", "/batches", "/rejected", "/me", "/people", "/holdings", "/audit", "/flaws", "/risk"])
def test_every_list_answers_and_a_viewer_sees_only_what_a_viewer_may(company: Path, path: str) -> None:
    assert bearer().get(f"/api/v1{path}").status_code == 200
    seen = bearer("viewer").get(f"/api/v1{path}").status_code
    assert seen == (200 if path in ("/me", "/flaws", "/risk") else 403)


def test_the_audit_says_who_gave_the_token(company: Path) -> None:
    program = bearer()
    rows = program.get("/api/v1/audit", {"act": "token"}).json()["items"]
    assert rows[0]["actor"] == "owner"


def test_a_browser_without_the_forms_token_is_refused_in_fitting_words(company: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(Person.objects.get(username="owner"), backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.delete("/api/v1/focus?code=late_dispatch")
    assert (answer.status_code, answer.json()["code"]) == (403, "server.forbidden")

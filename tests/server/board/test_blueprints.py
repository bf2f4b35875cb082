"""Blueprints in the console: read, checked, tried out on history, saved, restored, retired; the history that results."""

from __future__ import annotations

import shutil
import threading
from datetime import date
from pathlib import Path

import narwhals.stable.v2 as nw
import pytest
from django.db import connection, connections, transaction
from django_tasks_db.models import DBTaskResult

import lastmeter
from lastmeter.journal.event import OWN_SOURCE, Event, ObjectRef
from lastmeter.journeys.blueprint import load_blueprints
from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.board.blueprints import actions, files, rejudging
from lastmeter.server.board.blueprints.drawing import _scale
from lastmeter.server.board.blueprints.models import BlueprintTrial, BlueprintVersion
from lastmeter.server.board.queries import blueprints as queries
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.worker import _batch, run_once
from lastmeter.workspace import Workspace
from lastmeter.workspace.template import lay_out, templates
from tests.server.conftest import ClientOf

SHIPPED = Path(lastmeter.__file__).parent / "workspace_template"


def order(company: Path) -> str:
    return (company / "blueprints" / "order.toml").read_text(encoding="utf-8")


def tried(client_of: ClientOf, text: str, **form: str) -> BlueprintTrial:
    answer = client_of("manager").post("/blueprints/files/order/", {"act": "try", "text": text, **form})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    _batch().run()
    trial = BlueprintTrial.objects.latest("id")
    assert trial.state == "done", trial.error
    return trial


def test_kinds_versions_words_and_drawing(client_of: ClientOf) -> None:
    client = client_of("viewer")
    assert "order.toml" in client.get("/blueprints/").content.decode()
    page = client.get("/blueprints/order/").content.decode()
    assert "“Picked” within 24 h of “Paid”" in page
    assert "“Damaged on arrival” must not occur" in page
    assert 'aria-label="Service blueprint: 10 steps, 6 posts"' in page
    assert "“付款”之后 24 小时内“拣货”" in client_of("viewer", lang="zh").get("/blueprints/order/").content.decode()
    assert client.get("/blueprints/nothing/").status_code == 404


@pytest.mark.parametrize("name", templates())
def test_every_template_reads_in_words(client_of: ClientOf, company: Path, tmp_path: Path, name: str) -> None:
    lay_out(tmp_path / "other", name)
    for path in (tmp_path / "other" / "blueprints").glob("*.toml"):
        (company / "blueprints" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    if (tmp_path / "other" / "calendars").is_dir():
        for path in (tmp_path / "other" / "calendars").glob("*.toml"):
            (company / "calendars").mkdir(exist_ok=True)
            (company / "calendars" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for blueprint in load_blueprints(tmp_path / "other" / "blueprints"):
        page = client_of("owner").get(f"/blueprints/{blueprint.kind}/").content.decode()
        assert all(rule.title.en.replace("'", "&#x27;") in page for rule in blueprint.rules())


def test_a_mistake_is_shown_at_its_line_and_nothing_is_saved(client_of: ClientOf, company: Path) -> None:
    before = order(company)
    wrong = before.replace('limit = "24 hours"', 'limit = "a day"')
    line = next(number for number, row in enumerate(wrong.splitlines(), 1) if "a day" in row)
    for act in ("check", "try"):
        answer = client_of("manager").post("/blueprints/files/order/", {"act": act, "text": wrong})
        assert answer.status_code == 422
        assert f'data-line="{line}"' in answer.content.decode()
    assert not BlueprintTrial.objects.exists()
    assert order(company) == before
    assert "No mistakes" in client_of("manager").post("/blueprints/files/order/", {"act": "check", "text": before}).content.decode()


def test_a_changed_limit_is_tried_out_on_history_then_saved_as_a_correction(client_of: ClientOf, company: Path) -> None:
    before = order(company)
    changed = before.replace('limit = "72 hours"', 'limit = "12 hours"')
    trial = tried(client_of, changed, mode="correction")
    assert order(company) == before
    assert trial.result is not None
    rules = {one["rule"]: (one["before"], one["after"]) for one in trial.result["rules"]}
    with Workspace.open(company) as ws:
        ws.journal  # noqa: B018
        facts = ws.facts("order")
        counted = facts.flaws.filter(nw.col("counted") & (nw.col("rule") == "line_haul")).select("flaw_id").collect(backend="pyarrow")
        now = ws.figures("perfect_journey_rate", kind="order")[0]
    assert rules["line_haul"][0] == len(counted)
    assert rules["line_haul"][1] > 10 * max(1, rules["line_haul"][0])
    assert {code for code, (one, other) in rules.items() if one != other} == {"line_haul"}
    assert trial.result["overall"][0]["value"] == pytest.approx(now.value)
    assert trial.result["overall"][1]["value"] < trial.result["overall"][0]["value"]
    counts = trial.result["counts"]
    assert counts["better"] == counts["enter"] == counts["leave"] == 0
    assert counts["worse"] == round((trial.result["overall"][0]["value"] - trial.result["overall"][1]["value"]) * now.n)
    page = client_of("manager").get(f"/blueprints/trials/{trial.pk}/").content.decode()
    assert "Perfect journeys would go from" in page
    assert "Save the correction" in page

    client_of("manager").post(f"/blueprints/trials/{trial.pk}/")
    assert order(company) == changed.rstrip() + "\n"
    rows = list(BlueprintVersion.objects.order_by("id"))
    assert [row.how for row in rows] == ["found", "correction"]
    assert '-limit = "72 hours"' in rows[1].diff
    assert '+limit = "12 hours"' in rows[1].diff
    assert AuditRow.objects.filter(act="blueprint.edit", detail__how="correction").count() == 1
    # Pressed twice, it is saved once, and the answer is the same.
    assert client_of("manager").post(f"/blueprints/trials/{trial.pk}/")["Location"] == "/blueprints/order/"
    assert BlueprintVersion.objects.count() == 2

    with workspace() as ws:
        figures = ws.figures("perfect_journey_rate", kind="order")
    assert figures[0].value == pytest.approx(now.value)  # until the next build
    with Workspace.open(company) as ws:
        ws.build(at=ws.facts().at)
        assert ws.figures("perfect_journey_rate", kind="order")[0].value == pytest.approx(trial.result["overall"][1]["value"])

    for _press in range(2):
        client_of("manager").post(f"/blueprints/history/{rows[0].pk}/restore/")
    assert order(company) == before
    assert [row.how for row in BlueprintVersion.objects.order_by("id")] == ["found", "correction", "restored"]


def test_two_presses_at_the_same_time_save_one_version(client_of: ClientOf, company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen a trial that is not saved yet when the first one writes."""
    trial = tried(client_of, order(company).replace('limit = "72 hours"', 'limit = "12 hours"'), mode="correction")
    stale = [BlueprintTrial.objects.get(pk=trial.pk) for _ in range(4)]
    manager, ready, saved, at = Person.objects.get(username="manager"), threading.Barrier(4), list[int](), clock.now()

    def press(seen: BlueprintTrial) -> None:
        ready.wait(20)
        saved.append(actions.save(manager, seen).pk)
        connections.close_all()

    with clock.frozen(at):
        presses = [threading.Thread(target=press, args=(seen,)) for seen in stale]
        for thread in presses:
            thread.start()
        for thread in presses:
            thread.join(60)
    assert saved == [saved[0]] * 4
    assert BlueprintVersion.objects.filter(how="correction").count() == 1
    assert AuditRow.objects.filter(act="blueprint.edit", detail__how="correction").count() == 1


def test_a_new_version_stands_beside_the_old_one(client_of: ClientOf, company: Path) -> None:
    before = order(company)
    changed = before.replace('limit = "24 hours"', 'limit = "6 hours"')
    trial = tried(client_of, changed, mode="new", version="2", effective_from="2026-10-15")
    client_of("owner").post(f"/blueprints/trials/{trial.pk}/")
    assert order(company) == before
    versions = load_blueprints(company / "blueprints")
    assert [(one.version, one.effective_from) for one in versions] == [("1", date(2020, 1, 1)), ("2", date(2026, 10, 15))]
    assert "# The standard of one order" in (company / "blueprints" / f"{trial.file}.toml").read_text(encoding="utf-8")
    page = client_of("viewer").get("/blueprints/order/").content.decode()
    assert "Version 2" in page


def test_a_clash_of_versions_is_refused(client_of: ClientOf, company: Path) -> None:
    answer = client_of("manager").post("/blueprints/files/order/", {
        "act": "try", "text": order(company), "mode": "new", "version": "1", "effective_from": "2026-10-15"})
    assert answer.status_code == 422
    assert "blueprint.version_clash" in answer.content.decode()


def test_a_kind_is_drafted_from_the_data_retired_and_begun_again(client_of: ClientOf, company: Path) -> None:
    client = client_of("owner")
    client.post("/blueprints/files/order/retire/")
    assert files.stems() == []
    assert "no source" not in client.get("/blueprints/").content.decode()
    assert "from=file:order" in client.get("/blueprints/").content.decode()
    draft = client.get("/blueprints/new/?from=data&object=order").content.decode()
    assert "lastmeter blueprint discover" in draft
    text = client.get("/blueprints/new/?from=file:order").context["text"]
    answer = client.post("/blueprints/new/", {"act": "try", "text": text})
    assert answer.status_code == 302
    _batch().run()
    trial = BlueprintTrial.objects.latest("id")
    assert trial.state == "done"
    assert trial.result is not None
    assert trial.result["overall"][0] is None
    assert "would be perfect" in client.get(f"/blueprints/trials/{trial.pk}/").content.decode()
    client.post(f"/blueprints/trials/{trial.pk}/")
    assert files.stems() == ["order"]


def test_what_the_software_tells_of_itself_is_nothing_to_draft_from(company: Path) -> None:
    at = clock.now().replace(microsecond=0)
    told = [
        Event(source=OWN_SOURCE, id=what, type=what, occurred_at=at, objects=(ObjectRef("focus", "picking"),), attributes={})
        for what in ("focus.chosen", "focus.dropped")
    ]
    with transaction.atomic():
        served.journal.append(connection.connection, told, recorded_at=at)
    kinds = [kind for kind, _ in queries.object_types()]
    assert "order" in kinds
    assert "focus" not in kinds


def test_a_large_journal_is_judged_by_its_latest_months(client_of: ClientOf, company: Path, tmp_path: Path) -> None:
    with Workspace.open(company) as ws, ws.journal.snapshot() as snapshot:
        at = ws.facts().at
        result = rejudging.rejudge(snapshot, ws.blueprints, ws.blueprints, tmp_path, at=at, tell=lambda *_: None, most_events=100)
        whole = ws.figures("perfect_journey_rate", kind="order", by=["month"])
    assert result["since"] is not None
    assert all(result["counts"][name] == 0 for name in ("worse", "better", "enter", "leave"))
    assert 0 < result["counts"]["due"] < sum(figure.n for figure in whole)
    # Journeys that began and fell due within: the same verdicts as of all events.
    month = result["months"][1]["month"]
    with Workspace.open(company) as ws:
        journeys = ws.facts("order").journeys.filter(
            nw.col("counted") & (nw.col("due_month") == month) & (nw.col("started_month") >= result["since"]))
        table = journeys.select("perfect").collect(backend="pyarrow").to_native()
    perfect = sum(table["perfect"].to_pylist())
    assert result["months"][1]["after"]["n"] == len(table)
    assert result["months"][1]["after"]["value"] == pytest.approx(perfect / len(table))


@pytest.mark.parametrize("role", ["analyst", "agent", "viewer"])
def test_who_may_not_edit(client_of: ClientOf, company: Path, role: str) -> None:
    client = client_of(role)
    assert client.get("/blueprints/").status_code == 200
    for address in ("/blueprints/files/order/", "/blueprints/files/order/retire/", "/blueprints/new/"):
        assert client.post(address, {"act": "try", "text": order(company)}).status_code == 403
    assert "order.toml" in client.get("/blueprints/").content.decode()
    assert client_of("third_party").get("/blueprints/").status_code == 403


def test_files_outside_the_workspace_are_not_reached(client_of: ClientOf) -> None:
    for stem in ("..%2Flastmeter", "../lastmeter", "%2e%2e%2flastmeter"):
        assert client_of("owner").get(f"/blueprints/files/{stem}/").status_code in {400, 404}
    assert client_of("owner").get("/blueprints/new/?from=file:../lastmeter").context.get("text") is None


def test_a_trial_whose_worker_died_begins_again(company: Path) -> None:
    made = actions.try_out(Person.objects.get(username="manager"), order(company), stem="order")
    assert isinstance(made, BlueprintTrial)
    BlueprintTrial.objects.filter(pk=made.pk).update(state="running")
    DBTaskResult.objects.update(status="RUNNING")
    run_once("take up trials")
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    assert BlueprintTrial.objects.get(pk=made.pk).state == "queued"


@pytest.mark.parametrize("steps", [3, 12])
def test_a_drawing_that_fits_a_page_is_not_made_smaller(steps: int) -> None:
    """150 for the posts, then 200 a step, less where twelve would not fit 1126, never less than 84."""
    middle = _scale(steps)
    assert middle(0) == pytest.approx({3: 250.0, 12: 192.0}[steps])
    assert middle(steps - 0.5) <= 1158


def test_a_blueprint_without_steps_is_not_drawn(company: Path, client_of: ClientOf) -> None:
    shutil.copy(SHIPPED / "coworking" / "blueprints" / "place.toml", company / "blueprints")
    page = client_of("owner").get("/blueprints/place/").content.decode()
    assert "No steps: 3 rules, judged period by period" in page
    assert "chart lanes" not in page

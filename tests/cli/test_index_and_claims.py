"""Mei asks for the index, checks the claims on the homepage, and puts couriers and departments side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.cli.conftest import Run

import lastmeter


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_says_its_parts_and_what_moved_it(run: Run, company: Path, lang: str) -> None:
    said = run("index", "-w", company, lang=lang)
    assert ("体验指数" if lang == "zh" else "CX index, ") in said
    assert ("完美旅程率" if lang == "zh" else "Perfect journey rate") in said
    found = json.loads(run("index", "-w", company, "--format", "json"))
    assert {row["indicator"] for row in found["rows"]} >= {"perfect_journey_rate", "promise_kept_rate"}
    assert 0 <= found["value"] <= 100
    assert found["value"] <= found["composite"]
    if found["movement"]:
        assert sum(part["points"] for part in found["movement"]["parts"]) == pytest.approx(found["movement"]["points"])


def test_a_crossed_red_line_names_the_post(run: Run, company: Path) -> None:
    settings = company / "lastmeter.toml"
    with lastmeter.open(company) as ws:
        before = ws.index()
        figures = {row.indicator: row.figure.value for row in before.rows}
    kept = figures["perfect_journey_rate"]
    assert kept is not None
    assert kept < 0.98, "its target"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("target = 0.98", f"target = 0.98\nred_line = {kept + 1e-4:.4f}", 1), encoding="utf-8")
    said = run("index", "-w", company)
    assert "A red line is crossed" in said
    assert f"line {kept + 1e-4:.4g}, post: Owner of the delivery promise" in said
    with lastmeter.open(company) as ws:
        now = ws.index()
    assert (now.value, now.composite) == (59.0, before.composite)


def test_a_mistake_in_the_index_has_its_line(run: Run, company: Path) -> None:
    settings = company / "lastmeter.toml"
    text = settings.read_text(encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each == "weight = 4")
    settings.write_text(text.replace("weight = 4", "wieght = 4", 1), encoding="utf-8")
    said = run("index", "-w", company, leaves=2)
    assert f"line {line}" in said
    assert "Did you mean “weight”?" in said
    settings.write_text(re.sub(r"(?s)\[index\].*?# What codes", "# What codes", text), encoding="utf-8")
    assert "No CX index has been set up" in run("index", "-w", company, leaves=2)


def test_claims_with_their_verdict(run: Run, company: Path) -> None:
    said = run("claims", "-w", company)
    assert "There on the day we say" in said
    assert "说哪天到，就哪天到" in run("claims", "-w", company, lang="zh")
    rows = json.loads(run("claims", "-w", company, "--format", "json"))
    assert {row["verdict"] for row in rows} <= {"borne_out", "not_borne_out", "cannot_tell"}
    assert [row["promised"] for row in rows] == [0.95, 4.0]
    (company / "claims.toml").unlink()
    assert "No claim is registered" in run("claims", "-w", company)


def test_figures_by_department_and_post_have_their_names(run: Run, company: Path) -> None:
    said = run("indicators", "show", "perfect_journey_rate", "--by", "department", "-w", company)
    assert "Warehouses" in said
    assert "Logistics" in said
    with lastmeter.open(company) as ws:
        posts = {figure.keys["post"]: figure for figure in ws.figures("perfect_journey_rate", by=["post"])}
        (whole,) = ws.figures("perfect_journey_rate")
        assert set(posts) == set(ws.config.posts())
        assert all(figure.value is not None and figure.value >= (whole.value or 0) for figure in posts.values())


def test_couriers_side_by_side_are_not_ranked(run: Run, company: Path) -> None:
    rows = json.loads(run("indicators", "compare", "promise_kept_rate", "--by", "performer", "-w", company, "--format", "json"))
    assert len(rows) >= 2
    assert {row["standing"] for row in rows} <= {"worse", "better", "alike", "too_few", "other_coverage"}
    alike = [row["performer"] for row in rows if row["standing"] == "alike"]
    assert alike == sorted(alike), "those that cannot be told apart come by name"
    said = run("indicators", "compare", "promise_kept_rate", "--by", "performer", "-w", company)
    assert "against the others" in said
    assert "indicator.unknown" in run("indicators", "compare", "miracles", "-w", company, leaves=2)


def test_the_doctor_reads_index_and_claims_too(run: Run, company: Path) -> None:
    assert "Claims: 2" in run("doctor", "-w", company)
    claims = company / "claims.toml"
    claims.write_text(claims.read_text(encoding="utf-8").replace("order_to_arrival_p90", "miracles"), encoding="utf-8")
    settings = company / "lastmeter.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("worst = 0.80", "worst = 0.999", 1), encoding="utf-8")
    said = run("doctor", "-w", company, leaves=1)
    assert "the target of “promise_kept_rate” is worse than its worst" in said
    settings.write_text(settings.read_text(encoding="utf-8").replace("worst = 0.999", "worst = 0.80", 1), encoding="utf-8")
    assert "names an indicator “miracles”" in run("doctor", "-w", company, leaves=1)

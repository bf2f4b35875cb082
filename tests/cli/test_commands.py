"""Mei has exports of an order system and a terminal. She goes through every command, in Chinese and in English."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import Run

import lastmeter
from lastmeter.cli.app import make_app
from lastmeter.cli.language import language_of

CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_speaks_one_language(run: Run, lang: str) -> None:
    for command in ("import", "build", "brief", "journeys", "export", "erase", "demo", "doctor"):
        said = run(command, "--help", lang=lang)
        assert bool(CJK.search(said)) == (lang == "zh"), said


def test_the_language_comes_from_the_option_then_the_environment() -> None:
    assert language_of(["brief", "--lang", "zh"], {"LANG": "en_GB.UTF-8"}) == "zh"
    assert language_of(["brief", "--lang=en"], {"LASTMETER_LANG": "zh"}) == "en"
    assert language_of([], {"LASTMETER_LANG": "zh-Hans", "LANG": "en_GB"}) == "zh"
    assert language_of([], {"LC_ALL": "zh_CN.UTF-8"}) == "zh"
    assert language_of([], {}) == "en"


def test_the_brief_in_every_form(run: Run, company: Path, tmp_path: Path) -> None:
    text = run("brief", "-w", company)
    assert "What broke" in text
    assert "最后一米" in run("brief", "-w", company, lang="zh")
    brief = json.loads(run("brief", "-w", company, "--format", "json"))
    assert brief["period"]["grain"] == "month"
    run("brief", "-w", company, "--format", "html", "--output", tmp_path / "brief.html")
    page = (tmp_path / "brief.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page


def test_a_brief_of_one_place_has_fewer_journeys(run: Run, company: Path) -> None:
    with lastmeter.open(company) as ws:
        journeys = ws.journeys("order").to_polars()
    place = journeys.filter(journeys["counted"])["place"].mode().sort()[0]
    period = journeys.filter(journeys["counted"] & (journeys["place"] == place))["due_month"].mode().sort()[0]

    def n(*more: str) -> int:
        brief = json.loads(run("brief", "-w", company, "--format", "json", "--period", period, *more))
        rates = next(section for section in brief["sections"] if section["code"] == "rates")
        return int(json.dumps(rates).split('"n": ')[1].split(",")[0])

    assert 0 < n("--place", place) < n()


def test_the_flawed_journeys_are_those_with_flaws(run: Run, company: Path) -> None:
    rows = json.loads(run("journeys", "-w", company, "--flawed", "--format", "json"))
    assert rows
    assert all(row["perfect"] is False and row["counted"] for row in rows)
    late = json.loads(run("journeys", "-w", company, "--flaw", "delivery", "--format", "json"))
    assert {row["promise"] for row in late} == {"missed"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_journey_tells_its_flaws_with_their_posts(run: Run, company: Path, lang: str) -> None:
    late = json.loads(run("journeys", "-w", company, "--flaw", "delivery", "--format", "json"))[0]
    said = run("journey", late["journey_id"], "-w", company, lang=lang)
    assert "◆" in said
    assert ("失约" if lang == "zh" else "promise missed") in said
    assert ("时效承诺负责人" if lang == "zh" else "Owner of the delivery promise") in said


def test_tables_in_four_formats_hold_the_same_rows(run: Run, company: Path, tmp_path: Path) -> None:
    rows = json.loads(run("export", "flaws", "-w", company, "--format", "json"))
    lines = list(csv.DictReader(io.StringIO(run("export", "flaws", "-w", company, "--format", "csv"))))
    run("export", "flaws", "-w", company, "--format", "parquet", "--output", tmp_path / "flaws.parquet")
    assert [row["flaw_id"] for row in rows] == [line["flaw_id"] for line in lines]
    assert sorted(row["flaw_id"] for row in rows) == sorted(pq.read_table(tmp_path / "flaws.parquet")["flaw_id"].to_pylist())


@pytest.mark.parametrize("what", ["journeys", "links", "feedback", "events", "rejected", "batches"])
def test_every_table_can_be_exported(run: Run, company: Path, what: str) -> None:
    assert run("export", what, "-w", company, "--format", "csv")


def test_indicators_are_listed_and_shown(run: Run, company: Path) -> None:
    codes = [row["code"] for row in json.loads(run("indicators", "list", "-w", company, "--format", "json"))]
    assert len(codes) >= 20
    for code in codes:
        assert run("indicators", "show", code, "-w", company, "--by", "place,month", "--format", "csv")
    assert "○" not in run("indicators", "show", "promise_kept_rate", "-w", company)


def test_the_pareto_adds_up(run: Run, company: Path) -> None:
    rows = json.loads(run("pareto", "-w", company, "--format", "json"))
    assert abs(sum(row["share"] for row in rows) - 1) < 1e-4
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)


def test_the_same_files_again_add_nothing_and_undo_takes_back(run: Run, company: Path) -> None:
    before = run("export", "events", "-w", company, "--format", "csv").count("\n")
    scans = company / "exports" / "scans.csv"
    assert " 0 events added" in run("import", scans, "--source", "logistics", "-w", company)
    assert run("export", "events", "-w", company, "--format", "csv").count("\n") == before
    more = company / "exports" / "more-scans.csv"
    lines = scans.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    fields = dict(zip(header, lines[1].split(","), strict=True)) | {"order_id": "MADE-UP-1"}
    more.write_text("\n".join([lines[0], ",".join(fields[name] for name in header)]) + "\n", encoding="utf-8")
    said = run("import", more, "--source", "logistics", "-w", company)
    batch = re.search(r"Batch (\d+)", said)
    assert batch
    assert " 1 events added" in said
    run("import", "--undo", batch[1], "-w", company)
    assert run("export", "events", "-w", company, "--format", "csv").count("\n") == before


def test_build_and_verify_agree(run: Run, company: Path) -> None:
    run("build", "-w", company)
    assert "0 differences" in run("verify", "-w", company)
    assert "0 处不同" in run("verify", "-w", company, lang="zh")


def test_doctor_finds_what_is_wrong(run: Run, company: Path) -> None:
    assert "All is well" in run("doctor", "-w", company)
    blueprint = company / "blueprints" / "order.toml"
    blueprint.write_text(blueprint.read_text(encoding="utf-8").replace("[[link]]", "[[lnik]]", 1), encoding="utf-8")
    said = run("doctor", "-w", company, leaves=1)
    assert "order.toml:" in said
    assert "link" in said


def test_blueprint_check_points_at_the_line(run: Run, company: Path) -> None:
    assert "no fault" in run("blueprint", "check", "-w", company)
    blueprint = company / "blueprints" / "order.toml"
    text = blueprint.read_text(encoding="utf-8").replace('post = "dispatch"', 'psot = "dispatch"', 1)
    blueprint.write_text(text, encoding="utf-8")
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "psot" in words)
    assert f"order.toml:{line}:" in run("blueprint", "check", "-w", company, leaves=1)


def test_erasing_a_customer(run: Run, company: Path) -> None:
    lines = (company / "exports" / "customers.csv").read_text(encoding="utf-8-sig").splitlines()
    customer = next(csv.DictReader(lines))
    key = next(value for name, value in customer.items() if "phone" in name or "mobile" in name)
    said = run("erase", "--customer", key, "--yes", "-w", company)
    assert "The bytes are gone" in said


def test_what_is_wrong_is_said_with_how_to_mend_it(run: Run, company: Path, tmp_path: Path) -> None:
    assert "lastmeter init" in run("brief", "-w", tmp_path, leaves=2)
    assert "不是工作区" in run("brief", "-w", tmp_path, leaves=2, lang="zh")
    assert "2018-W09" in run("brief", "-w", company, "--period", "March", leaves=2)
    assert "text, json, html or mail" in run("brief", "-w", company, "--format", "pdf", leaves=2)
    assert "not empty" in run("init", company, leaves=2)
    assert "lastmeter build" in run("journey", "no-such", "-w", company, leaves=2)
    assert "care, logistics, shop" in run("import", company / "exports" / "scans.csv", "-w", company, leaves=2)
    assert "indicators list" in run("indicators", "show", "nothing", "-w", company, leaves=2)


def test_an_empty_workspace_says_what_to_do(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "new")
    assert "lastmeter build" in run("brief", "-w", tmp_path / "new", leaves=2)
    assert "lastmeter build" in run("doctor", "-w", tmp_path / "new")


def test_every_command_is_there_in_both_languages() -> None:
    for lang in ("zh", "en"):
        assert make_app(lang).registered_commands


def test_in_a_notebook(company: Path) -> None:
    with lastmeter.open(company) as ws:
        journeys = ws.journeys("order")
        assert journeys.to_polars().height == journeys.to_arrow().num_rows == len(journeys.to_pandas())
        assert "journey_id" in journeys.columns
        assert ws.pareto().chart().to_dict()["$schema"].endswith(".json")
        assert ws.indicator("promise_kept_rate", by=["month"]).chart("zh").to_dict()
        assert journeys.chart().to_dict()


def test_a_filter_that_nothing_can_meet_is_a_mistake(run: Run, company: Path) -> None:
    assert "completed" in run("journeys", "-w", company, "--state", "complete", leaves=2)
    assert "missed" in run("journeys", "-w", company, "--promise", "misst", leaves=2)
    assert "handover" in run("journeys", "-w", company, "--flaw", "handovr", leaves=2)
    assert "没有“Atlantis”" in run("brief", "-w", company, "--place", "Atlantis", leaves=2, lang="zh")


def test_tidying_changes_no_figure(run: Run, company: Path) -> None:
    before = run("brief", "-w", company, "--format", "json")
    assert "files fewer" in run("tidy", "-w", company)
    run("build", "-w", company, "--at", "2026-10-31")
    assert "0 differences" in run("verify", "-w", company)
    assert json.loads(run("brief", "-w", company, "--format", "json"))["figures"] == json.loads(before)["figures"]


def test_rows_that_contradict_themselves_are_counted(run: Run, company: Path) -> None:
    scans = (company / "exports" / "scans.csv").read_text(encoding="utf-8").splitlines()
    fields = dict(zip(scans[0].split(","), scans[1].split(","), strict=True)) | {"order_id": "TWICE-1"}
    rows = [",".join((fields | {"scanned_at": f"2024-11-0{day} 08:00:00"}).values()) for day in (1, 2)]
    twice = company / "exports" / "twice-scans.csv"
    twice.write_text("\n".join([scans[0], *rows]) + "\n", encoding="utf-8")
    assert "2 events that the same files state in two ways" in run("import", twice, "-s", "logistics", "-w", company)

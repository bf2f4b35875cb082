"""Codes have names: the brief, the journey and printed tables say them; files and unnamed codes stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace import Workspace, load_config


def test_the_demo_speaks_of_carriers_and_provinces_by_name(run: Run, company: Path) -> None:
    brief = run("brief", "-w", company, "--period", "2025")
    assert "Farsail Express" in brief
    assert "carrier:farsail" not in brief
    assert "远帆速运" in run("brief", "-w", company, "--period", "2025", lang="zh")
    at_home = run("brief", "-w", company, "--place", "guangdong")
    assert "Place: Guangdong" in at_home.splitlines()[0]


def test_json_keeps_the_code_and_adds_the_name(run: Run, company: Path) -> None:
    brief = json.loads(run("brief", "-w", company, "--place", "guangdong", "--format", "json"))
    assert brief["place"] == "guangdong"
    assert brief["place_title"] == {"zh": "广东", "en": "Guangdong"}


def test_a_journey_names_who_and_where(run: Run, company: Path) -> None:
    journey = _delivered(run, company)
    told = run("journey", journey, "-w", company)
    assert "warehouse)" in told
    assert "carrier:" not in told
    events = json.loads(run("journey", journey, "-w", company, "--format", "json"))["events"]
    packed = next(event for event in events if event["type"] == "order.packed")
    assert packed["place_title"]["zh"].endswith("仓")
    assert packed["place_title"]["en"] == f"{packed['place'].title()} warehouse"


def test_printed_tables_say_names_and_files_hold_codes(run: Run, company: Path) -> None:
    printed = run("journeys", "-w", company, "--performer", "carrier:swallow")
    assert "Swallow Parcels" in printed
    assert "carrier:swallow" not in printed
    assert "carrier:swallow" in run("journeys", "-w", company, "--performer", "carrier:swallow", "--format", "csv")
    assert "Swallow Parcels" in run("indicators", "show", "promise_kept_rate", "--by", "performer", "-w", company)


def test_every_code_of_the_simulated_company_has_a_name(company: Path) -> None:
    with Workspace.open(company) as ws:
        journeys, names = ws.journeys().to_arrow(), ws.names()
    for dimension in DIMENSIONS:
        codes = {code for code in journeys[dimension].to_pylist() if code is not None}
        assert codes, dimension
        assert codes <= set(names[dimension]), dimension


def test_a_code_without_a_name_is_shown_itself(run: Run, company: Path) -> None:
    settings = company / "lastmeter.toml"
    kept = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith('"carrier:farsail"')]
    settings.write_text("\n".join(kept), encoding="utf-8")
    brief = run("brief", "-w", company, "--period", "2025")
    assert "carrier:farsail" in brief
    assert "Swallow Parcels" in brief


def test_a_name_in_one_language_is_a_mistake_with_its_line(company: Path) -> None:
    settings = company / "lastmeter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"Guangdong"}', '"Guangdong", eng = "Canton"}'), encoding="utf-8")
    with pytest.raises(LastMeterError) as refused:
        load_config(company)
    line = 1 + next(n for n, one in enumerate(text.splitlines()) if one.startswith("guangdong"))
    assert refused.value.code == "config.unknown_key"
    assert f"line {line}" in refused.value.message("en")
    assert refused.value.hint("en") == "Did you mean “en”?"


def _delivered(run: Run, company: Path) -> str:
    rows = json.loads(run("journeys", "-w", company, "--state", "completed", "--format", "json"))
    return str(rows[0]["journey_id"])

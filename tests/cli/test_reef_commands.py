"""Mei asks where the reefs are, takes one on, and drops it again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cli.conftest import Run

from lastmeter.diagnosis.focus import Chosen
from lastmeter.workspace.focusing import put, read_chosen

YEAR = ("--period", "2026")


def test_reefs_as_a_table_and_as_json(run: Run, company: Path) -> None:
    rows = [json.loads(line) for line in run("reefs", "-w", company, *YEAR, "--format", "json").splitlines() if line.startswith("{")]
    text = run("reefs", "-w", company, *YEAR)
    for row in rows:
        assert row["code"] in text
        assert row["low"] <= row["ratio"] <= row["high"]
    assert rows or "No reef" in text


def test_a_cause_is_taken_on_amended_and_dropped(run: Run, company: Path) -> None:
    listed = run("focus", "list", "-w", company, *YEAR)
    assert "proposed" in listed
    code = json.loads(run("pareto", "-w", company, *YEAR, "--format", "json").strip("[]\n").splitlines()[0].rstrip(","))["rule"]
    run("focus", "choose", code, "-w", company, *YEAR, "--owner", "Lin Fang", "--due", "2026-12-31", "--at", "2026-11-02")
    run("focus", "choose", code, "-w", company, *YEAR, "--action", "Call first", "--at", "2026-11-20")
    kept = (company / "focus.toml").read_text(encoding="utf-8")
    assert "Lin Fang" in kept
    assert "Call first" in kept
    assert "since = 2026-11-02" in kept
    listed = run("focus", "list", "-w", company, *YEAR)
    assert "Lin Fang" in listed
    assert "chosen" in listed
    assert "已选定" in run("focus", "list", "-w", company, *YEAR, lang="zh")
    run("focus", "drop", code, "-w", company)
    assert "focus.not_chosen" not in run("focus", "list", "-w", company, *YEAR)


def test_what_is_not_there_cannot_be_chosen(run: Run, company: Path) -> None:
    said = run("focus", "choose", "handover: origin=nowhere", "-w", company, *YEAR, leaves=2)
    assert "There is no" in said
    assert "origin" in run("reefs", "-w", company, "--by", "colour", leaves=2)


def test_changes_of_the_focus_list_at_the_same_time_lose_none(tmp_path: Path) -> None:
    codes = [f"rule_{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda code: put(tmp_path, Chosen(code)), codes))
    assert sorted(one.code for one in read_chosen(tmp_path)) == sorted(codes)

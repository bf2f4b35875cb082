"""Several processes at once, on both databases: readers see no gap and nothing twice, the watch raises each flaw once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lastmeter.demo.companies import COMMERCE
from lastmeter.workspace import Workspace


def _start(role: str, folder: Path, url: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LASTMETER_", "DJANGO_"))}
    environment |= {"LASTMETER_DATABASE_URL": url, "LASTMETER_LOG_LEVEL": "ERROR"}
    return subprocess.Popen([sys.executable, "-m", "tests.server.watch.crowd", role, str(folder)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def _end(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    assert '"level": "ERROR"' not in errors
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_crowd_leaves_no_gap_and_no_double(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    folder = tmp_path / "ws"
    Workspace.create(folder, template=COMMERCE)
    _end(_start("migrate", folder, url))
    crowd = {role: _start(role.strip("123"), folder, url) for role in ("record", "work", "read1", "read2")}
    found = {role: _end(process) for role, process in crowd.items()}
    end = _end(_start("settle", folder, url))
    for reader in ("read1", "read2"):
        assert found[reader]["reads"] > 0
        assert found[reader]["faults"] == 0
    assert end["journeys"] == found["record"]["orders"]
    assert end["flaws"] >= found["record"]["orders"] > 50
    assert (end["differ"], end["raised_twice"], end["events_missing"]) == (0, 0, 0)

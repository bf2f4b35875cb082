"""Ctrl-C in a terminal reaches `lastmeter serve` and all that it has started at once; everything ends soon, whenever it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from lastmeter.workspace import Workspace
from tests.server.people.serving import environment, free_port

SOON_SECONDS = 15
"""On a busy machine; what does not end by itself is killed after 25 seconds."""


@pytest.mark.slow
@pytest.mark.parametrize("ready", [False, True], ids=["while it starts", "while it serves"])
def test_ctrl_c_ends_everything_soon(tmp_path: Path, ready: bool) -> None:
    folder, port = tmp_path / "shop", free_port()
    Workspace.create(folder)
    command = [sys.executable, "-m", "lastmeter", "serve", "-w", str(folder), "--port", str(port)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        command, stdout=log, stderr=log, env=environment(), start_new_session=True
    ) as serving:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz") if ready else has_children(serving.pid))
        os.killpg(serving.pid, signal.SIGINT)
        assert serving.wait(timeout=SOON_SECONDS) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(serving.pid, 0)


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def has_children(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())

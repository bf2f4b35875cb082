"""`lastmeter serve` in processes of its own, as a company runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

LINK = re.compile(r"https?://\S+/invitation/([\w-]{40,})/")
"""What `invite` and `serve` print."""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LASTMETER_", "DJANGO_"))}
    return kept | {"PYTHONUNBUFFERED": "1"} | more


def secret_in(said: str) -> str:
    found = LINK.search(said)
    assert found, said
    return found[1]


@contextmanager
def serving(folder: Path, port: int, log: Path, **more: str) -> Iterator[str]:
    """`lastmeter serve` until the end of the block; what it printed before it was ready."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "lastmeter", "serve", "-w", str(folder), "--port", str(port), "--lang", "en"],
            stdout=subprocess.PIPE, stderr=errors, env=environment(**more), text=True,
        )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if line.startswith("Console:"):
                break
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            try:
                if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield printed
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def post(browser: httpx.Client, url: str, form: dict[str, str]) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(url).text)
    assert token
    return browser.post(url, data={**form, "csrfmiddlewaretoken": token[1]})


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

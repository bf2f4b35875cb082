"""What the console's pages cost on a large company: seconds warm and cold, memory of the web process, weight, queries."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

PAGES = ("/", "/journeys/", "/journeys/list/", "/pareto/", "/reefs/")
PASSWORD = "the last metre counts"  # noqa: S105 - of a scratch company
ROUNDS = 12
"""Addresses a page that are drawn: places and brands, with one month each."""
WARM = 3


def measure(workspace: Path, *, seed: int = 1, rounds: int = ROUNDS) -> dict[str, Any]:
    """The figures of a workspace that is built already: p95_ms (warm), cold_ms (p95 of first visits), web_mb (PSS), page_kb,
    queries (the most of any page), and `by_page`.
    """
    from lastmeter.server import setup

    setup.prepare(workspace)
    setup.migrate()
    _make_owner()
    addresses = _addresses(random.Random(seed), rounds)
    port = _free_port()
    environment = {**os.environ, "LASTMETER_LOG_LEVEL": "WARNING"}
    web = subprocess.Popen(
        [sys.executable, "-m", "lastmeter", "web", "-w", str(workspace), "--port", str(port)], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as browser:
            _sign_in(browser)
            cold, warm, weight = _visit(browser, addresses)
            memory = _memory(web.pid)
    finally:
        web.terminate()
        web.wait(timeout=40)
    all_cold = [seconds for times in cold.values() for seconds in times]
    all_warm = [seconds for times in warm.values() for seconds in times]
    return {
        "p95_ms": round(_p95(all_warm) * 1000, 1), "cold_ms": round(_p95(all_cold) * 1000, 1),
        "web_mb": round(memory, 1), "page_kb": round(max(weight.values()) / 1000, 1), "queries": _queries(addresses),
        "by_page": {page: {
            "p95_ms": round(_p95(warm[page]) * 1000, 1), "cold_ms": round(_p95(cold[page]) * 1000, 1),
            "kb": round(weight[page] / 1000, 1),
        } for page in warm},
    }


def _addresses(rng: random.Random, rounds: int) -> dict[str, list[str]]:
    """Addresses of each page, narrowed at random; and journeys to open."""
    from lastmeter.server.company import workspace

    with workspace() as ws:
        frame = ws.facts().journeys.select("place", "brand", "due_month").unique()
        known = frame.collect(backend="pyarrow").to_native().to_pylist()
        ids = ws.journeys().head(5_000).to_arrow()["journey_id"].to_pylist()
        kind = next(iter(ws.facts().blueprints))
    months = sorted({row["due_month"] for row in known if row["due_month"]})[-14:-1]
    # Of what there is together: where no journey is a page has nothing to work out.
    there = sorted((row["due_month"], row["place"], row["brand"] or "") for row in known if row["due_month"] in months and row["place"])

    def narrowed(page: str) -> str:
        month, place, brand = rng.choice(there)
        chosen = {"kind": kind, "period": month}
        if rng.random() < 0.6:
            chosen["place"] = place
        if brand and rng.random() < 0.4:
            chosen["brand"] = brand
        return f"{page}?{httpx.QueryParams(chosen)}"

    found = {page: [narrowed(page) for _ in range(rounds)] for page in PAGES}
    found["/journeys/KIND/ID/"] = [f"/journeys/{kind}/{rng.choice(ids)}/" for _ in range(rounds)]
    return found


def _make_owner() -> None:
    from lastmeter.server.people import queries
    from lastmeter.server.people.actions.persons import Invitee, accept, invite

    if queries.nobody_can_sign_in():
        invited = invite(None, Invitee(role="owner", username="owner", name="Owner"))
        accept(invited.secret, name="Owner", username="owner", password=PASSWORD)


def _sign_in(browser: httpx.Client) -> None:
    for _ in range(300):
        try:
            if browser.get("/readyz").status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.1)
    page = browser.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    answer = browser.post("/accounts/login/", data={
        "login": "owner", "password": PASSWORD, "csrfmiddlewaretoken": token[1],
    }, headers={"referer": str(browser.base_url)})
    assert answer.status_code == 302, answer.status_code


def _visit(
    browser: httpx.Client, addresses: dict[str, list[str]]
) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, int]]:
    cold: dict[str, list[float]] = {}
    warm: dict[str, list[float]] = {}
    weight: dict[str, int] = {}
    for page, visited in addresses.items():
        for address in visited:
            cold.setdefault(page, []).append(_whole(browser, address))
        for _ in range(WARM):
            for address in visited:
                seconds, text = _timed(browser, address)
                warm.setdefault(page, []).append(seconds)
                weight[page] = max(weight.get(page, 0), len(text.encode()) + _assets(browser, text))
    return cold, warm, weight


def _whole(browser: httpx.Client, address: str) -> float:
    """Seconds until the page is there whole: one that takes long answers 202 first and asks again by itself."""
    began = time.perf_counter()
    while browser.get(address).status_code == 202:
        time.sleep(0.1)
    return time.perf_counter() - began


def _timed(browser: httpx.Client, address: str) -> tuple[float, str]:
    began = time.perf_counter()
    answer = browser.get(address)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return took, answer.text


_seen: dict[str, int] = {}


def _assets(browser: httpx.Client, text: str) -> int:
    """Bytes of styles, scripts and icons as they come over the wire, without the bundle of the explorable charts."""
    total = 0
    for path in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', text)):
        if path not in _seen:
            _seen[path] = int(browser.get(path).headers.get("content-length", 0))
        total += _seen[path]
    return total


def _memory(pid: int) -> float:
    """Proportional set size of a process and its children, in MB."""
    found = 0
    for one in [pid, *_children(pid)]:
        rollup = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        match = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        found += int(match[1]) if match else 0
    return found / 1000


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(one) for one in listed.split()]


def _queries(addresses: dict[str, list[str]]) -> int:
    """The most SQL statements of Django that any page sends."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from lastmeter.server.people.models import Person

    client = Client(headers={"host": "localhost"})
    client.force_login(Person.objects.get(username="owner"), backend="django.contrib.auth.backends.ModelBackend")
    most = 0
    for visited in addresses.values():
        client.get(visited[0])
        with CaptureQueriesContext(connection) as seen:
            client.get(visited[0])
        most = max(most, len(seen))
    return most


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _p95(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]

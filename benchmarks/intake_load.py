"""What it costs to take events in over HTTP: processor time a stored event, and what sharing a sync gains.

cpu_ratio: processor time of the real web process for each event, sent a thousand at a time, over a bare `executemany` of the
very rows that it stored, in as many transactions, on a database of the same settings. single_event_gain: events a second that
64 clients get stored through the group commit, over one durable commit each from one writer; with a sync of 5 ms, and as
the local disk is. Beside it the ceiling: the same clients and the same web server with an application that reads the body and
answers, and stores nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from tests.durability.served import ServedCompany, free_port

CLIENTS = 64
ROUNDS = 10
AT_ONCE = 1_000
_TICKS = os.sysconf("SC_CLK_TCK")
_SLOW_SYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <stdlib.h>
static void wait_a_little(void) {
    const char *text = getenv("SYNC_MICROSECONDS");
    long us = text ? atol(text) : 0;
    struct timespec t = {us / 1000000, (us % 1000000) * 1000};
    nanosleep(&t, 0);
}
int fsync(int fd) { int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync"); wait_a_little(); return real(fd); }
int fdatasync(int fd) { int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync"); wait_a_little(); return real(fd); }
"""


def cpu_ratio(folder: Path, batches: int) -> dict[str, Any]:
    """Microseconds of processor time an event, of the web process and of the bare statement, and their ratio.

    In rounds, ours and then the bare statement with the rows of that round: a machine's speed changes within minutes.
    """
    kind = {"content-type": "application/x-ndjson"}
    ours: list[float] = []
    bare: list[float] = []
    with ServedCompany(folder / "cpu") as company, contextlib.closing(_bare_database(folder / "bare.sqlite3", company)) as other:
        web = company.start("web")
        with company.client(timeout=120) as client:
            client.post("/api/v1/events", content=_lines(batches), headers=kind).raise_for_status()
            for numbers in np.array_split(np.arange(batches), min(ROUNDS, batches)):
                bodies = [_lines(int(number)) for number in numbers]
                before = _cpu_seconds(web)
                for body in bodies:
                    told = client.post("/api/v1/events", content=body, headers=kind).json()
                    assert told["stored"] == AT_ONCE, told
                ours.append((_cpu_seconds(web) - before) / len(numbers))
                bare.append(_bare_seconds(other, _last_rows(company, len(numbers) * AT_ONCE)) / len(numbers))
    return {
        "us": round(mean(ours) / AT_ONCE * 1e6, 2), "bare_us": round(mean(bare) / AT_ONCE * 1e6, 2),
        "cpu_ratio": round(sum(ours) / sum(bare), 2), "by_round": [round(one / two, 1) for one, two in zip(ours, bare, strict=True)],
    }


def single_event_gain(folder: Path, events: int, sync_microseconds: int) -> dict[str, float]:
    """Events a second of 64 clients, and of one commit each; and how many times the one is of the other."""
    environment = {}
    if sync_microseconds:
        folder.mkdir(parents=True, exist_ok=True)
        source, library = folder / "slow_sync.c", folder / "slow_sync.so"
        source.write_text(_SLOW_SYNC, encoding="utf-8")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
        environment = {"LD_PRELOAD": str(library), "SYNC_MICROSECONDS": str(sync_microseconds)}
    with ServedCompany(folder / f"single{sync_microseconds}", environment=environment) as company:
        company.start("web")
        shared = _rate_of_clients(company.port, company.headers, events)
        alone = float(company.run("-c", _ALONE, str(company.folder / "alone"), str(max(200, events // 10))).splitlines()[-1])
    bare = _rate_of_bare_server(folder, events)
    return {
        "clients_per_second": round(shared), "alone_per_second": round(alone), "gain": round(shared / alone, 2),
        "bare_server_per_second": round(bare), "ceiling": round(bare / alone, 2),
    }


_BARE_SERVER = """
import sys
from granian.constants import Interfaces
from granian.server import Server

def application(environ, start_response):
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("201 Created", [("content-type", "application/json")])
    return [b'{"outcome":"stored"}']

if __name__ == "__main__":
    Server("bare_server:application", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI, blocking_threads=72,
           log_enabled=False).serve()
"""


def _rate_of_bare_server(folder: Path, events: int) -> float:
    """Requests a second of the same clients where nothing is stored."""
    (folder / "bare_server.py").write_text(_BARE_SERVER, encoding="utf-8")
    port = free_port()
    command, here = [sys.executable, "bare_server.py", str(port)], os.environ | {"PYTHONPATH": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=here) as server:
        try:
            _wait_for(port)
            return _rate_of_clients(port, {}, events)
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("the bare server did not come up")


_ALONE = """
import sys, time
from datetime import datetime
from pathlib import Path
from lastmeter.journal import Event, Journal, ObjectRef
journal, count = Journal.open(Path(sys.argv[1])), int(sys.argv[2])
events = [Event(source="alone", id=f"order.paid:{n}", type="order.paid", occurred_at=datetime(2026, 3, 1),
                objects=(ObjectRef("order", f"o-{n}"),)) for n in range(count)]
connection = journal.store.connect()
began = time.perf_counter()
for one in events:
    with connection.transaction(exclusive=False):
        journal.append(connection, [one], recorded_at=datetime(2026, 3, 2))
print(count / (time.perf_counter() - began))
"""


def _rate_of_clients(port: int, headers: dict[str, str], events: int) -> float:
    each = events // CLIENTS
    ready = threading.Barrier(CLIENTS + 1)

    def send(sender: int) -> None:
        bodies = [json.dumps(_event(sender * each + number)).encode() for number in range(each)]
        # The barest client there is: 64 of them share the machine with the server that is measured.
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as client:
            _post(client, json.dumps(_event(10_000_000 + sender)).encode(), headers)
            ready.wait()
            for body in bodies:
                _post(client, body, headers)

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(CLIENTS)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return each * CLIENTS / (time.perf_counter() - began)


def _post(client: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> None:
    client.request("POST", "/api/v1/events", body, {**headers, "content-type": "application/json"})
    answer = client.getresponse()
    answer.read()
    assert answer.status == 201, answer.status


def _hot_journal(company: ServedCompany) -> sqlite3.Connection:
    return sqlite3.connect(company.folder / "journal" / "journal.sqlite3")


def _last_rows(company: ServedCompany, count: int) -> list[tuple[Any, ...]]:
    """The rows that the journal stored last, in order."""
    with contextlib.closing(_hot_journal(company)) as journal:
        rows = journal.execute("SELECT hash, digest, source, id, body FROM lm_hot ORDER BY rowid DESC LIMIT ?", [count]).fetchall()
    return rows[::-1]


def _bare_database(file: Path, company: ServedCompany) -> sqlite3.Connection:
    """An empty table like the journal's, as durable."""
    with contextlib.closing(_hot_journal(company)) as journal:
        (table,) = journal.execute("SELECT sql FROM sqlite_master WHERE name = 'lm_hot'").fetchone()
    bare = sqlite3.connect(file, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute(table)
    return bare


def _bare_seconds(bare: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> float:
    began = time.process_time()
    for start in range(0, len(rows), AT_ONCE):
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany("INSERT INTO lm_hot (hash, digest, source, id, body) VALUES (?, ?, ?, ?, ?)", rows[start : start + AT_ONCE])
        bare.execute("COMMIT")
    return time.process_time() - began


def _cpu_seconds(pid: int) -> float:
    """Of a process and all that it has started."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
            total += (int(fields[11]) + int(fields[12])) / _TICKS
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return total


def _lines(batch: int) -> bytes:
    return b"\n".join(json.dumps(_event(batch * AT_ONCE + place)).encode() for place in range(AT_ONCE))


def _event(number: int) -> dict[str, Any]:
    return {
        "id": f"order.handed_over:o-{number:09d}", "source": "load", "type": "order.handed_over", "occurred_at": "2026-09-01T10:00:00Z",
        "objects": [{"type": "order", "id": f"o-{number:09d}"}, {"type": "customer", "id": f"c-{number % 9_973}"}],
        "performer": "carrier:sf", "place": "SH", "attributes": {"queue": 12.5, "lane": "north", "shift": "early"},
    }

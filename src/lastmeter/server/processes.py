"""The processes: web by granian, worker beside it; one command runs both, and all end together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.ending import EVERY, asked_to_end
from lastmeter.server.environment import read

GRACE_SECONDS = 25


def run_web(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Requests under way are finished."""
    from granian.constants import Interfaces
    from granian.server import Server

    from lastmeter.server import counting, settings

    counting.gather_in(settings.PRIVATE / "metrics")

    processes = int(read("LASTMETER_WEB_PROCESSES"))
    if processes > 1 and not settings.DATABASE_URL:
        raise LastMeterError(
            "server.one_process", Title("SQLite 只能有一个网页进程", "With SQLite there is one web process"),
            Title("设 LASTMETER_WEB_PROCESSES=1，或改用 PostgreSQL", "Set LASTMETER_WEB_PROCESSES=1, or move to PostgreSQL"),
        )
    _close_databases()
    Server(
        "lastmeter.server.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=processes,
        # Those who send events wait for the disk, not for the processor: many of them share a sync.
        blocking_threads=settings.THREADS + int(read("LASTMETER_INTAKE_THREADS")), log_access=False, log_enabled=False,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve(target_loader=_application)


def _application(_target: str) -> Callable[..., Any]:
    """What a process that serves calls; loaded in it.

    Ctrl-C in a terminal reaches this process and its parent at once, and the SIGTERM that the parent then sends would be a second
    signal, over which the web server waits until it is killed: so the parent alone hears of it. And as long as this process
    loads it has the parent's handler for SIGTERM, which would wait in the same way: there is nothing under way yet, so it ends.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from lastmeter.server.wsgi import application

    return application


def _close_databases() -> None:
    """The processes that serve are forked from this one: a connection that it left open would be used by all of them at once,
    and a pool without its threads hands out no other.
    """
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]


def run_both(workspace: Path, host: str, port: int) -> int:
    """Web and worker as children of this process, until one ends or a signal comes; then both are ended gracefully.

    Returns the exit code: 0 after a signal.
    """
    asked = asked_to_end()
    command = [sys.executable, "-m", "lastmeter"]
    children = [
        subprocess.Popen([*command, "web", "-w", str(workspace), "--host", host, "--port", str(port)]),
        subprocess.Popen([*command, "worker", "-w", str(workspace)]),
    ]
    while not asked() and all(child.poll() is None for child in children):
        time.sleep(EVERY)
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(timeout=GRACE_SECONDS + 5)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if asked() else 1



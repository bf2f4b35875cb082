"""Counts of requests. Those of several web processes come together through files in the workspace."""

from __future__ import annotations

import os
import shutil
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def gather_in(folder: Path) -> None:
    """Let the processes that follow write their counts here; before anything of `prometheus_client` is loaded."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER] = str(folder)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request and how long it took."""
    # A sender may invent methods: each would be a counter for good.
    number, took = _of(method if method in METHODS else "other", route, status)
    number.inc()
    took.observe(seconds)


@lru_cache(maxsize=1_000)
def _of(method: str, route: str, status: int) -> tuple[Any, Any]:
    """The counter and the histogram of such requests."""
    requests, took = counters()
    return requests.labels(method, route, str(status)), took.labels(route)


_made: tuple[Any, Any] | None = None
_making = threading.Lock()


def counters() -> tuple[Any, Any]:
    """The counter of requests and the histogram of their seconds, made when first asked for."""
    global _made  # noqa: PLW0603 - the library keeps its counters a process long
    if _made is None:
        # The first requests come together; the library refuses a counter that is made twice.
        with _making:
            _made = _made or _make()
    return _made


def _make() -> tuple[Any, Any]:
    from prometheus_client import Counter, Histogram

    return (
        Counter("lastmeter_requests", "Requests", ["method", "route", "status"]),
        Histogram("lastmeter_request_seconds", "Seconds of a request", ["route"],
                  buckets=(0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)),
    )

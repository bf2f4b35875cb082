"""Counts of requests: whatever happens to a request, counting it must not make it fail."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import prometheus_client
import pytest

from lastmeter.server import counting
from tests.server.conftest import ClientOf


def test_first_requests_that_come_together_are_counted_by_one_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def slowly(name: str, *_said: Any, **_more: Any) -> object:
        made.append(name)
        time.sleep(0.02)
        return object()

    monkeypatch.setattr(counting, "_made", None)
    monkeypatch.setattr(prometheus_client, "Counter", slowly)
    monkeypatch.setattr(prometheus_client, "Histogram", slowly)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(counting.counters())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["lastmeter_requests", "lastmeter_request_seconds"]
    assert found == [found[0]] * 8


def test_what_fails_outside_a_view_leaves_its_trace(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_said: Any) -> None:
        raise ArithmeticError

    client = client_of(None)
    client.raise_request_exception = False
    monkeypatch.setattr(counting, "count_request", fail)
    with caplog.at_level(logging.ERROR, logger="lastmeter.request"):
        assert client.get("/healthz").status_code == 500
    (line,) = [record for record in caplog.records if record.message == "a request failed"]
    assert line.exc_info is not None
    assert line.exc_info[0] is ArithmeticError

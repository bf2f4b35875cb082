"""The real web process under the tracing shim, and on a disk that is full."""

from __future__ import annotations

import json
import resource
import threading
from pathlib import Path
from typing import Any

import httpx

from tests.durability.served import ServedCompany
from tests.durability.tracing import MARK, Verdict, judge, traced

SENDERS = 8
BATCH = 25


def trace(folder: Path, library: Path, acks: int, *, first: int, url: str | None = None, server_traces: Path | None = None) -> Verdict:
    """The verdict on `acks` acknowledgements of the real web process: half of single events, half of batches."""
    with ServedCompany(folder / "company", url=url, environment=traced(library, folder / "traces")) as company:
        company.start("web")
        numbers = list(range(first, first + acks))
        half = acks // 2

        def send(sender: int) -> None:
            with company.client() as client:
                for number in numbers[sender:half:SENDERS]:
                    client.post("/api/v1/events", json=_event(number)).raise_for_status()
                for start in range(half + sender * BATCH, acks, SENDERS * BATCH):
                    lines = "\n".join(json.dumps(_event(number)) for number in numbers[start : start + BATCH])
                    client.post("/api/v1/events", content=lines, headers={"content-type": "application/x-ndjson"}).raise_for_status()

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return judge([folder / "traces", *([server_traces] if server_traces else [])], set(numbers))


def full_disk(folder: Path) -> dict[str, Any]:
    """What is answered while files may not grow any more, and afterwards; nothing that was refused may be there."""
    with ServedCompany(folder) as company:
        served = company.fork("web")
        company.wait_until_ready()
        with company.client() as client:
            answers: list[int] = [client.post("/api/v1/events", json=_event(1)).status_code]
            resource.prlimit(served, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            refused = client.post("/api/v1/events", json=_event(2))
            answers.append(refused.status_code)
            resource.prlimit(served, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            again = client.post("/api/v1/events", json=_event(2))
            answers.append(again.status_code)
            after: httpx.Response = client.post("/api/v1/events", json=_event(1))
            answers.append(after.status_code)
    return {"answers": answers, "retry_after": refused.headers.get("Retry-After")}


def _event(number: int) -> dict[str, Any]:
    return {
        "source": "trace", "id": f"{MARK}{number:08d}", "type": "order.paid", "occurred_at": "2026-03-01T10:00:00Z",
        "objects": [{"type": "order", "id": f"o-{number}"}],
    }

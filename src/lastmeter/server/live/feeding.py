"""The systems of a simulated company: each row is reported when its time has come, as a signed webhook, as a shop's would be."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
from standardwebhooks.webhooks import Webhook

from lastmeter.demo.live import read_stream
from lastmeter.server import clock

BEAT_SECONDS = 2.0
"""Real seconds between signs of life of each source: without one its watermark stands still, and no deadline is judged."""
log = logging.getLogger(__name__)


class Feeder:
    """Sends what is due until it is told to stop; `reached` is called with how far it has come, so that a restart goes on there."""

    def __init__(
        self, folder: Path, base_url: str, secrets: Mapping[str, str], key: str, reached: Callable[[datetime], None]
    ) -> None:
        self._folder, self._base, self._secrets, self._key = folder, base_url, secrets, key
        self._reached = reached
        self._client = httpx.Client(timeout=30, trust_env=False)

    def run(self, stopped: threading.Event, since: datetime) -> None:
        """Report row by row from `since` on; then only signs of life."""
        self._await_server(stopped)
        beaten = 0.0
        for at, source, row in read_stream(self._folder, since=since):
            while at > clock.now() and not stopped.is_set():
                if time.monotonic() - beaten > BEAT_SECONDS:
                    self._beat()
                    beaten = time.monotonic()
                stopped.wait(0.05)
            if stopped.is_set():
                return
            self._report(stopped, at, source, row)
        while not stopped.wait(BEAT_SECONDS):
            self._beat()

    def _await_server(self, stopped: threading.Event) -> None:
        while not stopped.wait(0.2):
            try:
                if self._client.get(f"{self._base}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                continue

    def _report(self, stopped: threading.Event, at: datetime, source: str, row: Mapping[str, object]) -> None:
        """Until it is taken: a row that the server refuses is set aside there and does not come again."""
        body = json.dumps(row, ensure_ascii=False)
        message = f"{source}-{at.isoformat()}-{abs(hash(body)):x}"
        while not stopped.is_set():
            moment = clock.real_now().replace(tzinfo=UTC)
            headers = {
                "content-type": "application/json", "webhook-id": message, "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": Webhook(self._secrets[source]).sign(message, moment, body),
            }
            try:
                answer = self._client.post(f"{self._base}/hooks/{source}", content=body.encode(), headers=headers)
            except httpx.HTTPError:
                stopped.wait(0.5)
                continue
            if answer.status_code in (429, 503):
                stopped.wait(float(answer.headers.get("retry-after", "1")))
                continue
            if answer.status_code >= 400:
                log.warning("a report was refused", extra={"fields": {"source": source, "status": answer.status_code}})
            return

    def _beat(self) -> None:
        """Every source is complete up to now; how far the company has come is kept."""
        moment = clock.now()
        for source in self._secrets:
            try:
                self._client.post(
                    f"{self._base}/api/v1/sources/{source}/watermark", json={"complete_until": f"{moment.isoformat()}Z"},
                    headers={"authorization": f"Bearer {self._key}"},
                )
            except httpx.HTTPError:
                return
        self._reached(moment)

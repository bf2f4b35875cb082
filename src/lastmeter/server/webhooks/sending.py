"""One try of one delivery: signed after Standard Webhooks, no redirects, never longer than some seconds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.webhooks.targets import Target, resolve

TIMEOUT_SECONDS = 10.0
"""For each step of a try, and twice as long for all of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or the code of why there was none."""

    status: int | None
    fault: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def send(url: str, secret: str, message: str, body: str, *, at: datetime) -> Answer:
    """Post the body. `at`: naive UTC, part of what is signed."""
    try:
        target = resolve(url)
    except LastMeterError as error:
        return Answer(None, error.code)
    signed = Webhook(secret).sign(message, at.replace(tzinfo=UTC), body)
    headers = {
        "content-type": "application/json", "user-agent": "lastmeter", "webhook-id": message,
        "webhook-timestamp": str(int(at.replace(tzinfo=UTC).timestamp())), "webhook-signature": signed,
    }
    line = _Line()
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client, line:
            answered = client.send(_request(client, target, body, headers, line), stream=True)
            answered.close()
        return Answer(answered.status_code)
    except httpx.TimeoutException:
        return Answer(None, "timeout")
    except (httpx.HTTPError, OSError):
        return Answer(None, "timeout" if line.was_cut else "no_connection")


class _Line:
    """The connection of one try, cut when its time is over: an answer that comes byte by byte keeps every step short and has no end."""

    def __init__(self) -> None:
        self.was_cut = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(2 * TIMEOUT_SECONDS, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def heed(self, happening: str, about: Mapping[str, Any]) -> None:
        """Remember the socket that is to be cut; called by the client for all that it does."""
        if happening in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = about["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        self.was_cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _request(client: httpx.Client, target: Target, body: str, headers: dict[str, str], line: _Line) -> httpx.Request:
    """To the address that was looked up, in the name of the host."""
    url = httpx.URL(target.url)
    host = url.netloc.decode("ascii")
    return client.build_request(
        "POST", url.copy_with(host=target.address), content=body.encode(), headers={**headers, "host": host},
        extensions={"sni_hostname": target.host, "trace": line.heed},
    )

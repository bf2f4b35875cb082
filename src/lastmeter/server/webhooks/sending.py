"""One try of one delivery: signed after Standard Webhooks, no redirects, never longer than some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from standardwebhooks.webhooks import Webhook

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.webhooks.targets import Target, resolve

TIMEOUT_SECONDS = 10.0


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
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            answered = client.send(_request(client, target, body, headers), stream=True)
            answered.close()
        return Answer(answered.status_code)
    except httpx.TimeoutException:
        return Answer(None, "timeout")
    except httpx.HTTPError:
        return Answer(None, "no_connection")


def _request(client: httpx.Client, target: Target, body: str, headers: dict[str, str]) -> httpx.Request:
    """To the address that was looked up, in the name of the host."""
    url = httpx.URL(target.url)
    host = url.netloc.decode("ascii")
    return client.build_request(
        "POST", url.copy_with(host=target.address), content=body.encode(), headers={**headers, "host": host},
        extensions={"sni_hostname": target.host},
    )

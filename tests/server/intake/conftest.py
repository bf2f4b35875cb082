"""Lin runs the shop's systems. She has a token for everything, and sends events with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from lastmeter.server.company import served
from lastmeter.server.intake import actions, tokens
from lastmeter.server.intake.ingest.door import door
from lastmeter.server.people.models import Person

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"

Post = Callable[..., Any]


def paid(number: int, **more: Any) -> dict[str, Any]:
    """An order that was paid, as a CloudEvent."""
    return {
        "specversion": "1.0", "id": f"paid-{number}", "source": "till", "type": "com.shop.order.paid", "subject": f"o-{number}",
        "time": "2026-09-01T10:00:00Z", "data": {"amount": {"amount": "12.50", "currency": "CNY"}}, **more,
    }


def shipped(number: int, **more: Any) -> dict[str, Any]:
    """An order that was handed over, in our own form."""
    return {
        "id": f"shipped-{number}", "source": "till", "type": "order.handed_over", "occurred_at": "2026-09-02T10:00:00+08:00",
        "objects": {"order": f"o-{number}"}, **more,
    }


def hot() -> dict[str, dict[str, Any]]:
    """The single events that the journal holds, by id, as they lie in SQL."""
    with served.journal.connected() as connection:
        rows = connection.execute("SELECT id, body FROM lm_hot")
    return {identifier: json.loads(body)["event"] for identifier, body in rows}


def said(answer: HttpResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.content)


@pytest.fixture(autouse=True)
def _closed_door(company: Path) -> Iterator[None]:
    tokens.forget()
    yield
    door.close()


@pytest.fixture
def owner(company: Path) -> Person:
    return Person.objects.get(username="owner")


@pytest.fixture
def key(owner: Person) -> str:
    """The key of a token that may send anything."""
    return actions.give_token(owner, "till", scopes=["events:write"], per_second=0)[1]


@pytest.fixture
def post(key: str) -> Post:
    """Sends a body (text, bytes or JSON) with the token: `post(paid(1))`."""
    client = Client(raise_request_exception=True)

    def send(
        body: Any, kind: str = STRUCTURED, *, path: str = "/api/v1/events", bearer: str | None = key, **headers: str
    ) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer}"
        return client.post(path, data=data, content_type=kind, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return send

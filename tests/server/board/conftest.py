"""Pages in tests wait for what takes long, as a patient reader would."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import pytest
from django.test import Client

from lastmeter.server import company as served_company
from tests.server.conftest import ClientOf

PageOf = Callable[..., str]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_company, "SOON_SECONDS", 120.0)


@pytest.fixture
def page_of(client_of: ClientOf) -> PageOf:
    """The text of a page as a role reads it, its entities resolved: `page_of("/pareto/", role="viewer", lang="zh")`."""

    def page(address: str, *, role: str = "owner", lang: str = "en", client: Client | None = None) -> str:
        browser = client or client_of(role, lang=lang)
        for _ in range(600):
            answer = browser.get(address)
            assert answer.status_code == 200, answer.content.decode()
            if 'hx-trigger="load' not in answer.content.decode():
                break
            time.sleep(0.05)  # parts of the page are still being made
        return html.unescape(answer.content.decode())

    return page

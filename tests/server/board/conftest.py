"""Pages in tests wait for what takes long, as a patient reader would."""

from __future__ import annotations

import html
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from lastmeter.demo.companies import COMMERCE, sign, simulate
from lastmeter.server import company as served_company
from lastmeter.server.company import served
from lastmeter.workspace import Workspace
from tests.server.conftest import ClientOf

PageOf = Callable[..., str]
EVENTS = 60_000


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


@pytest.fixture(scope="session")
def large_facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fact tables of a shop ten times as large: enough journeys for reefs, and answers for drivers."""
    folder = tmp_path_factory.mktemp("large") / "shop"
    Workspace.create(folder, template=COMMERCE)
    sign(folder, COMMERCE)
    made = simulate(folder / "exports", company=COMMERCE, seed=7, events=EVENTS)
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
    return folder / "facts"


@pytest.fixture
def large_company(company: Path, large_facts: Path) -> Path:
    """The served workspace with the fact tables of the large shop."""
    shutil.rmtree(company / "facts")
    shutil.copytree(large_facts, company / "facts")
    served.reset()
    return company

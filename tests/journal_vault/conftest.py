"""The same stories on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lastmeter.journal.connection import Connection
from lastmeter.journal.store import Store
from lastmeter.journal.vault import Vault


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty journal's database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return Store(tmp_path / "journal", url)


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """A connection to it."""
    opened = store.connect()
    yield opened
    opened.close()


@pytest.fixture
def vault() -> Vault:
    """A vault with a fixed key."""
    return Vault(bytes(range(32)))

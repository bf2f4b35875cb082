"""The journal under test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lastmeter.journal import Journal
from tests.journal.shop import Shop


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """None for SQLite, or the URL of a fresh PostgreSQL database."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def shop(tmp_path: Path, database_url: str | None) -> Iterator[Shop]:
    """A tea shop with an empty journal, once on each database."""
    with Shop(Journal.open(tmp_path / "journal", database_url=database_url)) as opened:
        yield opened


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Iterator[Shop]:
    """The same on SQLite only, for what does not depend on the database."""
    with Shop(Journal.open(tmp_path / "journal")) as opened:
        yield opened

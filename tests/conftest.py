"""What every test may ask for: a real PostgreSQL, and real data where somebody has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import NoPostgresError, PostgresServer

_REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for this test process (each xdist worker has its own); skips where none is installed."""
    try:
        server = PostgresServer()
    except NoPostgresError as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh, empty database for this test: postgresql://..."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data named by LASTMETER_DATA; skips where there is none."""
    folder = Path(os.environ.get("LASTMETER_DATA") or _REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: set LASTMETER_DATA to its folder (looked at {folder})")
    return folder

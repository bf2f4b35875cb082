"""The PostgreSQL that tests run on is real, durable and empty each time."""

from __future__ import annotations

import psycopg
import pytest


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_durable_database(postgres_url: str, turn: int) -> None:
    with psycopg.connect(postgres_url) as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "server_encoding")
        }
        assert settings == {
            "fsync": ("on",), "synchronous_commit": ("on",), "full_page_writes": ("on",), "server_encoding": ("UTF8",)
        }
        connection.execute("CREATE TABLE left_behind (turn integer)")
        assert connection.execute("SELECT count(*) FROM left_behind").fetchone() == (0,)

"""Where a served company of the tests keeps its rows: SQLite in its folder, or a PostgreSQL of the run's own.

The tests of the server run on SQLite, which is laid anew with the folder. With `LASTMETER_TESTS_DATABASE=postgresql` the same
tests run on PostgreSQL, each on a copy of the template's database.
"""

from __future__ import annotations

import atexit
import os
from typing import Protocol

import psycopg
from django.db import connection, connections

from tests.postgres import PostgresServer

CHOICE = "LASTMETER_TESTS_DATABASE"
SERVED, TEMPLATE = "served", "template_company"


class Database(Protocol):
    """What the fixtures ask of it."""

    url: str

    def close(self) -> None:
        """Let go of every connection of this process."""

    def keep(self) -> None:
        """Remember what is there now as the template."""

    def lay(self) -> None:
        """Make it as the template is."""


class Sqlite:
    """A file in the workspace, copied with it."""

    url = ""

    def close(self) -> None:
        connections.close_all()

    def keep(self) -> None:
        pass

    def lay(self) -> None:
        pass


class Postgres:
    """A server of the run's own."""

    def __init__(self) -> None:
        self._server = PostgresServer().__enter__()
        atexit.register(self._server.__exit__, None, None, None)
        self._run(f"CREATE DATABASE {SERVED} TEMPLATE template0")
        self.url = self._server.url(SERVED)

    def close(self) -> None:
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]  # as PostgreSQL's has it

    def keep(self) -> None:
        self._copy(SERVED, TEMPLATE)

    def lay(self) -> None:
        self._copy(TEMPLATE, SERVED)

    def _copy(self, of: str, to: str) -> None:
        self.close()
        self._run(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)", f"CREATE DATABASE {to} TEMPLATE {of}")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self._server.url(), autocommit=True) as control:
            for statement in statements:
                control.execute(statement)


def chosen() -> Database:
    """The database of this run."""
    return Postgres() if os.environ.get(CHOICE) == "postgresql" else Sqlite()

"""A released migration is never edited, every statement names only what the migrations made, on both databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import lastmeter
from lastmeter.journal import Journal, statements

# One line a released migration, oldest first. Add yours; never change one that is here.
RELEASED = ["0bdc1516e890b75b", "d077070ea44aeb41"]


def digest(migration: tuple[str, ...]) -> str:
    return sha256("\n".join(" ".join(statement.split()) for statement in migration).encode()).hexdigest()[:16]


def test_no_released_migration_was_edited() -> None:
    assert [digest(migration) for migration in statements.MIGRATIONS] == RELEASED


def test_an_edited_migration_would_be_seen() -> None:
    first = statements.MIGRATIONS[0]
    assert digest((*first, "CREATE TABLE lm_more (x TEXT)")) not in RELEASED
    assert digest(tuple(statement + "\n" for statement in first)) in RELEASED


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_migrations_make_every_table_that_statements_name(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    journal = Journal.open(tmp_path, database_url=url)
    listing = (
        "SELECT name FROM sqlite_master WHERE type = 'table'" if url is None
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    with journal.store.reading() as connection:
        made = {row[0] for row in connection.execute(listing)}
        version = connection.execute(statements.SCHEMA_VERSION)[0][0]
    journal.close()
    text = "\n".join(value for value in vars(statements).values() if isinstance(value, str))
    named = set(re.findall(r"(?:FROM|INTO|UPDATE|TABLE)\s+(lm_[a-z_]+)", text))
    assert len(named) > 8
    assert named <= made
    assert int(version) == len(statements.MIGRATIONS)


def test_the_models_of_the_server_are_what_its_migrations_make() -> None:
    template = Path(lastmeter.__file__).parent / "workspace_template" / "commerce"
    environment = {**os.environ, "LASTMETER_WORKSPACE": str(template), "LASTMETER_SECRET_KEY": "check",
                   "DJANGO_SETTINGS_MODULE": "lastmeter.server.settings"}
    ours = ["people", "audit", "intake", "watch", "board", "webhooks"]
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run", *ours], env=environment, capture_output=True,
        text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

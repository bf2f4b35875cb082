"""Webhooks in, the rates of tokens, and what was set aside and replayed: the same tests once more, on PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from lastmeter.server.company import served
from tests.postgres import PostgresServer
from tests.server.databases import CHOICE

HERE = Path(__file__)
AGAIN = ("test_hooks.py", "test_tokens.py", "test_rejected.py", f"{HERE.name}::test_a_run_is_on_the_database_that_it_says")


def test_a_run_is_on_the_database_that_it_says(company: Path) -> None:
    said = os.environ.get(CHOICE, "sqlite")
    assert (connection.vendor, served.journal.store.dialect) == (said, said)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM lm_batch")
        assert cursor.fetchone()[0] > 0, "journal and server share it"


@pytest.mark.slow
def test_the_same_tests_hold_on_postgresql(postgres_server: PostgresServer) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-v", *(str(HERE.parent / name) for name in AGAIN)],
        capture_output=True, text=True, check=False, env=os.environ | {CHOICE: "postgresql"}, cwd=HERE.parents[3],
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout[-400:]
    assert int(passed[1]) > 25

"""A small company, made once for all stories."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lastmeter.demo.company import DemoReport, generate

EVENTS = 200_000


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    """The folder and the report of a company of 200,000 events."""
    folder = tmp_path_factory.mktemp("farhill")
    return folder, generate(folder, seed=7, events=EVENTS)


@pytest.fixture
def exports(company: tuple[Path, DemoReport]) -> duckdb.DuckDBPyConnection:
    """The company's files as plain tables, read without any of the project's code."""
    duck = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    for name in ("orders", "scans", "reviews", "complaints", "customers", "products"):
        duck.execute(f"CREATE VIEW {name} AS SELECT * FROM read_csv('{company[0]}/{name}.csv', header = true)")
    return duck

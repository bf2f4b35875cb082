"""Acknowledged is durable: the sync comes before the answer. And this test would notice if it did not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.durability.trace_trial import Door, traced_server, trial
from tests.durability.tracing import Verdict, build_shim, judge, open_folder
from tests.postgres import NoPostgresError, PostgresServer, postgres_programs

COUNT = 60
_hundreds = count(0, 100)


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    """The compiled shim; what is traced goes beside it."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler (cc): the trace needs one to build its shim")
    with open_folder() as folder:
        yield build_shim(folder)


@pytest.fixture
def folder(library: Path, tmp_path: Path) -> Path:
    """This test's own folder, open to all."""
    return library.parent / tmp_path.name


@pytest.fixture(scope="module")
def server(library: Path) -> Iterator[PostgresServer]:
    try:
        postgres_programs()
    except NoPostgresError as error:
        pytest.skip(str(error))
    with traced_server(library, library.parent / "server") as started:
        yield started


@pytest.fixture
def run(request: pytest.FixtureRequest, library: Path, folder: Path) -> Callable[..., Verdict]:
    """Runs a trial on one of the databases."""

    def on(database: str, door: Door = "record", *, weakened: bool = False, careless_server: bool = False) -> Verdict:
        first = next(_hundreds)
        numbers = range(first, first + COUNT)
        if database == "sqlite":
            return trial(library, folder, door, numbers, weakened=weakened)
        server: PostgresServer = request.getfixturevalue("server")
        url = server.new_database()
        if careless_server:
            server.set_in_database(url, "synchronous_commit", "off")
        return trial(
            library, folder, door, numbers, url=url, server_traces=library.parent / "server", weakened=weakened
        )

    return on


@pytest.mark.parametrize("door", ["record", "writer"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_acknowledgement_leaves_before_the_sync(run: Callable[..., Verdict], database: str, door: Door) -> None:
    verdict = run(database, door)
    assert (verdict.acks, verdict.before_fsync) == (COUNT, 0)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_weakened_setting_is_noticed(run: Callable[..., Verdict], database: str) -> None:
    verdict = run(database, weakened=True)
    assert verdict.acks == COUNT
    assert verdict.before_fsync > COUNT // 2


def test_a_server_that_defaults_to_asynchronous_commits_is_overruled(run: Callable[..., Verdict]) -> None:
    verdict = run("postgresql", careless_server=True)
    assert (verdict.acks, verdict.before_fsync) == (COUNT, 0)


def test_a_trace_is_judged_by_order_and_file(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    (folder / "1").write_text(
        "10 11 a 5 1 2 3 4\n"  # the INSERT on its way to the server: looks like an acknowledgement
        "12 13 w 9 1 2\n"
        "14 15 s 9\n"
        "16 17 a 5 1\n"  # in time
        "14 15 w 9 3\n"
        "14 20 s 9\n"
        "18 19 a 5 3\n"  # the sync began before the write was over, the next one ended too late
        "21 22 w 9 4\n"
        "23 24 s 8\n"
        "25 26 a 5 4\n"  # another file was synced
    )
    (folder / "2").write_text("13 14 s 9\n15 30 s 9\n22 23 a 5 2\n")
    assert judge([folder], {1, 2, 3, 4, 5}) == Verdict(acks=4, before_fsync=2, syncs=5)

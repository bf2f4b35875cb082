"""One trace trial: run the acknowledging program under the shim, then judge what was traced."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.durability.tracing import Verdict, judge, traced
from tests.postgres import PostgresServer

Door = Literal["record", "writer"]
_REPOSITORY = Path(__file__).resolve().parent.parent.parent


@contextmanager
def traced_server(library: Path, traces: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL whose processes all run under the shim, with a sync method that the shim can see."""
    with PostgresServer(settings={"wal_sync_method": "fdatasync"}, environment=traced(library, traces)) as server:
        yield server


def trial(
    library: Path, folder: Path, door: Door, numbers: range, *, url: str | None = None,
    server_traces: Path | None = None, weakened: bool = False,
) -> Verdict:
    """Records the events with these numbers through a door into a fresh journal below `folder` (an open one).

    On PostgreSQL the numbers must be new to the server: its traces of earlier trials are read as well.
    """
    folder.mkdir(exist_ok=True)
    environment = traced(library, folder / "traces")
    arguments = [str(folder / "journal"), str(numbers.start), str(numbers.stop), door]
    arguments += ["--url", url] if url else []
    arguments += ["--weaken"] if weakened else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.durability.acknowledging", *arguments], cwd=_REPOSITORY,
        env=os.environ | environment, stdout=subprocess.PIPE, check=True,
    )
    if len(done.stdout.splitlines()) != len(numbers):
        raise AssertionError("not every event was acknowledged")
    return judge([folder / "traces", *([server_traces] if server_traces else [])], set(numbers))

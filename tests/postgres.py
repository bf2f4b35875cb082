"""A real PostgreSQL for a test run: made by initdb in a temporary folder, gone afterwards. Durable: fsync stays on.

PostgreSQL refuses to run as root; there it runs as the user `postgres` or, where that is missing, `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

_NEEDED = ("initdb", "postgres")
_START_SECONDS = 60.0


class NoPostgresError(RuntimeError):
    """There are no PostgreSQL programs on this machine."""


@cache
def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres`: the newest of Debian's, else pg_config's, else the search path's.

    Raises:
        NoPostgresError: none is installed.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    candidates = [*debian, *_from_pg_config(), *(Path(part) for part in os.environ.get("PATH", "").split(os.pathsep))]
    for folder in candidates:
        if all(os.access(folder / name, os.X_OK) for name in _NEEDED):
            return folder
    raise NoPostgresError("no PostgreSQL here: install it (Debian: postgresql) to run the tests that need it")


def _from_pg_config() -> list[Path]:
    found = shutil.which("pg_config")
    if found is None:
        return []
    said = subprocess.run([found, "--bindir"], capture_output=True, text=True, check=False)
    return [Path(said.stdout.strip())] if said.returncode == 0 else []


def _server_user() -> str | None:
    """Whom the server runs as: None is whoever we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class PostgresServer:
    """One server on a unix socket in a folder of its own; a context manager.

    `settings` are server settings (`synchronous_commit`), `environment` is added to the server's own (a preloaded
    library). `kill()` ends it without a shutdown, `start()` starts it again on the same folder.
    """

    def __init__(
        self, *, settings: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.programs = postgres_programs()
        self.settings = dict(settings or {})
        self.environment = dict(environment or {})
        self.user = _server_user()
        # Not below pytest's own temporary folder: that one is closed to other users, and a socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="lastmeter-pg-"))
        self.data = self.folder / "cluster"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._remove()

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """The address of one database."""
        return f"postgresql://lastmeter@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The address of a fresh, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Removes a database made by `new_database`, whoever is still connected."""
        name = url.split("?")[0].rsplit("/", 1)[1]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def set_in_database(self, url: str, setting: str, value: str) -> None:
        """Gives one database another default of a setting."""
        name = url.split("?")[0].rsplit("/", 1)[1]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                )
            )

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        options = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "50",
            "shared_buffers": "32MB", "logging_collector": "off", **self.settings,
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        log = (self.folder / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*_dies_with_us(), str(self.programs / "postgres"), "-D", str(self.data), *arguments],
                stdout=log, stderr=log, env=os.environ | self.environment, cwd=self.folder, start_new_session=True,
                **self._as_user(),
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Fast shutdown: clients are sent away, everything is written."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Ends the server and all its processes at once, as a crash of the machine's power would for a program."""
        process = self._process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = None

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._process = None

    def _initialise(self) -> None:
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        subprocess.run(
            [str(self.programs / "initdb"), "-D", str(self.data), "-U", "lastmeter", "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=self.folder, **self._as_user(),
        )

    def _as_user(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            assert self._process is not None
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._last_words()}") from None
                time.sleep(0.05)

    def _last_words(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")[-2000:]

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _dies_with_us() -> list[str]:
    """A killed test run must not leave a server behind, where the system can see to that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []

"""A served company for trials: its web and worker as processes that can be killed, on SQLite or PostgreSQL.

Most lives are forked from a host that has only loaded the server, so that a life is spent at work and not at loading: the
same WSGI application behind the standard library's server. Every so often a life is the real `lastmeter web`.

As a program it is that host: python -m tests.durability.served WORKSPACE PORT; it reads `web` or `worker` from its standard
input, forks, and answers with the process id.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import socketserver
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx

_REPOSITORY = Path(__file__).resolve().parent.parent.parent
_SETUP = """
import sys
from pathlib import Path
from lastmeter.server import setup
setup.prepare(Path(sys.argv[1]))
setup.migrate()
from lastmeter.server.intake import actions
from lastmeter.server.people.models import Person
owner, _ = Person.objects.get_or_create(username="owner", defaults={"role": "owner"})
print(actions.give_token(owner, "trial", scopes=["events:write"], per_second=0)[1])
"""


class ServedCompany:
    """A workspace with a token, its processes, and what a client needs; a context manager that ends what it started."""

    def __init__(
        self, folder: Path, *, url: str | None = None, environment: Mapping[str, str] | None = None, template: str = "commerce"
    ) -> None:
        """`url`: of a PostgreSQL database; `environment` is added to that of every process."""
        from lastmeter.workspace import Workspace

        if not (folder / "lastmeter.toml").exists():
            Workspace.create(folder, template=template)
        self.folder = folder
        self.port = free_port()
        self.environment = os.environ | {
            "LASTMETER_DATABASE_URL": url or "", "LASTMETER_ALLOWED_HOSTS": "127.0.0.1", "LASTMETER_LOG_LEVEL": "ERROR",
            **(environment or {}),
        }
        for name in ("LASTMETER_WORKSPACE", "DJANGO_SETTINGS_MODULE"):
            self.environment.pop(name, None)
        self.key = self.run("-c", _SETUP, str(folder)).strip().splitlines()[-1]
        self._host: subprocess.Popen[str] | None = None
        self._children: list[subprocess.Popen[bytes]] = []
        self._forked: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pid in list(self._forked):
            self.kill(pid)
        for child in self._children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if self._host is not None:
            with self._host:
                self._host.kill()

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends with every request."""
        return {"authorization": f"Bearer {self.key}"}

    def client(self, **more: Any) -> httpx.Client:
        """A client of the company's address."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=self.headers, trust_env=False, **{"timeout": 30, **more})

    def run(self, *arguments: str) -> str:
        """The output of Python with these arguments, in the company's environment.

        Raises:
            AssertionError: it failed.
        """
        done = subprocess.run(
            [sys.executable, *arguments], cwd=_REPOSITORY, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr[-2000:])
        return done.stdout

    def start(self, what: str, *, wait: bool = True) -> int:
        """The real `lastmeter web` or `worker`, in a process group of its own; its process id."""
        if what == "web":
            _wait_until_free(self.port)
        arguments = ["-m", "lastmeter", what, "-w", str(self.folder)] + (["--port", str(self.port)] if what == "web" else [])
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=_REPOSITORY, env=self.environment, start_new_session=True, stdout=subprocess.DEVNULL)
        self._children.append(child)
        if what == "web" and wait:
            self.wait_until_ready(child)
        return child.pid

    def fork(self, what: str) -> int:
        """A web or worker process forked from the host; its process id."""
        if self._host is None:
            self._host = subprocess.Popen(
                [sys.executable, "-m", "tests.durability.served", str(self.folder), str(self.port)], cwd=_REPOSITORY,
                env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        if what == "web":
            _wait_until_free(self.port)
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._host.stdin.write(f"{what}\n")
        self._host.stdin.flush()
        pid = int(self._host.stdout.readline())
        self._forked.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """SIGKILL a process, with all of its group where it has one of its own, and wait until it is gone: it holds a port."""
        self._forked.discard(pid)
        try:
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
            for child in self._children:
                if child.pid == pid:
                    child.wait()
            while True:
                os.kill(pid, 0)
                time.sleep(0.01)
        except ProcessLookupError:
            return

    def stop(self, pid: int) -> int:
        """SIGTERM a process that `start` made, and wait for its end; its exit code."""
        child = next(one for one in self._children if one.pid == pid)
        child.terminate()
        return child.wait(timeout=60)

    def wait_until_ready(self, child: subprocess.Popen[bytes] | None = None, seconds: float = 120.0) -> None:
        """Wait until the web process answers."""
        deadline = time.monotonic() + seconds
        with self.client(timeout=5) as client:
            while True:
                try:
                    answer = client.get("/readyz")
                    if answer.status_code == 200:
                        return
                    last = f"{answer.status_code}: {answer.text[:500]}"
                except httpx.HTTPError as error:
                    last = repr(error)
                if time.monotonic() > deadline or (child is not None and child.poll() is not None):
                    raise AssertionError(f"the web process did not come up; the last answer was {last}")
                time.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to clients: one that calls a dead server on such a
    port may be connected with itself, and then holds the port.
    """
    while True:
        port = random.SystemRandom().randint(20_000, 32_000)
        with socket.socket() as held:
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _wait_until_free(port: int, seconds: float = 60.0) -> None:
    """Wait until nobody listens on a port: the last of a killed group may hold it longer than its leader lived."""
    deadline = time.monotonic() + seconds
    while True:
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
        time.sleep(0.01)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the standard library
        """Nothing."""


def _web(port: int) -> None:
    from lastmeter.server.wsgi import application

    with make_server("127.0.0.1", port, application, server_class=_Server, handler_class=_Quiet) as server:
        server.serve_forever()


def _worker() -> None:
    from lastmeter.server.worker import run_until_signal

    run_until_signal()


def _host(workspace: Path, port: int) -> None:
    """Load all that a life needs, then fork lives; the dead are nobody's concern here."""
    from lastmeter.server import setup

    setup.prepare(workspace)
    import lastmeter.server.worker
    import lastmeter.server.wsgi

    lastmeter.server.worker.jobs()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            try:
                _web(port) if line.strip() == "web" else _worker()
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    _host(Path(sys.argv[1]), int(sys.argv[2]))

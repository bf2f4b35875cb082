"""Plays a simulated company: server, worker and its systems, on an accelerated clock, until Ctrl-C; then again from there."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.demo.live import STREAM
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock, processes, setup
from lastmeter.server.clock import DEMO_CLOCK, Accelerated
from lastmeter.workspace.holding_back import FOLDER as HELD

if TYPE_CHECKING:
    from lastmeter.server.live.accounts import Account

STATE = "live.json"


@dataclass(slots=True)
class State:
    """What a restart goes on from: the company's time (naive UTC), and the password of its accounts."""

    path: Path
    now: datetime
    password: str

    def keep(self, moment: datetime) -> None:
        """Remember how far it has come."""
        self.now = moment
        temporary = self.path.with_suffix(".partial")
        temporary.write_text(json.dumps({"now": moment.isoformat(), "password": self.password}), encoding="utf-8")
        temporary.chmod(0o600)
        temporary.rename(self.path)


@dataclass(frozen=True, slots=True)
class Ready:
    """What to tell the newcomer: where, who, from when, how fast."""

    url: str
    accounts: list[Account]
    password: str
    now: datetime


class Player:
    """One company; `prepare`, tell the newcomer, then `play`."""

    def __init__(self, workspace: Path, host: str, port: int, speed: float) -> None:
        self._workspace, self._host, self._port, self._speed = workspace, host, port, speed
        self._state: State

    def prepare(self) -> Ready:
        """Set the clock, bring the tables up to date, make accounts.

        Raises:
            LastMeterError: `live.not_held`, and those of preparing.
        """
        if not (self._workspace / HELD / STREAM).exists():
            raise LastMeterError(
                "live.not_held", Title("{folder} 不是可以播放的演示公司", "{folder} is no simulated company that can be played"),
                Title("先运行 lastmeter demo {folder} --hold-back 60", "Make one with: lastmeter demo {folder} --hold-back 60"),
                folder=str(self._workspace),
            )
        self._state = self._read_state()
        # A newcomer looks at the console, not at every request in the terminal.
        os.environ.setdefault("LASTMETER_LOG_LEVEL", "WARNING")
        os.environ[DEMO_CLOCK] = Accelerated(self._state.now, time.time(), self._speed).text()
        setup.prepare(self._workspace)
        setup.migrate()
        # What knows Django is loaded once it knows the workspace.
        from django.conf import settings

        from lastmeter.server.live.accounts import make_accounts

        accounts = make_accounts(settings.COMPANY, self._state.password, self._state.now.date())
        self._state.keep(self._state.now)
        return Ready(f"http://{self._host}:{self._port}/", accounts, self._state.password, self._state.now)

    def play(self) -> int:
        """Run until a signal; the exit code."""
        from lastmeter.server.live.feeding import Feeder

        secrets_of, key = self._credentials()
        stopped = threading.Event()
        feeder = Feeder(self._workspace / HELD, f"http://{self._host}:{self._port}", secrets_of, key, self._state.keep)
        # The clock has run while the server started: begin it anew, so that nothing is late at once.
        os.environ[DEMO_CLOCK] = Accelerated(self._state.now, time.time(), self._speed).text()
        clock.restart()
        thread = threading.Thread(target=feeder.run, args=(stopped, self._state.now), name="feeder", daemon=True)
        thread.start()
        try:
            return processes.run_both(self._workspace, self._host, self._port)
        finally:
            stopped.set()
            thread.join(timeout=10)

    def _credentials(self) -> tuple[dict[str, str], str]:
        """Secrets of the sources' webhooks, and a token for their signs of life: new at each start."""
        from lastmeter.server.intake.actions import give_token, new_secret, set_source
        from lastmeter.server.intake.models import Token
        from lastmeter.server.people import queries

        owner = queries.first_owner()
        assert owner is not None  # noqa: S101 - `prepare` has made one
        names = sorted(path.stem for path in (self._workspace / "sources").glob("*.toml"))
        for name in names:
            set_source(owner, name, mode="declared")
        Token.objects.filter(name="demo").delete()
        _, key = give_token(owner, "demo", scopes=["events:write"], sources=names, per_second=0)
        return {name: new_secret(owner, name) for name in names}, key

    def _read_state(self) -> State:
        path = self._workspace / "server" / STATE
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return State(path, datetime.fromisoformat(kept["now"]), kept["password"])
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        built = read_manifest(self._workspace / "facts")
        if built is None:
            raise LastMeterError("live.not_built", Title("还没有事实表", "There are no fact tables yet"),
                                 Title("先运行 lastmeter build", "Run lastmeter build first"))
        words = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "kayak", "larch", "maple")
        return State(path, built.at, "-".join(secrets.choice(words) for _ in range(4)))

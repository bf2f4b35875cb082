"""The one place of the server that reads a clock: naive UTC instants, as everywhere in the library.

A simulated company runs on an accelerated clock: `LASTMETER_DEMO_CLOCK` says when it began and how fast it goes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DEMO_CLOCK = "LASTMETER_DEMO_CLOCK"


@dataclass(frozen=True, slots=True)
class Accelerated:
    """A clock that stood at `begin` when the real one showed `started` (seconds since the epoch) and goes `speed` times as fast."""

    begin: datetime
    started: float
    speed: float

    def text(self) -> str:
        """As the environment carries it from one process to the next."""
        return f"{self.begin.isoformat()};{self.started!r};{self.speed!r}"

    @classmethod
    def of_text(cls, text: str) -> Accelerated:
        """The clock that `text` wrote."""
        begin, started, speed = text.split(";")
        return cls(datetime.fromisoformat(begin), float(started), float(speed))

    def now(self) -> datetime:
        """Its time now."""
        return self.begin + timedelta(seconds=(time.time() - self.started) * self.speed)


def real_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC).replace(tzinfo=None)


def _chosen() -> Callable[[], datetime]:
    text = os.environ.get(DEMO_CLOCK)
    return Accelerated.of_text(text).now if text else real_now


_source: Callable[[], datetime] | None = None


def now() -> datetime:
    """The time that everything in the server goes by."""
    global _source  # noqa: PLW0603 - one clock a process is the point
    if _source is None:
        _source = _chosen()
    return _source()


def restart() -> None:
    """Go by what the environment says now."""
    global _source  # noqa: PLW0603
    _source = None


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """For tests: `now` is this moment within the block."""
    global _source  # noqa: PLW0603
    before, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = before


def speed() -> float:
    """How fast the clock goes beside the machine's."""
    text = os.environ.get(DEMO_CLOCK)
    return Accelerated.of_text(text).speed if text else 1.0

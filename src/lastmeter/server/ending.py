"""How a process hears that it should end: SIGTERM, or Ctrl-C in its terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable

EVERY = 0.2
"""Seconds between two looks."""


def asked_to_end() -> Callable[[], bool]:
    """From now on signals do not end this process; what is given back says whether one has come. Called in the main thread.

    Ctrl-C reaches a process of a terminal together with the SIGTERM of its parent, and a handler runs in the middle of whatever
    its thread does, another handler among it. So it takes no lock, that of a `threading.Event` neither: it notes, and whoever
    waits looks.
    """
    heard: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: heard.append(got))
    return lambda: bool(heard)

"""What a piece of work costs: processor seconds, seconds on the clock and peak memory of a child process."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu_seconds` over all threads and children, `seconds` on the clock, `peak_mb` resident."""

    cpu_seconds: float
    seconds: float
    peak_mb: float
    output: str = ""

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON object on the last line of the output."""
        answer: dict[str, Any] = json.loads(self.output.strip().splitlines()[-1])
        return answer


def cost_of(command: Sequence[str | Path]) -> Cost:
    """Run a command to its end and say what it cost; its standard error passes through.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.perf_counter()
    # The kernel keeps the peak of a forked parent: only a small one may start what is measured.
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, [str(part) for part in command], output)
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss / 1024, output)


def cost_inside(work: Callable[[], dict[str, Any]], times: int = 1) -> dict[str, Any]:
    """The cheapest of several runs in this process, without the start of Python: what the work said, and its cost."""
    best: dict[str, Any] | None = None
    for _ in range(times):
        cpu, clock = _cpu(), time.perf_counter()
        said = work()
        used = {"cpu_seconds": round(_cpu() - cpu, 4), "seconds": round(time.perf_counter() - clock, 4)}
        if best is None or used["cpu_seconds"] < best["cpu_seconds"]:
            best = said | used
    assert best is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return best | {"peak_mb": round(peak)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def lastmeter() -> str:
    """The installed command beside this Python."""
    return str(Path(sys.executable).with_name("lastmeter"))


def ratio(ours: float, theirs: float) -> float:
    """Ours for each one of theirs."""
    return round(ours / theirs, 3)

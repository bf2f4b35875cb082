"""A company of any size fits in little memory: its files are streamed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# VmHWM, not ru_maxrss: that one starts from what the parent had when it forked.
PROGRAM = """
import re, sys
from pathlib import Path
from lastmeter.demo.company import generate
generate(Path(sys.argv[1]), seed=1, events=int(sys.argv[2]))
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def peak_megabytes(folder: Path, events: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(events)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
def test_four_times_the_events_need_hardly_more_memory(tmp_path: Path) -> None:
    small, large = peak_megabytes(tmp_path / "s", 500_000), peak_megabytes(tmp_path / "l", 2_000_000)
    assert large < 500
    assert large - small < 80

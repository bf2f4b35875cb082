"""What the server bears: processor time a stored event, single events that share a sync, and what pages cost.

    python benchmarks/show_load.py [--batches N] [--events N] [--company-events N] [--seed N] [--workspace FOLDER]

Intake is measured on scratch workspaces. The pages (p95_ms, cold_ms, web_mb, page_kb, queries) are those of a simulated company
of ten million events, made and judged here first, which takes some minutes and 1 GB of disk; or of a workspace that is there
already and is built. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.durability.tracing import open_folder

import intake_load

SLOW_SYNC_MICROSECONDS = 5_000


def intake(batches: int, events: int) -> dict[str, Any]:
    """The figures of intake."""
    with open_folder() as folder:
        cpu = intake_load.cpu_ratio(folder, batches)
        print("processor time:", cpu, flush=True)
        slow = intake_load.single_event_gain(folder, events, SLOW_SYNC_MICROSECONDS)
        print("with a sync of 5 ms:", slow, flush=True)
        local = intake_load.single_event_gain(folder, events, 0)
        print("on the local disk:", local, flush=True)
    return {
        "cpu_ratio": cpu["cpu_ratio"],
        "single_event_gain": {"sync_5_ms": slow["gain"], "local_disk": local["gain"]},
        "single_event_ceiling": {"sync_5_ms": slow["ceiling"], "local_disk": local["ceiling"]},
    }


def pages(workspace: Path, seed: int) -> dict[str, Any]:
    """The figures of the pages, on a workspace that is built."""
    import page_load

    return page_load.measure(workspace, seed=seed)


def large_company(folder: Path, events: int, seed: int) -> Path:
    """A simulated company, imported and built by the command that a user has."""
    print(f"simulating a company of {events:,} events", flush=True)
    subprocess.run(
        [sys.executable, "-m", "lastmeter", "demo", str(folder), "--events", str(events), "--seed", str(seed)], check=True,
        stdout=subprocess.DEVNULL)
    return folder


def main() -> None:
    """Measure; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=200, help="of a thousand events each")
    parser.add_argument("--events", type=int, default=6_400, help="single ones")
    parser.add_argument("--company-events", type=int, default=10_000_000, help="of the company whose pages are asked for")
    parser.add_argument("--seed", type=int, default=7, help="of that company, and of the addresses that are drawn")
    parser.add_argument("--workspace", type=Path, help="one that is built already, instead of that company")
    chosen = parser.parse_args()
    figures = intake(chosen.batches, chosen.events)
    with tempfile.TemporaryDirectory(prefix="lastmeter-load-") as scratch:
        workspace = chosen.workspace or large_company(Path(scratch) / "company", chosen.company_events, chosen.seed)
        figures |= pages(workspace, chosen.seed)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

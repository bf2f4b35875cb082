"""What the server bears: processor time a stored event, single events that share a sync, and what pages cost.

    python benchmarks/show_load.py [--batches N] [--events N] [--workspace FOLDER]

The half of intake is measured on scratch workspaces. The half of the pages (p95_ms, cold_ms, web_mb, page_kb, queries) needs a
large company that is built already: name its folder. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
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


def pages(workspace: Path) -> dict[str, Any]:
    """The figures of the pages, on a workspace that is built."""
    import page_load

    return page_load.measure(workspace)


def main() -> None:
    """Measure; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--events", type=int, default=6_400)
    parser.add_argument("--workspace", type=Path)
    chosen = parser.parse_args()
    figures = intake(chosen.batches, chosen.events)
    if chosen.workspace is not None:
        figures |= pages(chosen.workspace)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

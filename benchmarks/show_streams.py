"""Shuffled, late, repeated and corrected streams over HTTP end in the fact tables of the stream in order.

    python benchmarks/show_streams.py [--schedules N] [--seed N]

Half of the schedules on SQLite, half on PostgreSQL, sealed and built while they arrive. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.durability import stream_trial
from tests.durability.tracing import open_folder
from tests.postgres import PostgresServer


def main() -> None:
    """Both databases; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    half = chosen.schedules // 2
    with open_folder() as folder, PostgresServer() as server:
        found = [
            stream_trial.run(folder / "sqlite", half + 1, chosen.seed, None),
            stream_trial.run(folder / "postgresql", half + 1, chosen.seed + 1, server.new_database()),
        ]
    print(found, flush=True)
    print(json.dumps({name: sum(one[name] for one in found) for name in ("schedules", "rows", "differences")}))


if __name__ == "__main__":
    main()

"""Acknowledged is durable: 10,000 traced acknowledgements and 200 kills, on SQLite and on PostgreSQL.

    python benchmarks/show_durable.py [--seed N] [--acks N] [--kills N]

Half of the acknowledgements are single transactions, half share commits. The control shows that the trace would notice:
the same program with weakened settings. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.durability.trace_trial import Door, traced_server, trial
from tests.durability.tracing import Verdict, build_shim, open_folder
from tests.postgres import PostgresServer

REPOSITORY = Path(__file__).resolve().parent.parent
DOORS: tuple[Door, ...] = ("record", "writer")
CONTROL_ACKS = 500


def traces(acks: int, *, weakened: bool = False) -> dict[str, Verdict]:
    """The verdict on each database, both doors together."""
    found: dict[str, Verdict] = {}
    with open_folder() as folder:
        library = build_shim(folder)
        server_traces = folder / "server"
        with traced_server(library, server_traces) as server:
            for database in ("sqlite", "postgresql"):
                halves = [range(acks // 2), range(acks // 2, acks)]
                verdicts = [
                    trial(
                        library, folder / f"{database}-{door}", door, numbers, weakened=weakened,
                        url=server.new_database() if database == "postgresql" else None,
                        server_traces=server_traces if database == "postgresql" else None,
                    )
                    for door, numbers in zip(DOORS, halves, strict=True)
                ]
                found[database] = Verdict(
                    sum(verdict.acks for verdict in verdicts), sum(verdict.before_fsync for verdict in verdicts),
                    verdicts[-1].syncs,
                )
                print(f"{database}{' weakened' if weakened else ''}: {found[database]}", flush=True)
    return found


def kills(folder: Path, count: int, seed: int, url: str | None) -> dict[str, int]:
    """The figures of one kill trial, run in a process of its own."""
    command = [sys.executable, "-m", "tests.durability.kill_trial", str(folder), str(count), str(seed)]
    done = subprocess.run(
        [*command, *(["--url", url] if url else [])], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    print(f"{'postgresql' if url else 'sqlite'}: {figures}", flush=True)
    return figures


def main() -> None:
    """Trace, control, kill; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--acks", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    chosen = parser.parse_args()
    strict = traces(chosen.acks)
    control = traces(min(chosen.acks, CONTROL_ACKS), weakened=True)
    with open_folder() as folder, PostgresServer() as server:
        died = {
            "sqlite": kills(folder / "sqlite", chosen.kills, chosen.seed, None),
            "postgresql": kills(folder / "postgresql", chosen.kills, chosen.seed, server.new_database()),
        }
    figures: dict[str, object] = {
        "acks": {name: verdict.acks for name, verdict in strict.items()},
        "acks_before_fsync": {name: verdict.before_fsync for name, verdict in strict.items()},
        "control_acks": {name: verdict.acks for name, verdict in control.items()},
        "control_acks_before_fsync": {name: verdict.before_fsync for name, verdict in control.items()},
    }
    for name in ("kills", "acknowledged", "lost", "doubled", "verify_differences"):
        figures[name] = {database: found[name] for database, found in died.items()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""Acknowledged over HTTP is durable: kills of web and worker under load, traced syncs, restarts of PostgreSQL, a full disk.

    python benchmarks/show_kill.py [--kills N] [--longest SECONDS] [--acks N] [--seed N]

Kills are shared between SQLite and PostgreSQL; a life is forked from a host that has loaded the server, one web in 25 is the
real `lastmeter web`; it lasts up to `--longest` seconds. `failed` counts answers of 500. The traces are of the real one. The
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.durability import http_trial
from tests.durability.http_trace import full_disk, trace
from tests.durability.trace_trial import traced_server
from tests.durability.tracing import Verdict, build_shim, open_folder
from tests.postgres import PostgresServer


def main() -> None:
    """Trace, kill, fill the disk; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--longest", type=float, default=http_trial.LONGEST_LIFE_SECONDS)
    parser.add_argument("--acks", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    verdicts: dict[str, Verdict] = {}
    with open_folder() as folder:
        library = build_shim(folder)
        verdicts["sqlite"] = trace(folder / "sqlite", library, chosen.acks, first=0)
        with traced_server(library, folder / "server") as server:
            verdicts["postgresql"] = trace(
                folder / "postgresql", library, chosen.acks, first=chosen.acks, url=server.new_database(), server_traces=folder / "server")
        print(verdicts, flush=True)
        disk = full_disk(folder / "disk")
        print("full disk:", disk, flush=True)
    with open_folder() as folder, PostgresServer() as server:
        url = server.new_database()

        def restart() -> None:
            server.kill()
            server.start()

        half = chosen.kills // 2
        died = {
            "sqlite": http_trial.run(folder / "sqlite", chosen.kills - half, chosen.seed, None, longest=chosen.longest),
            "postgresql": http_trial.run(folder / "postgresql", half, chosen.seed + 1, url, restart=restart, longest=chosen.longest),
        }
        print(died, flush=True)
    figures: dict[str, Any] = {
        name: sum(found[name] for found in died.values())
        for name in ("kills", "acknowledged", "lost", "doubled", "flaws", "flaws_doubled", "failed")
    }
    figures["acks"] = {name: verdict.acks for name, verdict in verdicts.items()}
    figures["acks_before_fsync"] = sum(verdict.before_fsync for verdict in verdicts.values())
    figures["full_disk"] = disk["answers"]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

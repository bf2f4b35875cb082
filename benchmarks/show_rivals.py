"""Process measures in SQL beside pm4py's on one log, in one run: `make show-rivals`, `ARGS="--events 1000000 10000000"`.

The log is the simulated shop's delivered orders. Both sides must find the same, else there is no figure. Keys of the last
line: declare, dfg, variants, temporal_profile, how many times less processor time ours takes at the largest size; `sizes`
has the costs at each. A figure is null where the rival was left out (`--rival-limit`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from cost import Cost, cost_of
from lastmeter.journal.engine import open_duckdb
from rival_tasks import ACTIVITIES

HERE = Path(__file__).parent
MEASURES = {"declare": 40, "dfg": 8, "variants": 3, "temporal_profile": 100}
"""And how many times less processor time is aimed at."""


def task(name: str, log: Path) -> dict[str, Any]:
    """One piece of work in a process of its own."""
    cost: Cost = cost_of([sys.executable, HERE / "rival_tasks.py", name, log])
    print(f"{name}: {cost.answer}", file=sys.stderr)
    return cost.answer


def make_log(folder: Path, events: int, seed: int) -> tuple[Path, int]:
    """The delivered orders of the simulated shop."""
    exports, log = folder / f"exports{events}", folder / f"log{events}.parquet"
    cost_of([sys.executable, HERE / "speed_tasks.py", "generate", exports, str(events), str(seed)])
    with open_duckdb() as duck:
        row = duck.execute(f"""COPY (
            WITH told AS (
                SELECT order_id AS case_id, 'paid' AS activity, paid_at AS happened FROM read_csv('{exports / "orders.csv"}')
                UNION ALL
                SELECT order_id, scan, scanned_at FROM read_csv('{exports / "scans.csv"}', quote = '"')),
            dated AS (SELECT case_id::VARCHAR AS case_id, activity, happened::TIMESTAMP AS happened FROM told
                WHERE happened IS NOT NULL AND activity IN {ACTIVITIES}),
            numbered AS (SELECT *, row_number() OVER (PARTITION BY case_id ORDER BY happened, activity) AS place FROM dated)
            SELECT case_id, activity, happened + to_seconds(place) AS happened, row_number() OVER (ORDER BY case_id, place) AS number
            FROM numbered SEMI JOIN (SELECT case_id FROM dated WHERE activity = 'delivered') USING (case_id) ORDER BY number
        ) TO '{log}' (FORMAT parquet)""").fetchone()
    return log, int(row[0]) if row else 0


def measured(log: Path, *, rival: bool) -> dict[str, Any]:
    """Each measure by both, and how many times less ours takes."""
    figures: dict[str, Any] = {}
    for measure in MEASURES:
        ours = task(f"{measure}_by_sql", log)
        figures |= {measure: None, f"{measure}_cpu_seconds": ours["cpu_seconds"]}
        if rival:
            theirs = task(f"{measure}_by_pm4py", log)
            if theirs["found"] != ours["found"]:
                raise SystemExit(f"{measure}: pm4py finds {theirs['found']}, we find {ours['found']}")
            figures |= {measure: round(theirs["cpu_seconds"] / ours["cpu_seconds"], 1),
                        f"{measure}_pm4py_cpu_seconds": theirs["cpu_seconds"],
                        f"{measure}_peak_mb": ours["peak_mb"], f"{measure}_pm4py_peak_mb": theirs["peak_mb"]}
    return figures


def main() -> None:
    """Every size; the last line printed has the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rival-limit", type=int, default=10_000_000, help="above so many events ours alone is measured")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for events in asked.events:
            log, count = make_log(Path(folder), events, asked.seed)
            figures[str(events)] = {"events": count, **measured(log, rival=events <= asked.rival_limit)}
    largest = figures[str(max(asked.events))]
    print(json.dumps({**{measure: largest[measure] for measure in MEASURES}, "aims": MEASURES, "sizes": figures}))


if __name__ == "__main__":
    main()

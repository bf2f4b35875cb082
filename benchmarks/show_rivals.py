"""Process measures beside pm4py's on one log, in one run: `make show-rivals`, `ARGS="--events 100000 1000000"`.

The log is the simulated shop's delivered orders. Both sides must find the same, else there is no figure. Keys of the last
line: declare, dfg, variants, temporal_profile, how many times less processor time ours takes at the largest size that the rival
was measured at, from the same Parquet file to the result; `in_memory`, the same when both have read the file; `sizes` has the
costs at each. Above `--rival-limit` events ours alone is measured, and `rival_stopped_after` says so. At the smallest size all
templates of Declare are compared (`declare_all`), and `blueprint_judged` is what the same rules cost as a blueprint.
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
MANY = 2_000_000
"""Up to so many events each piece of work runs three times and its least cost counts; above, twice, ours as pm4py's. The first
run of a process pays for memory that the machine has not given to anybody before: at ten million events up to twice the rest."""


def task(name: str, log: Path, times: int) -> dict[str, Any]:
    """One piece of work in a process of its own."""
    cost: Cost = cost_of([sys.executable, HERE / "rival_tasks.py", name, log, str(times)])
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


def compared(measure: str, log: Path, times: int, *, rival: bool) -> dict[str, Any]:
    """A measure by both: processor seconds of reading and of measuring, and how many times less ours are."""
    ours = task(f"{measure}_by_mining", log, times)
    found = {"reading": ours["reading_cpu_seconds"], "cpu_seconds": ours["cpu_seconds"], "peak_mb": ours["peak_mb"]}
    if not rival:
        return found
    theirs = task(f"{measure}_by_pm4py", log, times)
    if theirs["found"] != ours["found"]:
        raise SystemExit(f"{measure}: pm4py finds {theirs}, we find {ours}")
    from_file = [side["reading_cpu_seconds"] + side["cpu_seconds"] for side in (theirs, ours)]
    return found | {
        "pm4py": theirs["version"], "pm4py_reading": theirs["reading_cpu_seconds"], "pm4py_cpu_seconds": theirs["cpu_seconds"],
        "pm4py_peak_mb": theirs["peak_mb"], "in_memory": round(theirs["cpu_seconds"] / ours["cpu_seconds"], 1),
        "from_file": round(from_file[0] / from_file[1], 1)}


def main() -> None:
    """Every size; the last line printed has the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--rival-limit", type=int, default=10_000_000, help="above so many events ours alone is measured")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    sizes: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for events in sorted(asked.events):
            log, count = make_log(Path(folder), events, asked.seed)
            times, rival = (3 if events <= MANY else 2), events <= asked.rival_limit
            measures = [*MEASURES, "declare_all"] if events == min(asked.events) else [*MEASURES]
            sizes[events] = {"events": count, **{measure: compared(measure, log, times, rival=rival) for measure in measures}}
            judged = task("blueprint_judged", log, times)
            sizes[events]["blueprint_judged"] = {"cpu_seconds": judged["cpu_seconds"], "peak_mb": judged["peak_mb"]}
    beside = max((events for events in sizes if events <= asked.rival_limit), default=None)
    figures = {measure: sizes[beside][measure]["from_file"] if beside else None for measure in MEASURES}
    in_memory = {measure: sizes[beside][measure]["in_memory"] if beside else None for measure in MEASURES}
    stopped = {"rival_stopped_after": beside} if max(sizes) != beside else {}
    print(json.dumps({**figures, **stopped, "in_memory": in_memory, "aims": MEASURES, "sizes": sizes}))


if __name__ == "__main__":
    main()

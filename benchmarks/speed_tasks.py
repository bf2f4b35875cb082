"""The pieces of work that show_speed measures, each in a process of its own: `speed_tasks.py TASK ARGUMENT...`.

The last line printed is one JSON object with what was found and what it cost, the start of Python left out.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from cost import cost_inside

STEPS = (
    "order.paid", "order.picked", "order.packed", "order.handed_over", "parcel.line_haul_arrived",
    "parcel.out_for_delivery", "parcel.delivered",
)


def engine() -> duckdb.DuckDBPyConnection:
    """A DuckDB as the library opens it."""
    duck = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    duck.execute("SET TimeZone='UTC'")
    return duck


def generate(folder: str, events: str, seed: str) -> dict[str, Any]:
    """Write the exports of the simulated company."""
    from lastmeter.demo import generate as make

    return cost_inside(lambda: {"events": make(Path(folder), seed=int(seed), events=int(events)).events})


def csv_to_parquet(source: str, target: str) -> dict[str, Any]:
    """The floor of an import: DuckDB turns the same file into Parquet."""
    with engine() as duck:
        duck.execute(f"COPY (SELECT * FROM read_csv('{source}', header = true)) TO '{target}' (FORMAT parquet)")
    return {}


def scan(workspace: str) -> dict[str, Any]:
    """The floor of any figure from events: read every value of the columns that the quantiles need."""
    files = str(Path(workspace) / "journal" / "segments" / "20*.parquet")

    def work() -> dict[str, Any]:
        with engine() as duck:
            row = duck.execute(f"""
                SELECT count(*), bit_xor(hash(object_type, object_id, type, occurred_at)) FROM read_parquet('{files}')
            """).fetchone()
        return {"events": row[0] if row else 0}

    return cost_inside(work, times=3)


def quantiles_from_events(workspace: str) -> dict[str, Any]:
    """Median, ninth decile and 99th percentile of every link, straight from the journal."""
    from lastmeter.workspace import Workspace

    reached = ", ".join(
        f"min(occurred_at) FILTER (type = '{event_type}') AS step{number}" for number, event_type in enumerate(STEPS)
    )
    links = ", ".join(
        f"quantile_cont(epoch_us(step{number}) - epoch_us(step{number - 1}), [0.5, 0.9, 0.99])"
        for number in range(1, len(STEPS))
    )
    wanted = ", ".join(f"'{event_type}'" for event_type in STEPS)

    def work() -> dict[str, Any]:
        with Workspace.open(Path(workspace)) as ws, ws.journal.snapshot() as snapshot:
            snapshot.define_events("events")
            row = snapshot.duck.execute(f"""
                SELECT {links} FROM (
                    SELECT {reached} FROM events WHERE object_type = 'order' AND type IN ({wanted}) GROUP BY object_id)
            """).fetchone()
        return {"medians": [round(quantiles[0] / 1e6) for quantiles in row or ()]}

    return cost_inside(work, times=3)


def quantiles_from_facts(workspace: str) -> dict[str, Any]:
    """The same from the fact tables, as diagnosis and indicators ask for quantiles."""
    from lastmeter.indicators.quantiles import quantiles
    from lastmeter.workspace import Workspace

    def work() -> dict[str, Any]:
        with Workspace.open(Path(workspace)) as ws:
            found = quantiles(ws.facts().links, ("position",), "seconds", (0.5, 0.9, 0.99))
        return {"medians": [round(group.values[0]) for group in sorted(found)]}

    return cost_inside(work, times=3)


def scan_facts(workspace: str) -> dict[str, Any]:
    """The floor of a brief: read every value of the fact tables once."""
    files = [str(path) for path in (Path(workspace) / "facts").rglob("*.parquet")]
    with engine() as duck:
        for file in files:
            duck.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet('{file}')").fetchall()
    return {"files": len(files)}


def briefs(workspace: str, count: str, seed: str) -> dict[str, Any]:
    """Briefs of random months and places in one process; half of the periods are quarters or weeks."""
    from lastmeter.workspace import Workspace

    chance = random.Random(int(seed))
    with Workspace.open(Path(workspace)) as ws:
        journeys = ws.journeys("order").to_arrow().select(["due_month", "due_week", "place"])
        months = sorted({month for month in journeys["due_month"].unique().to_pylist() if month and month < "2026-11"})
        weeks = sorted({week for week in journeys["due_week"].unique().to_pylist() if week and week < "2026-W44"})
        places = sorted(place for place in journeys["place"].unique().to_pylist() if place)
        quarters = sorted({f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}" for month in months})
        taken = []
        cpu = time.process_time()
        for _ in range(int(count)):
            period = chance.choice(chance.choice([months, months, weeks, quarters]))
            place = chance.choice(places)
            started = time.perf_counter()
            ws.brief(period=period, place=place)
            taken.append(time.perf_counter() - started)
        cpu = time.process_time() - cpu
    taken.sort()
    return {
        "cpu_seconds_each": round(cpu / len(taken), 3),
        "count": len(taken), "median_seconds": round(taken[len(taken) // 2], 3),
        "p95_seconds": round(taken[min(len(taken) - 1, int(0.95 * len(taken)))], 3), "longest_seconds": round(taken[-1], 3),
    }


def event_log(workspace: str, target: str) -> dict[str, Any]:
    """The orders' dated events as a process miner wants them: case, activity, time, index in time."""
    from lastmeter.workspace import Workspace

    with Workspace.open(Path(workspace)) as ws, ws.journal.snapshot() as snapshot:
        snapshot.define_events("events")
        row = snapshot.duck.execute(f"""
            COPY (SELECT object_id AS case_id, type AS activity, occurred_at AS happened,
                    row_number() OVER (ORDER BY object_id, occurred_at, type, id) AS number
                FROM events WHERE object_type = 'order' AND occurred_at IS NOT NULL ORDER BY number)
            TO '{target}' (FORMAT parquet)
        """).fetchone()
    return {"events": row[0] if row else 0}


def profile_by_mining(log: str, zeta: str) -> dict[str, Any]:
    """Deviations from the temporal profile of the log (Stertz et al. 2020), from its file."""
    from lastmeter.journeys.mining.log_file import read_log_file
    from lastmeter.journeys.mining.temporal_profile import deviations, temporal_profile

    def work() -> dict[str, Any]:
        read = read_log_file(Path(log))
        found = deviations(read, temporal_profile(read), zeta=float(zeta))
        return {"deviations": sum(found.values()), "cases": len(found)}

    return cost_inside(work, times=3)


def profile_by_pm4py(log: str, zeta: str) -> dict[str, Any]:
    """The same by pm4py, from a pandas frame that is already in memory; says so where pm4py is not installed."""
    try:
        import pm4py
    except ModuleNotFoundError:
        return {"absent": "pm4py is not installed (the group rivals)"}
    import pandas as pd

    frame = pd.read_parquet(log).rename(columns={
        "case_id": "case:concept:name", "activity": "concept:name", "happened": "time:timestamp", "number": "@@index",
    })
    frame["time:timestamp"] = frame["time:timestamp"].dt.tz_localize("UTC")

    def work() -> dict[str, Any]:
        profile = pm4py.discover_temporal_profile(frame)
        found = pm4py.conformance_temporal_profile(frame, profile, zeta=float(zeta))
        return {"deviations": sum(len(deviations) for deviations in found), "version": pm4py.__version__}

    return cost_inside(work)


def real_orders(workspace: str) -> dict[str, Any]:
    """A workspace for the real orders, and their files; says so where they are not here."""
    from orders import exports, new_workspace, real_data

    try:
        tables = real_data("olist")
    except SystemExit as absent:
        return {"absent": str(absent)}
    new_workspace(Path(workspace), "olist")
    return {"files": [str(path) for path in exports(tables)]}


def count_events(workspace: str) -> dict[str, Any]:
    """How many events count in a workspace."""
    from lastmeter.workspace import Workspace

    with Workspace.open(Path(workspace)) as ws, ws.journal.snapshot() as snapshot:
        snapshot.define_events("events")
        row = snapshot.duck.execute("SELECT count(*) FROM events").fetchone()
    return {"events": row[0] if row else 0}


def gzip_csv(target: str, *tables: str) -> dict[str, Any]:
    """Bytes of these Parquet tables as gzipped CSV."""
    size = 0
    with engine() as duck:
        for table in tables:
            file = Path(target) / f"{Path(table).stem}.csv.gz"
            duck.execute(f"COPY (FROM read_parquet('{table}')) TO '{file}' (FORMAT csv, HEADER, COMPRESSION gzip)")
            size += file.stat().st_size
    return {"bytes": size}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    task.__name__: task
    for task in (generate, csv_to_parquet, scan, quantiles_from_events, quantiles_from_facts, scan_facts, briefs,
                 event_log, profile_by_mining, profile_by_pm4py, real_orders, count_events, gzip_csv)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))

"""Process measures beside pm4py's on two public logs, and a brief of each: `make show-oracle`. Needs LASTMETER_DATA.

Each log goes the way of a newcomer, through the public commands: a proposed mapping, import, a discovered blueprint, build,
brief. Then directly-follows counts, durations of arcs, variants and deviations from the temporal profile are worked out from
the journal and, by pm4py, from the same events. `*_differences` count what is not equal.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cost import lastmeter
from lastmeter.journeys.mining.coded_log import read_log
from lastmeter.journeys.mining.directly_follows import directly_follows
from lastmeter.journeys.mining.event_log import define_log
from lastmeter.journeys.mining.temporal_profile import deviations, temporal_profile
from lastmeter.journeys.mining.variants import variants
from lastmeter.workspace import Workspace
from orders import real_data

LOGS = {"helpdesk.xes.gz": "Europe/Rome", "07_bpic2013_incidents.parquet": "Europe/Stockholm"}
ZETAS = (3.0, 6.0)
# Sums of the same numbers in another order differ in the last places; variances of seconds over years in more.
CLOSE = 1e-9
CLOSE_DEVIATION = 1e-6


def command(*arguments: str | Path) -> str:
    """One public command; what it said."""
    done = subprocess.run([lastmeter(), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lastmeter {arguments[0]}: {done.stdout}{done.stderr}")
    print(f"lastmeter {arguments[0]}: {done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ''}", file=sys.stderr)
    return done.stdout


def newcomer(folder: Path, log: Path, zone: str) -> tuple[Path, str]:
    """Workspace, mapping, import, blueprint, build, brief: the workspace and the brief."""
    workspace = folder / log.name.split(".")[0]
    command("init", workspace)
    settings = workspace / "lastmeter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('zone = "Asia/Shanghai"', f'zone = "{zone}"'), encoding="utf-8")
    for path in [*workspace.glob("sources/*.toml"), *workspace.glob("blueprints/*.toml")]:
        path.unlink()
    command("map", "-w", workspace, "--source", "log", "--yes", log)
    command("import", "-w", workspace, "--source", "log", log)
    command("blueprint", "discover", "-w", workspace, "--write")
    command("blueprint", "check", "-w", workspace)
    command("build", "-w", workspace)
    return workspace, command("brief", "-w", workspace)


def unequal(ours: dict[Any, Any], theirs: dict[Any, Any]) -> int:
    """How many keys have another value, or only one side."""
    return sum(1 for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def apart(ours: dict[Any, float], theirs: dict[Any, float], close: float) -> int:
    """How many keys have values further apart than `close` of them (or that much of a second), or only one side."""
    return sum(1 for key in ours.keys() | theirs.keys()
               if key not in ours or key not in theirs or not math.isclose(ours[key], theirs[key], rel_tol=close, abs_tol=close))


def compare(workspace: Path, target: Path) -> dict[str, int]:
    """Our measures beside pm4py's on the events of the journal."""
    with Workspace.open(workspace) as ws, ws.journal.snapshot() as snapshot:
        kind = ws.blueprints[0].object_type
        define_log(snapshot, "log", kind)
        duck = snapshot.duck
        events: pa.Table = duck.sql(
            'SELECT case_id AS "case:concept:name", activity AS "concept:name", happened AS "time:timestamp", '
            'row_number() OVER (ORDER BY case_id, number) - 1 AS "@@index" FROM log ORDER BY case_id, number').to_arrow_table()
        pq.write_table(events, target)
        log = read_log(duck, "log")
        arcs, profile = directly_follows(log), temporal_profile(log)
        ours: dict[str, Any] = {
            "arcs": {(arc.activity, arc.following): arc.times for arc in arcs},
            **{name: {(arc.activity, arc.following): getattr(arc, own) for arc in arcs} for name, own in
               (("mean", "mean"), ("median", "median"), ("min", "shortest"), ("max", "longest"))},
            "stdev": {(arc.activity, arc.following): arc.deviation for arc in arcs if arc.times > 1},
            "variants": variants(log),
            "profile": {(span.activity, span.later): (span.mean, span.deviation) for span in profile},
            "deviating": {zeta: deviations(log, profile, zeta=zeta) for zeta in ZETAS},
        }
    return against_pm4py(ours, target) | {"events": events.num_rows, "arcs": len(arcs), "variants": len(ours["variants"])}


def against_pm4py(ours: dict[str, Any], log: Path) -> dict[str, int]:
    """The same measures by pm4py, and how many differ."""
    import pandas as pd
    import pm4py

    frame = pd.read_parquet(log)
    frame["time:timestamp"] = frame["time:timestamp"].dt.tz_localize("UTC")
    arcs, _, _ = pm4py.discover_dfg(frame)
    spans, _, _ = pm4py.discover_performance_dfg(frame)
    profile = pm4py.discover_temporal_profile(frame)
    durations = sum(apart(ours[name], {pair: float(span[name]) for pair, span in spans.items()}, CLOSE)
                    for name in ("mean", "median", "min", "max"))
    durations += apart(ours["stdev"], {pair: float(span["stdev"]) for pair, span in spans.items() if arcs[pair] > 1}, CLOSE_DEVIATION)
    found = {
        "links_differences": unequal(ours["arcs"], dict(arcs)),
        "durations_differences": durations,
        "variants_differences": unequal(ours["variants"], {tuple(path): _cases(of) for path, of in pm4py.get_variants(frame).items()}),
        "temporal_profile_differences": apart({pair: mean for pair, (mean, _) in ours["profile"].items()},
                                              {pair: float(span[0]) for pair, span in profile.items()}, CLOSE)
        + apart({pair: deviation for pair, (_, deviation) in ours["profile"].items()},
                {pair: float(span[1]) for pair, span in profile.items()}, CLOSE_DEVIATION),
    }
    cases = list(dict.fromkeys(frame["case:concept:name"]))
    for zeta, deviating in ours["deviating"].items():
        theirs = pm4py.conformance_temporal_profile(frame, profile, zeta=zeta)
        found["temporal_profile_differences"] += unequal(deviating, {case: len(pairs) for case, pairs in zip(cases, theirs,
            strict=True) if pairs})
        found[f"deviations_{zeta:g}"] = sum(deviating.values())
    return found


def _cases(of: Any) -> int:
    """pm4py gives the cases of a variant, or their number."""
    return of if isinstance(of, int) else len(of)


def rows_of(log: Path) -> Iterator[int]:
    """How many events a Parquet log states."""
    if log.suffix == ".parquet":
        yield pq.read_metadata(log).num_rows


def main() -> None:
    """Measure, and print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a folder to leave the workspaces in")
    arguments = parser.parse_args()
    total = {"logs": 0, "links_differences": 0, "durations_differences": 0, "variants_differences": 0,
             "temporal_profile_differences": 0, "briefs": 0}
    details = {}
    with tempfile.TemporaryDirectory(prefix="lastmeter-oracle-") as scratch:
        folder = arguments.keep or Path(scratch)
        for name, zone in LOGS.items():
            log = real_data("eventlogs") / name
            workspace, brief = newcomer(folder, log, zone)
            total["briefs"] += re.search(r"Perfect journey rate +[0-9.]+%", brief) is not None
            found = compare(workspace, folder / f"{workspace.name}.parquet")
            total["logs"] += 1
            for key in total:
                total[key] += found.get(key, 0)
            details[name] = {"events_stated": next(rows_of(log), None), **found}
            print(f"{name}: {found}", file=sys.stderr)
    print(json.dumps({**total, "by_log": details}))


if __name__ == "__main__":
    main()

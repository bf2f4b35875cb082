"""How fast, beside the floor or the rival in the same run: `make show-speed`, `ARGS="--events 1000000 --seed 7"`.

Imports, builds and briefs run as the public command; figures run in processes of their own. Every key is seconds of
processor time unless it says otherwise; `*_ratio` is ours for one of the floor's or rival's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from cost import Cost, cost_of, lastmeter, ratio

TASKS = Path(__file__).with_name("speed_tasks.py")
PROFILE_EVENTS = 1_000_000
PROFILE_ZETAS = ("3", "6")
BRIEFS = 50
SOURCES = {"logistics": ("scans",), "shop": ("products", "customers", "orders"), "care": ("reviews", "complaints")}
"""The scans first: their import is measured into an empty journal, as the floor's file is."""


def task(name: str, *arguments: str | Path) -> Cost:
    """One piece of work in a process of its own."""
    return cost_of([sys.executable, TASKS, name, *arguments])


def command(*arguments: str | Path) -> Cost:
    """One public command; what it says goes to standard error."""
    cost = cost_of([lastmeter(), *arguments])
    print(f"lastmeter {arguments[0]}: {cost.cpu_seconds:.1f} CPU s, {cost.peak_mb:.0f} MB", file=sys.stderr)
    return cost


def set_up(folder: Path, events: int, seed: int) -> tuple[Path, dict[str, Any]]:
    """Make the company, import and build it: its workspace, and the figures of that."""
    exports, workspace = folder / "exports", folder / "workspace"
    made = task("generate", exports, str(events), str(seed))
    command("init", workspace)
    imports = {
        source: command("import", "-w", workspace, "--source", source, *(exports / f"{name}.csv" for name in names))
        for source, names in SOURCES.items()
    }
    floor = task("csv_to_parquet", exports / "scans.csv", folder / "floor.parquet")
    built = command("build", "-w", workspace, "--full")
    ours = imports["logistics"].cpu_seconds
    return workspace, {
        "events": made.answer["events"],
        "generate": made.answer["cpu_seconds"], "generate_peak_mb": made.answer["peak_mb"],
        "import_scans": round(ours, 2), "csv_to_parquet": round(floor.cpu_seconds, 2),
        "import_ratio": ratio(ours, floor.cpu_seconds),
        "import_all": round(sum(cost.cpu_seconds for cost in imports.values()), 2),
        "import_peak_mb": round(max(cost.peak_mb for cost in imports.values())),
        "build": round(built.cpu_seconds, 2), "build_peak_mb": round(built.peak_mb),
    }


def quantiles(workspace: Path) -> dict[str, Any]:
    """Link quantiles from events and from facts, beside a scan of the events' columns."""
    floor = task("scan", workspace).answer["cpu_seconds"]
    events, facts = task("quantiles_from_events", workspace).answer, task("quantiles_from_facts", workspace).answer
    return {
        "scan": floor,
        "quantiles_from_events": events["cpu_seconds"], "quantiles_from_events_ratio": ratio(events["cpu_seconds"], floor),
        "quantiles_from_facts": facts["cpu_seconds"], "quantiles_from_facts_ratio": ratio(facts["cpu_seconds"], floor),
    }


def cold_brief(workspace: Path, folder: Path) -> dict[str, Any]:
    """One brief from nothing, beside reading the same fact tables once, on the clock; and the full one, with reefs and drivers."""
    ours = command("brief", "-w", workspace, "--format", "html", "--depth", "quick", "--output", folder / "brief.html")
    full = command("brief", "-w", workspace, "--format", "html", "--depth", "full", "--output", folder / "full.html")
    floor = task("scan_facts", workspace)
    return {
        "brief_cold_seconds": round(ours.seconds, 2), "brief_cold": round(ours.cpu_seconds, 2),
        "brief_peak_mb": round(ours.peak_mb), "brief_full_cold_seconds": round(full.seconds, 2),
        "brief_full_cold": round(full.cpu_seconds, 2), "brief_full_peak_mb": round(full.peak_mb),
        "scan_of_facts_seconds": round(floor.seconds, 2), "scan_of_facts_peak_mb": round(floor.peak_mb),
    }


def random_briefs(workspace: Path, seed: int) -> dict[str, Any]:
    """Briefs of random periods and places, on the clock, beside reading the fact tables once."""
    answer = task("briefs", workspace, str(BRIEFS), str(seed)).answer
    return {f"random_briefs_{name}": value for name, value in answer.items()}


def temporal_profile(folder: Path, workspace: Path, events: int, seed: int) -> dict[str, Any]:
    """Temporal-profile conformance by SQL over events, beside pm4py, on a company of at most a million events.

    pm4py searches its list of cases for every deviation, so its cost grows with their number: twice measured, at
    three standard deviations (the limit of a control chart) and at six (where hardly anything deviates).
    """
    if events > PROFILE_EVENTS:
        folder = folder / "million"
        folder.mkdir()
        workspace, _ = set_up(folder, PROFILE_EVENTS, seed)
    log = folder / "log.parquet"
    found: dict[str, Any] = {"profile_events": task("event_log", workspace, log).answer["events"]}
    for zeta in PROFILE_ZETAS:
        ours, rival = task("profile_by_mining", log, zeta).answer, task("profile_by_pm4py", log, zeta).answer
        found |= {f"profile_{zeta}": ours["cpu_seconds"], f"profile_{zeta}_deviations": ours["deviations"]}
        if "absent" in rival:
            found |= {f"profile_{zeta}_pm4py": rival["absent"]}
            continue
        if rival["deviations"] != ours["deviations"]:
            raise SystemExit(f"pm4py finds {rival['deviations']} deviations, we find {ours['deviations']}")
        found |= {
            f"profile_{zeta}_pm4py": rival["cpu_seconds"], "pm4py_version": rival["version"],
            f"profile_{zeta}_times_less": round(rival["cpu_seconds"] / ours["cpu_seconds"], 1),
        }
    return found


def bytes_an_event(folder: Path) -> dict[str, Any]:
    """Journal, keys and vault of real orders, beside the same tables as gzipped CSV."""
    workspace, zipped = folder / "orders", folder / "zipped"
    zipped.mkdir()
    made = task("real_orders", workspace).answer
    if "absent" in made:
        return {"journal_bytes_an_event": made["absent"]}
    command("import", "-w", workspace, "--source", "shop", *made["files"])
    floor = task("gzip_csv", zipped, *made["files"]).answer["bytes"]
    events = task("count_events", workspace).answer["events"]
    parts = {"segments": 0, "keys": 0, "vault": 0}
    for path in (path for path in (workspace / "journal").rglob("*") if path.is_file()):
        parts[{".parquet": "segments", ".keys": "keys"}.get(path.suffix, "vault")] += path.stat().st_size
    ours = sum(parts.values())
    return {
        "journal_bytes_an_event": round(ours / events, 1), "gzip_bytes_an_event": round(floor / events, 1),
        "journal_bytes_ratio": ratio(ours, floor), "journal_events": events,
        **{f"{part}_bytes_an_event": round(size / events, 1) for part, size in parts.items()},
    }


def main() -> None:
    """Measure, and print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lastmeter-speed-") as scratch:
        folder = Path(scratch)
        workspace, figures = set_up(folder, arguments.events, arguments.seed)
        figures |= {"seed": arguments.seed, "processors": os.cpu_count()}
        figures |= quantiles(workspace)
        figures |= cold_brief(workspace, folder)
        figures |= random_briefs(workspace, arguments.seed)
        figures |= temporal_profile(folder, workspace, arguments.events, arguments.seed)
        figures |= bytes_an_event(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""The main job on real orders, through the public commands: `make show-olist`."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from cost import cost_of, lastmeter
from lastmeter.indicators.control import Point, company_chart
from lastmeter.workspace import Workspace
from orders import exports, new_workspace, real_data, say


def run(folder: Path, *arguments: str | Path) -> str:
    """One command on the workspace."""
    cost = cost_of([lastmeter(), arguments[0], "-w", folder, *arguments[1:]])
    say([f"lastmeter {arguments[0]}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} CPU s, {cost.peak_mb:.0f} MB"])
    return cost.output


def main_job(folder: Path, example: str, files: list[Path], keep: Path | None) -> dict[str, Any]:
    """Init, import, build, verify, brief; then everything a second time, which must add nothing."""
    started = time.perf_counter()
    new_workspace(folder, example)
    run(folder, "import", "--source", "shop", *files)
    run(folder, "build")
    verified = run(folder, "verify")
    brief = run(folder, "brief", "--format", "json")
    run(folder, "brief", "--format", "html", "--output", folder / "brief.html")
    seconds = time.perf_counter() - started
    with Workspace.open(folder) as ws:
        before = event_count(ws)
    run(folder, "import", "--source", "shop", *files)
    with Workspace.open(folder) as ws:
        added = event_count(ws) - before
        figures = figures_of(ws)
    if keep:
        shutil.copytree(folder, keep, dirs_exist_ok=True)
    differences = 0 if "0 differences" in verified else None
    return {
        "seconds": round(seconds, 1), **figures, "events": before, "added_by_second_import": added,
        "verify_differences": differences, "brief_bytes": len(brief),
    }


def event_count(ws: Workspace) -> int:
    """Effective events in the journal."""
    with ws.journal.snapshot() as snapshot:
        snapshot.define_events("all_events")
        return int(snapshot.duck.sql("SELECT count(*) FROM all_events").fetchall()[0][0])


def figures_of(ws: Workspace) -> dict[str, Any]:
    """What the fact tables say, counted here anew from their columns."""
    facts = ws.facts("order")
    journeys = facts.journeys.collect(backend="polars")
    arrived = journeys.filter(~nw.col("fulfilled_on").is_null(), ~nw.col("arrived_late").is_null())
    due = journeys.filter(nw.col("counted"))
    reviews = facts.feedback.collect(backend="polars")
    stars = {late: reviews.filter(nw.col("arrived_late") == late)["score"].mean() for late in (True, False)}
    return {
        "journeys": len(journeys), "arrived": len(arrived), "arrived_late": int(arrived["arrived_late"].sum()),
        "due": len(due), "promise_missed": len(due.filter(nw.col("promise") == "missed")),
        "promise_missed_share": round(len(due.filter(nw.col("promise") == "missed")) / len(due), 4),
        "cancelled": len(journeys.filter(nw.col("state") == "cancelled")),
        "cancelled_yet_arrived": len(journeys.filter(nw.col("state") == "cancelled", ~nw.col("fulfilled_on").is_null())),
        "perfect_share": round(due["perfect"].sum() / len(due), 4),
        "stars_late": round(stars[True], 2), "stars_on_time": round(stars[False], 2),
        "signals": signals(due), "silent_rules": silent_rules(ws), "undecided": int(journeys["undecided_count"].sum()),
    }


def signals(due: nw.DataFrame[Any]) -> dict[str, list[str]]:
    """The months that the company chart calls a signal, by rate: missed promises, and journeys that were not perfect."""
    rows = (
        due.group_by("due_month").agg(
            nw.len().alias("n"), (nw.col("promise") == "missed").cast(nw.Int64).sum().alias("promise_missed"),
            (~nw.col("perfect")).cast(nw.Int64).sum().alias("not_perfect"),
        ).sort("due_month").rows(named=True)
    )
    found = {}
    for rate in ("promise_missed", "not_perfect"):
        chart = company_chart([Point(row["due_month"], row[rate], row["n"]) for row in rows], direction="down")
        found[rate] = [f"{point.period} {point.signal}" for point in chart.points if point.signal != "none"]
    return found


def silent_rules(ws: Workspace) -> list[str]:
    """Rules of the blueprint that no source gives data for."""
    observed = ws.facts("order").journeys.select("coverage").unique().collect(backend="polars")["coverage"].to_list()
    heard = {rule for coverage in observed for rule in (coverage or "").split(",")}
    return [rule.code for blueprint in ws.blueprints for rule in blueprint.rules() if rule.code not in heard]


def main() -> None:
    """Print the figures of both data sets as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="leave the workspaces in this folder")
    keep: Path | None = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as scratch:
        figures = main_job(Path(scratch) / "days", "olist", exports(real_data("olist")), keep and keep / "days")
        hours = main_job(Path(scratch) / "hours", "olist_timestamped", exports(real_data("olist_timestamped")),
                         keep and keep / "hours")
    print(json.dumps({**figures, "timestamped": hours}))


if __name__ == "__main__":
    main()

"""Exported event logs read back by pm4py: `make show-exports`, `ARGS="--companies onsite --events 20000"`.

Every demo company is made and exported through the public commands, as OCEL 2.0 (JSON and SQLite) and as XES for each kind of
journey. What pm4py reads is held against the exported events themselves, counted from a Parquet file: events, objects and
relations by type, times to the microsecond. Keys of the last line: logs, how many were read; differences, how many counts or
times are not equal, 0 expected; violations, constraints of the OCEL 2.0 relational format that pm4py's validator finds broken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cost import lastmeter
from lastmeter.demo.companies import companies
from lastmeter.workspace import Workspace

DESCRIBED = "object.described"
Counts = dict[str, Any]


def command(*arguments: str | Path) -> None:
    """One public command."""
    done = subprocess.run([lastmeter(), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lastmeter {arguments[0]}: {done.stdout}{done.stderr}")


def exported_events(workspace: Path) -> list[dict[str, Any]]:
    """All effective events of a workspace."""
    target = workspace / "events.parquet"
    command("export", "events", "-w", workspace, "--format", "parquet", "-o", target)
    names = ["id", "type", "occurred_at", "object_type", "object_id", "objects"]
    rows: list[dict[str, Any]] = pq.read_table(target, columns=names).to_pylist()
    return rows


def named(event: dict[str, Any]) -> set[tuple[str, str]]:
    """The objects of an event, by type and id."""
    return {(event["object_type"], event["object_id"]), *((one["type"], one["id"]) for one in event["objects"] or ())}


def dated(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that a log has a place for."""
    return [event for event in events if event["occurred_at"] is not None and event["type"] != DESCRIBED]


def of_ocel(events: list[dict[str, Any]]) -> Counts:
    """What an OCEL log of these events must hold; pm4py leaves out objects that no event names, which are only described."""
    within = dated(events)
    times = [event["occurred_at"].replace(tzinfo=None) for event in within]
    return {
        "events": Counter(event["type"] for event in within),
        "objects": Counter(kind for kind, _ in {each for event in within for each in named(event)}),
        "relations": Counter((event["type"], kind) for event in within for kind, _ in named(event)),
        "first": min(times), "last": max(times),
    }


def read_ocel(read: Callable[[str], Any], log: Path) -> Counts:
    """The same of a log, as pm4py reads it."""
    found = read(str(log))
    times = found.events["ocel:timestamp"].dt.tz_localize(None)
    relations = found.relations
    return {
        "events": Counter(found.events["ocel:activity"]), "objects": Counter(found.objects["ocel:type"]),
        "relations": Counter(zip(relations["ocel:activity"], relations["ocel:type"], strict=True)),
        "first": times.min().to_pydatetime(), "last": times.max().to_pydatetime(),
    }


def of_xes(events: list[dict[str, Any]], object_type: str) -> Counts:
    """What an XES log of these events must hold: a case for each object of the type that a dated event names."""
    cases = [(identifier, event) for event in dated(events) for kind, identifier in named(event) if kind == object_type]
    times = [event["occurred_at"].replace(tzinfo=None) for _, event in cases]
    return {
        "events": Counter(event["type"] for _, event in cases), "cases": Counter(identifier for identifier, _ in cases),
        "first": min(times), "last": max(times),
    }


def read_xes(log: Path) -> Counts:
    """The same of an XES log."""
    import pm4py

    found = pm4py.read_xes(str(log))
    times = found["time:timestamp"].dt.tz_convert("UTC").dt.tz_localize(None)
    return {
        "events": Counter(found["concept:name"]), "cases": Counter(found["case:concept:name"]),
        "first": times.min().to_pydatetime(), "last": times.max().to_pydatetime(),
    }


def differences(log: Path, ours: Counts, theirs: Counts) -> int:
    """How many counts and times are not equal."""
    found = 0
    for name, own in ours.items():
        other = theirs[name]
        if isinstance(own, Counter):
            apart = {key: (own[key], other[key]) for key in own.keys() | other.keys() if own[key] != other[key]}
        else:
            apart = {name: (own, other)} if own != other else {}
        for key, pair in list(apart.items())[:5]:
            print(f"{log.name}: {name} {key}: {pair[0]} exported, {pair[1]} read", file=sys.stderr)
        found += len(apart)
    return found


def violations(log: Path) -> int:
    """Constraints of the relational format that do not hold."""
    from pm4py.objects.ocel.validation import ocel20_rel_validation

    _, broken = ocel20_rel_validation.apply(str(log))
    print(f"{log.name}: broken constraints: {broken or 'none'}", file=sys.stderr)
    return len(broken)


def show(workspace: Path, company: str, events: int, seed: int) -> Counter[str]:
    """One company's logs."""
    import pm4py

    command("demo", workspace, "--company", company, "--events", str(events), "--seed", str(seed))
    told = exported_events(workspace)
    found: Counter[str] = Counter()
    for ending, read in ((".json", pm4py.read_ocel2_json), (".sqlite", pm4py.read_ocel2_sqlite)):
        log = workspace / f"{company}{ending}"
        command("export", "ocel", "-w", workspace, "-o", log)
        found += Counter(logs=1, differences=differences(log, of_ocel(told), read_ocel(read, log)))
    found["violations"] += violations(log)
    with Workspace.open(workspace) as ws:
        kinds = {blueprint.kind: blueprint.object_type for blueprint in ws.blueprints}
    for kind, object_type in kinds.items():
        log = workspace / f"{company}-{kind}.xes.gz"
        command("export", "xes", "-w", workspace, "--kind", kind, "-o", log)
        found += Counter(logs=1, differences=differences(log, of_xes(told, object_type), read_xes(log)))
    print(f"{company}: {len(told):,} events, {found['logs']} logs, {found['differences']} differences", file=sys.stderr)
    return found


def main() -> None:
    """Export and read back; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", nargs="+", choices=companies(), default=companies())
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for company in arguments.companies:
            found.update(show(Path(scratch) / company, company, arguments.events, arguments.seed))
    print(json.dumps({key: found[key] for key in ("logs", "differences", "violations")}))


if __name__ == "__main__":
    main()

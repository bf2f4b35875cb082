"""The pieces of work that show_rivals measures, each in a process of its own: `rival_tasks.py TASK LOG`.

LOG is a Parquet file with case_id, activity, happened, number, in order of time within each case, no two events of a case at
the same time. Ours reads the file within what is measured; pm4py's frame is already in memory. The last line printed is one
JSON object: what was found, as a digest that both must agree on, and what it cost.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from cost import cost_inside
from lastmeter.journal.engine import open_duckdb
from speed_tasks import profile_by_pm4py, profile_by_sql

AFTER_ALL = datetime(2100, 1, 1)
ZETA = "6"
ACTIVITIES = ("paid", "picked", "packed", "handed_over", "line_haul_arrived", "out_for_delivery", "delivered")
PAIRS = list(itertools.pairwise(ACTIVITIES))


def digest(found: Iterable[Any]) -> str:
    """Short name of what was found, whatever its order."""
    return hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest()[:12]


def read_log(duck: duckdb.DuckDBPyConnection, log: str) -> None:
    """The log as the process measures read it."""
    duck.execute(f"CREATE VIEW log AS SELECT * FROM read_parquet('{log}')")


def frame_of(log: str) -> Any:
    """The log as pm4py reads it."""
    import pandas as pd

    frame = pd.read_parquet(log).rename(columns={
        "case_id": "case:concept:name", "activity": "concept:name", "happened": "time:timestamp", "number": "@@index"})
    frame["time:timestamp"] = frame["time:timestamp"].dt.tz_localize("UTC")
    return frame


def dfg_by_sql(log: str) -> dict[str, Any]:
    """The performance directly-follows graph: counts, mean, median, shortest and longest of every arc."""
    from lastmeter.journeys.mining.directly_follows import directly_follows

    def work() -> dict[str, Any]:
        with open_duckdb() as duck:
            read_log(duck, log)
            arcs = directly_follows(duck, "log")
        return {"found": digest((arc.activity, arc.following, round(arc.mean)) for arc in arcs)}

    return cost_inside(work, times=3)


def dfg_by_pm4py(log: str) -> dict[str, Any]:
    """The same by pm4py."""
    import pm4py

    frame = frame_of(log)

    def work() -> dict[str, Any]:
        graph, _, _ = pm4py.discover_performance_dfg(frame)
        return {"found": digest((*arc, round(figures["mean"])) for arc, figures in graph.items()), "version": pm4py.__version__}

    return cost_inside(work)


def variants_by_sql(log: str) -> dict[str, Any]:
    """The variants and how many cases run through each."""
    from lastmeter.journeys.mining.variants import variants

    def work() -> dict[str, Any]:
        with open_duckdb() as duck:
            read_log(duck, log)
            found = variants(duck, "log")
        return {"found": digest(found.items()), "variants": len(found)}

    return cost_inside(work, times=3)


def variants_by_pm4py(log: str) -> dict[str, Any]:
    """The same by pm4py."""
    import pm4py

    frame = frame_of(log)
    return cost_inside(lambda: {"found": digest((path, int(cases)) for path, cases in pm4py.get_variants(frame).items())})


@dataclass(frozen=True)
class _Teller:
    name: str
    event_types: frozenset[str]
    watermark: datetime


def blueprint_text() -> str:
    """Existence and exactly-one of every activity, precedence and response of every pair of neighbours."""
    title = 'title = { zh = "规则", en = "Rule" }'
    parts = [f'[journey]\nkind = "log"\nobject = "case"\n{title}\nversion = "1"\neffective_from = 2000-01-01\nstart = "{ACTIVITIES[0]}"',
             f'[[ending]]\nstate = "completed"\nstep = "{ACTIVITIES[-1]}"']
    for event in ACTIVITIES:
        parts += [f'[[step]]\ncode = "{event}"\n{title}\nevent = "{event}"\ntake = "last"',
                  f'[[required]]\ncode = "existence__{event}"\n{title}\nevent = "{event}"',
                  f'[[count]]\ncode = "exactly_one__{event}"\n{title}\nevent = "{event}"\nat_least = 1\nat_most = 1']
    for first, then in PAIRS:
        parts += [f'[[forbidden]]\ncode = "precedence__{then}"\n{title}\nevent = "{then}"\nwithout = "{first}"',
                  f'[[required]]\ncode = "response__{first}"\n{title}\nevent = "{then}"\nafter = "{first}"']
    return "\n\n".join(parts) + "\n"


def declare_by_sql(log: str) -> dict[str, Any]:
    """Cases that break each rule of a blueprint, by the reading that a build does."""
    from lastmeter.journeys.blueprint import load_blueprints
    from lastmeter.journeys.judging import judged
    from lastmeter.journeys.scope import Scope, Sources
    from lastmeter.journeys.trace import trace_kind

    with TemporaryDirectory() as folder:
        (Path(folder) / "log.toml").write_text(blueprint_text(), encoding="utf-8")
        blueprint = load_blueprints(Path(folder))[0]
    scope = Scope(blueprint, Sources(AFTER_ALL, [_Teller("log", frozenset(ACTIVITIES), AFTER_ALL)]), {})

    def work() -> dict[str, Any]:
        with open_duckdb() as duck:
            duck.execute(f"""CREATE VIEW effective AS
                SELECT 'log' AS source, number::VARCHAR AS id, activity AS type, happened AS occurred_at,
                    NULL::TIMESTAMP AS occurred_end, happened::DATE AS local_on, 'second' AS precision, 'UTC' AS zone,
                    'case' AS object_type, case_id AS object_id, NULL::STRUCT("type" VARCHAR, id VARCHAR)[] AS objects,
                    NULL::VARCHAR AS performer, NULL::VARCHAR AS place, NULL::VARCHAR AS channel
                FROM read_parquet('{log}')""")
            for one in trace_kind(duck, [scope], effective="effective"):
                counts = ", ".join(f"count(*) FILTER ({one.prefix(rule)}_flaws > 0)" for rule in one.observed)
                row = duck.execute(f"SELECT {counts} FROM ({judged(one)})").fetchall()[0]
        broken = {rule.code: cases for rule, cases in zip(scope.observed, row, strict=True)}
        return {"found": digest(broken.items()), "rules": len(broken), "broken": sum(broken.values())}

    return cost_inside(work, times=3)


def declare_by_pm4py(log: str) -> dict[str, Any]:
    """The same by pm4py's Declare conformance."""
    import pm4py

    certain = {"support": 1.0, "confidence": 1.0}
    model = {"existence": dict.fromkeys(ACTIVITIES, certain), "exactly_one": dict.fromkeys(ACTIVITIES, certain),
             "precedence": dict.fromkeys(PAIRS, certain), "response": dict.fromkeys(PAIRS, certain)}
    frame = frame_of(log)

    def work() -> dict[str, Any]:
        found: Counter[str] = Counter()
        for case in pm4py.conformance_declare(frame, model):
            for template, what in case["deviations"]:
                event = what if isinstance(what, str) else what[1] if template == "precedence" else what[0]
                found[f"{template}__{event}"] += 1
        expected = {"existence": ACTIVITIES, "exactly_one": ACTIVITIES, "precedence": ACTIVITIES[1:], "response": ACTIVITIES[:-1]}
        rules = [f"{template}__{event}" for template, events in expected.items() for event in events]
        broken = {rule: found[rule] for rule in rules}
        return {"found": digest(broken.items()), "rules": len(rules), "broken": sum(broken.values())}

    return cost_inside(work)


def temporal_profile_by_sql(log: str) -> dict[str, Any]:
    """Deviations from the temporal profile."""
    said = profile_by_sql(log, ZETA)
    return said | {"found": said["deviations"]}


def temporal_profile_by_pm4py(log: str) -> dict[str, Any]:
    """The same by pm4py."""
    said = profile_by_pm4py(log, ZETA)
    return said | {"found": said["deviations"]}


TASKS: dict[str, Callable[[str], dict[str, Any]]] = {
    task.__name__: task
    for task in (dfg_by_sql, dfg_by_pm4py, variants_by_sql, variants_by_pm4py, declare_by_sql, declare_by_pm4py,
                 temporal_profile_by_sql, temporal_profile_by_pm4py)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](sys.argv[2])))

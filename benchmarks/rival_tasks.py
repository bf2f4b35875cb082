"""The pieces of work that show_rivals measures, each in a process of its own: `rival_tasks.py TASK LOG TIMES`.

LOG is a Parquet file with case_id, activity, happened, number, in order of time within each case, no two events of a case at
the same time. Both sides start from the file: `reading_cpu_seconds` is what reading it the usual way costs, `cpu_seconds` what
the measure costs when it is read, each the least of TIMES runs. The last line printed is one JSON object: these, and what was
found, as a digest that both must agree on.
"""

from __future__ import annotations

import dataclasses
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

from cost import cost_inside
from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.mining.coded_log import CodedLog
from lastmeter.journeys.mining.declare import Rule, Template, judge
from lastmeter.journeys.mining.directly_follows import directly_follows
from lastmeter.journeys.mining.log_file import read_log_file
from lastmeter.journeys.mining.temporal_profile import deviations, temporal_profile
from lastmeter.journeys.mining.variants import variants

AFTER_ALL = datetime(2100, 1, 1)
ZETA = 6.0
ACTIVITIES = ("paid", "picked", "packed", "handed_over", "line_haul_arrived", "out_for_delivery", "delivered")
PAIRS = list(itertools.pairwise(ACTIVITIES))
WARM_UP_EVENTS = 1_000
OURS_TO_THEIRS: dict[Template, str] = {
    template: template.replace("alternate_", "alt").replace("chain_", "chain").replace("not_", "non")
    for template in Template if template != Template.END}
"""What pm4py calls our templates; it has no `end`."""
FOUR = [Rule(template, (activity,)) for template in (Template.EXISTENCE, Template.EXACTLY_ONE) for activity in ACTIVITIES] + [
    Rule(template, pair) for template in (Template.PRECEDENCE, Template.RESPONSE) for pair in PAIRS]
"""Existence and exactly-one of every activity, precedence and response of every pair of neighbours: 26 rules."""
ONE_ACTIVITY = (Template.EXISTENCE, Template.ABSENCE, Template.EXACTLY_ONE, Template.INIT)
ALL = [Rule(template, what) for template in OURS_TO_THEIRS
       for what in ([(one,) for one in ACTIVITIES] if template in ONE_ACTIVITY else itertools.permutations(ACTIVITIES, 2))]
"""Every template that both have, about every activity and every ordered pair."""

Found = dict[str, Any]


def digest(found: Iterable[Any]) -> str:
    """Short name of what was found, whatever its order."""
    return hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest()[:12]


def short(*values: float) -> tuple[str, ...]:
    """To six figures: sums of the same numbers in another order differ in the last places. NaN, the deviation of one, is 0."""
    return tuple(f"{0.0 if value != value else value:.6g}" for value in values)


def ours(log: str, times: int, work: Callable[[CodedLog], Found]) -> Found:
    """What reading the file costs us, and what the measure does then."""
    logs: list[CodedLog] = []

    def opened() -> Found:
        logs[:] = [read_log_file(Path(log))]
        return {}

    reading = cost_inside(opened, times)["cpu_seconds"]
    # Each run has a log of its own: what one works out about it must not be a present to the next.
    return cost_inside(lambda: work(dataclasses.replace(logs[0])), times) | {"reading_cpu_seconds": reading}


def theirs(log: str, times: int, work: Callable[[Any], Found]) -> Found:
    """The same of pm4py: a pandas frame, formatted as its guide says. A first run over a few rows loads its modules."""
    import pandas as pd
    import pm4py

    frames: list[Any] = []

    def opened() -> Found:
        frames[:] = [pm4py.format_dataframe(pd.read_parquet(log), case_id="case_id", activity_key="activity", timestamp_key="happened")]
        return {"version": pm4py.__version__}

    reading = cost_inside(opened, times)
    work(frames[0].head(WARM_UP_EVENTS).copy())
    return cost_inside(lambda: work(frames[0]), times) | {
        "reading_cpu_seconds": reading["cpu_seconds"], "version": reading["version"]}


def dfg_by_mining(log: str, times: int) -> Found:
    """The performance directly-follows graph: count, mean, median, shortest, longest and deviation of every arc."""
    return ours(log, times, lambda coded: {"found": digest(
        (arc.activity, arc.following, *short(arc.mean, arc.median, arc.shortest, arc.longest, arc.deviation))
        for arc in directly_follows(coded))})


def dfg_by_pm4py(log: str, times: int) -> Found:
    """The same by pm4py."""
    import pm4py

    return theirs(log, times, lambda frame: {"found": digest(
        (*arc, *short(*(figures[name] for name in ("mean", "median", "min", "max", "stdev"))))
        for arc, figures in pm4py.discover_performance_dfg(frame)[0].items())})


def variants_by_mining(log: str, times: int) -> Found:
    """The variants and how many cases run through each."""
    return ours(log, times, lambda coded: {"found": digest(variants(coded).items())})


def variants_by_pm4py(log: str, times: int) -> Found:
    """The same by pm4py."""
    import pm4py

    return theirs(log, times, lambda frame: {
        "found": digest((path, int(cases)) for path, cases in pm4py.get_variants(frame).items())})


def temporal_profile_by_mining(log: str, times: int) -> Found:
    """The temporal profile and the deviations from it."""
    def work(coded: CodedLog) -> Found:
        profile = temporal_profile(coded)
        found = deviations(coded, profile, zeta=ZETA)
        spans = digest((span.activity, span.later, *short(span.mean, span.deviation)) for span in profile)
        return {"found": [spans, digest(Counter(found.values()).items())], "deviations": sum(found.values())}

    return ours(log, times, work)


def temporal_profile_by_pm4py(log: str, times: int) -> Found:
    """The same by pm4py."""
    import pm4py

    def work(frame: Any) -> Found:
        profile = pm4py.discover_temporal_profile(frame)
        found = [len(one) for one in pm4py.conformance_temporal_profile(frame, profile, zeta=ZETA) if one]
        return {"found": [digest((*pair, *short(*span)) for pair, span in profile.items()), digest(Counter(found).items())],
                "deviations": sum(found)}

    return theirs(log, times, work)


def broken_rules(counts: dict[str, int]) -> Found:
    """How many cases break each rule."""
    return {"found": digest(counts.items()), "rules": len(counts), "broken": sum(counts.values())}


def declare_by_mining(log: str, times: int, rules: Iterable[Rule] = FOUR) -> Found:
    """Cases that break each Declare rule."""
    listed = list(rules)
    return ours(log, times, lambda coded: broken_rules(
        {"__".join((one.rule.template, *one.rule.activities)): one.violations for one in judge(coded, listed)}))


def declare_by_pm4py(log: str, times: int, rules: Iterable[Rule] = FOUR) -> Found:
    """The same by pm4py's Declare conformance."""
    import pm4py

    model: dict[str, dict[Any, dict[str, float]]] = {}
    names: dict[tuple[str, Any], str] = {}
    for rule in rules:
        template, what = OURS_TO_THEIRS[rule.template], rule.activities if len(rule.activities) == 2 else rule.activities[0]
        model.setdefault(template, {})[what] = {"support": 1.0, "confidence": 1.0}
        names[template, what] = "__".join((rule.template, *rule.activities))

    def work(frame: Any) -> Found:
        found = Counter(names[template, what] for case in pm4py.conformance_declare(frame, model)
                        for template, what in case["deviations"])
        return broken_rules({name: found[name] for name in names.values()})

    return theirs(log, times, work)


def declare_all_by_mining(log: str, times: int) -> Found:
    """Every template that both have, about every activity and ordered pair of activities."""
    return declare_by_mining(log, times, ALL)


def declare_all_by_pm4py(log: str, times: int) -> Found:
    """The same by pm4py."""
    return declare_by_pm4py(log, times, ALL)


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


def blueprint_judged(log: str, times: int) -> Found:
    """Cases that break the 26 rules written as a blueprint, by the reading that a build does.

    Beside what Declare asks it holds every event as an interval, asks whether the sources would have told, leaves open journeys
    undecided, and finds each step's time, each flaw's post and each journey's state.
    """
    from lastmeter.journeys.blueprint import load_blueprints
    from lastmeter.journeys.judging import judged
    from lastmeter.journeys.scope import Scope, Sources
    from lastmeter.journeys.trace import trace_kind

    with TemporaryDirectory() as folder:
        (Path(folder) / "log.toml").write_text(blueprint_text(), encoding="utf-8")
        blueprint = load_blueprints(Path(folder))[0]
    scope = Scope(blueprint, Sources(AFTER_ALL, [_Teller("log", frozenset(ACTIVITIES), AFTER_ALL)]), {})

    named = {"__".join((rule.template, *rule.activities)):
             f"{rule.template}__{rule.activities[-1 if rule.template == Template.PRECEDENCE else 0]}" for rule in FOUR}

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
        found = {rule.code: cases for rule, cases in zip(scope.observed, row, strict=True)}
        return broken_rules({name: found[code] for name, code in named.items()})

    return cost_inside(work, times) | {"reading_cpu_seconds": 0.0}


TASKS: dict[str, Callable[[str, int], Found]] = {
    task.__name__: task
    for task in (dfg_by_mining, dfg_by_pm4py, variants_by_mining, variants_by_pm4py, declare_by_mining, declare_by_pm4py,
                 declare_all_by_mining, declare_all_by_pm4py, temporal_profile_by_mining, temporal_profile_by_pm4py,
                 blueprint_judged)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))

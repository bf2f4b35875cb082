"""Writes the exports of a declared company, streamed chunk by chunk, and the truth about its planted problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lastmeter.demo import rows, season
from lastmeter.demo.cast import LAST_DAY, ZONE
from lastmeter.demo.company import DemoReport, check_size, write_truth
from lastmeter.demo.files import Exports
from lastmeter.demo.happening import Drawn, draw, within
from lastmeter.demo.people import names, phones, pick
from lastmeter.demo.problems import truth_entry
from lastmeter.demo.said import make_sayings
from lastmeter.demo.scenario import Flow, Problem, Scenario
from lastmeter.demo.season import Ints
from lastmeter.demo.stage import Pool, Stage, make_pool, make_stage
from lastmeter.kernel.clock import utc_of_local, zone_named
from lastmeter.kernel.titles import Title

_CELLS_A_CHUNK = 1_000_000
"""Moments drawn at a time: journeys of a chunk, times all that can happen to one."""
_PILOT = 1_500
_CUSTOMERS_A_CHUNK = 50_000
_CUSTOMER_POOL, _FLOW_POOL = 90, 91  # numbers of the streams of chance, beside those of flows and chunks
_POPULATION = Title("这部分旅程中，开始日期不早于 from、且这条规则已能判断的", "journeys of the segment since then that the rule can judge")
Progress = Callable[[float, str], None]


@dataclass
class Tally:
    """What was counted about one problem so far."""

    problem: Problem
    kind: str
    journeys: int = 0
    flawed: int = 0
    flawed_without: int = 0

    def add(self, flow: Flow, drawn: Drawn, twin: Drawn) -> None:
        """Count a chunk; `twin` is the same chunk without the problems."""
        rule = self.problem.rule
        concerned = within(flow, self.problem, drawn.dimensions, drawn.start) & drawn.judged[rule]
        self.journeys += int(np.count_nonzero(concerned))
        self.flawed += int(np.count_nonzero(concerned & drawn.broken[rule]))
        self.flawed_without += int(np.count_nonzero(concerned & twin.broken[rule]))

    def entry(self) -> dict[str, Any]:
        """The entry in truth.json."""
        return truth_entry(
            code=self.problem.code, title=self.problem.title, kind=self.kind, segment=self.problem.segment,
            rule=self.problem.rule, since=self.problem.since, population=_POPULATION, journeys=self.journeys,
            flawed=self.flawed, flawed_without=self.flawed_without,
        )


@dataclass
class _Writing:
    """One company while it is written."""

    scenario: Scenario
    seed: int
    strength: float
    exports: Exports
    counts: Counter[str] = field(default_factory=Counter)
    tallies: list[Tally] = field(default_factory=list)


def simulate_scenario(
    folder: Path, scenario: Scenario, *, events: int, seed: int, strength: float, progress: Progress | None = None
) -> DemoReport:
    """Write a declared company; see `companies.simulate`."""
    check_size(events)
    sizes = _sizes(scenario, seed, events)
    customers = max(30, round(sum(sizes[flow.name] for flow in scenario.flows if flow.phrases) * scenario.customers_a_journey))
    with Exports(folder) as exports:
        writing = _Writing(scenario, seed, strength, exports)
        pool = make_pool(np.random.default_rng([seed, _CUSTOMER_POOL]), customers)
        stages = [_stage(writing, position, pool) for position in range(len(scenario.flows))]
        _write_customers(writing, pool)
        for position, stage in enumerate(stages):
            for number, days in _chunks(stage, sizes[stage.flow.name]):
                _write_chunk(writing, stage, position, number, days)
                if progress:
                    progress(min(1.0, writing.counts.total() / events), stage.flow.name)
    entries = tuple(tally.entry() for tally in writing.tallies)
    truth_file = write_truth(folder, seed, dict(writing.counts), entries)
    if progress:
        progress(1.0, LAST_DAY.isoformat())
    paths = tuple(exports.path(name) for name in exports.rows)
    exported_at = utc_of_local(datetime.combine(LAST_DAY + timedelta(days=1), time()), zone_named(ZONE))
    return DemoReport({scenario.name: paths}, dict(writing.counts), entries, truth_file, exported_at)


def _stage(writing: _Writing, position: int, pool: Pool) -> Stage:
    rng = np.random.default_rng([writing.seed, _FLOW_POOL, position])
    flow = writing.scenario.flows[position]
    writing.tallies += [Tally(problem, flow.name) for problem in flow.problems]
    return make_stage(rng, writing.scenario.name, flow, pool)


def _chunks(stage: Stage, journeys: int) -> Iterator[tuple[Ints, Ints]]:
    """The numbers and days of the journeys, chunk by chunk."""
    width = sum(act.width for act in stage.flow.acts) + len(stage.flow.dimensions)
    first = 1
    for days in season.chunks(journeys, stage.demand, max(500, _CELLS_A_CHUNK // width)):
        yield np.arange(first, first + len(days)), days
        first += len(days)


def _write_chunk(writing: _Writing, stage: Stage, position: int, number: Ints, days: Ints) -> None:
    flow, exports = stage.flow, writing.exports
    if not len(number):
        return

    def drawn_at(strength: float) -> Drawn:
        return draw(np.random.default_rng([writing.seed, position, int(number[0])]), stage, number, days, strength)

    drawn = drawn_at(writing.strength)
    twin = drawn_at(0.0) if writing.strength and flow.problems else drawn
    rng = np.random.default_rng([writing.seed, position, int(number[0]), 1])
    log = rows.log_columns(rng, flow, drawn)
    exports.write(flow.plural, rows.journey_columns(flow, drawn))
    exports.write(f"{flow.name}_log", log)
    said = rows.feedback_columns(flow, drawn, make_sayings(rng, stage, drawn)) if flow.phrases else None
    if said:
        exports.write(f"{flow.name}_feedback", said)
    writing.counts.update(rows.count_events(flow, drawn, log, said))
    for tally in writing.tallies:
        if tally.kind == flow.name:
            tally.add(flow, drawn, twin)


def _write_customers(writing: _Writing, pool: Pool) -> None:
    count = len(pool.english)
    for first in range(0, count, _CUSTOMERS_A_CHUNK):
        index = np.arange(first, min(count, first + _CUSTOMERS_A_CHUNK))
        rng = np.random.default_rng([writing.seed, _CUSTOMER_POOL, first])
        writing.exports.write("customers", {
            "customer_id": rows.customer_ids(index), "name": names(rng, pool.english[index]),
            "phone": phones(rng, len(index)), "language": pick(("zh", "en"), pool.english[index].astype(np.int64)),
        })
    writing.counts["object.described"] += count


def _sizes(scenario: Scenario, seed: int, events: int) -> dict[str, int]:
    """How many journeys of each flow make up the events asked for, from pilots that are not written."""
    costs = {flow.name: _events_a_journey(scenario, flow, seed) for flow in scenario.flows}
    sizes = {}
    left, shares = float(events), sum(flow.share for flow in scenario.flows)
    for flow in sorted(scenario.flows, key=lambda flow: flow.most == 0):  # those that cannot grow first
        wanted = left * flow.share / shares / costs[flow.name]
        sizes[flow.name] = max(1, round(min(wanted, flow.most or wanted)))
        left, shares = left - sizes[flow.name] * costs[flow.name], shares - flow.share
    return sizes


def _events_a_journey(scenario: Scenario, flow: Flow, seed: int) -> float:
    """Events that a journey and its share of customers make."""
    rng = np.random.default_rng([seed, _FLOW_POOL])
    stage = make_stage(rng, scenario.name, flow, make_pool(rng, _PILOT))
    found = 0
    for number, days in _chunks(stage, _PILOT):
        if len(number):
            rng = np.random.default_rng([seed, int(number[0])])
            drawn = draw(rng, stage, number, days, 1.0)
            log = rows.log_columns(rng, flow, drawn)
            said = rows.feedback_columns(flow, drawn, make_sayings(rng, stage, drawn)) if flow.phrases else None
            found += sum(rows.count_events(flow, drawn, log, said).values())
    return found / _PILOT + (scenario.customers_a_journey if flow.phrases else 0.0)

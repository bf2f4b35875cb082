"""What `show-planted` and `show-planted-olist` share: facts out of arrays, shuffling, planting, rivals, counting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import import_module
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lastmeter.diagnosis.reefs import find_reefs, scan
from lastmeter.diagnosis.reefs.model import Conditions, Model, is_place_alone
from lastmeter.diagnosis.reefs.reef import Reef
from lastmeter.diagnosis.reefs.sample import Sample, read_sample
from lastmeter.diagnosis.reefs.search import FOUND_AT, LEAST_RATIO, clusterings
from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.facts import COHORT, Facts
from lastmeter.kernel.periods import Period, period_of

Flags = NDArray[np.bool_]
SAME = 0.8
"""Two segments are the same if their journeys have so much in common (Jaccard): one may be a longer name of the other."""


LEAST_COMMON = 0.01
"""A rule that fewer journeys than this break is not planted: what it would add is told apart at a glance."""


@dataclass(frozen=True)
class Problem:
    """A planted problem: in `share` of the `n` journeys of the segment the rule breaks that would have been kept."""

    rule: str
    conditions: Mapping[str, str]
    share: float
    n: int


@dataclass(frozen=True)
class Cases:
    """Journeys as columns: `columns` are those of the journeys table, `broken` which journeys broke each rule."""

    columns: Mapping[str, NDArray[Any]]
    broken: Mapping[str, Flags]
    primitives: Mapping[str, str]
    dimensions: tuple[str, ...]
    blueprints: Mapping[str, Any]
    solicited: frozenset[str]

    def __len__(self) -> int:
        return len(self.columns["journey_id"])

    def holds(self, conditions: Mapping[str, str]) -> Flags:
        """Which journeys meet all conditions."""
        met = np.ones(len(self), dtype=bool)
        for name, value in conditions.items():
            met &= self.columns[name] == value
        return met

    def shuffled(self, rng: np.random.Generator) -> Cases:
        """The same journeys with what they were (values of dimensions, together) dealt anew within each month: real
        reefs vanish, margins, seasons and the days on which much broke stay.
        """
        months = self.columns["due_month"]
        source = np.arange(len(self))
        for month in sorted(set(months.tolist())):
            rows = np.flatnonzero(months == month)
            source[rows] = rng.permutation(rows)
        moved = {name: self.columns[name][source] for name in (*self.dimensions, "cluster")}
        return replace(self, columns={**self.columns, **moved})

    def part(self, rows: Flags) -> Cases:
        """Only these journeys."""
        return replace(
            self, columns={name: column[rows] for name, column in self.columns.items()},
            broken={rule: flags[rows] for rule, flags in self.broken.items()},
        )

    def facts(self) -> Facts:
        """As fact tables, as far as reefs read them."""
        duck = open_duckdb()
        counted = [flags for rule, flags in sorted(self.broken.items()) if rule not in self.solicited]
        flawed = np.logical_or.reduce(counted) if counted else np.zeros(len(self), dtype=bool)
        cohort = {name: self.columns.get(name) for name in COHORT}
        base = pa.table({
            name: pa.nulls(len(self), pa.string()) if column is None else pa.array(column, from_pandas=True)
            for name, column in cohort.items()
        })
        journeys = base.append_column("perfect", pa.array(~flawed)).append_column("started_on", base["due_on"])
        flaws = pa.concat_tables([
            base.filter(pa.array(flags)).append_column("rule", pa.array([rule] * int(flags.sum()), pa.string()))
            .append_column("primitive", pa.array([self.primitives[rule]] * int(flags.sum()), pa.string()))
            for rule, flags in sorted(self.broken.items())
        ])
        frames = {}
        for name, table in (("journeys", journeys), ("flaws", flaws)):
            duck.register("rows_of", table)
            duck.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_of")
            frames[name] = nw.from_native(duck.table(name)).lazy()
        return Facts(frames["journeys"], frames["journeys"], frames["flaws"], frames["flaws"], datetime(2100, 1, 1),
                     self.blueprints)


def cases_of(facts: Facts, dimensions: Sequence[str]) -> Cases:
    """The counted journeys of fact tables as columns, in the order of (due date, id)."""
    names = ("journey_kind", "journey_id", "due_on", "due_month", "due_week", "counted", "cluster", *dimensions)
    table = (
        facts.journeys.filter(nw.col("counted")).select(*names).sort("due_on", "journey_id").collect(backend="pyarrow").to_native()
    )
    columns = {name: np.array(table[name].to_pylist(), dtype=None if name == "counted" else object) for name in names}
    place = {journey: row for row, journey in enumerate(columns["journey_id"].tolist())}
    broken: dict[str, Flags] = {}
    primitives: dict[str, str] = {}
    flaws = (
        facts.flaws.filter(nw.col("counted")).group_by("rule", "primitive", "journey_id").agg(nw.len().alias("flaws"))
        .select("rule", "primitive", "journey_id").collect(backend="pyarrow").to_native()
    )
    for rule, primitive, journey in zip(*(flaws[name].to_pylist() for name in flaws.column_names), strict=True):
        if rule not in broken:
            broken[rule] = np.zeros(len(columns["journey_id"]), dtype=bool)
            primitives[rule] = primitive
        broken[rule][place[journey]] = True
    asked_for = {
        one.code for print_ in facts.blueprints.values() for one in getattr(print_, "feedback", ()) if one.solicited
    }
    return Cases(columns, broken, primitives, tuple(dimensions), facts.blueprints, frozenset(asked_for))


def same(one: Flags, other: Flags) -> bool:
    """Whether two segments hold nearly the same journeys."""
    either = int((one | other).sum())
    return either > 0 and int((one & other).sum()) >= SAME * either


def plant(
    cases: Cases, rng: np.random.Generator, *, problems: int, fewest: int, shares: tuple[float, float], strength: float = 1.0,
) -> tuple[Cases, list[Problem]]:
    """Break a rule in random segments: of one to three conditions, with at least `fewest` journeys and at most a tenth of
    all, in a random share of their journeys that did not break it yet; no two segments alike or of the same conditions.
    """
    broken = {rule: flags.copy() for rule, flags in cases.broken.items()}
    rules = sorted(rule for rule, flags in broken.items() if flags.mean() >= LEAST_COMMON)
    planted: list[Problem] = []
    taken: list[Flags] = []
    while len(planted) < problems:
        names = sorted(rng.choice(cases.dimensions, size=int(rng.integers(1, 4)), replace=False).tolist())
        row = int(rng.integers(len(cases)))
        segment = {name: cases.columns[name][row] for name in names}
        rule, share, chance = str(rng.choice(rules)), float(rng.uniform(*shares)), rng.random(len(cases))
        if any(value is None for value in segment.values()):
            continue
        members = cases.holds(segment)
        shared = any((members & other).sum() > 0.3 * min(members.sum(), other.sum()) for other in taken)
        if not fewest <= members.sum() <= 0.1 * len(cases) or shared or _is_longer_name(cases, segment):
            continue
        broken[rule] = broken[rule] | (members & (chance < share * strength))
        taken.append(members)
        planted.append(Problem(rule, segment, share * strength, int(members.sum())))
    return replace(cases, broken=broken), planted


def _is_longer_name(cases: Cases, segment: Mapping[str, str]) -> bool:
    """Whether leaving out a condition leaves nearly the same journeys: then nobody can tell which name is meant."""
    members = cases.holds(segment)
    parts = [{name: value for name, value in segment.items() if name != left_out} for left_out in segment]
    return any(part and same(members, cases.holds(part)) for part in parts)


def found_share(
    cases: Cases, planted: Sequence[Problem], reported: Sequence[tuple[Sequence[str], Mapping[str, str]]], *, anywhere: bool = False,
) -> float:
    """Recall at the number planted: of the planted problems, those among as many first reported (rules, segment).

    anywhere: among all that is reported, for companies that have true differences besides what was planted.
    """
    first = reported if anywhere else reported[: len(planted)]
    hits = [
        any(problem.rule in rules and same(cases.holds(problem.conditions), cases.holds(segment)) for rules, segment in first)
        for problem in planted
    ]
    return sum(hits) / len(planted) if planted else 1.0


def stray(cases: Cases, planted: Sequence[Problem], reported: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> int:
    """How many of the reported segments hold no planted one nor lie in one (less than half of the smaller is common)."""
    count = 0
    for _, segment in reported:
        members = cases.holds(segment)
        shares = [
            int((members & (known := cases.holds(problem.conditions))).sum()) / max(1, min(int(members.sum()), int(known.sum())))
            for problem in planted
        ]
        count += max(shares, default=0.0) < 0.5
    return count


def months_before(last: date, count: int) -> list[Period]:
    """So many whole months up to the one that ends on or before a date, oldest first."""
    month = period_of(last, "month")
    found = [month if month.last <= last else month.previous()]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


def spanning(months: Sequence[Period]) -> Period:
    """One period over consecutive months."""
    return Period(months[0].first, months[-1].last, "year", f"{months[0].code}..{months[-1].code}")


def due_in(cases: Cases, period: Period) -> Cases:
    """The journeys that fall due in a period."""
    return cases.part(np.array([period.first <= due <= period.last for due in cases.columns["due_on"]], dtype=bool))


def reported(facts: Facts, period: Period) -> list[tuple[list[str], dict[str, str]]]:
    """Our reefs as (rules, segment), what stands out most first."""
    return as_reported(find_reefs(facts, period=period).all)


def as_reported(found: Sequence[Reef]) -> list[tuple[list[str], dict[str, str]]]:
    """Reefs as (rules, segment)."""
    return [(reef.rules, reef.segment) for reef in found]


LASTING, LASTING_AT = 1.1, 0.05


def lasting(facts: Facts, before: Period, found: Sequence[Reef]) -> list[bool]:
    """Which reefs stood out in an earlier period too, in which nothing was searched: each beside the others of its rule, a
    tenth above what is expected and beyond chance in one of twenty. Chance, and the luck of days, do not come again.
    """
    sample = read_sample(facts, before, None)
    every = np.ones(len(sample), dtype=bool)
    told = {reef.code: tuple((one.dimension, one.value) for one in reef.conditions) for reef in found}
    known = {one.rule for one in sample.outcomes}

    def stood_out(reef: Reef) -> bool:
        conditions = told[reef.code]
        if reef.rule not in known or any(value not in sample.dimensions[name].values for name, value in conditions):
            return False
        others = [told[one.code] for one in found if one.rule == reef.rule and one.code != reef.code]
        model = Model(sample, sample.outcome(reef.rule), every)
        for one in others:
            if all(value in sample.dimensions[name].values for name, value in one):
                model.add(one)
        beside = model.against(conditions, across=is_place_alone(conditions))
        chance = float(scan.tail(np.array([beside.found]), np.array([beside.awaited]))[0])
        return beside.found >= LASTING * beside.awaited and chance <= LASTING_AT

    return [stood_out(reef) for reef in found]


def is_planted(cases: Cases, planted: Sequence[Problem], reef: Reef) -> bool:
    """Whether a reef is a planted problem."""
    members = cases.holds(reef.segment)
    return any(one.rule in reef.rules and same(cases.holds(one.conditions), members) for one in planted)


def told(sample: Sample, planted: Sequence[Problem], problem: Problem) -> bool:
    """Whether an oracle finds a problem: it is told the segment and the rule and makes that one test, at the same rate of false
    alarms as a whole search. What it does not find nobody can find in these journeys.
    """
    def conditions(one: Problem) -> Conditions:
        return tuple(sorted(one.conditions.items()))

    if all(one.rule != problem.rule for one in sample.outcomes):
        return False
    model = Model(sample, sample.outcome(problem.rule), np.ones(len(sample), dtype=bool))
    for other in planted:
        if other.rule == problem.rule and other is not problem:
            model.add(conditions(other))
    asked = conditions(problem)
    beside = model.against(asked, across=is_place_alone(asked))
    spread = scan.dispersion(beside.broken, beside.expected, *clusterings(sample, beside.members, asked))
    chance = float(scan.tail(np.array([beside.found / spread]), np.array([beside.awaited / spread]))[0])
    return beside.found >= LEAST_RATIO * beside.awaited and chance <= FOUND_AT


def false_alarms(cases: Cases, months: Sequence[Period], rng: np.random.Generator) -> dict[str, int]:
    """Reefs in shuffled journeys: in one search of all months, and in a search of each month, added up."""
    facts = cases.shuffled(rng).facts()
    return {
        "in_the_year": len(reported(facts, spanning(months))),
        "month_by_month": sum(len(reported(facts, month)) for month in months),
    }


def pareto(cases: Cases, count: int) -> list[tuple[list[str], dict[str, str]]]:
    """What a Pareto by one dimension at a time shows first: the most flaws of one rule in one value."""
    bars = []
    for rule, flags in sorted(cases.broken.items()):
        for name in cases.dimensions:
            values, flaws = np.unique([value for value in cases.columns[name][flags] if value is not None], return_counts=True)
            bars += [(-int(number), rule, name, str(value)) for value, number in zip(values, flaws, strict=True)]
    return [([rule], {name: value}) for _, rule, name, value in sorted(bars)[:count]]


def pysubgroup(cases: Cases, count: int) -> list[tuple[list[str], dict[str, str]]] | None:
    """What pysubgroup finds first: beam search to three conditions, quality n^0.5 (share - base), best over all rules; None
    where it is not installed.
    """
    try:
        pd, ps = import_module("pandas"), import_module("pysubgroup")
    except ImportError:
        return None
    frame = pd.DataFrame({name: cases.columns[name] for name in cases.dimensions}).fillna("").astype(object)
    found: list[tuple[float, str, dict[str, str]]] = []
    for rule, flags in sorted(cases.broken.items()):
        data = frame.assign(broken=flags)
        task = ps.SubgroupDiscoveryTask(
            data, ps.BinaryTarget("broken", True), [one for one in ps.create_selectors(data, ignore=["broken"]) if one.attribute_value],
            result_set_size=count, depth=3, qf=ps.StandardQF(0.5),
        )
        with np.errstate(all="ignore"):
            results = ps.BeamSearch(beam_width=50).execute(task).results
        for quality, subgroup, *_ in results:
            segment = {one.attribute_name: str(one.attribute_value) for one in subgroup.selectors}
            found.append((float(quality), rule, segment))
    ranked = sorted(found, key=lambda one: (-one[0], one[1], str(one[2])))
    return [([rule], segment) for _, rule, segment in ranked[:count]]

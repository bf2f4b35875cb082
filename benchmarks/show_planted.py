"""Planted problems found again in the demo companies: `make show-planted`, `ARGS="--seeds 3 --events 100000"`.

Each company is simulated, imported and judged as a user would, for each seed at the declared size of its problems and at
60 % of it; reefs are looked for in its last twelve months. Recall is of the planted problems among as many first reported. A
company has true differences besides, which nobody planted (a carrier that sends fewer notices than others), and some are
larger. So two more figures stand beside it: `recall_anywhere` among all that is reported, and `true_at_the_number`: of as
many first reported as were planted, those that are planted or stood out in the year before too, in which nothing was
searched. Its journeys are then shuffled (what they were is dealt anew within each month) and searched again, the year at
once and month by month: whatever is found there is false. Beside it a Pareto by one dimension at a time, pysubgroup, and
a ceiling: what an oracle finds that is told segment and rule and makes that one test.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lastmeter.demo import companies
from lastmeter.demo.planted import planted_of
from lastmeter.diagnosis.reefs import find_reefs
from lastmeter.diagnosis.reefs.reef import Reef
from lastmeter.diagnosis.reefs.sample import read_sample
from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.periods import Period
from lastmeter.workspace import Workspace
from orders import say
from planted import (
    Cases,
    Problem,
    as_reported,
    cases_of,
    due_in,
    false_alarms,
    found_share,
    is_planted,
    lasting,
    months_before,
    pareto,
    pysubgroup,
    spanning,
    told,
)

WEAK = 0.6


@dataclass
class Tally:
    """What was found so far: recall by method, and false alarms of each shuffled run."""

    recall: dict[str, list[float]] = field(default_factory=dict)
    false_by_month: list[int] = field(default_factory=list)
    false_in_year: list[int] = field(default_factory=list)

    def add(self, method: str, share: float, weight: int) -> None:
        """One share of so many planted problems."""
        self.recall.setdefault(method, []).extend([share] * weight)

    def first(self, method: str, true: Sequence[bool]) -> None:
        """One flag for each planted problem, or for each of as many first reported."""
        self.recall.setdefault(method, []).extend(map(float, true))

    def mean(self, method: str) -> float | None:
        """Mean recall of a method over all planted problems."""
        shares = self.recall.get(method)
        return round(sum(shares) / len(shares), 4) if shares else None


@dataclass(frozen=True)
class Ground:
    """The last year's journeys of one kind and those of the year before, its months, and what is planted there."""

    cases: Cases
    before: Cases
    months: Sequence[Period]
    months_before: Sequence[Period]
    problems: Sequence[Problem]


def grounds_of(folder: Path, company: str, seed: int, events: int, strength: float) -> list[Ground]:
    """One simulated company through its import, by kind of journey that has planted problems."""
    Workspace.create(folder, template=company)
    companies.sign(folder, company)
    made = companies.simulate(folder / "exports", company=company, events=events, seed=seed, strength=strength)
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
        truth = planted_of(made)
        months = months_before(made.exported_at.date(), 24)
        found = []
        for kind in sorted({one.kind for one in truth}):
            every = cases_of(ws.facts(kind), DIMENSIONS)
            before, cases = (due_in(every, spanning(year)) for year in (months[:12], months[12:]))
            problems = [
                Problem(one.rule, as_in_facts(cases, one.conditions), one.size or 0.0, one.journeys)
                for one in truth if one.kind == kind
            ]
            found.append(Ground(cases, before, months[12:], months[:12], problems))
    return found


def as_in_facts(cases: Cases, conditions: dict[str, str]) -> dict[str, str]:
    """A truth file may name a performer without its sort: `camelbell` for `carrier:camelbell`."""
    said = {}
    for name, value in conditions.items():
        present = {one for one in cases.columns[name].tolist() if one is not None}
        longer = sorted(one for one in present if one.endswith(":" + value))
        said[name] = value if value in present or not longer else longer[0]
    return said


def true_of_first(ground: Ground, reefs: Sequence[Reef]) -> list[bool]:
    """Of as many reefs first reported as problems were planted: which are planted, or stood out in the year before."""
    before = lasting(ground.before.facts(), spanning(ground.months_before), reefs)
    either = [is_planted(ground.cases, ground.problems, reef) or lasted for reef, lasted in zip(reefs, before, strict=True)]
    return either[: len(ground.problems)]


def measure(tally: Tally, grounds: Sequence[Ground], seed: int, *, weak: bool, rivals: bool) -> None:
    """Count what is found of one company, by the rivals too if they are asked."""
    for ground in grounds:
        cases, problems = ground.cases, ground.problems
        facts = cases.facts()
        reefs = find_reefs(facts, period=spanning(ground.months)).all
        found = as_reported(reefs)
        method = "reefs at 60 %" if weak else "reefs"
        tally.add(method, found_share(cases, problems, found), len(problems))
        tally.add(f"{method}, anywhere", found_share(cases, problems, found, anywhere=True), len(problems))
        tally.first(f"{method}, true", true_of_first(ground, reefs))
        sample = read_sample(facts, spanning(ground.months), None)
        tally.first(f"{method}, ceiling", [told(sample, problems, problem) for problem in problems])
        if weak:
            continue
        for name, rival in (("pareto", pareto), ("pysubgroup", pysubgroup)) if rivals else (("pareto", pareto),):
            theirs = rival(cases, len(problems))
            if theirs is not None:
                tally.add(name, found_share(cases, problems, theirs), len(problems))
        alarms = false_alarms(cases, ground.months, np.random.default_rng([seed, 2]))
        tally.false_by_month.append(alarms["month_by_month"])
        tally.false_in_year.append(alarms["in_the_year"])


def main() -> None:
    """Print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rival-seeds", type=int, default=10, help="pysubgroup on so many of the seeds: it takes half a minute each")
    parser.add_argument("--company", action="append", help="only this one; may be repeated")
    arguments = parser.parse_args()
    chosen = arguments.company or companies.companies()
    tallies = {company: Tally() for company in chosen}
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        for company, tally in tallies.items():
            for strength in (1.0, WEAK):
                with tempfile.TemporaryDirectory() as scratch:
                    grounds = grounds_of(Path(scratch) / company, company, seed, arguments.events, strength)
                measure(tally, grounds, seed, weak=strength < 1, rivals=seed < arguments.seed + arguments.rival_seeds)
            say([company, seed, {method: tally.mean(method) for method in tally.recall}, tally.false_by_month, tally.false_in_year])
    every = Tally()
    for tally in tallies.values():
        for method, shares in tally.recall.items():
            every.recall.setdefault(method, []).extend(shares)
        every.false_by_month += tally.false_by_month
        every.false_in_year += tally.false_in_year
    print(json.dumps({
        "recall": every.mean("reefs"), "recall_at_60": every.mean("reefs at 60 %"),
        "false_in_12_months": round(sum(every.false_by_month) / len(every.false_by_month), 4),
        "false_in_the_year": round(sum(every.false_in_year) / len(every.false_in_year), 4),
        "recall_anywhere": every.mean("reefs, anywhere"), "recall_anywhere_at_60": every.mean("reefs at 60 %, anywhere"),
        "true_at_the_number": every.mean("reefs, true"), "true_at_the_number_at_60": every.mean("reefs at 60 %, true"),
        "ceiling": every.mean("reefs, ceiling"), "ceiling_at_60": every.mean("reefs at 60 %, ceiling"),
        "by_method": {name: every.mean(name) for name in ("reefs", "pareto", "pysubgroup")},
        "by_company": {
            company: {
                "recall": tally.mean("reefs"), "recall_at_60": tally.mean("reefs at 60 %"),
                "anywhere": tally.mean("reefs, anywhere"), "anywhere_at_60": tally.mean("reefs at 60 %, anywhere"),
                "true": tally.mean("reefs, true"), "true_at_60": tally.mean("reefs at 60 %, true"),
                "ceiling": tally.mean("reefs, ceiling"), "ceiling_at_60": tally.mean("reefs at 60 %, ceiling"),
                "pareto": tally.mean("pareto"), "pysubgroup": tally.mean("pysubgroup"),
            } for company, tally in tallies.items()
        },
        "events": arguments.events, "seeds": arguments.seeds, "first_seed": arguments.seed,
        "rival_seeds": min(arguments.rival_seeds, arguments.seeds), "shuffled_runs": len(every.false_by_month),
    }))


if __name__ == "__main__":
    main()

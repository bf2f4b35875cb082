"""The three problems planted in the simulated company, and the truth about them.

Every problem is counted twice in the same orders: as it happened, and as it would have happened without the problem
(same chances drawn). The difference is the exact excess, not an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from lastmeter.demo.people import Flags
from lastmeter.demo.season import DAY_SECONDS
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, for whom, since when; `rule` as in the blueprint, `population`: of what the share is."""

    code: str
    title: Title
    dimension: str
    value: str
    rule: str
    since: date
    population: Title

    @property
    def since_epoch_day(self) -> int:
        """The first day of the problem, counted from 1970."""
        return (self.since - date(1970, 1, 1)).days

    @property
    def since_seconds(self) -> int:
        """The first moment of the problem, local seconds from 1970."""
        return self.since_epoch_day * DAY_SECONDS


SLOW_HANDOVER = Problem(
    "slow_handover",
    Title("东莞仓打包后迟迟不交给快递", "Parcels packed in Dongguan wait too long for the carrier"),
    "origin", "dongguan", "handover", date(2026, 7, 1),
    Title("该仓打包、且已有交接记录的订单", "orders packed there whose handover is on record"),
)
SHORT_PROMISE = Problem(
    "short_promise",
    Title("对陕西顾客承诺得太早", "Customers in Shaanxi are promised too early a day"),
    "place", "shaanxi", "delivery", date(2026, 3, 1),
    Title("发往该省、已签收的订单", "delivered orders of that province"),
)
BREAKING_PARCELS = Problem(
    "breaking_parcels",
    Title("驼铃物流的包裹容易破损", "Camelbell's parcels arrive broken"),
    "performer", "camelbell", "damaged", date(2025, 9, 1),
    Title("已交给该快递公司的订单", "orders handed to that carrier"),
)
PROBLEMS = (SLOW_HANDOVER, SHORT_PROMISE, BREAKING_PARCELS)


@dataclass
class Tally:
    """One problem's segment so far: how many journeys since its start, how many flawed with and without it."""

    problem: Problem
    journeys: int = 0
    flawed: int = 0
    flawed_without: int = 0

    def add(self, concerned: Flags, flawed: Flags, flawed_without: Flags) -> None:
        """Count one chunk's orders; `concerned` are those of the segment since the start."""
        self.journeys += int(np.count_nonzero(concerned))
        self.flawed += int(np.count_nonzero(concerned & flawed))
        self.flawed_without += int(np.count_nonzero(concerned & flawed_without))

    def truth(self) -> dict[str, Any]:
        """The entry in truth.json; shares are None where the demo is too small to hold such a journey."""
        return truth_entry(
            code=self.problem.code, title=self.problem.title, kind="order",
            segment={self.problem.dimension: self.problem.value}, rule=self.problem.rule, since=self.problem.since,
            population=self.problem.population, journeys=self.journeys, flawed=self.flawed,
            flawed_without=self.flawed_without,
        )


def truth_entry(
    *, code: str, title: Title, kind: str, segment: dict[str, str], rule: str, since: date, population: Title,
    journeys: int, flawed: int, flawed_without: int,
) -> dict[str, Any]:
    """One planted problem as truth.json holds it."""
    return {
        "code": code,
        "title": {"zh": title.zh, "en": title.en},
        "kind": kind,
        "segment": segment,
        "rule": rule,
        "from": since.isoformat(),
        "population": {"zh": population.zh, "en": population.en},
        "journeys": journeys,
        "flawed": flawed,
        "flawed_without": flawed_without,
        "share": _share(flawed, journeys),
        "share_without": _share(flawed_without, journeys),
        "excess_journeys": flawed - flawed_without,
        "excess_share": _share(flawed - flawed_without, journeys),
    }


def _share(count: int, total: int) -> float | None:
    return round(count / total, 6) if total else None


@dataclass
class Truth:
    """The tallies of all planted problems."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {p.code: Tally(p) for p in PROBLEMS})

    def of(self, problem: Problem) -> Tally:
        """The tally of one problem."""
        return self.tallies[problem.code]

    def entries(self) -> list[dict[str, Any]]:
        """All entries of truth.json."""
        return [tally.truth() for tally in self.tallies.values()]

"""Where a cause gathers: the place, performer or origin that has far more of its flaws than its share of journeys.

A pointer for whoever starts looking, described and not ranked: it compares one group with all journeys of the period
and asks for an excess of four standard deviations (Poisson), because hundreds of groups are looked at. It does not
adjust for what else differs between groups; finding segments that hold up is the work of reefs.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort, naming
from lastmeter.diagnosis.pareto import share
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

_LOOKED_AT = ("place", "origin", "performer")
_DEVIATIONS = 4.0
_FEWEST = 10


class Gathering(msgspec.Struct, frozen=True):
    """A group (`key` of `dimension`, called `title` if it has a name) with `hits` flawed of its `n` due journeys.

    `hits_share` is its part of all journeys with this flaw, `due_share` its part of all due journeys.
    """

    dimension: str
    key: str
    title: Title | None
    hits: int
    n: int
    hits_share: float
    due_share: float


def gatherings(
    facts: Facts, *, period: Period, rules: Sequence[str], names: naming.Names | None = None
) -> dict[str, Gathering]:
    """For each rule the group with the most flawed journeys beyond its share, where one stands out at all."""
    found: dict[str, Gathering] = {}
    strength: dict[str, float] = {}
    for dimension in _LOOKED_AT:
        due = {row[dimension]: int(row["n"]) for row in cohort.rows(
            facts.journeys.filter(cohort.due_in(period)).group_by(dimension).agg(nw.len().alias("n"))
        )}
        if len([key for key in due if key is not None]) < 2:
            continue
        hits = cohort.rows(
            facts.flaws.filter(cohort.due_in(period), nw.col("rule").is_in(list(rules)))
            .group_by("rule", dimension).agg(nw.col("journey_id").n_unique().alias("hits"))
        )
        for rule in rules:
            of_rule = {row[dimension]: int(row["hits"]) for row in hits if row["rule"] == rule}
            best = _most_beyond(of_rule, due)
            if best is not None and best[0] > strength.get(rule, _DEVIATIONS):
                strength[rule] = best[0]
                found[rule] = _gathering(dimension, best[1], naming.value_title(names, dimension, best[1]), of_rule, due)
    return found


def _most_beyond(hits: dict[Any, int], due: dict[Any, int]) -> tuple[float, str] | None:
    rate = sum(hits.values()) / sum(due.values())
    ranked = [
        ((number - due[key] * rate) / sqrt(due[key] * rate), str(key))
        for key, number in hits.items() if key is not None and number >= _FEWEST and due.get(key)
    ]
    return min(ranked, key=lambda item: (-round(item[0], 6), item[1]), default=None)


def _gathering(
    dimension: str, key: str, title: Title | None, hits: dict[Any, int], due: dict[Any, int]
) -> Gathering:
    return Gathering(
        dimension, key, title, hits[key], due[key], share(hits[key], sum(hits.values())),
        share(due[key], sum(due.values())),
    )

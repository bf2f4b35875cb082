"""Which rules a figure could see: a rule without data is not a rule kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw
import pyarrow as pa

from lastmeter.indicators.encoding import Encoded, combined, encoded
from lastmeter.indicators.indicator import Indicator
from lastmeter.indicators.intervals import Integers
from lastmeter.journeys.facts import COHORT, Facts
from lastmeter.kernel.periods import Period

Observed = tuple[str | None, int | None]  # a journey's `coverage` and `rules_total`


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rules observed in every journey of a group, of how many at most; `primitives` of each code, where known."""

    codes: tuple[str, ...]
    total: int
    primitives: Mapping[str, str] = field(default_factory=dict)

    def lacks(self, needs: Sequence[str]) -> bool:
        """Whether a primitive that is needed has rules, none of them observed. Without a blueprint nobody can tell."""
        if not self.primitives:
            return False
        seen = {self.primitives.get(code) for code in self.codes}
        return any(primitive not in seen for primitive in needs)


def common_coverage(observed: Iterable[Observed], primitives: Mapping[str, str] | None = None) -> Coverage:
    """What all these have in common, in the order of the first by text (blueprint order within each)."""
    distinct = sorted({(codes or "", total or 0) for codes, total in observed})
    if not distinct:
        return Coverage((), 0, {})
    split = [tuple(code for code in codes.split(",") if code) for codes, _ in distinct]
    shared = set(split[0]).intersection(*split[1:])
    return Coverage(
        tuple(code for code in split[0] if code in shared), max(total for _, total in distinct), primitives or {},
    )


def coverage_of(
    facts: Facts, indicator: Indicator, table: pa.Table, index: Integers, keys: Sequence[Mapping[str, str | None]],
    period: Period | None,
) -> list[Coverage]:
    """The coverage of each group: from the query itself for journeys, from the journeys of the same cohort else.

    Happenings are no part of a standard and have none.
    """
    primitives = {
        rule.code: rule.primitive for blueprint in facts.blueprints.values() for rule in blueprint.rules()
    }
    if indicator.table == "journeys":
        return [common_coverage(each, primitives) for each in _observed(table, index, len(keys))]
    if indicator.table == "happenings":
        return [common_coverage(())] * len(keys)
    names = [name for name in (keys[0] if keys else {}) if name in COHORT]
    by_key = _cohort_coverage(facts, indicator, names, period)
    return [common_coverage(by_key.get(tuple(each[name] for name in names), ()), primitives) for each in keys]


def _observed(table: pa.Table, index: Integers, groups: int) -> list[set[Observed]]:
    """What was observed in the rows of each group; there are few different coverages, and many rows."""
    rows, _ = combined(
        [Encoded(index, list(range(groups))), encoded(table["coverage_codes"]), encoded(table["coverage_total"])]
    )
    found: list[set[Observed]] = [set() for _ in range(groups)]
    for group, codes, total in rows:
        found[group].add((codes, total))
    return found


def _cohort_coverage(
    facts: Facts, indicator: Indicator, names: Sequence[str], period: Period | None
) -> dict[tuple[str | None, ...], set[Observed]]:
    frame = facts.journeys.filter(nw.col("state") != "unstarted")
    if period is not None and indicator.dated_by == "due":
        frame = frame.filter(nw.col("due_on").is_between(nw.lit(period.first), nw.lit(period.last)))
    rows = frame.group_by(*names, "coverage", "rules_total").agg(nw.len().alias("rows"))
    found: dict[tuple[str | None, ...], set[Observed]] = {}
    for row in rows.collect(backend="pyarrow").iter_rows(named=True):
        key = tuple(row[name] for name in names)
        found.setdefault(key, set()).add((row["coverage"], row["rules_total"]))
    return found

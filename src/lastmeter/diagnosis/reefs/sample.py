"""The journeys of a period as arrays: what each was (values of dimensions), what broke in it, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lastmeter.diagnosis import cohort
from lastmeter.indicators.encoding import encoded
from lastmeter.indicators.intervals import Integers
from lastmeter.journeys.facts import DIMENSIONS, Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

Flags = NDArray[np.bool_]

ANY = "any"
"""The rule of a reef in which journeys break in whatever way: not perfect."""

WEEKDAY = "weekday"
"""A dimension of every workspace: 1 (Monday) to 7, of the local date on which the journey started."""

KNOWN_DIMENSIONS = (*DIMENSIONS, WEEKDAY)
_IN_A_PART = 300  # journeys: parts of the period with fewer are too small for a margin of their own


@dataclass(frozen=True)
class Dimension:
    """`codes` one a journey, -1 where it has no value; `values[code]` in the order of their text."""

    name: str
    codes: Integers
    values: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """One rule: which journeys broke it. `tier`: causes come before their consequences (see `_TIERS`)."""

    rule: str
    primitive: str
    tier: int
    broken: Flags


@dataclass(frozen=True)
class Sample:
    """The due journeys of a period in the order of (due date, id).

    day, bucket and cluster are codes from 0: the local due date, the part of the period (month, in a short one week),
    and what journeys are clustered by beside the day. `counts` are the rules whose flaws make a journey flawed.
    """

    ids: pa.Array
    dimensions: dict[str, Dimension]
    outcomes: list[Outcome]
    flawed: Flags
    day: Integers
    bucket: Integers
    cluster: Integers
    counting: frozenset[str]

    def __len__(self) -> int:
        return len(self.day)

    def outcome(self, rule: str) -> Outcome:
        """The outcome of a rule."""
        return next(one for one in self.outcomes if one.rule == rule)

    def part(self, rows: Flags) -> Sample:
        """Only these journeys."""
        return Sample(
            self.ids.filter(pa.array(rows)),
            {name: Dimension(name, one.codes[rows], one.values) for name, one in self.dimensions.items()},
            [Outcome(one.rule, one.primitive, one.tier, one.broken[rows]) for one in self.outcomes],
            self.flawed[rows], self.day[rows], self.bucket[rows], self.cluster[rows], self.counting,
        )

    def holds(self, conditions: Sequence[tuple[str, str]]) -> Flags:
        """Which journeys meet all conditions, each (dimension, value)."""
        met = np.ones(len(self), dtype=bool)
        for name, value in conditions:
            dimension = self.dimensions[name]
            met &= dimension.codes == list(dimension.values).index(value)
        return met


# A late link breaks a promise, and both make a customer say so: where the former explains the latter, it is the reef.
_TIERS = {"promise": 1, "feedback": 2}


def read_sample(facts: Facts, period: Period, dimensions: Sequence[str] | None) -> Sample:
    """The counted journeys that fell due in a period, with the rules that each of them broke.

    Raises:
        LastMeterError: `reefs.unknown_dimension`, `reefs.several_kinds`.
    """
    wanted = list(dimensions) if dimensions is not None else list(DIMENSIONS)
    _check(wanted)
    # `place` is always read: it makes a margin even where it is not asked about.
    names = sorted({"place", *wanted} - {WEEKDAY})
    table = _arrow(
        facts.journeys.filter(cohort.due_in(period))
        .select("journey_kind", "journey_id", "due_on", "started_on", "cluster", "perfect", *names)
        .sort("due_on", "journey_id")
    )
    if pc.count_distinct(table["journey_kind"]).as_py() > 1:
        raise LastMeterError(
            "reefs.several_kinds", Title("暗礁要按一种旅程来找", "Reefs are found in one kind of journey at a time"),
            Title("先用 facts.of_kind(种类) 选一种", "Choose one first: facts.of_kind(kind)"),
        )
    ids = table["journey_id"].combine_chunks()
    found = {name: _dimension(name, table[name]) for name in names}
    started = _days(table["started_on"])
    if WEEKDAY in wanted:
        found[WEEKDAY] = Dimension(WEEKDAY, np.where(started >= 0, (started + 3) % 7, -1), [str(day) for day in range(1, 8)])
    due = _days(table["due_on"])
    flawed = ~np.asarray(table["perfect"].fill_null(pa.scalar(value=True)).to_numpy(), dtype=bool)
    return Sample(
        ids, found, _outcomes(facts, period, ids, flawed), flawed, due - (due.min() if len(due) else 0),
        _buckets(due, period), encoded(table["cluster"]).codes, _counting(facts),
    )


def _check(wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in KNOWN_DIMENSIONS:
            raise LastMeterError(
                "reefs.unknown_dimension", Title("没有“{name}”这个维度", "There is no dimension “{name}”"),
                Title("可用：{known}", "Use {known}"), name=name, known=", ".join(KNOWN_DIMENSIONS),
            )


def _arrow(frame: Frame) -> pa.Table:
    return frame.collect(backend="pyarrow").to_native()


def _dimension(name: str, column: pa.ChunkedArray) -> Dimension:
    coded = encoded(column.cast(pa.string()))
    texts = sorted(value for value in coded.values if value is not None)
    place = {value: code for code, value in enumerate(texts)} | {None: -1}
    return Dimension(name, np.array([place[value] for value in coded.values] or [-1], dtype=np.int64)[coded.codes], texts)


def _days(column: pa.ChunkedArray) -> Integers:
    """Days since 1970, -1 where there is none."""
    return np.asarray(column.cast(pa.int32()).fill_null(-1).to_numpy(), dtype=np.int64)


def _buckets(due: Integers, period: Period) -> Integers:
    """The part of the period in which each journey fell due, from 0: days, weeks or months, as journeys are many or few.

    The finer, the less a bad week of the whole company looks like lumps in every segment.
    """
    since = due - (period.first - date(1970, 1, 1)).days
    months = (np.datetime64("1970-01-01") + due).astype("datetime64[M]").astype(np.int64)
    for parts in (since, since // 7, months - months.min(initial=months[0] if len(months) else 0)):
        if len(due) >= _IN_A_PART * len(np.unique(parts)):
            return np.asarray(parts, dtype=np.int64)
    return np.zeros(len(due), dtype=np.int64)


def _outcomes(facts: Facts, period: Period, ids: pa.Array, flawed: Flags) -> list[Outcome]:
    table = _arrow(
        facts.flaws.filter(cohort.due_in(period)).group_by("rule", "journey_id").agg(nw.col("primitive").min())
    )
    rows = np.asarray(pc.index_in(table["journey_id"], ids).fill_null(-1).to_numpy(), dtype=np.int64)
    coded = encoded(table["rule"])
    primitives: dict[Any, str] = dict(zip(table["rule"].to_pylist(), table["primitive"].to_pylist(), strict=True))
    outcomes = []
    for code, rule in sorted(enumerate(coded.values), key=lambda pair: str(pair[1])):
        broken = np.zeros(len(flawed), dtype=bool)
        of_rule = rows[coded.codes == code]
        broken[of_rule[of_rule >= 0]] = True
        outcomes.append(Outcome(rule, primitives[rule], _TIERS.get(primitives[rule], 0), broken))
    last = max(_TIERS.values()) + 1
    return [*sorted(outcomes, key=lambda one: (one.tier, one.rule)), Outcome(ANY, ANY, last, flawed)]


def _counting(facts: Facts) -> frozenset[str]:
    """Rules that make a journey flawed: all but the feedback that the company asked for."""
    asked_for = {
        one.code for print_ in facts.blueprints.values() for one in getattr(print_, "feedback", ()) if one.solicited
    }
    return frozenset(rule.code for print_ in facts.blueprints.values() for rule in print_.rules()) - asked_for

"""The money at stake: who comes back, and with how much, after a perfect first journey against a flawed one.

An association: customers were not given flaws by lot. What differs between them by month and place is taken out by
comparing within month and place only, weighted as the flawed ones are spread (Rosenbaum and Rubin 1984, subclassification);
what else differs is not. The interval is a bootstrap of whole days of a place (Field and Welsh 2007), so that journeys that
shared a bad day count as one draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.diagnosis.words import count, fill, percent, points
from lastmeter.indicators.encoding import encoded
from lastmeter.indicators.intervals import Floats, Integers
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

HORIZON_DAYS = 180
COHORT_DAYS = 365
DRAWS = 400
FEWEST_CUSTOMERS = 50
ASSOCIATION = Title(
    "这是关联，不是因果：同月同地相比，其他差别没有排除。",
    "This is an association and no effect: compared within month and place, other differences remain.",
)


class After(msgspec.Struct, frozen=True):
    """Customers after a first journey of one sort: how many, and of those compared the share that came back within the
    horizon and what they spent, in minor units a customer.
    """

    customers: int
    repeat_share: float
    value_minor: float


class Gap(msgspec.Struct, frozen=True):
    """Perfect minus flawed, with the interval at 95 %."""

    value: float
    low: float
    high: float


class Money(msgspec.Struct, frozen=True):
    """Repeat rate and value after perfect against flawed first journeys.

    First journeys fell due from `first` to `last`; each has `horizon_days` after it on record. Perfect ones are weighted to
    the months and places of the flawed. `compared` flawed customers have a perfect one beside them. `at_stake_minor`: the
    gap in value times the flawed customers, if the association were all there is to it.
    """

    first: date
    last: date
    horizon_days: int
    perfect: After
    flawed: After
    compared: int
    repeat_gap: Gap
    value_gap_minor: Gap
    at_stake_minor: float
    currency: str | None
    sentence: Title
    caution: Title


@dataclass(frozen=True)
class _Customers:
    """One row a customer: whether the first journey was flawed, its stratum and cluster, and what came after."""

    flawed: Floats
    stratum: Integers
    cluster: Integers
    returned: Floats
    spent: Floats


def money_at_stake(facts: Facts, *, period: Period, horizon_days: int = HORIZON_DAYS, seed: int = 0) -> Money | None:
    """What flaws may cost in customers who do not come back; None where fewer than 50 of either sort can be compared.

    The first journeys are those of the year that ends `horizon_days` before the period does, so that all have had the same
    time to come back in. Facts of one kind of journey.
    """
    last = period.last - timedelta(days=horizon_days)
    first = last - timedelta(days=COHORT_DAYS - 1)
    table = _known(facts.journeys)
    customers = _customers(table, first, last, horizon_days)
    if customers is None:
        return None
    weights = np.ones(int(customers.cluster.max()) + 1)
    mean = _compared(customers, weights)
    if mean is None or min(mean.customers) < FEWEST_CUSTOMERS:
        return None
    rng = np.random.default_rng([seed, 73])
    draws = [
        drawn for drawn in (
            _compared(customers, rng.multinomial(len(weights), np.full(len(weights), 1 / len(weights))).astype(np.float64))
            for _ in range(DRAWS)
        ) if drawn is not None
    ]
    repeat = _gap(mean.repeat, [drawn.repeat for drawn in draws])
    spent = _gap(mean.spent, [drawn.spent for drawn in draws])
    flawed_count = int(customers.flawed.sum())
    return Money(
        first=first, last=last, horizon_days=horizon_days,
        perfect=After(len(customers.flawed) - flawed_count, round(mean.repeat[0], 6), round(mean.spent[0], 2)),
        flawed=After(flawed_count, round(mean.repeat[1], 6), round(mean.spent[1], 2)), compared=mean.customers[1],
        repeat_gap=repeat, value_gap_minor=spent, at_stake_minor=round(spent.value * flawed_count, 2),
        currency=_currency(table), sentence=_sentence(mean, repeat, horizon_days), caution=ASSOCIATION,
    )


def value_of(facts: Facts, *, period: Period, rule: str, segment: dict[str, str]) -> tuple[int, str | None]:
    """The value of the period's due journeys of a segment that broke a rule ("any": that are not perfect), in minor units,
    and its currency.
    """
    inside = nw.col("counted") & nw.col("due_on").is_between(nw.lit(period.first), nw.lit(period.last))
    for name, value in segment.items():
        inside = inside & (nw.col(name) == value)
    rows = facts.journeys.filter(inside)
    if rule == "any":
        rows = rows.filter(~nw.col("perfect"))
    else:
        broke = facts.flaws.filter(inside, nw.col("rule") == rule).select("journey_id").unique()
        rows = rows.join(broke, on="journey_id", how="semi")
    table = rows.select("value_minor", "currency").collect(backend="pyarrow").to_native()
    return int(pc.sum(table["value_minor"]).as_py() or 0), _currency(table)


@dataclass(frozen=True)
class _Means:
    """After (perfect, flawed) first journeys; customers that have a counterpart."""

    customers: tuple[int, int]
    repeat: tuple[float, float]
    spent: tuple[float, float]


def _known(journeys: Frame) -> pa.Table:
    return (
        journeys.filter(~nw.col("customer").is_null(), ~nw.col("started_on").is_null())
        .select("journey_id", "customer", "started_on", "due_on", "counted", "perfect", "place", "value_minor", "currency")
        .sort("started_on", "journey_id").collect(backend="pyarrow").to_native()
    )


def _customers(table: pa.Table, first: date, last: date, horizon_days: int) -> _Customers | None:
    """Those whose first counted journey fell due in the cohort."""
    person = encoded(table["customer"]).codes
    started, due = _days(table["started_on"]), _days(table["due_on"])
    counted = np.asarray(table["counted"].to_numpy(), dtype=bool) & (due >= 0)
    rows = np.flatnonzero(counted)
    opening = np.full(int(person.max(initial=0)) + 1, -1, dtype=np.int64)
    opening[person[rows[::-1]]] = rows[::-1]  # rows are in the order of their start: the first is written last
    opening = opening[opening >= 0]
    since = (first - date(1970, 1, 1)).days
    opening = opening[(due[opening] >= since) & (due[opening] <= (last - date(1970, 1, 1)).days)]
    if not len(opening):
        return None
    first_due = np.full(int(person.max()) + 1, np.iinfo(np.int64).max // 2, dtype=np.int64)
    first_due[person[opening]] = due[opening]
    later = (started > first_due[person]) & (started <= first_due[person] + horizon_days)
    value = np.asarray(table["value_minor"].fill_null(0).to_numpy(), dtype=np.float64)
    again = np.bincount(person[later], minlength=len(first_due))
    spent = np.bincount(person[later], weights=value[later], minlength=len(first_due))
    place = encoded(table["place"]).codes[opening]
    month = (np.datetime64("1970-01-01") + due[opening]).astype("datetime64[M]").astype(np.int64)
    flawed = ~np.asarray(table["perfect"].fill_null(pa.scalar(value=True)).to_numpy(), dtype=bool)[opening]
    _, stratum = np.unique(np.stack([place, month]), axis=1, return_inverse=True)
    _, cluster = np.unique(np.stack([place, due[opening]]), axis=1, return_inverse=True)
    whose = person[opening]
    return _Customers(
        flawed.astype(np.float64), stratum.astype(np.int64), cluster.astype(np.int64),
        (again[whose] > 0).astype(np.float64), spent[whose].astype(np.float64),
    )


def _compared(customers: _Customers, weights: Floats) -> _Means | None:
    """The means within strata, weighted as the flawed are spread; `weights` say how often each cluster was drawn."""
    drawn = weights[customers.cluster]
    sorts = (drawn * (1 - customers.flawed), drawn * customers.flawed)
    size = int(customers.stratum.max()) + 1
    n = [np.bincount(customers.stratum, weights=sort, minlength=size) for sort in sorts]
    both = (n[0] > 0) & (n[1] > 0)
    spread = n[1] * both
    if spread.sum() == 0:
        return None

    def mean(values: Floats, sort: int) -> float:
        sums = np.bincount(customers.stratum, weights=sorts[sort] * values, minlength=size)
        return float((spread[both] * (sums[both] / n[sort][both])).sum() / spread.sum())

    return _Means(
        (int(n[0][both].sum()), int(spread.sum())), (mean(customers.returned, 0), mean(customers.returned, 1)),
        (mean(customers.spent, 0), mean(customers.spent, 1)),
    )


def _gap(mean: tuple[float, float], draws: Sequence[tuple[float, float]]) -> Gap:
    gaps = np.array([perfect - flawed for perfect, flawed in draws])
    low, high = np.quantile(gaps, [0.025, 0.975]).tolist() if len(gaps) else (float("nan"), float("nan"))
    return Gap(*(round(value, 6) for value in (mean[0] - mean[1], low, high)))


def _currency(table: pa.Table) -> str | None:
    """The only currency of the rows; None where there is none or several."""
    found = [value for value in pc.unique(table["currency"]).to_pylist() if value]
    return found[0] if len(found) == 1 else None


def _days(column: pa.ChunkedArray) -> Integers:
    return np.asarray(column.cast(pa.int32()).fill_null(-1).to_numpy(), dtype=np.int64)


def _sentence(mean: _Means, repeat: Gap, horizon_days: int) -> Title:
    return fill(
        Title(
            "第一次完美的顾客 {days} 天内有 {perfect} 回来，第一次有瑕疵的 {flawed}：差 {gap}（{low} 至 {high}，{n} 位可比）。",
            "Within {days} days {perfect} of customers came back after a perfect first journey and {flawed} after a flawed one: "
            "{gap} ({low} to {high}; {n} compared).",
        ),
        days=str(horizon_days), perfect=percent(mean.repeat[0]), flawed=percent(mean.repeat[1]), gap=points(repeat.value),
        low=points(repeat.low), high=points(repeat.high), n=count(mean.customers[1]),
    )

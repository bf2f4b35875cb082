"""Regularity: not how long it takes, but how much it differs — by place, by performer, and for one and the same customer.

The spread of a group is the window that eight of ten of its journeys fall into (90th minus 10th percentile). The
question of one customer is another one: a place may be regular on the whole while "my" parcel now takes two days and
now nine. It is answered by the difference between a customer's journey and the same customer's one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import change, cohort, naming
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.rates import due_maturity
from lastmeter.indicators import registry
from lastmeter.indicators.maturity import Maturity
from lastmeter.indicators.measure import measure, rows_of
from lastmeter.indicators.quantiles import quantiles
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

SPREAD = "order_to_arrival_spread"
GROUPS = ("place", "performer")
SHOWN = 6
FEWEST = 20
_DAY = 86400.0
_SHARES = {"p10": 0.1, "median": 0.5, "p90": 0.9}
_NOBODY: dict[str, Any] = {"n": 0, "median": None, "p90": None}


class Window(msgspec.Struct, frozen=True):
    """How the durations of a group lie, in days: percentiles, and the spread p90 − p10 with its 95% interval.

    `key` is None for all journeys; `title` is what the group is called, if it has a name.
    """

    key: str | None
    title: Title | None
    n: int
    p10: float | None
    median: float | None
    p90: float | None
    spread: float | None
    low: float | None
    high: float | None
    previous: float | None


class SameCustomer(msgspec.Struct, frozen=True):
    """Customers served before: by how many days this journey's duration differs from that of their journey before.

    `median`: half of them differ by no more; `p90`: nine of ten. `n` journeys in the period had one before.
    """

    n: int
    median: float | None
    p90: float | None
    previous: float | None


class Regularity(msgspec.Struct, frozen=True):
    """All journeys of the period with the change of their spread and its `trend` over twelve periods, then the largest groups
    by size, never ranked.
    """

    overall: Window
    change: Change
    rules_observed: int
    rules_total: int
    groups: dict[str, list[Window]]
    customer: SameCustomer
    trend: list[float | None]


def regularity(
    facts: Facts, *, period: Period, near: Facts | None = None, maturity: Maturity | None = None,
    names: naming.Names | None = None,
) -> Regularity:
    """The regularity of what arrived among the journeys due in the period.

    near: see `diagnosis.near`. names: titles by dimension and code.
    """
    near, maturity = near or facts, maturity or due_maturity(facts)
    both = _with_the_one_before(period)
    figures = {
        figure.keys[period.grain]: figure
        for figure in measure(near, SPREAD, by=(period.grain,), period=both, maturity=maturity)
    }
    now = figures.get(period.code) or measure(near, SPREAD, period=period, maturity=maturity)[0]
    before = figures.get(period.previous().code)
    periods = cohort.run_up(period, cohort.CHARTED)
    past = _spreads(facts, period, periods)
    values = [past.get(each.code) for each in periods[:-2]] + [before.value if before else None, now.value]
    whole = _percentiles(near, period, None).get(None, {})
    return Regularity(
        overall=_window(None, None, now.n, whole, (now.value, now.low, now.high), before.value if before else None),
        change=change.of_values(periods, values, good="down", peaks=facts.peaks),
        rules_observed=now.rules_observed, rules_total=now.rules_total,
        groups={dimension: _groups(near, period, dimension, maturity, names) for dimension in GROUPS},
        customer=_same_customer(facts, near, period),
        trend=[None if value is None else round(value, 6) for value in values[-cohort.TREND:]],
    )


def _with_the_one_before(period: Period) -> Period:
    return Period(period.previous().first, period.last, period.grain, period.code)


def _spreads(facts: Facts, period: Period, periods: Sequence[Period]) -> dict[str, float]:
    """The spread of each period, in days: what `measure` gives for it, without the interval, which costs ten times more."""
    indicator = registry.get(SPREAD)
    charted = Period(periods[0].first, periods[-1].last, period.grain, period.code)
    took = rows_of(facts, indicator, charted).select(cohort.by_period(period.grain), took=nw.col("duration_seconds"))
    return {
        cohort.code_of(key, period.grain): (high - low) / indicator.per
        for (key,), (low, high) in quantiles(took, ["period"], "took", (0.1, 0.9))
    }


def _groups(
    facts: Facts, period: Period, dimension: str, maturity: Maturity, names: naming.Names | None
) -> list[Window]:
    """The largest groups with enough journeys, by size; nothing where there is but one to look at."""
    percentiles = _percentiles(facts, period, dimension)
    sizes = {key: int(row["n"]) for key, row in percentiles.items() if key is not None and row["n"] >= FEWEST}
    largest = sorted(sizes, key=lambda key: (-sizes[key], key))[:SHOWN]
    if len(sizes) < 2:
        return []
    narrowed = facts.where(**{dimension: list(largest)})
    both = _with_the_one_before(period)
    measured = measure(narrowed, SPREAD, by=(dimension, period.grain), period=both, maturity=maturity)
    now = {figure.keys[dimension]: figure for figure in measured if figure.keys[period.grain] == period.code}
    before = {
        figure.keys[dimension]: figure.value
        for figure in measured if figure.keys[period.grain] != period.code and figure.n >= FEWEST
    }
    return [
        _window(
            key, naming.value_title(names, dimension, key), sizes[key], percentiles[key],
            (now[key].value, now[key].low, now[key].high), before.get(key),
        )
        for key in largest if key in now
    ]


def _percentiles(facts: Facts, period: Period, dimension: str | None) -> dict[str | None, dict[str, Any]]:
    """By group: `n`, and p10, median and p90 in days."""
    days = nw.col("duration_seconds") / _DAY
    arrived = facts.journeys.filter(
        cohort.due_in(period), ~nw.col("fulfilled_at").is_null(), ~nw.col("duration_seconds").is_null()
    ).select(nw.col(dimension).alias("key") if dimension else nw.lit("").alias("key"), days.alias("days"))
    sizes = {row["key"]: row["n"] for row in cohort.rows(arrived.group_by("key").agg(nw.len().alias("n")))}
    return {
        key if dimension else None: {"n": sizes[key], **dict(zip(_SHARES, values, strict=True))}
        for (key,), values in quantiles(arrived, ["key"], "days", tuple(_SHARES.values()))
    }


def _window(
    key: str | None, title: Title | None, n: int, row: dict[str, Any], spread: Sequence[float | None],
    previous: float | None,
) -> Window:
    value, low, high = (_two(number) for number in spread)
    return Window(
        key, title, n, _two(row.get("p10")), _two(row.get("median")), _two(row.get("p90")), value, low, high, _two(previous)
    )


def _same_customer(facts: Facts, near: Facts, period: Period) -> SameCustomer:
    """Differences to the journey before; ties of start are broken by id, so that the order of rows decides nothing."""
    days = nw.col("duration_seconds") / _DAY
    before = days.shift(1).over("customer", order_by=["started_at", "journey_id"])
    arrived = facts.journeys.filter(
        nw.col("counted"), ~nw.col("customer").is_null(), ~nw.col("fulfilled_at").is_null(),
        ~nw.col("duration_seconds").is_null(), nw.col("due_on") <= period.last,
    ).select("customer", "started_at", "journey_id", "duration_seconds", "due_on", "counted")
    asked = near.journeys.filter(cohort.due_between(period.previous(), period)).select("customer").unique()
    table = cohort.rows(
        arrived.join(asked, on="customer", how="semi").with_columns(differs=(days - before).abs())
        .filter(cohort.due_between(period.previous(), period), ~nw.col("differs").is_null())
        .with_columns(is_now=nw.col("due_on") >= period.first)
        .group_by("is_now").agg(
            n=nw.len(), median=nw.col("differs").median(), p90=nw.col("differs").quantile(0.9, interpolation="linear"),
        )
    )
    found = {bool(row["is_now"]): row for row in table}
    now, last = found.get(True, _NOBODY), found.get(False, _NOBODY)
    return SameCustomer(int(now["n"]), _two(now["median"]), _two(now["p90"]), _two(last["median"]))


def _two(value: float | None) -> float | None:
    """Days to two decimals: a quarter of an hour."""
    return None if value is None else round(float(value), 2)

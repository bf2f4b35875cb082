"""What was known of a journey when its customer was asked, one row an answer, as numbers.

The survey of a late order leaves before the order arrives: the day it arrived is a fact about the answer's future, and
would explain the answer only too well. So every fact here is cut at the asking: a promise is late if it was late then, a
delay is as long as it was then, a link is late if its limit had run out, a performer's record is what others had
answered by then.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.indicators.encoding import encoded
from lastmeter.indicators.intervals import Floats, Integers
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period

DAY = 86_400_000_000  # microseconds
LIKELIEST = 15  # values of a dimension that get a column of their own
FEWEST_CLUSTERS = 20
FEWEST = 30  # rows in which something must differ to be a column
RECORD_WEIGHT = 20  # a performer's record counts as so many average answers more
NAMED = ("place", "origin", "product", "channel")
_ON_THE_WAY = ("link", "promise", "feedback")


@dataclass
class Known:
    """Answers (rows) with their score, 0 to 1, their cluster, and the columns of each driver.

    `after` counts by fact the rows for which it came only after the asking; `unknown_time` answers were left out.
    """

    score: Floats
    clusters: Integers
    columns: dict[str, Floats]
    after: dict[str, int] = field(default_factory=dict)
    unknown_time: int = 0


def known(facts: Facts, *, period: Period | None, asked_step: str | None, cut: bool = True) -> Known:
    """Every driver's columns for the solicited answers of journeys due in a period.

    asked_step: the step that asked, where the blueprint has one and a link begins with it; without it, what was known is
    cut at the answer. cut: False takes facts as they ended, to show what that would feign.
    """
    table = _answers(facts, period)
    asked_at = _asked(facts, asked_step, table)
    told = ~np.isnan(asked_at)
    left_out = int((~told).sum())
    table = table.filter(pa.array(told))
    asked_at = asked_at[told]
    rows = _Rows(table, asked_at, asked_at if cut else np.full(len(asked_at), np.inf))
    columns: dict[str, Floats] = {
        "lateness": _lateness(rows), "days": _days_so_far(rows), "links": _late_links(facts, rows),
        "flaws": _other_flaws(facts, rows), "value": _value(rows), "performer": _record(rows),
    }
    columns |= {name: _dummies(rows, name) for name in NAMED}
    return Known(
        rows.numbers("score_share"), _clusters(rows), {name: kept for name, each in columns.items()
        if (kept := _telling(each)).shape[1]}, rows.after, left_out,
    )


@dataclass
class _Rows:
    """The answers with the instant at which each was asked, and up to when facts count (`until`)."""

    table: pa.Table
    asked_at: Floats
    until: Floats
    after: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def numbers(self, name: str) -> Floats:
        """A column of numbers, nan where there is none."""
        return _floats(self.table[name])

    def instants(self, name: str) -> Floats:
        """A column of instants or days in microseconds, nan where there is none."""
        return _instants(self.table[name])

    def codes(self) -> dict[str, list[int]]:
        """The rows of each journey."""
        found: dict[str, list[int]] = defaultdict(list)
        for place, journey in enumerate(self.table["journey_id"].to_pylist()):
            found[journey].append(place)
        return found


def _answers(facts: Facts, period: Period | None) -> pa.Table:
    of_journey = facts.journeys.select(
        "journey_kind", "journey_id", "started_on", "fulfilled_at", "fulfilled_on", "value_minor", "promise_excess_seconds",
        promise_state=nw.col("promise"),
    )
    frame = facts.feedback.filter(nw.col("solicited"), ~nw.col("score_share").is_null())
    if period is not None:
        frame = frame.filter(nw.col("due_on").is_between(nw.lit(period.first), nw.lit(period.last)))
    frame = frame.select(
        "journey_kind", "journey_id", "event_id", "occurred_at", "score_share", "due_on", "performer", "cluster", *NAMED,
    ).join(of_journey, on=["journey_kind", "journey_id"], how="inner")
    table: pa.Table = frame.collect(backend="pyarrow").to_native()
    return table.sort_by([("journey_kind", "ascending"), ("journey_id", "ascending"), ("event_id", "ascending")])


def _asked(facts: Facts, asked_step: str | None, table: pa.Table) -> Floats:
    """When each answer was asked for; without a step that says so, when it was given."""
    answered = _instants(table["occurred_at"])
    if asked_step is None:
        return answered
    asked = facts.links.filter(nw.col("from_step") == asked_step, ~nw.col("from_at").is_null())
    first: pa.Table = asked.group_by("journey_id").agg(nw.col("from_at").min().alias("asked_at")).collect(
        backend="pyarrow").to_native()
    by_journey = dict(zip(first["journey_id"].to_pylist(), _instants(first["asked_at"]).tolist(), strict=True))
    found = np.array([by_journey.get(journey, np.nan) for journey in table["journey_id"].to_pylist()], dtype=np.float64)
    return np.fmin(found, np.where(np.isnan(found), np.nan, answered))


def _lateness(rows: _Rows) -> Floats:
    """Late by then, days late by then in three pieces, and still waiting then."""
    arrived, due = rows.instants("fulfilled_at"), rows.instants("due_on") + DAY
    came = arrived <= rows.until
    rows.after["fulfilled_on"] += int((arrived > rows.asked_at).sum())
    delivered_on = rows.instants("fulfilled_on")
    end = np.where(came, delivered_on, np.minimum(rows.until, rows.asked_at))
    promised = np.array([state not in (None, "none") for state in rows.table["promise_state"].to_pylist()], dtype=bool)
    delay = np.where(promised & ~np.isnan(due), np.maximum(0.0, (end - (due - DAY)) // DAY), 0.0)
    return np.column_stack([
        (delay > 0).astype(np.float64), np.minimum(delay, 3), np.clip(delay - 3, 0, 7), np.clip(delay - 10, 0, 20),
        (~came).astype(np.float64),
    ])


def _days_so_far(rows: _Rows) -> Floats:
    """Days from the start to the arrival, or to the asking, in three pieces."""
    arrived = rows.instants("fulfilled_at")
    end = np.where(arrived <= rows.until, arrived, rows.asked_at)
    days = np.nan_to_num(np.clip((end - rows.instants("started_on")) // DAY, 0, 60), nan=0.0)
    return np.column_stack([np.minimum(days, 10), np.clip(days - 10, 0, 10), np.clip(days - 20, 0, 40)])


def _late_links(facts: Facts, rows: _Rows) -> Floats:
    """A column a link: had its limit run out by then?"""
    late = facts.links.filter(nw.col("outcome").is_in(["late", "overdue"])).select(
        "journey_id", "link", "from_on", "limit_seconds")
    table: pa.Table = late.collect(backend="pyarrow").to_native()
    ran_out = _instants(table["from_on"]) + np.ceil(_floats(table["limit_seconds"]) / 86400) * DAY + DAY
    return _flags(rows, table, "link", ran_out, "links")


def _other_flaws(facts: Facts, rows: _Rows) -> Floats:
    """A column a rule that is neither link, promise nor feedback: was it broken by then?"""
    flaws = facts.flaws.filter(~nw.col("primitive").is_in(list(_ON_THE_WAY)), ~nw.col("occurred_at").is_null())
    table: pa.Table = flaws.select("journey_id", "rule", "occurred_at").collect(backend="pyarrow").to_native()
    return _flags(rows, table, "rule", _instants(table["occurred_at"]), "flaws")


def _flags(rows: _Rows, table: pa.Table, name: str, happened: Floats, fact: str) -> Floats:
    places = rows.codes()
    names = sorted(set(table[name].to_pylist()))
    found = np.zeros((len(rows.asked_at), len(names)))
    for journey, which, at in zip(table["journey_id"].to_pylist(), table[name].to_pylist(), happened.tolist(), strict=True):
        for row in places.get(journey, ()):
            if at <= rows.until[row]:
                found[row, names.index(which)] = 1.0
            rows.after[fact] += int(at > rows.asked_at[row])
    return found


def _value(rows: _Rows) -> Floats:
    """The journey's value, as a logarithm."""
    value = np.nan_to_num(rows.numbers("value_minor"), nan=0.0)
    found: Floats = np.log1p(np.maximum(0.0, value))[:, None]
    return found


def _record(rows: _Rows) -> Floats:
    """What others had answered about the same performer by then, drawn to the average by RECORD_WEIGHT answers."""
    score, answered = rows.numbers("score_share"), rows.instants("occurred_at")
    average = float(score.mean()) if len(score) else 0.0
    codes, names = encoded(rows.table["performer"])
    record = np.full(len(score), average)
    for code, name in enumerate(names):
        own = np.flatnonzero(codes == code) if name is not None else np.array([], dtype=np.int64)
        own = own[~np.isnan(answered[own])]
        order = own[np.argsort(answered[own], kind="stable")]
        sums = np.concatenate([[0.0], np.cumsum(score[order] - average)])
        before = np.searchsorted(answered[order], rows.asked_at[own], side="left")
        record[own] = average + sums[before] / (before + RECORD_WEIGHT)
    return record[:, None]


def _dummies(rows: _Rows, name: str) -> Floats:
    """A column for each of the likeliest values of a dimension but the first."""
    codes, values = encoded(rows.table[name])
    counts = np.bincount(codes, minlength=len(values))
    ranked = sorted(range(len(values)), key=lambda code: (-counts[code], str(values[code])))
    chosen = [code for code in ranked[1 : LIKELIEST + 1] if counts[code] >= FEWEST]
    return np.column_stack([codes == code for code in chosen]).astype(np.float64) if chosen else np.zeros((len(codes), 0))


def _clusters(rows: _Rows) -> Integers:
    """Codes of what resembles itself, in an order that no engine changes: performers, or days where those are few."""
    names = np.array([str(name or "") for name in rows.table["cluster"].to_pylist()])
    days = rows.asked_at // DAY
    few = len(np.unique(names)) < FEWEST_CLUSTERS
    return np.unique(days if few else names, return_inverse=True)[1].astype(np.int64)


def _telling(columns: Floats) -> Floats:
    """Only columns in which enough rows differ, brought to mean square 1."""
    if not len(columns):
        return columns[:, :0]
    usual = np.median(columns, axis=0) if len(columns) else np.zeros(columns.shape[1])
    kept = columns[:, (columns != usual).sum(axis=0) >= FEWEST]
    scale = np.sqrt((kept**2).mean(axis=0))
    found: Floats = kept / np.where(scale > 0, scale, 1.0)
    return found


def _floats(column: pa.ChunkedArray) -> Floats:
    filled = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    return np.array(filled.combine_chunks().to_pylist(), dtype=np.float64)


def _instants(column: pa.ChunkedArray) -> Floats:
    """Days and instants as microseconds since 1970."""
    if pa.types.is_date(column.type):
        return _floats(pc.cast(pc.cast(column, pa.date32()), pa.int32())) * DAY
    return _floats(pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64()))



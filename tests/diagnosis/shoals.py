"""Quay & Sons, couriers that exist in tests only: a year of parcels as fact tables, with whatever trouble a test plants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from lastmeter.journeys.facts import COHORT, Facts
from lastmeter.kernel.periods import Period, period_of
from lastmeter.kernel.titles import Title

YEAR = period_of(date(2025, 1, 1), "year")
RULES = {"pickup": "link", "delivery": "promise", "damaged": "forbidden", "low_score": "feedback"}
POSTS = {"pickup": "vans", "delivery": "planning", "damaged": "packing", "low_score": "care"}
BASE = {"pickup": 0.06, "delivery": 0.08, "damaged": 0.02, "low_score": 0.05}
PLACES, COURIERS = ("Ash", "Birch", "Cedar", "Dale", "Elm", "Fern"), tuple(f"courier:{name}" for name in "abcdefgh")
PRODUCTS, DEPOTS = ("books", "glass", "lamps", "rugs"), ("east", "north", "west")


@dataclass(frozen=True)
class Trouble:
    """Of the parcels of a segment, so large a share break a rule that they would have kept."""

    rule: str
    share: float
    segment: Mapping[str, str]
    months: Sequence[int] = tuple(range(1, 13))


BLUEPRINT = SimpleNamespace(
    rules=lambda: [SimpleNamespace(code=rule, title=Title(f"规则{rule}", rule.replace("_", " ")), primitive=RULES[rule],
                                   post=POSTS[rule]) for rule in RULES],
    feedback=(SimpleNamespace(code="low_score", solicited=True),), links=(), steps=(),
)


def parcels(
    troubles: Sequence[Trouble] = (), *, n: int = 12_000, seed: int = 1, depot_of: Mapping[str, str] | None = None,
    follow: Mapping[str, tuple[str, float]] | None = None, period: Period = YEAR,
) -> dict[str, NDArray[Any]]:
    """A year of parcels: columns of the journeys, and a column of flags for each rule.

    depot_of: the depot that serves a place, in nine of ten parcels. follow: a rule breaks after another, so often.
    """
    chance = np.random.default_rng(seed)
    days = np.sort(chance.integers(0, (period.last - period.first).days + 1, n))
    place = chance.choice(np.array(PLACES, dtype=object), n, p=[0.3, 0.2, 0.15, 0.15, 0.1, 0.1])
    origin = chance.choice(np.array(DEPOTS, dtype=object), n)
    for where, depot in (depot_of or {}).items():
        origin[(place == where) & (chance.random(n) < 0.9)] = depot
    columns: dict[str, NDArray[Any]] = {
        "journey_id": np.array([f"p{number:05d}" for number in range(n)], dtype=object),
        "due_on": np.array([period.first + timedelta(days=int(day)) for day in days], dtype=object),
        "place": place, "origin": origin, "performer": chance.choice(np.array(COURIERS, dtype=object), n),
        "product": chance.choice(np.array(PRODUCTS, dtype=object), n),
    }
    month = np.array([day.month for day in columns["due_on"]])
    for rule, base in BASE.items():
        broken = chance.random(n) < base
        for trouble in troubles:
            if trouble.rule == rule:
                hit = np.isin(month, trouble.months) & (chance.random(n) < trouble.share)
                for name, value in trouble.segment.items():
                    hit &= columns[name] == value
                broken |= hit
        if follow and rule in follow:
            cause, share = follow[rule]
            broken |= columns[cause] & (chance.random(n) < share)
        columns[rule] = broken
    return columns


def facts_of(columns: Mapping[str, NDArray[Any]], *, engine: str = "duckdb", shuffle: int | None = None) -> Facts:
    """The parcels as fact tables on an engine; `shuffle` seeds another order of rows."""
    n = len(columns["journey_id"])
    counted = [rule for rule in RULES if rule != "low_score"]
    flawed = np.logical_or.reduce([columns[rule] for rule in counted])
    due = columns["due_on"]
    extra: dict[str, Any] = {
        "journey_kind": ["parcel"] * n, "due_month": [f"{day:%Y-%m}" for day in due],
        "due_week": [period_of(day, "week").code for day in due], "counted": [True] * n, "cluster": columns["performer"],
    }
    cohort = {name: pa.array(extra.get(name, columns.get(name, [None] * n)), type=_ARROW.get(kind, pa.string()), from_pandas=True)
              for name, kind in COHORT.items()}
    base = pa.table(cohort)
    journeys = base.append_column("perfect", pa.array(~flawed)).append_column("started_on", base["due_on"])
    journeys = journeys.append_column("value_minor", pa.array([1000] * n)).append_column("currency", pa.array(["CNY"] * n))
    flaws = pa.concat_tables([
        base.filter(pa.array(columns[rule])).append_column("rule", pa.array([rule] * int(columns[rule].sum()), pa.string()))
        .append_column("primitive", pa.array([RULES[rule]] * int(columns[rule].sum()), pa.string()))
        .append_column("link", pa.array([None] * int(columns[rule].sum()), pa.string()))
        .append_column("post", pa.array([POSTS[rule]] * int(columns[rule].sum()), pa.string()))
        for rule in RULES
    ])
    tables = {"journeys": journeys, "flaws": flaws}
    if shuffle is not None:
        order = np.random.default_rng(shuffle)
        tables = {name: table.take(order.permutation(len(table))) for name, table in tables.items()}
    frames = _FRAMES[engine](tables)
    return Facts(frames["journeys"], frames["journeys"], frames["flaws"], frames["flaws"], datetime(2026, 2, 1),
                 {"parcel": BLUEPRINT})


_ARROW = {"DATE": pa.date32(), "BOOLEAN": pa.bool_()}


def _on_duckdb(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    duck = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    for name, table in tables.items():
        duck.register("told", table)
        duck.execute(f"CREATE TABLE {name} AS SELECT * FROM told")
    return {name: nw.from_native(duck.table(name)).lazy() for name in tables}


_FRAMES: dict[str, Any] = {
    "duckdb": _on_duckdb,
    "polars": lambda tables: {name: nw.from_native(pl.DataFrame(table).lazy()) for name, table in tables.items()},
}

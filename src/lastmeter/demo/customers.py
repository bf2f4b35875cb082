"""The people the company serves: a pool that grows with the company, each with habits of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.demo.cast import PROVINCES
from lastmeter.demo.people import Flags, names, phones, pick, some
from lastmeter.demo.season import DAY_SECONDS, END, START, Floats, Ints

FIRST_DAY_SHARE = 0.10
"""Share of the pool that joins on the first day; the others join as demand grows."""

_ROADS = ("和平路", "建设路", "青年路", "文化街", "滨江大道", "桃园路", "学府街", "新华路", "长安巷", "柳林路",
          "春晖路", "望江街", "翠竹路", "凤凰路", "西湖巷", "云山路")
_ESTATES = ("阳光花园", "锦绣家园", "绿洲小区", "翠湖名苑", "金桂里", "书香门第", "海棠苑", "清风雅居", "万和城",
            "丽景湾")


@dataclass(frozen=True)
class Customers:
    """One row a customer in every array; sorted by the day on which the customer joins."""

    joined_day: Ints
    province: Ints
    activity: Floats
    """Running sum of how much each buys: a draw is a search in it."""
    doorstep_hour: Floats
    """At what hour of the day the courier usually reaches this door."""
    generosity: Floats
    """How many stars more or less than others this customer gives."""
    english: Flags
    favourite: Ints
    """The product bought again and again."""

    def __len__(self) -> int:
        return len(self.province)


def make_customers(rng: np.random.Generator, count: int, demand: Floats, popularity: Floats) -> Customers:
    """A pool of customers; `demand` as in `season.demand`, `popularity` the running share of each product."""
    grown = FIRST_DAY_SHARE + (1 - FIRST_DAY_SHARE) * np.cumsum(demand)
    joined = np.searchsorted(grown, np.sort(rng.random(count)), side="left")
    shares = np.array([province.share for province in PROVINCES])
    return Customers(
        joined_day=joined.astype(np.int64),
        province=rng.choice(len(PROVINCES), count, p=shares / shares.sum()).astype(np.int64),
        activity=np.cumsum(rng.gamma(0.9, 1.0, count)),
        doorstep_hour=rng.normal(13.8, 2.4, count).clip(8.8, 20.0),
        generosity=rng.normal(0.0, 0.35, count),
        english=rng.random(count) < 0.12,
        favourite=np.searchsorted(popularity, rng.random(count), side="right").clip(0, len(popularity) - 1),
    )


def draw_buyers(rng: np.random.Generator, customers: Customers, day: Ints) -> Ints:
    """Who places the orders of these days: the active ones among those who have joined."""
    joined = np.searchsorted(customers.joined_day, day, side="right").clip(1)
    wanted = rng.random(len(day)) * customers.activity[joined - 1]
    return np.asarray(np.searchsorted(customers.activity, wanted, side="right"))


def customer_codes(index: Ints) -> pa.Array:
    """`C0000017` for customer 17."""
    digits = pc.utf8_lpad(pc.cast(pa.array(index), pa.string()), width=7, padding="0")
    return pc.binary_join_element_wise("C", digits, "")


def customer_rows(
    rng: np.random.Generator, customers: Customers, index: Ints, first_order: Ints
) -> dict[str, pa.Array]:
    """The rows of customers.csv for these customers: personal and invented.

    Args:
        rng: the only source of chance.
        customers: the pool.
        index: which of them.
        first_order: local seconds of each one's first order; END where there is none.
    """
    count = len(index)
    day_start = START + customers.joined_day[index] * DAY_SECONDS
    joined = day_start + rng.integers(0, DAY_SECONDS, count)
    registered = np.minimum(joined, first_order - rng.integers(60, 900, count)).clip(START, END - 1)
    english = customers.english[index]
    city_zh, city_en = _cities(rng, customers.province[index])
    return {
        "customer_id": customer_codes(index),
        "name": names(rng, english),
        "phone": phones(rng, count),
        "province": pick(tuple(p.code for p in PROVINCES), customers.province[index]),
        "city": pc.if_else(pa.array(english), city_en, city_zh),
        "address": _addresses(rng, city_zh, customers.province[index]),
        "language": pc.if_else(pa.array(english), "en", "zh"),
        "registered_at": pa.array(registered, pa.timestamp("s")),
    }


def _cities(rng: np.random.Generator, province: Ints) -> tuple[pa.Array, pa.Array]:
    first = np.cumsum([0] + [len(p.cities) for p in PROVINCES])
    size = np.array([len(p.cities) for p in PROVINCES])
    index = first[province] + (rng.random(len(province)) * size[province]).astype(np.int64)
    every = [city for p in PROVINCES for city in p.cities]
    return pick(tuple(c.zh for c in every), index), pick(tuple(c.en for c in every), index)


def _addresses(rng: np.random.Generator, city: pa.Array, province: Ints) -> pa.Array:
    count = len(province)

    def number(low: int, high: int) -> pa.Array:
        return pc.cast(pa.array(rng.integers(low, high, count)), pa.string())

    whole = pc.binary_join_element_wise(
        pick(tuple(p.title.zh for p in PROVINCES), province), city, "市", some(rng, _ROADS, count), number(1, 400),
        "号", some(rng, _ESTATES, count), number(1, 30), "幢", number(101, 2800), "室", "",
    )
    return pc.if_else(pa.array(rng.random(count) < 0.005), pa.scalar(None, pa.string()), whole)

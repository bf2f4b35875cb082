"""Northquay Home, a furniture shop that exists in tests only: its orders, told as fact tables.

Lin Mei runs its last meter. In October 2026 the carrier at the Wuhan warehouse moved its cut-off, and packed parcels
began to wait: the one thing that a brief must find.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa

from lastmeter.journeys.facts import COHORT, TABLES, Facts
from lastmeter.kernel.periods import period_of
from lastmeter.kernel.titles import Title

DAY = 86400.0
COMPANY = Title("北埠到家", "Northquay Home")
AT = datetime(2026, 11, 2, 16)

POSTS = {
    "outbound": Title("出库组", "Outbound dock"), "line_haul": Title("干线组", "Line haul"),
    "logistics": Title("物流部", "Logistics"), "courier": Title("配送组", "Courier post"),
    "purchasing": Title("采购部", "Purchasing"), "care": Title("客服部", "Care desk"),
}
OWNERS = {"outbound": "Zhao Qiang", "courier": "Wu Di", "purchasing": "Lin Fang"}


@dataclass(frozen=True)
class Line:
    code: str
    title: Title
    primitive: str
    post: str | None


@dataclass(frozen=True)
class Named:
    code: str
    title: Title


@dataclass(frozen=True)
class Print:
    """As much of a blueprint as a brief reads."""

    kind: str
    title: Title
    steps: tuple[Named, ...]
    links: tuple[Line, ...]
    others: tuple[Line, ...]

    def rules(self) -> tuple[Line, ...]:
        return (*self.links, *self.others)


BLUEPRINT = Print(
    "order", Title("订单", "Orders"),
    (Named("ordered", Title("下单", "Ordered")), Named("packed", Title("打包", "Packed")),
     Named("handed_over", Title("交接", "Handed over")), Named("delivered", Title("送达", "Delivered"))),
    (Line("packing", Title("下单 → 打包", "Ordered → packed"), "link", "outbound"),
     Line("handover", Title("打包 → 交承运", "Packed → handed over"), "link", "outbound"),
     Line("transit", Title("交承运 → 送达", "Handed over → delivered"), "link", "line_haul")),
    (Line("delivery", Title("承诺日送达", "Delivered by the promised day"), "promise", "logistics"),
     Line("call_before", Title("送货前致电", "Call before delivery"), "required", "courier"),
     Line("damaged", Title("到货破损", "Damaged on arrival"), "forbidden", "purchasing"),
     Line("low_score", Title("低分评价", "Low score"), "feedback", "care")),
)
LIMITS = {"packing": 1.0, "handover": 1.0, "transit": 4.0, "whole": 30.0}
ROUTE = (("packing", "ordered", "packed"), ("handover", "packed", "handed_over"), ("transit", "handed_over", "delivered"))


@dataclass
class Order:
    """One order as somebody would tell it: how many days each link took, and what went wrong besides."""

    id: str
    ordered_on: date
    days: Mapping[str, float]
    promised_days: float = 6.0
    place: str = "Riverside"
    warehouse: str = "Suzhou"
    carrier: str = "carrier:hengda"
    customer: str | None = None
    called: bool = True
    damaged: bool = False
    stars: int | None = None
    said: str | None = None
    cancelled: bool = False
    rules: Sequence[str] = field(default_factory=lambda: [line.code for line in BLUEPRINT.rules()])


def facts_of(
    orders: Sequence[Order], *, engine: str = "duckdb", at: datetime = AT, shuffle: int | None = None,
    watermarks: Mapping[str, datetime] | None = None, whole_link: bool = False,
) -> Facts:
    """The orders as fact tables on an engine; `shuffle` seeds another order of rows.

    whole_link: the blueprint also has a link from the order to its delivery, around all others.
    """
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for order in orders:
        _tell(order, tables, whole_link=whole_link)
    if shuffle is not None:
        for rows in tables.values():
            random.Random(shuffle).shuffle(rows)
    frames = _FRAMES[engine]({name: _arrow(name, rows) for name, rows in tables.items()})
    marks = {"shop": datetime(2026, 11, 1, 12), "carrier": datetime(2026, 11, 1, 4)} if watermarks is None else watermarks
    return Facts(**frames, at=at, blueprints={"order": BLUEPRINT}, watermarks=marks)


@cache
def two_years() -> tuple[Order, ...]:
    """30 months of orders, steady until the cut-off at Wuhan moved in October 2026."""
    chance = random.Random(7)
    places, warehouses = ["Riverside", "Eastgate", "Old Town", "Lakeside"], ["Wuhan", "Suzhou", "Foshan"]
    carriers = ["carrier:hengda", "carrier:north", "carrier:swift"]
    orders = []
    for number in range(9000):
        day = date(2024, 4, 20) + timedelta(days=int(number * 919 / 9000))
        warehouse = chance.choices(warehouses, [5, 3, 2])[0]
        moved = warehouse == "Wuhan" and day >= date(2026, 9, 28)
        days = {
            "packing": chance.lognormvariate(-1.2, 0.5),
            "handover": chance.lognormvariate(-0.9, 0.55) + (chance.choice([0, 0, 0, 1.4, 2.6]) if moved else 0),
            "transit": chance.lognormvariate(0.95, 0.28),
        }
        late = sum(days.values()) > 5
        damaged, called = chance.random() < 0.015, chance.random() < 0.955
        stars = None
        if chance.random() < 0.55:
            stars = chance.choices([1, 2, 3, 4, 5], [4, 3, 2, 1, 1] if late or damaged else [1, 1, 4, 20, 40])[0]
        orders.append(Order(
            f"NQ-{number:05d}", day, days, 5.0, chance.choice(places), warehouse, chance.choice(carriers),
            f"c{chance.randrange(3500)}", called, damaged, stars, f"said:{number}" if stars and stars < 4 else None,
            cancelled=chance.random() < 0.008,
        ))
    return tuple(orders)


def spoken(tokens: Sequence[str]) -> dict[str, str]:
    """What the vault would reveal, redacted."""
    texts = [
        "Promised for Wednesday, I waited all day and nobody called.", "说好周三到，白等一天，电话也没有一个。",
        "They told me Wednesday, then Thursday, then nothing.", "The table came with a broken leg <b>again</b> & no note.",
    ]
    return {token: texts[int(token.split(":")[1]) % len(texts)] for token in tokens}


def _tell(order: Order, tables: dict[str, list[dict[str, Any]]], *, whole_link: bool) -> None:
    start = datetime.combine(order.ordered_on, time(9))
    due_at = start + timedelta(days=order.promised_days)
    reached: datetime | None = start
    legs = []
    for link, before, after in ROUTE:
        took = order.days.get(link)
        until = reached + timedelta(days=took) if reached is not None and took is not None else None
        if reached is not None and not order.cancelled:
            legs.append((link, before, after, reached, until))
        reached = until
    arrived = None if order.cancelled else reached
    if whole_link:
        legs.append(("whole", "ordered", "delivered", start, arrived))
    due_on = due_at.date()
    counted = not order.cancelled
    cohort = dict.fromkeys(COHORT) | {
        "journey_kind": "order", "journey_id": order.id, "due_on": due_on, "due_month": f"{due_on:%Y-%m}",
        "due_week": period_of(due_on, "week").code, "counted": counted, "place": order.place,
        "performer": order.carrier, "origin": order.warehouse, "customer": order.customer, "cluster": order.carrier,
    }
    excess = ((arrived or AT) - due_at).total_seconds()
    missed = counted and excess > 0
    flaws = [
        *(("link", link, link, (until or AT), ((until or AT) - since).total_seconds() - LIMITS[link] * DAY)
          for link, _, _, since, until in legs if ((until or AT) - since).total_seconds() > LIMITS[link] * DAY),
        *([("promise", "delivery", None, due_at, excess)] if missed else []),
        *([("required", "call_before", None, arrived or AT, None)] if counted and not order.called else []),
        *([("forbidden", "damaged", None, arrived or AT, None)] if counted and order.damaged else []),
        *([("feedback", "low_score", None, arrived or AT, None)] if counted and order.stars and order.stars < 3 else []),
    ]
    posts: dict[str, str | None] = {line.code: line.post for line in BLUEPRINT.rules()}
    posts["whole"] = None
    tables["flaws"] += [
        cohort | {"flaw_id": f"{order.id}/{rule}", "rule": rule, "primitive": primitive, "occurrence": "",
                  "occurred_at": when, "occurred_on": when.date(), "post": posts[rule], "link": link,
                  "excess_seconds": beyond}
        for primitive, rule, link, when, beyond in flaws
    ]
    tables["links"] += [
        cohort | {"link": link, "position": place, "from_step": before, "to_step": after, "from_at": since,
                  "to_at": until, "from_on": since.date(), "to_on": until.date() if until else None,
                  "seconds": (until - since).total_seconds() if until else None, "limit_seconds": LIMITS[link] * DAY,
                  "limit_unit": "hours", "excess_seconds": None, "post": posts[link],
                  "outcome": _outcome(since, until, LIMITS[link] * DAY)}
        for place, (link, before, after, since, until) in enumerate(legs)
    ]
    if order.stars is not None:
        when = (arrived or AT) + timedelta(days=1)
        tables["feedback"].append(cohort | {
            "event_id": f"review:{order.id}", "source": "reviews", "occurred_at": when, "occurred_on": when.date(),
            "occurred_month": f"{when:%Y-%m}", "score": float(order.stars), "scale": 5.0,
            "score_share": (order.stars - 1) / 4, "said": order.said, "solicited": True, "arrived_late": missed,
            "promise": "missed" if missed else "kept",
        })
    tables["journeys"].append(cohort | {
        "blueprint_version": "1", "blueprint_digest": "d", "started_at": start, "started_on": order.ordered_on,
        "started_month": f"{order.ordered_on:%Y-%m}", "ended_at": arrived, "ended_on": arrived.date() if arrived else None,
        "state": "cancelled" if order.cancelled else "completed" if arrived else "open", "due_at": due_at,
        "due_by": "delivery", "promise": "none" if order.cancelled else "missed" if missed else "kept",
        "fulfilled_at": arrived, "fulfilled_on": arrived.date() if arrived else None,
        "fulfilled_month": f"{arrived:%Y-%m}" if arrived else None, "arrived_late": missed if arrived else None,
        "promise_excess_seconds": excess if counted else None,
        "duration_seconds": (arrived - start).total_seconds() if arrived else None,
        "perfect": not flaws if counted else None, "flaw_count": len(flaws), "undecided_count": 0, "event_count": 4,
        "rules_observed": len(order.rules), "rules_total": len(BLUEPRINT.rules()), "coverage": ",".join(order.rules),
        "score": None if order.stars is None else (order.stars - 1) / 4,
    })


def _outcome(since: datetime, until: datetime | None, limit: float) -> str:
    if ((until or AT) - since).total_seconds() > limit:
        return "late" if until else "overdue"
    return "kept" if until else "open"


_ARROW = {
    "VARCHAR": pa.string(), "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_(),
    "DOUBLE": pa.float64(), "INTEGER": pa.int32(), "BIGINT": pa.int64(),
}


def _arrow(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([(column, _ARROW[kind]) for column, kind in TABLES[name].items()])
    return pa.Table.from_pylist([{column: row.get(column) for column in TABLES[name]} for row in rows], schema=schema)


def _on_duckdb(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    duck = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    duck.execute("SET TimeZone = 'UTC'")
    for name, table in tables.items():
        duck.register("told", table)
        duck.execute(f"CREATE TABLE {name} AS SELECT * FROM told")
    return {name: nw.from_native(duck.table(name)).lazy() for name in tables}


def _on_polars(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    return {name: nw.from_native(pl.DataFrame(table).lazy()) for name, table in tables.items()}


_FRAMES: dict[str, Callable[[Mapping[str, pa.Table]], dict[str, Any]]] = {"duckdb": _on_duckdb, "polars": _on_polars}

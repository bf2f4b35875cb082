"""A made-up town: its blueprint, its sources, and random events of its parcels, for hypothesis and for schedules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from lastmeter.journal.event import Event, ObjectRef, Precision
from lastmeter.journeys.blueprint import Blueprint, load_blueprints
from lastmeter.kernel.clock import day_in_utc, local_of_utc, utc_of_local, zone_named
from tests.journeys.fake_journal import FakeJournal, Source

FIRST = datetime(2024, 1, 20)
DAYS = 150
ZONES = ("Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin")
SHOP = frozenset({
    "order.placed", "order.phoned", "order.cancelled", "parcel.packed", "payment.made", "photo.taken", "invoice.sent",
    "thanks.said", "review.answered", "complaint.made", "object.described", "order.quoted", "report.sent", "cover.laid",
})
CARRIER = frozenset({"parcel.scanned", "parcel.delivered", "parcel.returned", "parcel.refused", "parcel.damaged", "notice.sent",
                     "courier.assigned", "courier.released"})
WEIGHTS = {"object.described": 10, "order.cancelled": 0.5, "parcel.returned": 0.5, "parcel.refused": 0.5, "parcel.damaged": 1,
           "complaint.made": 1, "parcel.delivered": 3}
"""How often each type of event happens beside the usual 4."""
ATTRIBUTES = {
    "score": "number", "scale": "number", "said": "token", "amount": "money", "amount_currency": "text", "state": "text",
    "category": "text", "brand": "text", "promised_arrival_on": "date", "promised_arrival_at": "time",
    "promised_pick_on": "date", "promised_pick_at": "time", "seal": "text", "picture": "text", "weight": "number",
}


@cache
def blueprints() -> tuple[Blueprint, ...]:
    """Two versions: the newer one holds for parcels packed from 5 March 2024 on, and starts with the packing."""
    return tuple(load_blueprints(Path(__file__).parent / "blueprints"))


@cache
def slices() -> tuple[Blueprint, ...]:
    """The same events read as tenancies month by month and as market stalls week by week."""
    return tuple(load_blueprints(Path(__file__).parent / "blueprints_slices"))


def journal(watermark: datetime | None = FIRST + timedelta(days=DAYS)) -> FakeJournal:
    return FakeJournal([Source("carrier", CARRIER, watermark), Source("shop", SHOP, watermark)], dict(ATTRIBUTES))


class Town:
    """Random events of a few parcels, with every precision and in three zones."""

    def __init__(self, random: Random, *, orders: int = 3, spread_days: int = 12) -> None:
        self.random = random
        self.orders = [f"o{number}" for number in range(1, orders + 1)]
        self.spread = spread_days
        self.starts = {order: FIRST + timedelta(days=random.randrange(DAYS - 30), hours=random.randrange(24))
                       for order in self.orders}
        self.made = 0

    def events(self, count: int) -> list[Event]:
        return [self.event() for _ in range(count)]

    def event(self) -> Event:
        """One event of a parcel, or now and then a description."""
        pick = self.random
        kinds = sorted(SHOP | CARRIER)
        return self.of_type(pick.choices(kinds, [WEIGHTS.get(kind, 4) for kind in kinds])[0])

    def of_type(self, kind: str, *, order: str | None = None) -> Event:
        pick = self.random
        self.made += 1
        source = "shop" if kind in SHOP else "carrier"
        order = order or pick.choice(self.orders)
        zone = pick.choice(ZONES)
        precision: Precision = pick.choice(["second", "second", "minute", "hour", "day", "day", "month", "unknown"])
        if kind == "object.described":
            return self._described(source, zone, pick.choice(["unknown", "unknown", "day"]))
        moment = self.starts[order] + timedelta(hours=pick.randrange(-12, self.spread * 24), seconds=pick.randrange(7200))
        return Event(
            source=source, id=f"e{self.made}", type=kind, zone=zone, precision=precision,
            occurred_at=aligned(moment, precision, zone), objects=self._objects(order),
            performer=pick.choice([None, "carrier:a", "carrier:b"]), place=pick.choice([None, "depot", "shop"]),
            channel=pick.choice([None, "web", "phone"]), attributes=self._attributes(kind, moment, zone),
        )

    def _objects(self, order: str) -> tuple[ObjectRef, ...]:
        pick = self.random
        others = [ObjectRef("customer", f"c{order}"), ObjectRef("seller", f"s{pick.randrange(3)}"),
                  ObjectRef("product", f"p{pick.randrange(3)}"), ObjectRef("order", pick.choice(self.orders))]
        named = [ObjectRef("order", order), *(other for other in others if pick.random() < 0.4)]
        named = list(dict.fromkeys(named))
        pick.shuffle(named)
        return tuple(named)

    def _described(self, source: str, zone: str, precision: Precision) -> Event:
        pick = self.random
        kind, facts = pick.choice([("customer", {"state": pick.choice("XYZ")}), ("product", {"category": pick.choice("mn")}),
                                   ("order", {"brand": pick.choice("uv")}), ("customer", {})])
        name = {"customer": f"c{pick.choice(self.orders)}", "product": f"p{pick.randrange(3)}"}.get(kind, pick.choice(self.orders))
        moment = FIRST + timedelta(days=pick.randrange(DAYS))
        return Event(
            source=source, id=f"e{self.made}", type="object.described", zone=zone, precision=precision,
            occurred_at=aligned(moment, precision, zone), attributes=dict(facts),
            objects=(ObjectRef(kind, name), *([ObjectRef("person", f"h{pick.randrange(3)}")] if kind == "customer" else [])),
        )

    def _attributes(self, kind: str, moment: datetime, zone: str) -> dict[str, Any]:
        pick = self.random
        if kind in ("order.placed", "order.phoned"):
            return {**self._promise("arrival", moment, zone), **self._promise("pick", moment, zone)}
        if kind == "review.answered":
            return {key: value for key, value in (("score", float(pick.randrange(1, 6))), ("scale", pick.choice([5.0, 3.0, 1.0])),
                                                  ("said", "t1")) if pick.random() < 0.85}
        if kind == "parcel.packed":
            return {key: value for key, value in (("seal", pick.choice(["", "S1", "S2"])), ("picture", pick.choice(["p", "  "])))
                    if pick.random() < 0.7}
        if kind == "parcel.scanned":
            return {"weight": round(pick.random() * 3, 6)} if pick.random() < 0.6 else {}
        if kind in ("payment.made", "order.quoted"):
            weight = {"weight": pick.choice([3.0, 4.5, 1.000001])} if kind == "order.quoted" else {}
            return weight | {"amount": pick.randrange(-500, 5000)} | (
                {"amount_currency": pick.choice(["CNY", "CNY", "CNY", "EUR"])} if pick.random() < 0.9 else {})
        return {}

    def _promise(self, name: str, moment: datetime, zone: str) -> dict[str, Any]:
        pick = self.random
        if pick.random() < 0.4:
            return {}
        later = moment + timedelta(hours=pick.randrange(0, self.spread * 20))
        if pick.random() < 0.5:
            return {f"promised_{name}_at": later}
        day: date = local_of_utc(later, zone_named(zone)).date()
        return {f"promised_{name}_on": day, f"promised_{name}_at": day_in_utc(day, zone_named(zone))[1]}


def aligned(moment: datetime, precision: Precision, zone: str) -> datetime | None:
    """The start of the interval of that precision which holds the moment."""
    if precision == "unknown":
        return None
    if precision == "second":
        return moment
    named = zone_named(zone)
    local = local_of_utc(moment, named)
    if precision in ("day", "month"):
        day = local.date() if precision == "day" else local.date().replace(day=1)
        return day_in_utc(day, named)[0]
    local = local.replace(second=0, microsecond=0)
    return utc_of_local(local if precision == "minute" else local.replace(minute=0), named)


def moments(events: Sequence[Event]) -> list[datetime]:
    """Instants worth building at: shortly before, at and after what happens."""
    dated = sorted(event.occurred_at for event in events if event.occurred_at) or [FIRST]
    after = [dated[-1] + timedelta(days=60)] * (len(dated) // 2 + 1)
    return [dated[0], *(moment + timedelta(hours=hours) for moment in dated for hours in (0, 30)), *after]

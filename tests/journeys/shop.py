"""A small shop in Shanghai whose orders are told one by one, with what a build makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from lastmeter.journal.event import Event, ObjectRef, Precision
from lastmeter.journeys.blueprint import Blueprint, load_blueprints
from lastmeter.journeys.build import BuildReport, build
from lastmeter.journeys.verify import verify
from lastmeter.kernel.clock import day_in_utc, utc_of_local, zone_named
from tests.journeys.compare import Row, built_rows
from tests.journeys.fake_journal import FakeJournal, Source

ZONE = "Asia/Shanghai"
SHOP = frozenset({"order.bought", "order.shipped", "order.cancelled", "review.answered", "object.described", "notice.sent"})
CARRIER = frozenset({"order.arrived", "order.damaged"})
ATTRIBUTES = {"score": "number", "scale": "number", "said": "token", "state": "text",
              "promised_delivery_on": "date", "promised_delivery_at": "time"}


def day(number: int, month: int = 3) -> datetime:
    """The start of a day of 2018 in Shanghai, in UTC."""
    return day_in_utc(date(2018, month, number), zone_named(ZONE))[0]


def clock(number: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """An instant of 2018 in Shanghai, in UTC."""
    return utc_of_local(datetime(2018, month, number, hour, minute), zone_named(ZONE))


def by_day(number: int, month: int = 3) -> dict[str, Any]:
    """Promised for a day."""
    return {"promised_delivery_on": date(2018, month, number), "promised_delivery_at": day(number, month) + timedelta(days=1)}


def by_time(moment: datetime) -> dict[str, Any]:
    """Promised for an exact time."""
    return {"promised_delivery_at": moment}


@dataclass
class Shop:
    folder: Path
    at: datetime = field(default_factory=lambda: day(30))
    told: int = 0
    blueprints: tuple[Blueprint, ...] = field(
        default_factory=lambda: tuple(load_blueprints(Path(__file__).parent / "blueprints_shop")))
    last: BuildReport | None = None

    def __post_init__(self) -> None:
        self.journal = FakeJournal([Source("carrier", CARRIER, self.at), Source("shop", SHOP, self.at)], dict(ATTRIBUTES))

    def tell(
        self, kind: str, moment: datetime | None, *objects: str, precision: Precision = "second", **more: Any
    ) -> int:
        """One event of order o1, or of the objects named ("order:o2"); its batch."""
        self.told += 1
        named = tuple(ObjectRef(*name.split(":")) for name in objects or ("order:o1",))
        source = "carrier" if kind in CARRIER else "shop"
        given: dict[str, Any] = {"source": source, "id": f"e{self.told}", "zone": ZONE, "attributes": {}} | more
        return self.journal.add(Event(type=kind, occurred_at=moment, objects=named, precision=precision, **given))

    def known_to(self, **watermarks: datetime | None) -> None:
        for name, moment in watermarks.items():
            self.journal.watermark(name, moment)

    def build(self, *, at: datetime | None = None, full: bool = False) -> dict[str, list[Row]]:
        """The rows after a build, proven equal to a full one."""
        self.at = at or self.at
        with self.journal.snapshot() as snapshot:
            self.last = build(snapshot, self.blueprints, self.folder, at=self.at, full=full)
            assert verify(snapshot, self.blueprints, self.folder).differences == 0
        return built_rows(self.folder, self.blueprints)

    def order(self, name: str = "o1", **when: Any) -> Row:
        return next(row for row in self.build(**when)["journeys"] if row["journey_id"] == name)

    def flaws(self, **when: Any) -> list[str]:
        return [row["rule"] for row in self.build(**when)["flaws"]]

    def link(self, code: str) -> Row:
        return next(row for row in self.build()["links"] if row["link"] == code)

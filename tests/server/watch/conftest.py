"""A shop whose orders arrive one by one, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lastmeter.journal import Event, ObjectRef, statements
from lastmeter.server import clock
from lastmeter.server.company import served
from lastmeter.server.watch import foresight, watching
from lastmeter.server.watch.actions import Settled

LIVE = "live"
TYPES = ("order.placed", "order.paid", "order.picked", "order.packed", "order.handed_over", "order.cancelled")


class Shop:
    """Tells of orders by single events, as the intake does, and moves its clock."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def tell(self, order: str, step: str, at: datetime | None = None, **more: Any) -> None:
        """Something happened to an order."""
        moment = at or self.at
        event = Event(
            source=LIVE, id=f"{step}:{order}", type=f"order.{step}", occurred_at=moment.replace(microsecond=0),
            objects=(ObjectRef("order", order),), **more,
        )
        assert served.journal.record([event], recorded_at=moment) == ["stored"]

    def ship(self, order: str, at: datetime) -> None:
        """It was picked, packed and handed over, within all limits."""
        for hours, step in enumerate(("picked", "packed", "handed_over")):
            self.tell(order, step, at + timedelta(hours=hours))

    def deliver(self, order: str, at: datetime) -> None:
        """It is at the customer's door."""
        event = Event(source=LIVE, id=f"delivered:{order}", type="parcel.delivered", occurred_at=at.replace(microsecond=0),
                      objects=(ObjectRef("parcel", f"p{order}"), ObjectRef("order", order)))
        assert served.journal.record([event], recorded_at=at) == ["stored"]

    def complete_until(self, watermark: datetime, source: str = LIVE) -> None:
        """The source says up to when it is complete."""
        with served.journal.store.writing() as connection:
            connection.execute(statements.SOURCE_SET, (0, source, " ".join(TYPES), watermark.isoformat()))

    def turn(self, later: timedelta = timedelta(0)) -> Settled:
        """Some time passes, then the watch has its turn."""
        self.at += later
        with clock.frozen(self.at):
            return watching.watch(self.at)


@pytest.fixture
def shop(company: Path, template: tuple[Path, datetime]) -> Iterator[Shop]:
    """The shop; its history is taken over, all its sources are complete for a year to come."""
    watching.forget_turn()
    foresight.forget_usual()
    shop = Shop(template[1])
    for state in served.journal.sources():
        shop.complete_until(shop.at + timedelta(days=365), state.name)
    shop.complete_until(shop.at)
    shop.turn()
    yield shop
    watching.forget_turn()

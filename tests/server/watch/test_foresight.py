"""What was said to be late is written down, and judged by what became of it; so is what nobody said."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lastmeter.diagnosis.risk import Foreseen
from lastmeter.server import clock
from lastmeter.server.company import served
from lastmeter.server.people.models import Person
from lastmeter.server.watch import foresight, queries
from lastmeter.server.watch.models import Prediction
from tests.server.watch.conftest import Shop

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def foreseen(order: str, due_at: datetime, at: datetime, chance: float) -> Foreseen:
    return Foreseen("order", order, due_at, "paid", at - HOUR, chance, due_at + DAY, 50, None, None, None)


def look(shop: Shop) -> None:
    with clock.frozen(shop.at):
        foresight.look_ahead(shop.at)


def test_forecasts_are_kept_judged_and_their_record_shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    due_at = (shop.at + DAY).replace(microsecond=0)
    for order in ("w1", "w2", "w3"):
        shop.tell(order, "placed", attributes={"promised_delivery_at": due_at})
        shop.tell(order, "paid")
    shop.turn()
    said_at = shop.at
    likely = [foreseen("w1", due_at, said_at, 0.4), foreseen("w2", due_at, said_at, 0.2), foreseen("w3", due_at, said_at, 0.1)]
    monkeypatch.setattr(foresight, "foresee", lambda *_args, **_more: likely)
    look(shop)
    look(shop)
    owner = Person.objects.get(username="owner")
    with clock.frozen(shop.at):
        assert [one.journey for one in queries.at_risk(owner, queries.Asked(kind="order"))] == ["w1", "w2"]
        assert queries.hit_rate(owner, "order").said == 0

    # Half a day later w2 arrives and the other stands where it stood.
    shop.turn(DAY / 2)
    shop.deliver("w2", shop.at)
    shop.turn(HOUR)
    likely[:] = [foreseen("w1", due_at, shop.at, 0.6)]
    look(shop)
    shop.turn(DAY)
    likely.clear()
    look(shop)
    assert dict(Prediction.objects.values_list("journey", "outcome")) == {"w1": "late", "w2": "kept"}
    assert Prediction.objects.get(journey="w1").said_at == said_at
    served.reset()  # what was found out before may be shown for a while
    with clock.frozen(shop.at):
        rate = queries.hit_rate(owner, "order")
        late = rate.late
    assert (rate.said, rate.hits, rate.precision) == (2, 1, 0.5)
    assert late >= 2  # w1, and w3 of which nobody said it
    assert rate.recall == 1 / late
    assert rate.lead_seconds == (due_at - said_at).total_seconds()


def test_a_forecast_that_no_longer_holds_is_not_shown_but_counts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    due_at = (shop.at + DAY).replace(microsecond=0)
    shop.tell("w1", "placed", attributes={"promised_delivery_at": due_at})
    shop.turn()
    likely = [foreseen("w1", due_at, shop.at, 0.4)]
    monkeypatch.setattr(foresight, "foresee", lambda *_args, **_more: likely)
    look(shop)
    likely.clear()
    look(shop)
    with clock.frozen(shop.at):
        assert not queries.at_risk(Person.objects.get(username="owner"), queries.Asked(kind="order")).exists()
    shop.turn(DAY + HOUR)
    look(shop)
    assert Prediction.objects.get(journey="w1").outcome == "late"

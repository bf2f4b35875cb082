"""Does my parcel come at a regular time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lastmeter.diagnosis.regularity import regularity
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import Order, facts_of

MARCH = parse_period("2026-03")


def order(number: int, days: float, *, customer: str | None = None, place: str = "Riverside", back: int = 0) -> Order:
    start = date(2026, 3, 10) - timedelta(days=back)
    return Order(f"o{number}", start, {"packing": 0.5, "handover": 0.5, "transit": days - 1}, place=place, customer=customer)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_one_customer_is_compared_with_the_same_customers_order_before(engine: str) -> None:
    orders = [
        order(1, 2, customer="an", back=60), order(2, 5, customer="an", back=30), order(3, 4, customer="an"),  # 1 day apart
        order(4, 2, customer="bo", back=90), order(5, 8, customer="bo"),  # 6 days apart
        order(6, 3, customer="cai"),  # the first one: nothing to compare
        order(7, 9), order(8, 2),  # nobody known
    ]
    same = regularity(facts_of(orders, engine=engine), period=MARCH).customer
    assert (same.n, same.median, same.p90) == (2, 3.5, 5.5)
    assert same.previous == 3.0  # in February only an's second order: 5 against 2 days


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_places_are_listed_by_size_with_their_window(engine: str) -> None:
    steady = [order(n, 3, place="Steady") for n in range(30)]
    ragged = [order(100 + n, 1 + n * 0.25, place="Ragged") for n in range(21)]
    tiny = [order(200 + n, 3, place="Tiny") for n in range(5)]
    places = regularity(facts_of(steady + ragged + tiny, engine=engine), period=MARCH).groups["place"]
    assert [(row.key, row.n) for row in places] == [("Steady", 30), ("Ragged", 21)]  # five say nothing about spread
    assert (places[0].spread, places[1].spread) == (0.0, 4.0)  # 21 values from 1 to 6: p10 1.5, p90 5.5


def test_one_place_is_nothing_to_compare() -> None:
    assert regularity(facts_of([order(n, 3) for n in range(40)]), period=MARCH).groups["place"] == []

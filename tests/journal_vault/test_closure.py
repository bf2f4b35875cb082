"""Li Lei asks Mei to forget him. What is his, and what is not?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal.closure import Thing, find_closure
from lastmeter.journal.engine import open_duckdb

LI, HAN = Thing("person", "p-li"), Thing("person", "p-han")
SELLER, TEA = Thing("seller", "s-1"), Thing("product", "tea")


def c(number: int) -> Thing:
    return Thing("customer", f"c-{number}")


def o(number: int) -> Thing:
    return Thing("order", f"o-{number}")


def review(number: int) -> Thing:
    return Thing("review", f"r-{number}")


def parcel(number: int) -> Thing:
    return Thing("parcel", f"k-{number}")


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = open_duckdb()
    yield opened
    opened.close()


def tell(duck: duckdb.DuckDBPyConnection, events: list[list[Thing]]) -> None:
    """A table of events, each a list of its objects, the primary first."""
    rows = [
        {
            "source": "shop", "id": f"e{number}", "object_type": first.type, "object_id": first.id,
            "objects": [{"type": other.type, "id": other.id} for other in rest] or None,
        }
        for number, (first, *rest) in enumerate(events)
    ]
    kind = pa.list_(pa.struct([("type", pa.string()), ("id", pa.string())]))
    text = pa.string()
    schema = pa.schema([
        ("source", text), ("id", text), ("object_type", text), ("object_id", text), ("objects", kind)
    ])
    duck.register("told", pa.Table.from_pylist(rows, schema))
    duck.execute("CREATE OR REPLACE TEMP TABLE events AS SELECT * FROM told")


SHOP = [
    [c(1), LI], [c(2), LI], [c(3), HAN],
    [o(1), c(1), SELLER, TEA], [o(2), c(2), SELLER, TEA], [o(3), c(3), SELLER, TEA],
    [SELLER], [TEA],
    [review(1), o(1)], [review(3), o(3)],
    [o(1), parcel(1)], [parcel(1)], [o(3), parcel(3)], [parcel(3)],
]


def test_a_person_has_customers_orders_reviews_parcels_but_not_the_seller(duck: duckdb.DuckDBPyConnection) -> None:
    tell(duck, SHOP)
    found = find_closure(duck, "events", [LI])
    assert found.objects == {LI, c(1), c(2), o(1), o(2), review(1), parcel(1)}
    assert found.shared == {SELLER, TEA}


def test_one_customer_record_of_a_person_is_that_record_alone_and_the_person_is_named_as_shared(
    duck: duckdb.DuckDBPyConnection,
) -> None:
    tell(duck, SHOP)
    found = find_closure(duck, "events", [c(1)])
    assert found.objects == {c(1), o(1), review(1), parcel(1)}
    assert LI in found.shared


def test_a_customer_record_brings_its_person_if_there_is_no_other(duck: duckdb.DuckDBPyConnection) -> None:
    tell(duck, SHOP)
    assert HAN in find_closure(duck, "events", [c(3)]).objects


def test_a_delivery_run_with_parcels_of_others_stops_it(duck: duckdb.DuckDBPyConnection) -> None:
    run = Thing("run", "77")
    tell(duck, [*SHOP, [run, parcel(1), parcel(3)], [run]])
    found = find_closure(duck, "events", [LI])
    assert run in found.shared
    assert parcel(3) not in found.objects
    assert o(3) not in found.objects


def test_a_review_of_two_orders_of_one_person_is_theirs(duck: duckdb.DuckDBPyConnection) -> None:
    tell(duck, [*SHOP, [review(9), o(1), o(2)]])
    assert review(9) in find_closure(duck, "events", [LI]).objects


def test_a_review_that_somebody_else_shares_is_not(duck: duckdb.DuckDBPyConnection) -> None:
    tell(duck, [*SHOP, [review(9), o(1), o(3)]])
    found = find_closure(duck, "events", [LI])
    assert review(9) in found.shared


def test_who_was_never_here_has_nothing(duck: duckdb.DuckDBPyConnection) -> None:
    tell(duck, SHOP)
    nobody = Thing("person", "p-nobody")
    assert find_closure(duck, "events", [nobody]).objects == {nobody}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.booleans()), min_size=1, max_size=12), st.integers(0, 4))
def test_no_order_of_another_customer_is_ever_taken(orders: list[tuple[int, int, bool]], erased: int) -> None:
    events = [[SELLER]]
    for number, (customer, seller, reviewed) in enumerate(orders):
        events.append([o(number), c(customer), Thing("seller", f"s-{seller}")])
        events += [[review(number), o(number)]] if reviewed else []
    with open_duckdb() as duck:
        tell(duck, events)
        found = find_closure(duck, "events", [c(erased)]).objects
    mine = {number for number, (customer, _, _) in enumerate(orders) if customer == erased}
    assert {thing for thing in found if thing.type == "order"} == {o(number) for number in mine}
    assert {thing for thing in found if thing.type == "customer"} == {c(erased)}
    assert {thing for thing in found if thing.type == "review"} == {review(n) for n in mine if orders[n][2]}

"""Life in the simulated company: order of events, seasons, habits, and what experience does to stars."""

from __future__ import annotations

import itertools

import duckdb
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.demo.flow import make_orders, make_world
from lastmeter.demo.season import DAY_COUNT, DAY_SECONDS, START
from lastmeter.demo.voice import make_voices


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), first=st.integers(0, DAY_COUNT - 1), count=st.integers(1, 400))
def test_one_thing_follows_the_other(seed: int, first: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    world = make_world(rng, 1000)
    days = np.sort(rng.integers(first, DAY_COUNT, count))
    orders = make_orders(rng, world, days)
    way = [orders.placed, orders.paid, orders.picked, orders.packed, orders.handed_over, orders.arrived, orders.out,
           orders.delivered]
    for before, after in itertools.pairwise(way):
        assert not (after < before).any()
        assert not (np.isnan(before) & ~np.isnan(after)).any()
    assert not (orders.noticed >= orders.delivered).any()
    assert not (orders.cancelled < orders.placed).any()
    assert (np.diff(orders.number) > 0).all()
    assert ((orders.placed - START) // DAY_SECONDS == days).all()
    assert (orders.promised_day >= orders.placed // DAY_SECONDS).all()
    voices = make_voices(rng, world, orders)
    assert not (voices.answered < orders.delivered[voices.review_of]).any()
    assert set(voices.stars.tolist()) <= {1, 2, 3, 4, 5}
    assert len(voices.comments) == len(voices.review_of)
    assert len(voices.complaint_texts) == len(voices.complaint_of)


def test_the_eleventh_of_november_is_a_peak_and_spring_festival_a_lull(exports: duckdb.DuckDBPyConnection) -> None:
    per_day = dict(exports.sql("SELECT placed_at::DATE::VARCHAR, count(*) FROM orders GROUP BY ALL").fetchall())
    usual = float(np.median(list(per_day.values())))
    assert per_day["2025-11-11"] > 3 * usual
    assert per_day["2026-06-18"] > 2.5 * usual
    assert per_day.get("2026-02-17", 0) < 0.7 * usual


def test_evenings_are_busy_and_late_nights_are_not(exports: duckdb.DuckDBPyConnection) -> None:
    by_hour = dict(exports.sql("SELECT hour(placed_at), count(*) FROM orders GROUP BY ALL").fetchall())
    assert by_hour[21] > 8 * by_hour[4]
    assert by_hour[1] > 0


def test_my_parcel_comes_at_about_my_hour(exports: duckdb.DuckDBPyConnection) -> None:
    """The spread within one customer is far below the spread over all."""
    within, overall = exports.sql("""
        WITH arrivals AS (
            SELECT customer_id, (epoch(scanned_at) % 86400) / 3600 AS at_hour
            FROM scans JOIN orders USING (order_id) WHERE scan = 'delivered'),
        each AS (SELECT customer_id, stddev_samp(at_hour) AS spread FROM arrivals GROUP BY 1 HAVING count(*) >= 4)
        SELECT (SELECT median(spread) FROM each), (SELECT stddev_samp(at_hour) FROM arrivals)
    """).fetchall()[0]
    assert within < 0.6 * overall


def test_many_buy_again(exports: duckdb.DuckDBPyConnection) -> None:
    again = exports.sql("""
        SELECT avg((orders > 1)::INT) FROM (SELECT count(*) AS orders FROM orders GROUP BY customer_id)
    """).fetchall()[0][0]
    assert 0.4 < again < 0.8


def test_those_whose_parcel_was_late_or_broken_give_fewer_stars(exports: duckdb.DuckDBPyConnection) -> None:
    late, broken, well = exports.sql("""
        WITH went AS (
            SELECT stars, d.scanned_at::DATE > promised_on AS late, b.order_id IS NOT NULL AS broken
            FROM reviews JOIN orders USING (order_id)
            JOIN (SELECT * FROM scans WHERE scan = 'delivered') AS d USING (order_id)
            LEFT JOIN (SELECT * FROM scans WHERE scan = 'damaged') AS b USING (order_id))
        SELECT avg(stars) FILTER (late AND NOT broken), avg(stars) FILTER (broken),
            avg(stars) FILTER (NOT late AND NOT broken) FROM went
    """).fetchall()[0]
    assert broken < late < well - 0.6


def test_days_at_one_warehouse_share_their_luck(exports: duckdb.DuckDBPyConnection) -> None:
    """The spread of day means is above what independent orders would have: intervals need clusters."""
    effect = exports.sql("""
        WITH stretches AS (
            SELECT ln(epoch(h.scanned_at) - epoch(p.scanned_at)) AS x, p.site, p.scanned_at::DATE AS d
            FROM scans AS p JOIN scans AS h USING (order_id)
            WHERE p.scan = 'packed' AND h.scan = 'handed_over' AND p.scanned_at < DATE '2026-07-01'),
        days AS (SELECT site, d, avg(x) AS mean, var_samp(x) AS within, count(*) AS n FROM stretches
                 GROUP BY 1, 2 HAVING count(*) >= 3)
        SELECT var_samp(mean) / avg(within / n) FROM days
    """).fetchall()[0][0]
    assert effect > 1.3

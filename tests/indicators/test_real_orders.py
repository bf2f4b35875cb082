"""On two years of real orders: which due months are signals, whoever chose the rules."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from lastmeter.indicators.control import Point, company_chart

ORDERS = Path(os.environ.get("LASTMETER_DATA", "../shared/data")) / "olist" / "orders.parquet"

DUE = """
    SELECT strftime(order_estimated_delivery_date, '%Y-%m') AS month, count(*) AS n,
           count(*) FILTER (WHERE order_delivered_customer_date IS NULL
                            OR order_delivered_customer_date > order_estimated_delivery_date) AS missed
    FROM read_parquet(?) WHERE order_status <> 'canceled' GROUP BY month ORDER BY month
"""


@pytest.mark.skipif(not ORDERS.exists(), reason="needs the real orders under LASTMETER_DATA/olist")
def test_the_three_bad_months_are_signals_and_no_other() -> None:
    rows = duckdb.execute(DUE, [str(ORDERS)]).fetchall()
    assert (sum(n for _, n, _ in rows), sum(missed for _, _, missed in rows)) == (73_138, 7_439)
    chart = company_chart([Point(month, missed, n) for month, n, missed in rows])
    assert [(point.period, point.signal) for point in chart.signals] == [
        ("2017-12", "worse"), ("2018-03", "worse"), ("2018-04", "worse"),
    ]

"""On two years of real orders: which due months are signals, and how much of the catalogue has something to say."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from lastmeter.indicators.control import Point, company_chart
from lastmeter.workspace import Workspace

ORDERS = Path(os.environ.get("LASTMETER_DATA", "../shared/data")) / "olist" / "orders.parquet"
EXAMPLE = Path(__file__).parents[2] / "examples" / "olist"

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


@pytest.mark.slow
@pytest.mark.skipif(not ORDERS.exists(), reason="needs the real orders under LASTMETER_DATA/olist")
def test_at_least_twenty_indicators_have_a_figure_on_real_orders(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    Workspace.create(folder)
    for part in ("sources", "blueprints"):
        shutil.rmtree(folder / part)
        shutil.copytree(EXAMPLE / part, folder / part)
    unread = {"product_category_name_translation", "zip_centroids"}
    files = sorted(file for file in ORDERS.parent.glob("*.parquet") if file.stem not in unread)
    at = datetime(2018, 11, 1)
    with Workspace.open(folder) as ws:
        ws.import_files(files, source="shop", at=at)
        ws.build(at=at)
        figures = {code: ws.figures(code)[0] for code in ws.catalogue}
    told = {code for code, figure in figures.items() if figure.value is not None}
    assert len(told) >= 20
    assert all(figure.n > 0 for code, figure in figures.items() if code in told)
    asked_for_events = {code for code, indicator in ws.catalogue.items() if indicator.events}
    assert not told & asked_for_events, "these exports tell of none of those events"
    assert "required_missed_share" not in told, "and their standard requires no act"

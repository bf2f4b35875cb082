"""A company that goes on living: what was known at a moment and what is reported afterwards are together what a whole export says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.csv as pa_csv
import pytest

from lastmeter.demo.companies import COMMERCE, sign, simulate
from lastmeter.demo.live import read_stream
from lastmeter.workspace import Workspace
from lastmeter.workspace.holding_back import FOLDER, hold_back


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live") / "shop"
    Workspace.create(folder, template=COMMERCE)
    sign(folder, COMMERCE)
    return folder


def test_nothing_later_than_the_moment_is_in_the_cut_files_and_nothing_is_lost(shop: Path, tmp_path: Path) -> None:
    made = simulate(tmp_path / "exports", company=COMMERCE, seed=3, events=6_000)
    since = made.exported_at - timedelta(days=60)
    with Workspace.open(shop) as ws:
        until = hold_back(ws, made.files, since=since)
    folder = shop / FOLDER
    scans = pa_csv.read_csv(folder / "scans.csv").column("scanned_at").to_pylist()
    local = since + timedelta(hours=8)
    assert max(scans) <= local
    assert set(until) == set(made.files)
    reports = list(read_stream(folder, since=since))
    assert [at for at, _, _ in reports] == sorted(at for at, _, _ in reports)
    assert all(at > since for at, _, _ in reports)
    whole = pa_csv.read_csv(made.files["logistics"][0]).num_rows
    assert len(scans) + sum(source == "logistics" for _, source, _ in reports) == whole


def test_a_row_is_reported_as_it_stands_then(shop: Path, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,customer_id,product_id,quantity,amount,store,channel,province,status,placed_at,paid_at,promised_on,cancelled_at,returned_at\n"
        "1,C1,P1,1,9.00,hearth,live,henan,returned,2026-09-01 10:00:00,2026-09-01 10:05:00,2026-09-04,,2026-09-09 12:00:00\n"
        "2,C2,P1,1,9.00,hearth,live,henan,delivered,2026-09-03 10:00:00,2026-09-03 10:05:00,2026-09-06,,\n", encoding="utf-8")
    since = datetime(2026, 9, 2)
    with Workspace.open(shop) as ws:
        until = hold_back(ws, {"shop": [orders]}, since=since)
    (row,) = pa_csv.read_csv(until["shop"][0]).to_pylist()
    assert (row["order_id"], row["paid_at"], row["returned_at"]) == (1, datetime(2026, 9, 1, 10, 5), None)
    reports = list(read_stream(shop / FOLDER, since=since))
    assert [(at, row["order_id"], sorted(name for name in ("paid_at", "returned_at") if row[name])) for at, _, row in reports] == [
        (datetime(2026, 9, 3, 2), "2", []),
        (datetime(2026, 9, 3, 2, 5), "2", ["paid_at"]),
        (datetime(2026, 9, 9, 4), "1", ["paid_at", "returned_at"]),
    ]
    later = list(read_stream(shop / FOLDER, since=datetime(2026, 9, 5)))
    assert [row["order_id"] for _, _, row in later] == ["1"]

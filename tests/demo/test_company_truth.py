"""The three planted problems: the truth file says what anybody can count in the exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lastmeter.demo.company import DemoReport

COUNTED = {
    "slow_handover": """
        SELECT count(*), count(*) FILTER (epoch(h.scanned_at) - epoch(p.scanned_at) > 12 * 3600)
        FROM scans AS p JOIN scans AS h USING (order_id)
        WHERE p.scan = 'packed' AND h.scan = 'handed_over' AND p.site = 'dongguan' AND p.scanned_at >= DATE '2026-07-01'
    """,
    "short_promise": """
        SELECT count(*), count(*) FILTER (d.scanned_at::DATE > o.promised_on)
        FROM orders AS o JOIN scans AS d USING (order_id)
        WHERE d.scan = 'delivered' AND o.province = 'shaanxi' AND o.placed_at >= DATE '2026-03-01'
    """,
    "breaking_parcels": """
        SELECT count(*), count(b.order_id)
        FROM scans AS h LEFT JOIN (SELECT order_id FROM scans WHERE scan = 'damaged') AS b USING (order_id)
        WHERE h.scan = 'handed_over' AND h.carrier = 'camelbell' AND h.scanned_at >= DATE '2025-09-01'
    """,
}
BEFORE = {
    "slow_handover": ("p.scanned_at >= DATE '2026-07-01'", "p.scanned_at < DATE '2026-07-01'"),
    "short_promise": ("o.placed_at >= DATE '2026-03-01'", "o.placed_at < DATE '2026-03-01'"),
    "breaking_parcels": ("h.scanned_at >= DATE '2025-09-01'", "h.scanned_at < DATE '2025-09-01'"),
}


@pytest.fixture
def truth(company: tuple[Path, DemoReport]) -> dict[str, dict[str, Any]]:
    written = json.loads((company[0] / "truth.json").read_text(encoding="utf-8"))
    assert [entry["code"] for entry in written["problems"]] == [entry["code"] for entry in company[1].truth]
    return {entry["code"]: entry for entry in written["problems"]}


@pytest.mark.parametrize("code", COUNTED)
def test_the_planted_problem_is_in_the_files_in_its_stated_size(
    truth: dict[str, dict[str, Any]], exports: duckdb.DuckDBPyConnection, code: str
) -> None:
    journeys, flawed = exports.sql(COUNTED[code]).fetchall()[0]
    assert (journeys, flawed) == (truth[code]["journeys"], truth[code]["flawed"])
    assert truth[code]["excess_journeys"] == flawed - truth[code]["flawed_without"] > 0


@pytest.mark.parametrize("code", COUNTED)
def test_before_its_start_the_segment_was_like_the_truth_without_the_problem(
    truth: dict[str, dict[str, Any]], exports: duckdb.DuckDBPyConnection, code: str
) -> None:
    journeys, flawed = exports.sql(COUNTED[code].replace(*BEFORE[code])).fetchall()[0]
    without = truth[code]["share_without"]
    assert journeys > 100
    assert flawed / journeys == pytest.approx(without, abs=0.035)
    assert truth[code]["share"] > 2.5 * flawed / journeys


def test_the_sizes_are_visible_but_not_silly(truth: dict[str, dict[str, Any]]) -> None:
    assert 0.10 < truth["slow_handover"]["excess_share"] < 0.30
    assert 0.10 < truth["short_promise"]["excess_share"] < 0.45
    assert 0.01 < truth["breaking_parcels"]["excess_share"] < 0.06

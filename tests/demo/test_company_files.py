"""The files that a simulated order system exports."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.demo.conftest import EVENTS

from lastmeter.demo.company import SOURCES, DemoReport, generate
from lastmeter.demo.recorded import EVENT_OF_SCAN
from lastmeter.kernel.errors import LastMeterError

Company = tuple[Path, DemoReport]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, seed=seed, events=20_000)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert not set(digests(tmp_path / "a").values()) & set(digests(tmp_path / "c").values())


@pytest.mark.parametrize(("seed", "events"), [(1, 5_000), (2, 20_000), (3, 35_000), (5, 120_000)])
def test_the_number_of_events_is_what_was_asked_for(tmp_path: Path, seed: int, events: int) -> None:
    assert generate(tmp_path, seed=seed, events=events).events == pytest.approx(events, rel=0.01)


@pytest.mark.parametrize("events", [0, 4_999, 10_000_001])
def test_a_size_out_of_bounds_is_refused_in_both_languages(tmp_path: Path, events: int) -> None:
    with pytest.raises(LastMeterError) as refused:
        generate(tmp_path / "never", events=events)
    assert refused.value.code == "demo.size"
    assert str(events) in refused.value.message("zh")
    assert "10000000" in str(refused.value.hint("en"))
    assert not (tmp_path / "never").exists()


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    generate(tmp_path, seed=1, events=500_000, progress=lambda share, day: told.append((share, day)))
    assert told[-1] == (1.0, "2026-10-31")
    assert len(told) > 2
    assert told == sorted(told)


def test_the_report_counts_what_the_files_hold(company: Company, exports: duckdb.DuckDBPyConnection) -> None:
    found = dict(exports.sql("SELECT scan, count(*) FROM scans GROUP BY scan").fetchall())
    counts = {EVENT_OF_SCAN[scan]: number for scan, number in found.items()}
    counts |= dict(exports.sql("""
        SELECT 'order.placed', count(placed_at) FROM orders UNION ALL SELECT 'order.paid', count(paid_at) FROM orders
        UNION ALL SELECT 'order.cancelled', count(cancelled_at) FROM orders
        UNION ALL SELECT 'order.returned', count(returned_at) FROM orders
        UNION ALL SELECT 'review.answered', count(*) FROM reviews
        UNION ALL SELECT 'complaint.raised', count(*) FROM complaints
        UNION ALL SELECT 'object.described', (SELECT count(*) FROM customers) + (SELECT count(*) FROM products)
    """).fetchall())
    assert counts == company[1].counts
    assert sum(counts.values()) == pytest.approx(EVENTS, rel=0.01)


def test_the_company_stands_as_of_the_midnight_that_ends_its_last_day(company: Company) -> None:
    assert company[1].exported_at == datetime(2026, 10, 31, 16), "midnight in Shanghai"


def test_every_file_belongs_to_one_source(company: Company) -> None:
    folder, report = company
    assert sorted(path for paths in report.files.values() for path in paths) == sorted(folder.glob("*.csv"))
    assert set(report.files) == set(SOURCES)


@pytest.mark.parametrize(("table", "key"), [
    ("orders", "order_id"), ("scans", "(order_id, scan, attempt)"), ("reviews", "review_id"),
    ("complaints", "complaint_id"), ("customers", "customer_id"), ("products", "product_id"),
])
def test_business_keys_are_unique(exports: duckdb.DuckDBPyConnection, table: str, key: str) -> None:
    rows, keys = exports.sql(f"SELECT count(*), count(DISTINCT {key}) FROM {table}").fetchall()[0]
    assert rows == keys > 0


def test_every_mention_is_of_somebody_known(exports: duckdb.DuckDBPyConnection) -> None:
    strangers = exports.sql("""
        SELECT (SELECT count(*) FROM orders ANTI JOIN customers USING (customer_id)),
               (SELECT count(*) FROM orders ANTI JOIN products USING (product_id)),
               (SELECT count(*) FROM scans ANTI JOIN orders USING (order_id)),
               (SELECT count(*) FROM reviews ANTI JOIN orders USING (order_id, customer_id)),
               (SELECT count(*) FROM complaints ANTI JOIN orders USING (order_id, customer_id))
    """).fetchall()[0]
    assert strangers == (0, 0, 0, 0, 0)


def test_nothing_happens_after_the_export(exports: duckdb.DuckDBPyConnection) -> None:
    latest = exports.sql("""
        SELECT greatest(max(placed_at), max(paid_at), max(cancelled_at), max(returned_at),
            (SELECT max(scanned_at) FROM scans), (SELECT max(answered_at) FROM reviews),
            (SELECT max(raised_at) FROM complaints), (SELECT max(registered_at) FROM customers))
            < TIMESTAMP '2026-11-01', min(placed_at) >= TIMESTAMP '2024-11-01' FROM orders
    """).fetchall()[0]
    assert latest == (True, True)


def test_some_things_are_missing_as_in_real_files(exports: duckdb.DuckDBPyConnection) -> None:
    gaps = exports.sql("""
        SELECT (SELECT count(*) FROM reviews WHERE answered_at IS NULL),
               (SELECT count(*) FROM reviews WHERE comment IS NULL),
               (SELECT count(*) FROM customers WHERE phone IS NULL),
               (SELECT count(*) FROM scans WHERE carrier = 'lark' AND scan = 'line_haul_arrived'
                    AND scanned_at::DATE BETWEEN DATE '2025-05-12' AND DATE '2025-05-18'),
               (SELECT count(*) FROM scans WHERE carrier = 'lark' AND scan = 'out_for_delivery'
                    AND scanned_at::DATE BETWEEN DATE '2025-05-12' AND DATE '2025-05-18')
    """).fetchall()[0]
    assert min(gaps[0], gaps[1], gaps[2], gaps[4]) > 0
    assert gaps[3] == 0, "the carrier whose hubs were silent for a week"


def test_no_simulated_telephone_reaches_anybody(exports: duckdb.DuckDBPyConnection) -> None:
    """Only ranges that no network was given: 160, 161, 163, 164."""
    strays = exports.sql(r"""
        SELECT number FROM (
            SELECT phone::VARCHAR AS number FROM customers
            UNION ALL SELECT regexp_extract(comment, '\d{11}') AS number FROM reviews
            UNION ALL SELECT regexp_extract(content, '\d{11}') AS number FROM complaints)
        WHERE number <> '' AND NOT regexp_full_match(number, '16[0134]\d{8}')
    """).fetchall()
    assert strays == []


def test_texts_come_in_both_languages_and_hold_no_unfilled_places(exports: duckdb.DuckDBPyConnection) -> None:
    chinese, english, unfilled, kinds = exports.sql(r"""
        SELECT count(*) FILTER (regexp_matches(said, '\p{Han}')), count(*) FILTER (regexp_full_match(said, '[ -~]+')),
            count(*) FILTER (said LIKE '%{%'), count(DISTINCT said)
        FROM (SELECT comment AS said FROM reviews UNION ALL SELECT content FROM complaints) WHERE said IS NOT NULL
    """).fetchall()[0]
    assert (chinese > 100, english > 20, unfilled) == (True, True, 0)
    assert kinds > 300

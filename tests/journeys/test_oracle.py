"""The SQL reading of a blueprint equals the naive one, whatever happens to the parcels of the town."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.build import build
from tests.journeys import town
from tests.journeys.compare import built_rows, differences
from tests.journeys.oracle.journey import read_all
from tests.journeys.oracle.occurrence import World


def judge_both_ways(seed: int, count: int, lag: int, later: int, blueprints: Sequence[Blueprint] = ()) -> list[str]:
    """Build and read naively what one seed makes of the town; what differs."""
    blueprints = tuple(blueprints) or town.blueprints()
    random = Random(seed)
    journal = town.journal()
    events = town.Town(random, orders=1 + count // random.randrange(6, 30)).events(count)
    journal.add(*events)
    moments = town.moments(events)
    at = moments[later % len(moments)]
    journal.watermark("carrier", at - timedelta(hours=lag))
    journal.watermark("shop", None if seed % 11 == 0 else at - timedelta(hours=lag * (seed % 3)))
    world = World(journal.effective(), journal.sources, at)
    with TemporaryDirectory() as folder, journal.snapshot() as snapshot:
        build(snapshot, blueprints, Path(folder), at=at)
        return differences(built_rows(Path(folder), blueprints), read_all(blueprints, world))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10**9), st.integers(1, 400), st.integers(-5, 400), st.integers(0, 10**6))
def test_rows_equal_the_naive_reading(seed: int, count: int, lag: int, later: int) -> None:
    assert judge_both_ways(seed, count, lag, later) == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10**9), st.integers(1, 150), st.integers(-5, 400), st.integers(0, 10**6), st.sampled_from(town.slices()))
def test_rows_of_period_slices_equal_the_naive_reading(
    seed: int, count: int, lag: int, later: int, blueprint: Blueprint
) -> None:
    assert judge_both_ways(seed, count, lag, later, [blueprint]) == []


@pytest.mark.slow
def test_rows_of_period_slices_equal_the_naive_reading_of_fifty_towns() -> None:
    for seed in range(50):
        for blueprint in town.slices():
            assert judge_both_ways(seed, 20 + seed * 3, seed % 100, seed * 7919, [blueprint]) == [], f"seed {seed}"


@pytest.mark.slow
def test_rows_equal_the_naive_reading_of_a_hundred_towns() -> None:
    for seed in range(100):
        assert judge_both_ways(seed, 20 + seed * 5, seed % 100, seed * 7919) == [], f"seed {seed}"


def test_nothing_at_all_gives_empty_tables(tmp_path: Path) -> None:
    with town.journal().snapshot() as snapshot:
        report = build(snapshot, town.blueprints(), tmp_path, at=datetime(2024, 6, 1))
    assert report.journeys == 0
    assert all(rows == [] for rows in built_rows(tmp_path, town.blueprints()).values())

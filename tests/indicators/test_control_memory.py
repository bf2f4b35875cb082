"""What a baseline is said to remember, and how much the drift of such months swings: by hand and by trial."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastmeter.indicators.baseline import MOST_MEMORY, memory, moving_range_sigma, normal_score, student
from lastmeter.indicators.watch import LAMBDA, Drift


def test_memory_by_hand() -> None:
    # 1, 1, 1, 1, -1, -1, -1, -1: products of neighbours sum to 5 (six of +1, one of -1) over squares of 8: r = 0.625.
    # Bias: (0.625 + 1/8) / (1 - 3/8) = 1.2; as far as 8 months can show: 0.09 / (0.09 + 1/8) = 0.4186; 0.502.
    assert memory([1, 1, 1, 1, -1, -1, -1, -1]) == pytest.approx(0.5023, abs=1e-4)


def test_months_that_turn_about_have_no_memory() -> None:
    assert memory([1, -1] * 6) == 0.0


def test_seven_months_tell_nothing_about_memory() -> None:
    assert memory([1, 1, 1, 1, -1, -1, -1]) == 0.0


@given(st.lists(st.floats(-5, 5), min_size=0, max_size=40))
def test_memory_stays_in_its_bounds(deviations: list[float]) -> None:
    assert 0.0 <= memory(deviations) <= MOST_MEMORY


def test_neighbours_that_resemble_each_other_lie_too_close() -> None:
    assert moving_range_sigma([0.0, 1.0, 0.0], 0.36) == pytest.approx(1 / 1.128 / 0.8)


@given(st.floats(0.1, 6), st.floats(2, 60))
def test_a_limit_is_where_its_score_is(limit: float, freedom: float) -> None:
    assert normal_score(student(limit, freedom), freedom) == pytest.approx(limit)


def test_the_drift_of_strangers_has_the_textbook_deviation() -> None:
    drift = Drift()
    for _ in range(60):
        drift.add(0.0, 0.0, 0.0)
    assert drift.deviation == pytest.approx((LAMBDA / (2 - LAMBDA)) ** 0.5)


@pytest.mark.parametrize(("repeated", "doubt"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.125), (0.5, 0.1)])
def test_the_drift_swings_as_much_as_it_says(repeated: float, doubt: float) -> None:
    rng = np.random.default_rng(4)
    ends = []
    for _ in range(4000):
        state, centre, drift = rng.normal(), rng.normal() * doubt**0.5, Drift()
        for _ in range(6):
            state = repeated * state + (1 - repeated**2) ** 0.5 * rng.normal()
            drift.add((state - centre) / (1 + doubt) ** 0.5, repeated, doubt)
        ends.append(drift.value)
    assert np.std(ends) == pytest.approx(drift.deviation, rel=0.05)

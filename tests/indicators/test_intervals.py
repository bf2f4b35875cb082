"""Intervals against values from textbooks and by hand, and against what they promise: to hold 95 times of 100."""

from __future__ import annotations

import numpy as np
import pytest

from lastmeter.indicators.estimates import Rows, mean, median, share, weighted_share
from lastmeter.indicators.intervals import (
    INDEPENDENT,
    Design,
    linearised_variance,
    quantile,
    quantile_interval,
    share_design,
    t_quantile,
    wilson,
)


def floats(*numbers: float) -> np.ndarray:
    return np.asarray(numbers, dtype=np.float64)


def codes(*numbers: int) -> np.ndarray:
    return np.asarray(numbers, dtype=np.int64)


def rows_of(
    n: np.ndarray, *, hits: np.ndarray | None = None, days: np.ndarray | None = None,
    clusters: np.ndarray | None = None, values: np.ndarray | None = None, answered: np.ndarray | None = None,
    strata: np.ndarray | None = None,
) -> Rows:
    zeros, single = np.zeros(len(n)), np.zeros(len(n), dtype=np.int64)
    return Rows(
        n=n, days=single if days is None else days, clusters=single if clusters is None else clusters,
        hits=zeros if hits is None else hits, values=zeros if values is None else values,
        answered=zeros if answered is None else answered, strata=single if strata is None else strata,
    )


def test_wilson_is_the_textbooks() -> None:
    # Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662; 0 of 20 is 0 to 0.1611; 1 of 29 is 0.0061 to 0.1718.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_students_t_meets_its_expansion_where_the_table_ends() -> None:
    assert t_quantile(30) == 2.042
    assert t_quantile(31) == pytest.approx(2.0395, abs=5e-4)
    assert t_quantile(120) == pytest.approx(1.9799, abs=5e-5)


def test_two_couriers_one_always_late_are_worth_two_journeys() -> None:
    # p = ½ of 8; courier sums deviate by +2 and −2: variance 2/1 · (4 + 4) / 64 = ¼; a simple sample has ¼ / 7.
    design = share_design(floats(4, 0), floats(4, 4), codes(0, 0), codes(0, 1))
    assert design.effect == pytest.approx(7.0)
    assert (design.source, design.clusters) == ("cluster", 2)
    assert linearised_variance(floats(2, -2), 8) == pytest.approx(0.25)


def test_journeys_that_all_stand_alone_have_no_design_effect() -> None:
    hits = floats(1, 0, 0, 1, 1, 0)
    design = share_design(hits, np.ones(6), codes(*range(6)), codes(*range(6)))
    assert design.effect == pytest.approx(1.0)


def test_the_larger_of_day_and_cluster_decides() -> None:
    # Days hold one hit and one miss each: less than chance. The cluster holds all hits.
    design = share_design(floats(1, 0, 1, 0), np.ones(4), codes(0, 0, 1, 1), codes(7, 8, 7, 8))
    assert design.source == "cluster"
    assert design.effect == pytest.approx(3.0)  # 2 · (1 + 1) / 16 = ¼, by ¼ / 3


def test_where_nothing_was_a_hit_the_design_of_all_groups_stands_in() -> None:
    rows = rows_of(floats(30))
    alone, informed = share(rows, INDEPENDENT), share(rows, Design(5.0, "day", 200))
    assert alone.high is not None
    assert informed.high is not None
    assert informed.high > 3 * alone.high


def test_conovers_order_statistics_of_sixteen_values() -> None:
    # Conover 1999: n = 16, q = ½: ranks ⌈8 − 1.96 · 2⌉ = 5 and ⌈8 + 1.96 · 2⌉ = 12.
    values = np.arange(1.0, 17.0)
    assert quantile(values, np.ones(16), 0.5) == 8.5
    assert quantile_interval(values, np.ones(16), 0.5, 16) == (5.0, 12.0)


def test_counts_stand_for_repeated_values() -> None:
    # 1 1 1 2 5: the median is 1, the 90th percentile 2 + 0.6 · 3.
    assert quantile(floats(1, 2, 5), floats(3, 1, 1), 0.5) == 1.0
    assert quantile(floats(1, 2, 5), floats(3, 1, 1), 0.9) == pytest.approx(3.8)


def test_five_journeys_say_nothing_about_their_ninetieth_percentile() -> None:
    assert quantile_interval(np.arange(1.0, 6.0), np.ones(5), 0.9, 5)[1] is None


def test_a_mean_by_hand() -> None:
    # 2 4 6: mean 4, variance 4, error √(4/3); each its own day: Student's t with two degrees of freedom is not asked
    # for, as three days of one journey each have exactly no design effect and name no source.
    estimate = mean(rows_of(np.ones(3), values=floats(2, 4, 6), days=codes(0, 1, 2)), INDEPENDENT)
    assert estimate.value == 4.0
    assert estimate.low == pytest.approx(4 - 1.959964 * (4 / 3) ** 0.5, abs=1e-5)


def test_a_stratum_that_nobody_answered_from_takes_the_rate_of_the_others() -> None:
    rows = rows_of(
        floats(6, 4, 10), strata=codes(0, 0, 1), answered=floats(6, 0, 0), hits=floats(3, 0, 0), days=codes(0, 1, 1)
    )
    assert weighted_share(rows, INDEPENDENT).value == 0.5


def test_nobody_asked_no_figure() -> None:
    assert weighted_share(rows_of(floats(5)), INDEPENDENT).value is None
    assert median(rows_of(floats()), INDEPENDENT).value is None
    assert share(rows_of(floats()), INDEPENDENT).value is None


def coverage(simulate: object, truth: float, times: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(times):
        low, high = simulate(rng)  # type: ignore[operator]
        held += low <= truth <= high
    return held / times


def test_shares_of_lumpy_couriers_are_held_95_times_of_100() -> None:
    # 40 couriers of 5 to 120 journeys, their own late rates beta distributed around 10 %: a design effect near 5.
    def simulate(rng: np.random.Generator) -> tuple[float, float]:
        n = rng.integers(5, 121, size=40)
        hits = rng.binomial(n, rng.beta(1.2, 10.8, size=40))
        estimate = share(
            rows_of(n.astype(float), hits=hits.astype(float), clusters=np.arange(40), days=np.zeros(40, dtype=np.int64)),
            INDEPENDENT,
        )
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.low, estimate.high

    assert 0.925 <= coverage(simulate, 0.1, 1500, seed=1) <= 0.975


def test_unadjusted_they_would_not_be() -> None:
    def simulate(rng: np.random.Generator) -> tuple[float, float]:
        n = rng.integers(5, 121, size=40)
        hits = rng.binomial(n, rng.beta(1.2, 10.8, size=40))
        return wilson(hits.sum() / n.sum(), n.sum())

    assert coverage(simulate, 0.1, 1500, seed=1) < 0.75


def test_medians_of_lumpy_days_are_held_95_times_of_100() -> None:
    def simulate(rng: np.random.Generator) -> tuple[float, float]:
        days = np.repeat(np.arange(30), 20)
        values = rng.normal(size=600) + 0.5 * rng.normal(size=30)[days]
        estimate = median(
            rows_of(np.ones(600), values=values, days=days, clusters=np.zeros(600, dtype=np.int64)), INDEPENDENT
        )
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.low, estimate.high

    assert 0.92 <= coverage(simulate, 0.0, 600, seed=2) <= 0.985


def test_the_customers_word_is_held_95_times_of_100_though_the_late_answer_more() -> None:
    # 400 journeys over 40 days, 20 % missed; 90 % of the kept and 30 % of the missed are satisfied; the missed answer
    # twice as often. Truth: 0.8 · 0.9 + 0.2 · 0.3.
    def simulate(rng: np.random.Generator) -> tuple[float, float]:
        missed = rng.random(400) < 0.2
        answered = rng.random(400) < np.where(missed, 0.8, 0.4)
        hits = answered & (rng.random(400) < np.where(missed, 0.3, 0.9))
        estimate = weighted_share(
            rows_of(
                np.ones(400), strata=missed.astype(np.int64), answered=answered.astype(float),
                hits=hits.astype(float), days=np.repeat(np.arange(40), 10),
            ),
            INDEPENDENT,
        )
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.low, estimate.high

    assert 0.93 <= coverage(simulate, 0.78, 1000, seed=3) <= 0.985

"""Couriers side by side: told apart only where the data tell them apart, and never ranked."""

from __future__ import annotations

import numpy as np
import pytest

from lastmeter.indicators import registry
from lastmeter.indicators.compare import compare
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.intervals import wilson

MISSED = registry.get("arrived_late_share")
SPREAD = registry.get("order_to_arrival_spread")


def figure(who: str, hits: int, n: int, *, effect: float = 1.0, rules: str = "delivery") -> Figure:
    low, high = wilson(hits / n, n / effect)
    return Figure(
        code=MISSED.code, keys={"performer": who}, value=hits / n, n=n, population=n, hits=hits, low=low, high=high,
        n_effective=n / effect, design_effect=effect, rules=rules,
    )


def test_couriers_within_chance_are_alike() -> None:
    result = compare(MISSED, [figure("a", 9, 100), figure("b", 12, 100), figure("c", 11, 100), figure("d", 8, 100)])
    assert {group.standing for group in result.groups} == {"alike"}
    assert not result.distinct
    assert result.between == 0.0
    assert [group.shrunk for group in result.groups] == pytest.approx([0.1] * 4)


def test_the_one_who_is_late_four_times_as_often_stands_out() -> None:
    calm = [figure(name, hits, 400) for name, hits in zip("abcd", (38, 41, 44, 37), strict=True)]
    result = compare(MISSED, [*calm, figure("e", 160, 400)])
    assert [group.standing for group in result.groups][-1] == "worse"
    assert result.distinct
    # A good many journeys: hardly shrunk.
    assert result.groups[-1].shrunk == pytest.approx(0.4, abs=0.02)


def test_the_same_figures_from_lumpy_days_cannot_be_told_apart() -> None:
    shares = [("a", 38), ("b", 41), ("c", 60), ("d", 37)]
    assert compare(MISSED, [figure(who, hits, 400) for who, hits in shares]).distinct
    assert not compare(MISSED, [figure(who, hits, 400, effect=8.0) for who, hits in shares]).distinct


def test_three_late_of_twelve_is_no_verdict_on_a_newcomer() -> None:
    many = [figure(str(number), hits, 500) for number, hits in enumerate((30, 45, 60, 50, 40, 75))]
    result = compare(MISSED, [*many, figure("new", 3, 12), figure("newer", 2, 4)])
    assert result.groups[-2].standing == "alike"
    assert result.groups[-2].shrunk is not None
    assert result.mean is not None
    assert result.mean < result.groups[-2].shrunk < 0.15, "shrunk from 25 % towards the 10 % of all"
    assert result.groups[-1].standing == "too_few"


def test_the_beta_binomial_by_hand() -> None:
    # Mean ¼ of two groups of 100 with 0.1 and 0.4; sampling variance ¼ · ¾ / 100 = 0.001875, weights 533.33 each.
    # Q = 533.33 · 2 · 0.0225 = 24; between = (24 − 1) / (1066.67 − 533.33) = 0.043125; the peers count as
    # 0.1875 / 0.043125 − 1 = 3.3478 journeys: (10 + 0.25 · 3.3478) / 103.3478 = 0.104859.
    result = compare(MISSED, [figure("a", 10, 100), figure("b", 40, 100)])
    assert result.between == pytest.approx(0.043125**0.5)
    assert result.groups[0].shrunk == pytest.approx(0.104859, abs=1e-6)
    assert [group.standing for group in result.groups] == ["better", "worse"]


def test_other_coverage_is_never_compared() -> None:
    result = compare(MISSED, [
        figure("a", 9, 100), figure("b", 12, 100), figure("c", 90, 100, rules="delivery,handover"),
    ])
    assert [group.standing for group in result.groups] == ["alike", "alike", "other_coverage"]
    assert result.mean == pytest.approx(0.105)


def test_windows_of_days_are_compared_by_their_intervals() -> None:
    def spread(place: str, value: float) -> Figure:
        return Figure(code=SPREAD.code, keys={"place": place}, value=value, n=300, population=300, low=value - 1.0,
                      high=value + 1.0, n_effective=300.0)

    result = compare(SPREAD, [spread("a", 6.0), spread("b", 6.4), spread("c", 5.8), spread("d", 12.0)])
    assert [group.standing for group in result.groups] == ["alike", "alike", "alike", "worse"]
    assert compare(SPREAD, [spread("a", 6.0)]).mean is None


def test_of_thirty_alike_couriers_seldom_any_is_accused() -> None:
    rng = np.random.default_rng(11)
    accused = 0
    for _ in range(300):
        result = compare(MISSED, [figure(str(who), int(rng.binomial(200, 0.1)), 200) for who in range(30)])
        accused += result.distinct
    assert accused / 300 <= 0.08

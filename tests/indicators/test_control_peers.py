"""A post against its peers: what moves all cancels, what moves one is found, and many posts do not cry wolf."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lastmeter.indicators.control import Chart, Point
from lastmeter.indicators.peers import PeersLevel, _pool_freedom, peers_charts
from lastmeter.indicators.watch import Together


def series(rates: np.ndarray, n: int = 3000, seed: int = 1) -> dict[str, list[Point]]:
    """Posts A, B, ...: a row of rates each, a column a month."""
    rng = np.random.default_rng(seed)
    return {
        chr(65 + row): [Point(f"{month:03d}", int(rng.binomial(n, rate)), n) for month, rate in enumerate(post)]
        for row, post in enumerate(rates)
    }


def exact(rates: np.ndarray, n: int = 3000) -> dict[str, list[Point]]:
    """The same without chance: as many hits as the rates say."""
    return {
        chr(65 + row): [Point(f"{month:03d}", round(n * rate), n) for month, rate in enumerate(post.tolist())]
        for row, post in enumerate(rates)
    }


def signals(charts: dict[str, Chart]) -> set[tuple[str, str, str]]:
    return {(post, point.period, point.signal) for post, chart in charts.items() for point in chart.signals}


LEVELS = np.array([0.04, 0.06, 0.07, 0.09, 0.12, 0.05])


def test_a_crisis_of_the_whole_company_is_nobodys() -> None:
    rates = np.repeat(LEVELS[:, None], 20, axis=1)
    rates[:, 15:18] *= 2.2
    assert not [found for found in signals(peers_charts(series(rates))) if "015" <= found[1] <= "017"]


def test_one_post_gone_wrong_is_found_and_does_not_make_the_others_good() -> None:
    rates = np.repeat(LEVELS[:, None], 20, axis=1)
    rates[2, 18] = 0.2
    assert signals(peers_charts(series(rates))) == {("C", "018", "worse")}


def test_what_is_wanted_may_go_up() -> None:
    kept = 1 - np.repeat(LEVELS[:, None], 20, axis=1)
    kept[0, 19] = 0.80
    assert signals(peers_charts(series(kept), direction="up")) == {("A", "019", "worse")}


def test_a_post_that_was_always_worse_is_no_signal_and_its_usual_says_so() -> None:
    charts = peers_charts(series(np.repeat(LEVELS[:, None], 20, axis=1)))
    last = charts["E"].points[-1]
    assert not signals(charts)
    # 0.12 beside five peers whose mean is 0.062.
    assert last.centre == pytest.approx(0.058, abs=0.006)
    assert last.lower is not None
    assert last.upper is not None
    assert last.lower < (last.centre or 0.0) < last.upper


def test_the_value_is_the_difference_from_the_peers_by_hand() -> None:
    charts = peers_charts({"A": [Point("1", 30, 100)], "B": [Point("1", 10, 100)], "C": [Point("1", 5, 50)]})
    # 30 % beside 15 of 150.
    assert charts["A"].points[0].value == pytest.approx(0.2)
    assert charts["A"].points[0].rule == "learning"


def test_a_post_alone_has_no_peers_and_a_handful_is_too_few() -> None:
    alone = peers_charts(series(np.full((1, 20), 0.07)))
    assert {point.rule for point in alone["A"].points} == {"too_few"}
    shop = series(np.full((5, 20), 0.07))
    shop["A"][-1] = Point("019", 3, 5)
    assert peers_charts(shop)["A"].points[-1].rule == "too_few"


def test_several_periods_together_by_hand() -> None:
    course = Together()
    for score in (1.0, 2.0, 3.0):
        course.add(score, memory=0.0, doubt=0.0)
    # The last two: 2.5 at 1/√2, 3.54; all three: 2 at 1/√3, 3.46.
    assert course.standardised == pytest.approx([2.5 * math.sqrt(2), 2 * math.sqrt(3)])
    assert (course.value, course.deviation) == pytest.approx((2.5, 1 / math.sqrt(2)))
    course.add(3.0, memory=0.5, doubt=0.25)
    # Two of them: (2 + 2 · 0.5) / 4 and the level's error 0.25, of a score's 1.25; three: (3 + 4 · 0.5 + 2 · 0.25) / 9.
    assert course.standardised == pytest.approx([3 / math.sqrt(1 / 1.25), 8 / 3 / math.sqrt((5.5 / 9 + 0.25) / 1.25)])


def test_a_shift_does_not_become_usual_before_it_is_found() -> None:
    rates = np.repeat(LEVELS[:, None], 24, axis=1)
    rates[2, 21:] += 0.0175
    last = peers_charts(exact(rates))["C"].points[-1]
    assert (last.signal, last.rule) == ("worse", "drift")
    assert last.baseline == 21  # of 23 before it


def test_who_looks_at_one_post_need_not_pay_for_the_others() -> None:
    many = np.repeat(np.tile(LEVELS, 3)[:, None], 20, axis=1)
    many[2, 19] += 0.019
    of_all, alone = peers_charts(exact(many)), peers_charts(exact(many), alone=True)
    assert of_all["C"].points[-1].signal == "none"
    assert alone["C"].points[-1].signal == "worse"
    assert alone["C"].points[-1].score == of_all["C"].points[-1].score


def test_posts_that_swing_alike_are_pooled_more_than_posts_that_do_not() -> None:
    def level(sigma: float) -> PeersLevel:
        return PeersLevel(0.0, sigma, 1000.0, 24, 14.0, ())

    # The log of a variance of 14 degrees of freedom has variance trigamma(7) = 0.1535; presumed are trigamma(10) = 0.1052.
    alike = _pool_freedom([level(1.3)] * 10)
    assert alike == pytest.approx(201)
    unlike = _pool_freedom([level(sigma) for sigma in (1.0, 3.0) * 5])
    # Ten logs, 0 or 2.197: squares 12.07, less 9 · 0.1535, and five presumptions, over fourteen: 0.801.
    assert unlike == pytest.approx(1 + 2 / 0.801, rel=0.01)
    assert _pool_freedom([level(2.0)]) == pytest.approx(1 + 2 / 0.1052, rel=0.01)


def test_the_order_of_posts_changes_nothing() -> None:
    rates = np.repeat(LEVELS[:, None], 16, axis=1)
    rates[1, 15] = 0.12
    told = series(rates)
    assert peers_charts(told) == peers_charts(dict(reversed(told.items())))


def test_a_declared_peak_is_no_part_of_what_is_usual() -> None:
    rates = np.repeat(LEVELS[:, None], 20, axis=1)
    rates[0, 12] = 0.3
    charts = peers_charts(series(rates, seed=2), declared={"012"})
    assert charts["A"].points[12].declared
    assert charts["A"].points[12].signal == "worse"
    # 19 before it, without the peak and the two that are judged together with it.
    assert charts["A"].points[19].baseline == 16


@pytest.mark.slow
def test_calm_posts_alarm_together_in_about_one_month_of_a_hundred() -> None:
    rng = np.random.default_rng(3)
    months = alarms = 0
    for seed in range(12):
        rates = np.clip(rng.choice(LEVELS, 8)[:, None] * np.exp(0.2 * rng.normal(size=30)) + 0.003 * rng.normal(size=(8, 30)), 0.005, 1)
        charts = peers_charts(series(rates, seed=seed))
        for month in range(8, 30):
            months += 1
            alarms += any(chart.points[month].signal != "none" for chart in charts.values())
    assert alarms / months <= 0.03

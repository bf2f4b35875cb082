"""A post against its peers: what moves all cancels, what moves one is found, and many posts do not cry wolf."""

from __future__ import annotations

import numpy as np
import pytest

from lastmeter.indicators.control import Chart, Point
from lastmeter.indicators.peers import peers_charts


def series(rates: np.ndarray, n: int = 3000, seed: int = 1) -> dict[str, list[Point]]:
    """Posts A, B, ...: a row of rates each, a column a month."""
    rng = np.random.default_rng(seed)
    return {
        chr(65 + row): [Point(f"{month:03d}", int(rng.binomial(n, rate)), n) for month, rate in enumerate(post)]
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
    assert charts["A"].points[19].baseline == 18


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

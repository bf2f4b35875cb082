"""Signal or noise: what the charts say of made-up months, and how often they cry wolf."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lastmeter.indicators.control import Chart, Point, Value, company_chart, xmr_chart

CALM = [(1000, 52), (1100, 50), (900, 47), (1000, 55), (1050, 49), (980, 51), (1020, 46), (1000, 53), (990, 50), (1010, 48)]


def months(counts: Sequence[tuple[int, int]]) -> list[Point]:
    return [Point(f"2024-{number:02d}", hits, n) for number, (n, hits) in enumerate(counts, 1)]


def verdicts(chart: Chart) -> dict[str, str]:
    return {point.period: point.signal for point in chart.points if point.signal != "none"}


def test_laneys_sigma_by_hand() -> None:
    # Eight months of 100 with 10 and 20 hits by turns: p̄ = 0.15, σ = √(0.15 · 0.85 / 100) = 0.0357071,
    # each z = ±1.40028, every moving range 2.80056, sigma_z = 2.80056 / 1.128 = 2.48276.
    chart = company_chart(months([(100, 10), (100, 20)] * 4 + [(100, 15)]))
    last = chart.points[-1]
    assert last.centre == pytest.approx(0.15)
    assert last.sigma == pytest.approx(2.48276, abs=1e-5)
    assert last.baseline == 8
    assert last.score == pytest.approx(0.0)
    # Student's t at the one-sided 99.865 % with 0.62 · 7 = 4.34 degrees of freedom is about 6.2; the centre's error
    # adds √(9/8): 0.15 + 6.2 · 1.0607 · 2.48276 · 0.0357071 = 0.73.
    assert last.upper == pytest.approx(0.73, abs=0.04)
    assert last.lower == 0.0


def test_calm_months_are_noise_and_a_doubling_is_a_signal() -> None:
    chart = company_chart(months([*CALM, (1000, 51), (1000, 110)]))
    assert verdicts(chart) == {"2024-12": "worse"}
    assert chart.signals[0].rule == "beyond_limits"
    assert chart.points[7].rule == "learning"


def test_the_same_jump_of_something_good_is_better() -> None:
    chart = company_chart(months([*CALM, (1000, 51), (1000, 110)]), direction="up")
    assert verdicts(chart) == {"2024-12": "better"}


def test_a_past_crisis_does_not_hide_the_next() -> None:
    chart = company_chart(months([*CALM, (1000, 150), (1000, 49), (1000, 150)]))
    assert verdicts(chart) == {"2024-11": "worse", "2024-13": "worse"}
    assert chart.points[-1].centre == pytest.approx(chart.points[-3].centre, rel=0.01)


def test_a_crisis_while_learning_is_left_out_of_the_first_baseline() -> None:
    chart = company_chart(months([*CALM[:5], (1000, 400), *CALM[5:], (1000, 110)]))
    assert chart.points[-1].signal == "worse"
    assert chart.points[-1].centre == pytest.approx(0.05, abs=0.002)


def test_a_small_lasting_shift_is_a_drift() -> None:
    calm = [(4000, 200 + change) for change in (4, -8, 10, -3, 6, -9, 2, 5, -7, 8, -4, 1, -6, 9, -2, 3)]
    chart = company_chart(months([*calm, *[(4000, 235)] * 6]))
    assert chart.signals
    assert {point.rule for point in chart.signals} == {"drift"}
    assert {point.signal for point in chart.signals} == {"worse"}


def test_eight_signals_in_a_row_are_how_things_are_now() -> None:
    chart = company_chart(months([*CALM, *[(1000, 150 + change) for change in (0, 4, -3, 2, -5, 1, 3, -2, 0, 2)]]))
    assert [point.signal for point in chart.points[10:]] == ["worse"] * 8 + ["none"] * 2
    assert chart.points[18].new_level
    assert chart.points[18].centre == pytest.approx(0.15)


def test_a_declared_peak_is_judged_but_makes_no_baseline() -> None:
    series = months([*CALM, (1000, 150), (1000, 50)])
    chart = company_chart(series, declared={"2024-11"})
    assert chart.points[10].declared
    assert chart.points[10].signal == "worse"
    assert chart.points[11].baseline == 10
    assert chart.points[11].ewma == pytest.approx(company_chart(months([*CALM, (1000, 50)])).points[10].ewma)


def test_a_handful_of_journeys_is_too_few_to_judge() -> None:
    chart = company_chart(months([*CALM, (6, 3)]))
    assert chart.points[-1].rule == "too_few"
    assert chart.points[-1].signal == "none"


def test_a_growing_company_is_not_alarmed_by_growing() -> None:
    # 5 % ± 1 point from month to month, at 500 journeys or, from one month to the next, at 5,000.
    swing = [0.05, 0.06, 0.04, 0.055, 0.045, 0.06, 0.05, 0.04, 0.055, 0.045, 0.05, 0.06]
    small = [(500, round(500 * rate)) for rate in swing]
    chart = company_chart(months([*small, *[(5000, round(5000 * rate)) for rate in (0.062, 0.04, 0.06)]]))
    assert not chart.signals


def test_the_individuals_chart_by_hand() -> None:
    # 10 and 12 by turns: mean 11, moving range 2, sigma 2 / 1.128 = 1.773.
    values = [Value(str(number), 10.0 + 2 * (number % 2)) for number in range(8)]
    chart = xmr_chart([*values, Value("8", 11.0), Value("9", 40.0), Value("10", None)])
    assert chart.points[8].centre == pytest.approx(11.0)
    assert chart.points[8].sigma == pytest.approx(1.773, abs=1e-3)
    assert [point.signal for point in chart.points[8:]] == ["none", "worse", "none"]
    assert chart.points[10].rule == "too_few"


def test_a_history_without_any_spread_cannot_judge() -> None:
    chart = xmr_chart([Value(str(number), 5.0) for number in range(9)] + [Value("9", 6.0)])
    assert chart.points[-1].rule == "no_spread"


def test_what_comes_after_changes_nothing_before() -> None:
    series = months([*CALM, (1000, 150), (1000, 49), (1000, 60)])
    whole = company_chart(series).points
    for length in range(1, len(series)):
        assert company_chart(series[:length]).points == whole[:length]


def false_alarms(*, months_run: int, n: int, swing: float, memory: float, growth: float = 1.0, runs: int = 120) -> float:
    """Share of judged months of an in-control process that alarm: rate 7 %, swinging by `swing` of itself."""
    rng = np.random.default_rng(20_240_701)
    judged = alarms = 0
    for _ in range(runs):
        state, series = rng.normal(), []
        for month in range(months_run):
            state = memory * state + np.sqrt(1 - memory**2) * rng.normal()
            size = int(n * growth**month * rng.uniform(0.8, 1.2))
            rate = min(0.99, max(0.0005, 0.07 * (1 + swing * state)))
            series.append(Point(str(month), int(rng.binomial(size, rate)), size))
        points = [point for point in company_chart(series).points if point.score is not None]
        judged += len(points)
        alarms += sum(point.signal != "none" for point in points)
    return alarms / judged


@pytest.mark.parametrize(("n", "swing", "growth"), [(4000, 0.0, 1.0), (4000, 0.15, 1.0), (4000, 0.3, 1.0), (40, 0.0, 1.0),
                                                    (500, 0.15, 1.06)])
def test_calm_processes_alarm_in_at_most_fourteen_of_a_thousand_months(n: int, swing: float, growth: float) -> None:
    assert false_alarms(months_run=60, n=n, swing=swing, memory=0.0, growth=growth) <= 0.014


@pytest.mark.parametrize("swing", [0.05, 0.1])
def test_months_that_resemble_their_neighbours_alarm_hardly_more(swing: float) -> None:
    assert false_alarms(months_run=60, n=4000, swing=swing, memory=0.3) <= 0.018


def test_a_point_and_a_half_more_is_found_within_three_months() -> None:
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(100):
        rates = 0.07 + 0.003 * rng.normal(size=27) + 0.015 * (np.arange(27) >= 24)
        series = [Point(f"{month:02d}", int(rng.binomial(4000, rate)), 4000) for month, rate in enumerate(rates)]
        found += any(point.signal == "worse" for point in company_chart(series).points[24:])
    assert found >= 78


def test_a_quarter_more_misses_for_half_a_year_is_found() -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(100):
        rates = [0.07] * 24 + [0.0875] * 6
        series = [Point(str(i), int(rng.binomial(4000, rate * (1 + 0.03 * rng.normal()))), 4000)
                  for i, rate in enumerate(rates)]
        found += any(point.signal == "worse" for point in company_chart(series).points[24:])
    assert found >= 90

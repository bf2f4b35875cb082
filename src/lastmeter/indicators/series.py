"""An indicator over the months, on the chart that fits it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lastmeter.indicators.control import Chart, Point, Value, company_chart, xmr_chart
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Indicator
from lastmeter.indicators.measure import measure
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Grain


def chart_of(
    facts: Facts, indicator: Indicator, *, grain: Grain = "month", declared: Collection[str] = (),
) -> Chart:
    """The indicator's chart over all its months (or weeks, ...): p' for shares, individuals for all else."""
    return chart_figures(indicator, measure(facts, indicator, by=[grain]), grain=grain, declared=declared)


def chart_figures(
    indicator: Indicator, figures: Sequence[Figure], *, grain: Grain = "month", declared: Collection[str] = (),
) -> Chart:
    """The chart of figures measured by that grain alone; those without a period are left out.

    A weighted share enters as the hits among respondents that its value stands for.
    """
    dated = [(period, figure) for figure in figures if (period := figure.keys[grain]) is not None]
    if not indicator.is_share:
        values = [Value(period, figure.value, figure.mature) for period, figure in dated]
        return xmr_chart(values, direction=indicator.direction, declared=declared)
    points = [
        Point(period, (figure.value or 0.0) * figure.n, figure.n if figure.value is not None else 0, figure.mature)
        for period, figure in dated
    ]
    return company_chart(points, direction=indicator.direction, declared=declared)

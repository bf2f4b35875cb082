"""The brief's headline rates: each a figure of the indicators with its change, so that no rate is defined here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lastmeter.diagnosis import change, cohort
from lastmeter.diagnosis.change import Change, ChartPoint
from lastmeter.indicators import registry
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.maturity import Maturity
from lastmeter.indicators.measure import measure
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

PERFECT, SAID, KEPT = "perfect_journey_rate", "customer_said_rate", "promise_kept_rate"
RATES = (PERFECT, SAID, KEPT)


class Rate(msgspec.Struct, frozen=True):
    """A share of the due cohort with n, 95% interval, coverage and change; `points` is its chart, this period last.

    `population` is what the n rows stand for: for the customers' word n answered of so many due journeys.
    """

    code: str
    title: Title
    meaning: Title
    value: float | None
    n: int
    population: int
    low: float | None
    high: float | None
    rules_observed: int
    rules_total: int
    mature: bool
    previous: float | None
    comparable: bool
    change: Change
    points: list[ChartPoint]


def rates(facts: Facts, codes: Sequence[str] = RATES, *, period: Period, maturity: Maturity | None = None) -> list[Rate]:
    """Perfect by events, perfect by the customers' word, promises kept, in this order."""
    return [_rate(facts, code, period, maturity) for code in codes]


def due_maturity(facts: Facts) -> Maturity:
    """When periods of what is dated by its due day are complete: the same for every such indicator."""
    return Maturity.of(facts, registry.get(PERFECT))


def _rate(facts: Facts, code: str, period: Period, maturity: Maturity | None) -> Rate:
    indicator = registry.get(code)
    periods = cohort.run_up(period, cohort.CHARTED)
    charted = Period(periods[0].first, period.last, period.grain, period.code)
    measured: dict[str | None, Figure] = {
        figure.keys[period.grain]: figure
        for figure in measure(facts, code, by=(period.grain,), period=charted, maturity=maturity)
    }
    series = [measured.get(each.code) for each in periods]
    now = series[-1] or measure(facts, code, period=period, maturity=maturity)[0]
    before = series[-2]
    n = [figure.n if figure and figure.value is not None else 0 for figure in series]
    hits = [figure.value * figure.n if figure and figure.value is not None else 0.0 for figure in series]
    chart = change.share_chart(periods, hits, n, good=indicator.direction, mature=now.mature, peaks=facts.peaks)
    return Rate(
        code=code, title=indicator.title, meaning=indicator.meaning, value=_six(now.value), n=now.n,
        population=now.population, low=_six(now.low), high=_six(now.high), rules_observed=now.rules_observed,
        rules_total=now.rules_total, mature=now.mature, previous=_six(before.value) if before else None,
        comparable=before is None or before.rules == now.rules,
        change=change.of_chart(chart), points=change.points_of(chart, periods),
    )


def _six(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

"""The figures of the brief: what events say, what customers say, what was promised, how regular it is."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.rates import Rate
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.kernel.titles import Title


class Regular(msgspec.Struct, frozen=True):
    """The spread of the duration over all journeys that arrived, in days: p90 − p10, with 95% interval and change;
    `trend`: the spread of each of the last twelve periods.
    """

    title: Title
    spread: float
    n: int
    low: float | None
    high: float | None
    previous: float | None
    rules_observed: int
    rules_total: int
    change: Change
    trend: list[float | None]


class Rates(Content, frozen=True, tag="rates"):
    """Perfect by events, by the customers' word, promises kept; each with n, interval, coverage and change."""

    rates: list[Rate]
    regular: Regular | None


@section(10, Title("主要数字", "Main figures"), Title("95% 区间；对照{previous}和常态", "95% intervals; against {previous} and the usual"))
def rates(study: Study) -> Rates:
    """The three rates and the regularity; of a post its own rate alone."""
    if study.view is not None:
        return Rates(study.rates, None)
    found = study.regularity
    whole = found.overall
    regular = None if whole.spread is None else Regular(
        Title("八成旅程的用时窗口", "Window of eight in ten"), whole.spread, whole.n, whole.low, whole.high,
        whole.previous, found.rules_observed, found.rules_total, found.change,
        found.trend,
    )
    return Rates(study.rates, regular)

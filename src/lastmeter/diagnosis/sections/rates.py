"""The three rates: what events say, what customers say, what was promised."""

from __future__ import annotations

from lastmeter.diagnosis.rates import Rate
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.kernel.titles import Title


class Rates(Content, frozen=True, tag="rates"):
    """Each with n, interval, coverage and change."""

    rates: list[Rate]


@section(10, Title("三个比率", "Three rates"), Title("95% 区间；对照{previous}和常态", "95% intervals; against {previous} and the usual"))
def rates(study: Study) -> Rates:
    """Perfect journeys by events, perfect by the customers' word, promises kept."""
    return Rates(study.rates)

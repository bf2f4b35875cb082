"""Signal or noise: what the control charts say about the last point of a series, in a form that a brief can print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from lastmeter.diagnosis import words
from lastmeter.indicators.control import LEARNING, Chart, Charted, Point, Value, company_chart, xmr_chart
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

Verdict = Literal["signal", "noise", "unknown"]
Direction = Literal["better", "worse", "same"]
Good = Literal["up", "down"]
Span = tuple[date, date]

_SIGNAL: dict[tuple[str, Direction], Title] = {
    ("beyond_limits", "worse"): Title("信号：变差", "signal: worse"),
    ("beyond_limits", "better"): Title("信号：变好", "signal: better"),
    ("drift", "worse"): Title("信号：近几期整体比常态差", "signal: worse than usual over several periods"),
    ("drift", "better"): Title("信号：近几期整体比常态好", "signal: better than usual over several periods"),
}
_NOISE = Title("属波动", "noise")
_SILENT: dict[str, Title] = {
    "learning": Title("历史太短，还不能判断", "too little history to judge"),
    "too_few": Title("数量太少，还不能判断", "too few to judge"),
    "no_spread": Title("历史没有波动，还不能判断", "no spread in the past to judge by"),
}


class Change(msgspec.Struct, frozen=True):
    """The last point of a series against its own past.

    `usual`, `lower`, `upper` are the centre and the limits of the chart at that point; `difference` is the point minus
    the usual, `from_previous` the point minus the one before. `direction` says which way it lies from the usual, in
    the sense of good and bad, whether or not that is a signal; `text` says it. All None where the chart cannot judge.
    """

    verdict: Verdict
    direction: Direction
    usual: float | None
    lower: float | None
    upper: float | None
    difference: float | None
    from_previous: float | None
    text: Title

    @property
    def is_signal(self) -> bool:
        """Whether the chart confirms the change."""
        return self.verdict == "signal"


class ChartPoint(msgspec.Struct, frozen=True):
    """One period on the chart; limits are None while there is too little history."""

    period: str
    tick: Title
    n: int
    value: float | None
    centre: float | None
    lower: float | None
    upper: float | None
    ewma: float | None
    signal: Literal["none", "worse", "better"]


def of_shares(
    periods: Sequence[Period], hits: Sequence[float], n: Sequence[int], *, good: Good, peaks: Sequence[Span] = ()
) -> Change:
    """What the company chart says about the last period of hits / n."""
    return of_chart(share_chart(periods, hits, n, good=good, peaks=peaks))


def of_values(
    periods: Sequence[Period], values: Sequence[float | None], *, good: Good, peaks: Sequence[Span] = ()
) -> Change:
    """What the individuals chart says about the last of some values that are no shares."""
    first = next((place for place, value in enumerate(values) if value is not None), len(values))
    series = [Value(named.code, value) for named, value in zip(periods[first:], values[first:], strict=True)]
    return of_chart(xmr_chart(series, direction=good, declared=_touched(periods, peaks)))


def share_chart(
    periods: Sequence[Period], hits: Sequence[float], n: Sequence[int], *, good: Good, mature: bool = True,
    peaks: Sequence[Span] = (),
) -> Chart:
    """The company chart of a share; periods before the first journey are left out.

    mature: of the last period. peaks: declared ones, first and last day; no part of what counts as usual.
    """
    first = next((place for place, of in enumerate(n) if of), len(n))
    series = [
        Point(named.code, h, of, mature or named is not periods[-1])
        for named, h, of in zip(periods[first:], hits[first:], n[first:], strict=True)
    ]
    return company_chart(series, direction=good, declared=_touched(periods, peaks))


def _touched(periods: Sequence[Period], peaks: Sequence[Span]) -> set[str]:
    """The periods that a declared peak touches."""
    return {period.code for period in periods for first, last in peaks if first <= period.last and period.first <= last}


def of_chart(chart: Chart) -> Change:
    """What a chart says about its last period."""
    if not chart.points or chart.points[-1].value is None:
        return _unknown(None, "learning")
    last = chart.points[-1]
    before = chart.points[-2].value if len(chart.points) > 1 else None
    step = None if before is None or last.value is None else _six(last.value - before)
    if last.centre is None or last.lower is None or last.upper is None or last.value is None:
        return _unknown(step, _why(chart, last))
    difference = round(last.value - last.centre, 6)
    if last.signal != "none":
        verdict: Verdict = "signal"
        direction: Direction = last.signal
        said = _SIGNAL[last.rule, direction]
    else:
        better = (difference > 0) == (chart.direction == "up")
        verdict, direction, said = "noise", "same" if difference == 0 else "better" if better else "worse", _NOISE
        if last.rule:
            return _unknown(step, last.rule)
    return Change(
        verdict, direction, _six(last.centre), _six(last.lower), _six(last.upper), difference, step, said
    )


def _why(chart: Chart, last: Charted) -> str:
    """Why nothing could be judged: a long past in which too little happened is not a short one."""
    measured = sum(point.value is not None for point in chart.points[:-1])
    return "too_few" if last.rule == "learning" and chart.kind == "p_prime" and measured >= 2 * LEARNING else last.rule


def points_of(chart: Chart, periods: Sequence[Period]) -> list[ChartPoint]:
    """The chart as a brief holds it, oldest first."""
    named = {period.code: period for period in periods}
    return [_point(point, named[point.period]) for point in chart.points]


def _point(point: Charted, period: Period) -> ChartPoint:
    return ChartPoint(
        period=point.period, tick=words.tick(period), n=point.n, value=_six(point.value), centre=_six(point.centre),
        lower=_six(point.lower), upper=_six(point.upper), ewma=_six(point.ewma), signal=point.signal,
    )


def _unknown(step: float | None, why: str) -> Change:
    return Change("unknown", "same", None, None, None, None, step, _SILENT.get(why, _SILENT["learning"]))


def _six(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

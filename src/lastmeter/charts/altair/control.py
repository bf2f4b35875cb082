"""The control chart: limits as a band, the usual dotted, signals as filled diamonds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import SHAPES, colour
from lastmeter.indicators.control import Chart
from lastmeter.kernel.titles import Lang, Title

_SUBTITLE = Title("灰带：控制限；虚线：常态", "band: control limits; dotted: usual")
_TONE = {"worse": "bad", "better": "good"}


def control(chart: Chart, title: str = "", lang: Lang = "en") -> alt.LayerChart:
    """A chart of `lastmeter.indicators.control`, either kind."""
    rows = [
        {"period": point.period, "value": point.value, "centre": point.centre, "lower": point.lower,
         "upper": point.upper, "signal": point.signal, "n": point.n}
        for point in chart.points
    ]
    form = ".1%" if chart.kind == "p_prime" else ".2f"
    axis = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=form, tickCount=4))
    base = alt.Chart(values(rows)).encode(x=alt.X("period:O", title=None, axis=alt.Axis(labelOverlap=True)))
    band = base.mark_area(color=colour("data_band")).encode(y=alt.Y("lower:Q", title=None), y2="upper:Q")
    usual = base.mark_line(color=colour("data_ghost"), strokeDash=[2, 3]).encode(y="centre:Q")
    line = base.mark_line().encode(y=axis, tooltip=["period:O", alt.Tooltip("value:Q", format=form), "n:Q"])
    dots = base.mark_point().encode(y="value:Q").transform_filter("datum.signal == 'none'")
    layers = [band, usual, line, dots, *_signals(base)]
    drawn: Any = alt.layer(*layers).properties(width=640, height=220)
    styled = in_house_style(drawn, title, _SUBTITLE.say(lang), lang)
    assert isinstance(styled, alt.LayerChart)  # noqa: S101 - for the type checker
    return styled


def _signals(base: alt.Chart) -> Sequence[alt.Chart]:
    return [
        base.mark_point(filled=True, size=90, color=colour(tone), fill=colour(tone), shape=SHAPES[tone])
        .encode(y="value:Q").transform_filter(f"datum.signal == '{signal}'")
        for signal, tone in _TONE.items()
    ]

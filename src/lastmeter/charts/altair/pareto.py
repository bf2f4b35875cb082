"""The Pareto: cumulative share in its own strip above, bars below, so that no panel has two scales."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import colour
from lastmeter.kernel.titles import Lang, Title

_MOST = 9
_TITLE = Title("{n} 个原因占瑕疵的 {share}", "{n} causes make {share} of the flaws")
_SUBTITLE = Title("空框为上期；上方为累计占比", "outline: the period before; above: cumulative share")
_OTHERS = Title("其他", "others")


def pareto(table: pa.Table, lang: Lang = "en") -> alt.VConcatChart:
    """Causes with `title`, `count`, `previous`, `cumulative`, as `ws.pareto()` gives them, most flaws first."""
    rows = _nine(table.to_pylist(), lang)
    order = [row["title"] for row in rows]
    base = alt.Chart(values(rows)).encode(x=alt.X("title:N", sort=order, title=None, axis=alt.Axis(labelLimit=90)))
    line = base.mark_line(point=True).encode(
        y=alt.Y("cumulative:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.8]))
    )
    told = base.mark_text(dy=-10).encode(y="cumulative:Q", text=alt.Text("cumulative:Q", format=".0%"))
    bars = base.mark_bar(width=44).encode(
        y=alt.Y("count:Q", title=None, axis=None),
        color=alt.condition(alt.datum.title == (order[0] if order else ""), alt.value(colour("accent")),
                            alt.value(colour("data_bar"))),
    )
    before = base.mark_bar(width=52, fillOpacity=0, stroke=colour("data_ghost")).encode(y="previous:Q")
    counted = base.mark_text(dy=-7).encode(y="count:Q", text=alt.Text("count:Q", format=",.0f"))
    vital = next((place for place, row in enumerate(rows, 1) if row["cumulative"] >= 0.8), len(rows))
    title = _TITLE.say(lang, n=vital, share=f"{rows[vital - 1]['cumulative']:.0%}") if rows else ""
    chart = alt.vconcat(
        (line + told).properties(height=90, width=alt.Step(76)),
        (before + bars + counted).properties(height=220, width=alt.Step(76)),
    ).resolve_scale(x="shared")
    return _typed(in_house_style(chart, title, _SUBTITLE.say(lang), lang))


def _typed(chart: Any) -> alt.VConcatChart:
    assert isinstance(chart, alt.VConcatChart)  # noqa: S101 - for the type checker
    return chart


def _nine(rows: list[dict[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    shown = [{key: row[key] for key in ("title", "count", "previous", "cumulative")} for row in rows]
    if len(shown) <= _MOST:
        return shown
    rest = shown[_MOST - 1:]
    return [*shown[: _MOST - 1], {
        "title": _OTHERS.say(lang), "count": sum(row["count"] for row in rest),
        "previous": sum(row["previous"] for row in rest), "cumulative": 1.0,
    }]

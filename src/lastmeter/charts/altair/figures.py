"""Figures of an indicator with their intervals: a line over periods, whiskers over groups."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import colour
from lastmeter.indicators import registry
from lastmeter.indicators.measure import GRAINS
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title

_NOT_KEYS = frozenset({
    "code", "value", "n", "population", "hits", "low", "high", "n_effective", "design_effect", "design_source",
    "rules_observed", "rules_total", "rules", "mature",
})
_SUBTITLE = Title("线段为 95% 区间；空心为未成熟", "whiskers: 95% intervals; hollow: not yet mature")


def figures(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Rows as `ws.indicator(code, by=...)` gives them: keys, `value`, `low`, `high`, `n`, `mature`."""
    rows = table.to_pylist()
    keys = [name for name in table.column_names if name not in _NOT_KEYS]
    share, title = _of(rows, lang)
    told = [
        {"group": " · ".join(str(row[key]) for key in keys) or title, "mature": bool(row.get("mature", True))}
        | {name: row.get(name) for name in ("value", "low", "high", "n")}
        for row in rows if row.get("value") is not None
    ]
    over_time = bool(keys) and keys[-1] in GRAINS and len(keys) == 1
    axis = alt.Axis(format=".1%" if share else ",.1f", tickCount=5)
    number: dict[str, Any] = {"axis": axis, "scale": alt.Scale(zero=False), "title": None}
    group: dict[str, Any] = {"sort": [row["group"] for row in told], "title": None}
    base = alt.Chart(values(told))
    base = (
        base.encode(x=alt.X("group:N", **group), y=alt.Y("value:Q", **number)) if over_time
        else base.encode(y=alt.Y("group:N", **group), x=alt.X("value:Q", **number))
    )
    whiskers = base.mark_rule(color=colour("data_ghost")).encode(
        **({"y": alt.Y("low:Q", **number), "y2": "high:Q"} if over_time else {"x": alt.X("low:Q", **number), "x2": "high:Q"})
    )
    dots = base.mark_point(size=50, filled=True, color=colour("accent")).encode(
        fill=alt.condition("datum.mature", alt.value(colour("accent")), alt.value(colour("surface"))),
        tooltip=["group:N", "value:Q", "low:Q", "high:Q", "n:Q"],
    )
    lines = [base.mark_line()] if over_time else []
    styled = in_house_style(alt.layer(whiskers, *lines, dots), title, _SUBTITLE.say(lang), lang)
    assert isinstance(styled, alt.LayerChart)  # noqa: S101 - for the type checker
    return styled


def _of(rows: list[dict[str, Any]], lang: Lang) -> tuple[bool, str]:
    """Whether the figures are shares, and what they are called; a company's own indicator is called by its code."""
    code = str(rows[0]["code"]) if rows else ""
    try:
        indicator = registry.get(code)
    except LastMeterError:
        return False, code
    return indicator.unit == "share", indicator.title.say(lang)

"""How long each link takes, in multiples of its limit: bar p10–p90, dot median, line to p99."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import colour
from lastmeter.kernel.titles import Lang, Title

_DAY = 86400.0
_QUANTILES = {"p10": 0.1, "median": 0.5, "p90": 0.9, "p99": 0.99}
_TITLE = Title("各链路用时", "How long each link takes")
_SUBTITLE = Title(
    "以各自时限为 1（没有时限的以天计）；条 p10–p90，点中位数，线到 p99",
    "in multiples of each limit (days where there is none); bar p10–p90, dot median, line to p99",
)


def links(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Rows of the links fact table: `link`, `position`, `seconds`, `limit_seconds`."""
    rows = _quantiles(table)
    order = [row["link"] for row in rows]
    base = alt.Chart(values(rows)).encode(y=alt.Y("link:N", sort=order, title=None))
    tail = base.mark_rule(color=colour("data_soft")).encode(x=alt.X("p90:Q", title=None), x2="p99:Q")
    bar = base.mark_bar(size=8, color=colour("data_soft")).encode(x="p10:Q", x2="p90:Q")
    over = base.mark_bar(size=8, color=colour("bad")).encode(x="limit:Q", x2="p90:Q").transform_filter(
        "datum.limit != null && datum.p90 > datum.limit"
    )
    dot = base.mark_point(filled=True, size=60, color=colour("accent"), stroke=colour("surface")).encode(x="median:Q")
    limit = alt.Chart(values([{"limit": 1}])).mark_rule(color=colour("ink_2")).encode(x="limit:Q")
    chart = alt.layer(tail, bar, over, limit, dot).properties(height=alt.Step(28), width=520)
    return _typed(in_house_style(chart, _TITLE.say(lang), _SUBTITLE.say(lang), lang))


def _quantiles(table: pa.Table) -> list[dict[str, Any]]:
    """A row a link, in route order; numbers in multiples of the limit, or in days."""
    seconds = np.asarray(table["seconds"], dtype=np.float64)
    limits = np.asarray(table["limit_seconds"], dtype=np.float64)
    names = np.asarray(table["link"], dtype=object)
    positions = dict(zip(names, table["position"].to_pylist(), strict=True))
    rows = []
    for link in sorted(positions, key=lambda name: (positions[name], name)):
        taken = (names == link) & ~np.isnan(seconds)
        if not taken.any():
            continue
        unlimited = bool(np.isnan(limits[taken]).all())
        scaled = seconds[taken] / (_DAY if unlimited else np.nanmax(limits[taken]))
        quantiles = {name: round(float(np.quantile(scaled, at)), 4) for name, at in _QUANTILES.items()}
        rows.append({"link": link, "limit": None if unlimited else 1} | quantiles)
    return rows


def _typed(chart: Any) -> alt.LayerChart:
    assert isinstance(chart, alt.LayerChart)  # noqa: S101 - for the type checker
    return chart

"""How long each link takes, in multiples of its limit: bar p10–p90, dot median, line to p99."""

from __future__ import annotations

from typing import Any

import altair as alt
import narwhals.stable.v2 as nw
import pyarrow as pa

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import colour
from lastmeter.kernel.titles import Lang, Title

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
    frame = nw.from_native(table, eager_only=True).filter(~nw.col("seconds").is_null())
    unit = nw.coalesce("limit_seconds", nw.lit(86400.0))
    grouped = frame.with_columns(scaled=nw.col("seconds") / unit).group_by("link").agg(
        nw.col("position").min(), nw.col("limit_seconds").max(),
        *(nw.col("scaled").quantile(at, interpolation="linear").alias(name) for name, at in _QUANTILES.items()),
    )
    rows = sorted(grouped.rows(named=True), key=lambda row: (row["position"], row["link"]))
    return [
        {"link": row["link"], "limit": None if row["limit_seconds"] is None else 1}
        | {name: round(row[name], 4) for name in _QUANTILES}
        for row in rows
    ]


def _typed(chart: Any) -> alt.LayerChart:
    assert isinstance(chart, alt.LayerChart)  # noqa: S101 - for the type checker
    return chart

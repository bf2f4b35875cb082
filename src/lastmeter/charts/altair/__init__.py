"""Charts to explore, by Altair, one chart a file; colours and type are the house's (`lastmeter.charts.theme`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from lastmeter.charts.theme import theme
from lastmeter.kernel.titles import Lang


def values(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """A few rows, carried inside the chart."""
    return alt.InlineData(values=[dict(row) for row in rows])


def in_house_style(chart: Any, title: str, subtitle: str, lang: Lang) -> Any:
    """The chart with its finding, what it shows, and the house's theme, without touching Altair's global theme."""
    named = chart.properties(title=alt.TitleParams(title, subtitle=subtitle))
    return named.configure(**theme("light", lang)["config"])

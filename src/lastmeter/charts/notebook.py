"""What `.chart()` draws in a notebook: a table of the library in, an Altair chart in the look of the house out.

One function for each table. A chart draws what its table holds and knows no workspace; tables of single rows
(journeys, links, flaws, feedback) are counted first, so that a chart never carries a hundred thousand rows.

Altair is imported by the first chart, not with this module: a brief on the command line never needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from lastmeter.indicators.control import Chart
from lastmeter.kernel.titles import Lang

if TYPE_CHECKING:
    import altair as alt


def control(chart: Chart, title: str = "", lang: Lang = "en") -> alt.LayerChart:
    """A control chart of `lastmeter.indicators.control`."""
    from lastmeter.charts.altair.control import control as draw

    return draw(chart, title, lang)


def pareto(table: pa.Table, lang: Lang = "en") -> alt.VConcatChart:
    """Causes, as `ws.pareto()` gives them."""
    from lastmeter.charts.altair.pareto import pareto as draw

    return draw(table, lang)


def figures(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Figures with their intervals, as `ws.indicator()` gives them."""
    from lastmeter.charts.altair.figures import figures as draw

    return draw(table, lang)


def links(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Rows of links: durations against their limits."""
    from lastmeter.charts.altair.links import links as draw

    return draw(table, lang)


def journeys(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Rows of journeys: the perfect share by due month."""
    from lastmeter.charts.altair.distribution import journeys as draw

    return draw(table, lang)


def flaws(table: pa.Table, lang: Lang = "en") -> alt.Chart:
    """Rows of flaws, counted by rule."""
    from lastmeter.charts.altair.distribution import flaws as draw

    return draw(table, lang)


def feedback(table: pa.Table, lang: Lang = "en") -> alt.Chart:
    """Rows of feedback, counted by score."""
    from lastmeter.charts.altair.distribution import feedback as draw

    return draw(table, lang)

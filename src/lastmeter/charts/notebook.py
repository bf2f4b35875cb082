"""What `.chart()` draws in a notebook: a table of the library in, an Altair chart in the look of the house out.

One function for each table. A chart draws what its table holds and knows no workspace; tables of single rows
(journeys, links, flaws, feedback) are counted first, so that a chart never carries a hundred thousand rows.
"""

from __future__ import annotations

from lastmeter.charts.altair.control import control
from lastmeter.charts.altair.distribution import feedback, flaws, journeys
from lastmeter.charts.altair.figures import figures
from lastmeter.charts.altair.links import links
from lastmeter.charts.altair.pareto import pareto

__all__ = ["control", "feedback", "figures", "flaws", "journeys", "links", "pareto"]

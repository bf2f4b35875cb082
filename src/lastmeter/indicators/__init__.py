"""Figures with n, interval and coverage from the fact tables, and the charts that tell signal from noise."""

from lastmeter.indicators.control import Chart, Charted, Point, Value, company_chart, xmr_chart
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Example, Indicator, owner_of
from lastmeter.indicators.measure import measure
from lastmeter.indicators.peers import peers_charts

__all__ = [
    "Chart", "Charted", "Example", "Figure", "Indicator", "Point", "Value", "company_chart",
    "measure", "owner_of", "peers_charts", "xmr_chart",
]

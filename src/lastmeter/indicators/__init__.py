"""Figures with n, interval and coverage from the fact tables, and the charts that tell signal from noise."""

from lastmeter.indicators.change import Change, change_in_words
from lastmeter.indicators.control import Chart, Charted, Point, Value, company_chart, xmr_chart
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Example, Indicator, owner_of
from lastmeter.indicators.measure import measure

__all__ = [
    "Change", "Chart", "Charted", "Example", "Figure", "Indicator", "Point", "Value", "change_in_words", "company_chart",
    "measure", "owner_of", "xmr_chart",
]

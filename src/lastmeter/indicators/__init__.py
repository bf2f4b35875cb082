"""Figures with n, interval and coverage from the fact tables, and the charts that tell signal from noise."""

from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Example, Indicator, owner_of
from lastmeter.indicators.measure import measure

__all__ = ["Example", "Figure", "Indicator", "measure", "owner_of"]

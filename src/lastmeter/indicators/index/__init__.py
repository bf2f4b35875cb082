"""The CX index: the company's composite from 0 to 100, what holds it down, and what moved it."""

from lastmeter.indicators.index.make import Crossing, Index, make_index
from lastmeter.indicators.index.movement import Moved, Movement
from lastmeter.indicators.index.rows import Row
from lastmeter.indicators.index.standard import Component, Standard, check

__all__ = ["Component", "Crossing", "Index", "Moved", "Movement", "Row", "Standard", "check", "make_index"]

"""Reefs: segments of journeys in which something breaks beyond chance and beyond what period and place explain."""

from lastmeter.diagnosis.reefs.find import find_reefs
from lastmeter.diagnosis.reefs.reef import Condition, Potential, Reef, Reefs, Size

__all__ = ["Condition", "Potential", "Reef", "Reefs", "Size", "find_reefs"]

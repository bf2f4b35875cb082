"""A simulated commerce company with planted problems and their truth; seeded, of any size."""

from lastmeter.demo.company import DemoReport, generate
from lastmeter.demo.settings import sign

__all__ = ["DemoReport", "generate", "sign"]

"""What moves the customer's score, from facts that were known when the customer was asked."""

from lastmeter.diagnosis.drivers.analysis import Driver, Drivers, Dropped, drivers

__all__ = ["Driver", "Drivers", "Dropped", "drivers"]

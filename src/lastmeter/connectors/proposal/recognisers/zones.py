"""Time zones: a column of IANA names."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """Every value a zone with a slash in its name, as `Asia/Shanghai`."""
    if column.values and all("/" in value and _is_zone(value) for value in column.values):
        return Claim("zone", 0.97, because("值是时区名称", "The values are names of time zones"))
    return None


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except LastMeterError:
        return False
    return True

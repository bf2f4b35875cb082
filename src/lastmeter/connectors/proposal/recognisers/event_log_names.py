"""Columns under the standard names of event logs (XES, IEEE 1849-2016), as process tools write them into flat files."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table

_CASE = ("case:concept:name", "case_id", "caseid", "case id", "case")
_PARTS = {"concept:name": ("status", ""), "org:resource": ("performer", "person")}
_MOST = 60


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """The case, the activity and the resource."""
    name = column.name.strip().lower()
    reason = because("事件日志标准（XES）里的列名", "A name from the standard of event logs (XES)")
    if name in _CASE and not column.is_empty:
        return Claim("id", 0.96, reason, kind="case")
    if name in _PARTS and not column.is_empty and (name != "concept:name" or 1 < column.distinct <= _MOST):
        role, kind = _PARTS[name]
        return Claim("status" if role == "status" else "performer", 0.96, reason, kind=kind)
    return None

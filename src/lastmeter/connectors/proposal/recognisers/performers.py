"""Performers: who did it. Companies and codes; people's names are personal."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions, thing_in

_NOT = ("name", "姓名", "phone", "rating", "score", "city", "state", "zip", "time", "date", "country", "type", "count")


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """A column named after somebody who does the work, with far fewer values than rows."""
    thing = thing_in(column.name)
    if not thing or thing.part != "performer" or column.is_empty or mentions(column.name, _NOT):
        return None
    if column.distinct > 0.5 * column.filled and column.rows > 40:
        return None
    if column.longest > 60 or (column.is_number and any(value != int(value) for value in column.numbers)):
        return None
    kind = "person" if thing.code == "agent" else thing.code
    return Claim("performer", 0.915, because("列名像做事的一方（{kind}），{n} 个不同的值",
        "Named like who does the work ({kind}), {n} different values",
                                           kind=thing.code, n=column.distinct), kind=kind)

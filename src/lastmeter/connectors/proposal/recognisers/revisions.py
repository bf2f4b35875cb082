"""Revisions: when a row was last changed; decides between two exports of it, and is no event."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.connectors.proposal.time_shapes import shape_of
from lastmeter.journeys.discovery.vocabulary import mentions

_CHANGED = ("updated", "update", "modified", "changed", "geändert", "geaendert", "aktualisiert", "更新", "修改", "最后更新", "变更")


def recognise(table: Table, column: Column) -> Claim | None:
    """A full time (with a clock) whose name says that the row was changed."""
    word = mentions(column.name, _CHANGED)
    shape = shape_of(table, column) if word else None
    if word is None or shape is None:
        return None
    if shape.format is None and column.filled == column.rows:
        return Claim("revision", 0.94, because(
            "列名里有“{word}”：行最后改动的时间，用来判断哪一版更新",
            "Its name has “{word}”: when the row was last changed, to tell which version is newer", word=word))
    return Claim("ignored", 0.93, because(
        "像是行的改动时间，但不是每行都有或写法特殊，不当作事件",
        "Looks like the time of a change, but not in every row or in its own format; not taken as an event"))

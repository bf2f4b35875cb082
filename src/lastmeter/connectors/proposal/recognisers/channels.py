"""Channels: through which door it came."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

_NAMED = ("channel", "platform", "source", "medium", "kanal", "vertriebskanal", "渠道", "平台", "来源", "端口")


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """Few values under the name of a channel."""
    word = mentions(column.name, _NAMED)
    if not word or not column.values or column.is_number or column.is_empty:
        return None
    return Claim("channel", 0.9, because("列名里有“{word}”，只有 {n} 个值", "Its name has “{word}” and it has {n} values only", word=word,
        n=column.distinct))

"""Statuses and activities: few values, each the name of something that happens or holds."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import act_in, mentions

_NAMED = ("status", "state", "activity", "event", "action", "stage", "phase", "step", "scan", "milestone", "transition", "zustand",
          "vorgangsschritt", "aktivität", "aktivitaet", "ereignis", "schritt", "concept:name", "concept name",
          "状态", "节点", "环节", "轨迹", "动作", "操作", "事件", "进度", "阶段", "操作类型")
_MOST = 60
_ACTS = 0.5


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """A name that says so, or values that are acts."""
    if not column.values or column.is_number or not 2 <= column.distinct <= _MOST or column.typical > 60:
        return None
    word = mentions(column.name, _NAMED)
    acts = sum(act_in(value) is not None for value in column.values) / column.distinct
    if word and acts >= _ACTS:
        return Claim("status", 0.95, because("列名里有“{word}”，{n} 个值多为已知的状态",
            "Its name has “{word}”, and most of its {n} values are "
                                             "known states", word=word, n=column.distinct))
    if word and word not in ("state", "event", "操作"):
        return Claim("status", 0.82, because("列名里有“{word}”，只有 {n} 个值", "Its name has “{word}”, and it has {n} values only",
            word=word,
                                             n=column.distinct))
    if acts >= _ACTS and column.distinct > 2:
        return Claim("status", 0.7, because("{n} 个值多为已知的状态", "Most of its {n} values are known states", n=column.distinct))
    return None

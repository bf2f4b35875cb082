"""Texts: what somebody said in their own words."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

NAMED = ("comment", "comments", "review", "message", "feedback", "text", "remark", "remarks", "note", "notes", "content", "body", "said",
          "reason", "complaint", "kommentar", "bemerkung", "nachricht", "freitext", "rezension",
          "评价", "评论", "留言", "备注", "内容", "反馈",
          "原因", "描述", "意见", "投诉内容", "说明")
NOT_SAID = ("id", "length", "count", "type", "category", "score", "编号", "类型", "分类")
_SENTENCE = 12
_HAN_SENTENCE = 6


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """Long and mostly different cells of words."""
    if not column.sample or column.is_number or mentions(column.name, NOT_SAID):
        return None
    wordy = sum(_is_sentence(value) for value in column.sample) / len(column.sample)
    varied = column.distinct / column.filled
    word = mentions(column.name, NAMED)
    if word and wordy >= 0.4 and varied >= 0.05:
        return Claim("said", 0.93, because("列名里有“{word}”，内容是成句的话", "Its name has “{word}” and it holds sentences", word=word))
    if word and not column.values and wordy >= 0.1:
        return Claim("said", 0.78, because("列名里有“{word}”，内容各不相同", "Its name has “{word}” and its cells differ", word=word))
    if wordy >= 0.8 and varied >= 0.5 and column.longest > 60:
        return Claim("said", 0.6, because("内容像成句的话；如果不是顾客说的，请改",
            "It holds sentences; change it if customers did not say them"))
    return None


def _is_sentence(value: str) -> bool:
    han = sum("\u3400" <= character <= "\u9fff" for character in value)
    return han >= _HAN_SENTENCE or (len(value) >= _SENTENCE and value.count(" ") >= 2)

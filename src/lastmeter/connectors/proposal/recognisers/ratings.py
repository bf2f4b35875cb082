"""Ratings: a small ordinal scale, 1 to 5 or 0 to 10, under a name that says score."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

_NAMED = ("score", "stars", "star", "rating", "rate", "csat", "nps", "ces", "satisfaction", "grade", "bewertung", "sterne", "note",
          "zufriedenheit", "评分", "星级", "星", "打分", "满意度", "得分", "分数")
_SCALES = (5, 7, 10)


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """Small whole numbers; the scale is the least usual one that holds them all."""
    word = mentions(column.name, _NAMED)
    if not word or not column.values or not column.is_number or column.distinct < 2:
        return None
    numbers = [float(value) for value in column.values]
    if any(number != int(number * 2) / 2 for number in numbers) or min(numbers) < 0 or max(numbers) > _SCALES[-1]:
        return None
    ten = "nps" in word or min(numbers) == 0
    scale = 10 if ten else next(scale for scale in _SCALES if max(numbers) <= scale)
    reason = because("列名里有“{word}”，值从 {low:g} 到 {high:g}，按满分 {scale} 计",
        "Its name has “{word}”, values from {low:g} to {high:g}; taken as out "
                     "of {scale}", word=word, low=min(numbers), high=max(numbers), scale=scale)
    return Claim("score", 0.93 if max(numbers) == scale else 0.7, reason, scale=scale)

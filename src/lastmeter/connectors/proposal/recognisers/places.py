"""Places: where it happened. Few values for many rows."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

_NAMED = ("city", "province", "state", "region", "country", "district", "site", "depot", "station", "hub", "location", "place", "area",
    "county", "town",
          "stadt", "ort", "land", "bundesland", "gebiet", "standort",
          "城市", "省份", "省", "市", "地区", "区域", "区县", "网点", "站点", "所在地", "大区",
          "校区", "小区", "楼栋", "园区")
_NOT = ("status", "lat", "lng", "longitude", "latitude", "time", "id_card", "type", "kind", "count", "类型", "数量")


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """A name of a place; not of coordinates."""
    word = mentions(column.name, _NAMED)
    if not word or column.is_empty or mentions(column.name, _NOT) or column.typical > 40:
        return None
    if column.is_number and any(value != int(value) for value in column.numbers):
        return None
    if column.rows > 40 and column.distinct > 0.5 * column.filled:
        return None
    return Claim("place", 0.912 if word != "state" else 0.9, because("列名里有“{word}”，{n} 个不同的值",
        "Its name has “{word}”, {n} different values", word=word,
                                                    n=column.distinct))

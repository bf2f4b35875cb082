"""Amounts of money, and the column that names their currency."""

from __future__ import annotations

import re

from lastmeter.connectors import cells_sql
from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

_NAMED = ("amount", "price", "total", "fee", "cost", "costs", "value", "revenue", "payment", "paid", "freight", "fare", "charge", "tax",
    "discount", "refund",
          "subtotal", "betrag", "preis", "gesamtpreis", "einzelpreis", "summe", "kosten", "umsatz", "versandkosten", "gebühr",
          "金额", "价格", "单价", "总价", "实付", "应付", "运费", "费用", "优惠", "退款金额", "售价", "货款", "价")
_COUNTED = ("count", "quantity", "qty", "number", "installments", "days", "hours", "minutes", "weight", "sequential", "sequence", "seq",
    "line", "attempt", "id", "type", "length", "volume", "anzahl", "数量", "件数", "次数",
            "天数", "重量")
_CURRENCY = ("currency", "währung", "waehrung", "币种", "货币")
_CODE = re.compile(r"[A-Z]{3}")
_GERMAN = re.compile(r"-?\d{1,3}(\.\d{3})*,\d{2}( ?€| EUR)?|-?\d+,\d{2}( ?€| EUR)?")
_SIGNED = re.compile(r"[¥￥$€£]\s*-?[\d.,]+|-?[\d.,]+\s*[元¥$€£]")


def recognise(table: Table, column: Column) -> Claim | None:
    """Numbers under the name of an amount, and three capitals under that of a currency."""
    if not column.sample:
        return None
    if mentions(column.name, _CURRENCY) and all(_CODE.fullmatch(value) for value in column.sample):
        return Claim("currency", 0.95, because("值是三个字母的币种代码", "The values are currency codes"))
    word = mentions(column.name, _NAMED)
    if not word or mentions(column.name, _COUNTED):
        return None
    if any(_GERMAN.fullmatch(value.strip()) or _SIGNED.fullmatch(value.strip()) for value in column.sample):
        return Claim("unreadable", 0.9, because("像金额，但带货币符号或逗号小数，映射读不了；请导出为 1234.50",
                                                "Looks like amounts, with a currency sign or a decimal comma that a mapping cannot read; "
                                                "export "
                                                "them as 1234.50"))
    read = table.count(f"count({cells_sql.money(column.cell, 'CNY')})")
    if read < column.filled:
        return None
    whole = column.is_integer
    return Claim("money", 0.8 if whole else 0.92, because("列名里有“{word}”，值是数", "Its name has “{word}” and its values are numbers",
        word=word))

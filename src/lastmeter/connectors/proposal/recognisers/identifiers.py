"""Ids: columns that name an object (an order, a parcel, a customer), by name and by how their values differ."""

from __future__ import annotations

import re

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table, slug
from lastmeter.journeys.discovery.vocabulary import mentions, thing_in, words_of

_NAMED = ("id", "ids", "no", "nr", "number", "nummer", "code", "key", "uuid", "guid", "ref", "reference", "sn", "kennung", "编号", "单号",
    "号", "编码", "号码", "代码")
_NOT = ("phone", "mobile", "tel", "zip", "postal", "postcode", "plz", "quantity", "count", "length", "installments", "mail", "status",
    "type", "手机", "电话", "邮编", "数量",
        "rowid", "row", "sequence", "seq", "sequential", "line", "attempt", "序号", "行号", "position", "身份证", "证件号", "address")
# Areas, not objects.
_AREA = ("zip", "zipcode", "postal", "postcode", "plz", "postleitzahl", "邮编", "邮政编码")
_PLAIN = re.compile(r"[^\s]{1,64}")
_ACTIVITY = ("name",)


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """A name that ends in id, or that is a thing's and whose values have no blanks and differ."""
    if not column.sample or not all(_PLAIN.fullmatch(value) for value in column.sample):
        return None
    if any("." in value or "," in value for value in column.sample) and column.is_number:
        whole = all(float(value) == int(float(value)) for value in column.sample if "," not in value)
        if not (whole and mentions(column.name, _NAMED)):
            return None
    word, thing = mentions(column.name, _NAMED), thing_in(column.name)
    if mentions(column.name, _AREA):
        return None
    if mentions(column.name, _NOT) and not (thing and word and word not in ("number", "号码", "号", "no", "nr")):
        return None
    named = bool(word) or column.name.strip().endswith(("号", "编号"))
    if named:
        kind = thing.code if thing else _stem(column.name)
        reason = because("列名像“{kind}”的编号，{n} 个不同的值", "Named like the id of “{kind}”, {n} different values", kind=kind or "?",
            n=column.distinct)
        if not kind:
            return Claim("id", 0.7, reason, kind="")
        small = column.distinct <= 12 and column.rows > 200
        return Claim("id", 0.55 if small and not thing else 0.91 if thing else 0.84, reason, kind=kind)
    alone = thing and len(words_of(column.name)) <= 2 and not mentions(column.name, _ACTIVITY)
    if alone and thing and thing.part in ("course", "customer",
        "goods") and column.distinct > 20 and all(_has_digit(value) for value in column.sample[:50]):
        return Claim("id", 0.78, because("列名是“{kind}”，值像编号", "Its name is “{kind}” and its values look like ids",
            kind=thing.code), kind=thing.code)
    return None


def _has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)


def _stem(name: str) -> str:
    """The name without the words that say id."""
    return slug("_".join(word for word in words_of(name) if word not in _NAMED))

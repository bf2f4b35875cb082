"""Personal columns: names, phones, e-mails, addresses, identity numbers, birthdays. They go to the vault."""

from __future__ import annotations

import re

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions, thing_in

CONTACT = ("phone", "mobile", "tel", "telephone", "cell", "email", "mail", "wechat", "whatsapp", "address", "street", "telefon", "handy",
    "adresse",
            "straße", "strasse", "anschrift", "手机", "电话", "邮箱", "微信", "地址", "住址", "联系方式", "身份证",
            "证件号", "passport", "ssn",
            "birthday", "birthdate", "birth", "dob", "geburtsdatum", "生日", "出生日期", "ip")
PERSON = ("name", "fullname", "firstname", "lastname", "surname", "vorname", "nachname", "姓名", "名字", "称呼", "昵称", "nickname")
PERSONS_ALONE = ("姓名", "昵称", "fullname", "firstname", "lastname", "surname", "vorname", "nachname", "nickname", "receiver",
    "recipient", "consignee",
                  "empfänger", "empfaenger", "ansprechpartner", "收件人", "收货人", "联系人", "contact")
THINGS = ("product", "goods", "item", "category", "company", "concept", "file", "city", "store", "shop", "country", "school", "event",
    "商品", "店铺", "公司",
           "城市", "门店", "产品", "课程")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
MOBILE = re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\+\d{1,3}[- ()\d]{7,16}|0\d{2,4}[-/ ]\d{5,9}")
IDENTITY = re.compile(r"[1-9]\d{5}(18|19|20)\d{9}[0-9Xx]")
_CLEAR = 0.8


def recognise(table: Table, column: Column) -> Claim | None:  # noqa: ARG001
    """Values that look like contact data, or a name that says whose they are."""
    if not column.sample:
        return None
    for pattern, zh, en in ((EMAIL, "邮箱", "e-mail addresses"), (MOBILE, "电话号码", "phone numbers"), (IDENTITY, "身份证号",
        "identity numbers")):
        if sum(pattern.fullmatch(value.strip()) is not None for value in column.sample) >= _CLEAR * len(column.sample):
            return Claim("personal", 0.97, because("值都像{what_zh}", "The values look like {what_en}", what_zh=zh, what_en=en),
                kind="contact")
    if word := mentions(column.name, CONTACT):
        return Claim("personal", 0.93, because("列名里有“{word}”", "Its name has “{word}”", word=word))
    if mentions(column.name, THINGS) or column.is_number:
        return None
    if word := mentions(column.name, PERSONS_ALONE):
        return Claim("personal", 0.92, because("列名里有“{word}”，是人的名字", "Its name has “{word}”: a person's name", word=word))
    word, whose = mentions(column.name, PERSON), thing_in(column.name)
    if word and whose and (whose.part == "customer" or whose.code in ("courier", "technician", "agent", "teacher")):
        return Claim("personal", 0.9, because("列名是人的名字", "Its name speaks of a person's name"))
    if word and column.distinct > 20 and not whose:
        return Claim("personal", 0.6, because("列名里有“{word}”，可能是人名；放进保险库最稳妥",
            "Its name has “{word}” and it may hold people's names; "
                                              "the vault is the safe place", word=word))
    return None

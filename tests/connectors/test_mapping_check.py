"""A mapping is refused with its line and a way to mend it, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastmeter.connectors.mapping_file import Problem, check_mapping, load_mapping
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import ORDERS, SOURCE


def problems(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "shop.toml"
    path.write_text(text, "utf-8")
    return check_mapping(path)


def line_with(text: str, wanted: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if wanted in line)


def test_a_sound_mapping_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, ORDERS) == []


@pytest.mark.parametrize(
    ("line", "instead", "code", "message_en", "message_zh", "hint_en"),
    [
        ('key = ["order_id"]', 'keys = ["order_id"]', "mapping.unknown_key",
         "Unknown key “keys”", "不认识的键“keys”", "Did you mean “key”?"),
        ('at = "delivered_at"', 'at = "delivered_at"\nprecison = "day"', "mapping.unknown_key",
         "Unknown key “precison”", "不认识的键“precison”", "Did you mean “precision”?"),
        ('at = "delivered_at"', 'at = "delivered_at"\nprecision = "nanosecond"', "mapping.not_a_choice",
         "“nanosecond” is not possible for “precision”", "“nanosecond”不能用于“precision”",
         "Possible are: second, minute, hour, day, month"),
        ('at = "delivered_at"', 'at = "delivered_at"\nformat = "%d/%m/%Y"', "mapping.precision_impossible",
         "The format “%d/%m/%Y” has no hour, so its precision cannot be second",
         "格式“%d/%m/%Y”里没有钟点，精度不可能是 second",
         'Write precision = "day", or add the hour to the format'),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Peking"', "mapping.zone_unknown",
         "Unknown time zone “Asia/Peking”", "不认识的时区“Asia/Peking”", "Use an IANA name such as Asia/Shanghai"),
        ('type = "order.delivered"', 'type = "Delivered"', "mapping.name_form",
         "“Delivered” is not possible for “type”", "“Delivered”不能用于“type”",
         "Names are lower-case letters, digits and underscores; event types look like order.paid, currencies like CNY"),
        ('type = "order.delivered"', 'type = "order.placed"', "mapping.event_twice",
         "One row would make two “order.placed” events with the same id",
         "同一行会产生两个编号相同的“order.placed”事件",
         "Tell them apart with `when`, or name the column that does in `occurrence`"),
        ('watermark = "last_time"', 'watermark = "column"', "mapping.watermark_column",
         "The watermark comes from a column, but table “orders” names none",
         "数据水位取自列，但表“orders”没有写是哪一列", 'Add watermark = "COLUMN" to this table'),
        ('at = "delivered_at"', 'at = "delivered_at"\nperformer = "carrier:{code"', "mapping.template",
         "The braces of the template “carrier:{code” do not match", "模板“carrier:{code”的花括号不成对",
         'Write it like "carrier:{carrier_code}", with a column between the braces'),
        ('at = "delivered_at"', 'at = "delivered_at"\nwhen = { state = "paid" }', "mapping.when_word",
         "Cannot read the condition state = “paid”", "看不懂条件 state = “paid”",
         'Write a list of values such as ["paid"], or "!empty", "empty", { not = ["x"] }'),
        ('key = ["order_id"]', "key = []", "mapping.empty_list", "“key” is empty", "“key”是空的",
         "Give it at least one entry"),
        ('at = "delivered_at"\n', "", "mapping.missing_key", "“at” is missing", "缺少“at”", "Add it here"),
    ],
)
def test_each_mistake_is_named_with_its_line(
    tmp_path: Path, line: str, instead: str, code: str, message_en: str, message_zh: str, hint_en: str
) -> None:
    text = ORDERS.replace(line, instead)
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.message.en, problem.message.zh, problem.hint.en) == (
        code, message_en, message_zh, hint_en)
    wanted = instead.split("\n")[-1]
    if code == "mapping.event_twice":  # the second of the two is the one too many
        assert problem.line == len(text.splitlines()) - 2
    elif code == "mapping.watermark_column":
        assert problem.line == line_with(text, "[[table]]")
    elif code == "mapping.precision_impossible":  # there is no key `precision`: its event is pointed at
        assert problem.line == len(text.splitlines()) - 4
    elif code == "mapping.missing_key":
        assert problem.line == len(text.splitlines()) - 2
    else:
        assert problem.line == line_with(text, wanted)


def test_loading_says_file_and_line_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(ORDERS.replace("key =", "keys ="), "utf-8")
    with pytest.raises(LastMeterError) as refused:
        load_mapping(path)
    assert refused.value.message("en") == "shop.toml, line 11: Unknown key “keys”"
    assert refused.value.message("zh") == "shop.toml 第 11 行：不认识的键“keys”"
    assert refused.value.hint("zh") == "是不是“key”？"


ATTRIBUTES = SOURCE.replace('currency = "CNY"\n', "") + """
[[table]]
name = "reviews"
key = ["review_id"]

[[table.event]]
type = "review.answered"
at = "answered_at"
objects = { order = "order_id" }

[table.event.attributes]
score = { column = "stars", type = "number" }
%s
"""


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ('amount = { column = "paid", type = "money" }', "mapping.currency_missing"),
        ('said = { column = "words", type = "text" }', "mapping.said_type"),
        ('promised_day = { column = "day", type = "date" }', "mapping.attribute_reserved"),
        ('note = { type = "text" }', "mapping.attribute_origin"),
        ('note = { column = "a", value = "b", type = "text" }', "mapping.attribute_origin"),
        ('day = { value = "2024-01-01", type = "date" }', "mapping.attribute_constant"),
        ('note = { column = "a", type = "text", currency = "CNY" }', "mapping.currency_useless"),
        ('note = { column = "a", type = "string" }', "mapping.not_a_choice"),
        ('note = { colum = "a", type = "text" }', "mapping.unknown_key"),
    ],
)
def test_attributes_that_cannot_be_are_refused_where_they_stand(tmp_path: Path, attribute: str, code: str) -> None:
    text = ATTRIBUTES % attribute
    assert [(problem.code, problem.line) for problem in problems(tmp_path, text)] == [(code, line_with(text, attribute))]


def test_one_name_has_one_type_in_a_source(tmp_path: Path) -> None:
    text = (ATTRIBUTES % "") + """
[[table.event]]
type = "review.withdrawn"
at = "withdrawn_at"
objects = { order = "order_id" }
attributes = { score = { column = "stars", type = "text" } }
"""
    (problem,) = problems(tmp_path, text)
    assert problem.message.en == "The attribute “score” is text here and number further up"


def test_the_digest_is_of_the_meaning(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"

    def digest(text: str) -> str:
        path.write_text(text, "utf-8")
        return load_mapping(path).digest

    plain = digest(ORDERS)
    assert digest("# a comment\n\n" + ORDERS.replace("订单系统", "商城")) == plain
    assert digest(ORDERS.replace('at = "delivered_at"', 'at = "arrived_at"')) != plain
    assert digest(ORDERS.replace("Asia/Shanghai", "Asia/Tokyo")) != plain

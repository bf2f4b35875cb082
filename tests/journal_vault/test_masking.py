"""What customers write about themselves is taken out before anyone reads it; what they say about us stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastmeter.kernel.masking import mask, mask_address, mask_email, mask_name, mask_phone, redact

FULL_WIDTH = str.maketrans("0123456789+-() @.", "０１２３４５６７８９＋－（）　＠．")
DIGITS = st.text("0123456789", min_size=1)


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A phone number as people write it."""
    mobile = draw(st.sampled_from("3456789")) + draw(_digits(9))
    gap = draw(st.sampled_from(["", " ", "-", "."]))
    landline = draw(st.sampled_from(["010", "021", "0571", "0755"]))
    local = draw(st.sampled_from("2345678")) + draw(_digits(7))
    extension = draw(st.sampled_from(["", "-123", "转8001", " 转 12", "ext 5", " ext. 77", "分机6"]))
    return draw(st.sampled_from([
        f"1{mobile[:2]}{gap}{mobile[2:6]}{gap}{mobile[6:]}",
        f"+86{gap}1{mobile}", f"0086{gap}1{mobile}", f"86 1{mobile}", f"(+86)1{mobile}", f"(86) 1{mobile}",
        f"{landline}{gap}{local}{extension}", f"({landline}){local}{extension}", f"+86 {landline[1:]} {local}",
        f"400{gap}{local[:3]}{gap}{local[3:7]}", f"800-{local[:7]}",
        f"+1 ({local[:3]}) {mobile[:3]}-{local[3:7]}", f"+44 20 {local[:4]} {local[4:]}", f"+55 11 9{local}",
        f"(11) 9{local[:4]}-{local[4:]}", f"({local[:3]}) {mobile[:3]}-{local[3:7]}", f"00 49 30 {local}",
    ]))


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """A Chinese identity number of 18 places."""
    region = draw(st.sampled_from("123456")) + draw(_digits(5))
    born = draw(st.dates()).replace(year=draw(st.integers(1900, 2020)), day=1).strftime("%Y%m%d")
    return region + born + draw(_digits(3)) + draw(st.sampled_from("0123456789Xx"))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A bank card: 16 to 19 digits, bare or in groups of four."""
    number = draw(st.sampled_from("456")) + draw(_digits(draw(st.integers(15, 18))))
    gap = draw(st.sampled_from(["", " ", "-"]))
    return gap.join(number[start : start + 4] for start in range(0, len(number), 4))


EMAILS = st.from_regex(
    re.compile(r"[a-z0-9][a-z0-9._+-]{0,20}@[a-z0-9]{1,12}\.(com|cn|org|com\.br)", re.ASCII), fullmatch=True
)
BEFORE = st.sampled_from(["", "请打", "我的电话：", "call me ", "微信wx", "(", "“", "tel:", "到了，", "=", "/"])
AFTER = st.sampled_from(["", "。谢谢", " thanks", "，李雷", ")", "”", "\n", "找我", "/", "!", ", ok"])


@given(BEFORE, phones() | identity_numbers() | cards() | EMAILS, AFTER, st.booleans())
def test_no_contact_or_identity_survives(before: str, secret: str, after: str, wide: bool) -> None:
    text = before + (secret.translate(FULL_WIDTH) if wide else secret) + after
    shown = redact(text)
    assert not re.search(r"\d", shown), shown
    assert "@" not in shown
    assert "＠" not in shown
    assert shown.endswith(after)
    assert redact(shown) == shown


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@＠")))
def test_a_text_without_numbers_and_addresses_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=80))
def test_twice_is_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text("0123456789 -+().转x@a１３８", max_size=60))
def test_no_long_number_survives_any_mixture(text: str) -> None:
    assert not re.search(r"[0-9]{10}", redact(text))
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请打 13800138000 找李雷", "请打 [电话] 找李雷"),
        ("mail li.wei@example.com now", "mail [email] now"),
        ("邮箱li.wei@example.com。", "邮箱[邮箱]。"),
        ("身份证11010119900307775X", "身份证[证件号]"),
        ("卡号 6222 0212 3456 7890 123 退款", "卡号 [卡号] 退款"),
        ("card 6222021234567890123", "card [card number]"),
        ("我的电话是82345678", "我的电话是[电话]"),
        ("两个号 13800138000、13900139000", "两个号 [电话]、[电话]"),
    ],
)
def test_marks_speak_the_language_of_the_text(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2018-03-12 2018-03-15 送达", "20180312 下单", "订单 12345，99.50元", "1,299.00 到 2,599.00",
        "3-5 days, 24x7, 100%", "9:00-18:30", "第2次买了，3天到", "2018年3月12日 14:05", "v1.2.3", "等了 48 小时",
    ],
)
def test_dates_amounts_and_counts_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("李雷", "李**"), ("欧阳娜娜", "欧**"), ("Li Wei", "L** W**"), ("Ana  de Souza", "A** d** S**"), ("", ""),
    ],
)
def test_names(value: str, shown: str) -> None:
    assert mask_name(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13812344471", "138****4471"), ("+86 138-1234-4471", "138****4471"), ("１３８１２３４４４７１", "138****4471"),
        ("010-82345678", "010****5678"), ("82345678", "****78"), ("110", "****"), ("110101199003077758", "****7758"),
    ],
)
def test_phones(value: str, shown: str) -> None:
    assert mask_phone(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("上海市浦东新区世纪大道100号3号楼2单元501室", "上海市浦东新区世纪大道100号**号楼**单元**室"),
        ("北京市朝阳区建国路88号1-2-501", "北京市朝阳区建国路88号**"),
        ("朝阳路100号B座1203", "朝阳路100号**座**"),
        ("12 Main Street, Apt 5B, Springfield", "12 Main Street, Apt **, Springfield"),
        ("Room 501, 3 Queen's Road", "Room **, 3 Queen's Road"),
        ("12 Main Street #501", "12 Main Street **"),
    ],
)
def test_addresses_lose_building_unit_and_room(value: str, shown: str) -> None:
    assert mask_address(value) == shown


def test_a_value_of_unknown_sort_is_masked_by_its_look() -> None:
    assert mask("li.wei@example.com") == mask_email("li.wei@example.com") == "l***@example.com"
    assert mask("13812344471") == "138****4471"
    assert mask("朝阳路100号B座1203") == "朝阳路100号**座**"
    assert mask("李雷") == "李**"


@given(st.text(min_size=5).filter(lambda text: len(text.split()) == 1 and text.strip() == text))
def test_a_mask_never_shows_a_whole_word(value: str) -> None:
    assert mask_name(value) == value[0] + "**"

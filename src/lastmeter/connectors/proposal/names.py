"""Codes for columns and tables: their own names where those are ASCII, else what is known of their words."""

from __future__ import annotations

from lastmeter.connectors.proposal.reading import Column, slug
from lastmeter.journeys.discovery.vocabulary import act_in, mentions, thing_in, words_of

_CODES: dict[str, tuple[str, ...]] = {
    "receiver": ("收货人", "收件人", "联系人", "empfänger"), "name": ("姓名", "名字", "昵称", "名称"), "phone": ("手机", "电话",
        "联系方式"),
    "email": ("邮箱",), "address": ("地址", "住址"), "city": ("城市", "市"), "province": ("省份", "省"), "district": ("区县", "地区",
        "区域"),
    "postcode": ("邮编",), "status": ("状态", "进度"), "amount": ("金额", "实付", "总价", "货款"), "price": ("价格", "单价", "售价"),
    "freight": ("运费",), "discount": ("优惠",), "quantity": ("数量", "件数"), "weight": ("重量",), "category": ("品类", "分类", "类目",
        "类别"),
    "channel": ("渠道", "来源"), "platform": ("平台",), "site": ("网点", "站点"), "score": ("评分", "得分", "打分"), "said": ("内容",
        "留言"),
    "remark": ("备注",), "reason": ("原因",), "kind": ("类型", "种类"), "gender": ("性别",), "brand": ("品牌",), "model": ("型号",),
    "method": ("方式",), "title": ("标题",), "size": ("规格", "尺寸"), "colour": ("颜色",),
}


def code_of(column: Column, position: int) -> str:
    """A code for a column; one without a known word is called by its place in the table."""
    own = slug("_".join(words_of(column.name)))
    if own and own.replace("_", "").isascii() and any(character.isalpha() for character in own):
        return own.removeprefix("promised_") or own
    word, code = max(((word, code) for code, words in _CODES.items() if (word := mentions(column.name, words))),
                     key=lambda pair: len(pair[0]), default=("", ""))
    if word:
        return code
    parts = [one.code for one in (thing_in(column.name), act_in(column.name)) if one]
    return "_".join(parts) or f"column_{position + 1}"


def table_code(stem: str) -> str:
    """A code for a table, from its file's name."""
    own = slug("_".join(words_of(stem)))
    if own:
        return own
    known, act = thing_in(stem), act_in(stem)
    return f"{known.code}s" if known else f"{act.code}_rows" if act else "rows"


def singular(name: str) -> str:
    """`orders` without its plural."""
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s") or "row"

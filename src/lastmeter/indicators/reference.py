"""The reference of all indicators as Markdown, made from their declarations."""

from __future__ import annotations

from collections.abc import Iterable

from lastmeter.indicators.indicator import Indicator
from lastmeter.journeys.primitives import primitives
from lastmeter.kernel.titles import Lang, Title

_HEADING = Title("指标参考", "Indicators")
_INTRO = Title(
    "本页由声明自动生成。每个数都带样本量和 95% 区间（按日和执行方的聚集调整）以及规则覆盖。",
    "Made from the declarations. Every figure comes with its n, a 95 % interval adjusted for clusters of days and "
    "performers, and its coverage.",
)
_COLUMNS = (
    Title("单位", "Unit"), Title("越…越好", "Better"), Title("取自", "From"), Title("算法", "Computed as"),
    Title("归期", "Dated by"), Title("负责", "Owner"), Title("须有数据的规则", "Needs rules of"),
)
_WORDS: dict[str, Title] = {
    "share": Title("占比", "share"), "seconds": Title("秒", "seconds"), "days": Title("天", "days"),
    "count": Title("个数", "count"), "score": Title("分数（0 到 1）", "score (0 to 1)"),
    "points": Title("分", "points"), "money": Title("金额（最小单位）", "money (minor units)"),
    "value_share": Title("按金额的占比", "share of value"),
    "up": Title("高", "higher"), "down": Title("低", "lower"),
    "weighted_share": Title("加权占比", "weighted share"), "mean": Title("平均值", "mean"),
    "median": Title("中位数", "median"), "p90": Title("第 90 百分位", "90th percentile"),
    "spread": Title("第 90 减第 10 百分位", "90th minus 10th percentile"),
    "due": Title("到期日", "due date"), "fulfilled": Title("兑现日", "day of fulfilment"),
    "started": Title("开始日", "start"), "occurred": Title("发生日", "day it occurred"),
    "row": Title("各行自带的岗位", "each row's own post"),
    "evidence": Title("凭证", "evidence"), "recurrence": Title("定期", "recurrence"),
    "order": Title("先后", "order"), "exclusive": Title("独占", "exclusive"), "price": Title("价格", "price"),
}
_AREA_POST = Title("负责“{area}”领域的岗位", "the post for the area {area}")
_EVENTS = Title("须有数据源告知的事件：{events}。", "Reads the events {events}: no figure unless a source tells of each.")
_BLUEPRINT_POST = Title("蓝图中“{rule}”规则的岗位", "the post of the blueprint's {rule} rule")
_EXAMPLE = Title("例：{n} 行，结果 {value}。", "Example: over {n} rows, {value}.")
_NONE = Title("无", "none")


def reference(indicators: Iterable[Indicator], lang: Lang) -> str:
    """One section for each indicator, in the order given: what it means, how it is made, its worked example."""
    parts = [f"# {_HEADING.say(lang)}\n", f"{_INTRO.say(lang)}\n"]
    parts += [_section(indicator, lang) for indicator in indicators]
    return "\n".join(parts)


def _section(indicator: Indicator, lang: Lang) -> str:
    values = (
        _word(indicator.unit, lang), _word(indicator.direction, lang), f"`{indicator.table}`",
        _word(indicator.aggregation, lang), _word(indicator.dated_by, lang), _owner(indicator.owner, lang),
        ", ".join(_word(need, lang) for need in indicator.needs) or _NONE.say(lang),
    )
    lines = [f"## {indicator.title.say(lang)} `{indicator.code}`", "", indicator.meaning.say(lang), ""]
    lines += ["| " + " | ".join(column.say(lang) for column in _COLUMNS) + " |", "| --- " * len(_COLUMNS) + "|"]
    lines += ["| " + " | ".join(values) + " |", ""]
    if indicator.events:
        lines += [_EVENTS.say(lang, events=", ".join(f"`{event}`" for event in indicator.events)), ""]
    if indicator.example:
        lines += _example(indicator, lang)
    return "\n".join(lines)


def _example(indicator: Indicator, lang: Lang) -> list[str]:
    example = indicator.example
    if example is None:
        return []
    columns = list(dict.fromkeys(name for row in example.rows for name in row))
    value = "—" if example.expected is None else f"{example.expected:.6g}"
    rows = ["| " + " | ".join(_cell(row.get(column)) for column in columns) + " |" for row in example.rows]
    head = ["| " + " | ".join(f"`{column}`" for column in columns) + " |", "| --- " * len(columns) + "|"]
    return [_EXAMPLE.say(lang, n=example.n, value=value), "", *head, *rows, ""]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _owner(owner: str, lang: Lang) -> str:
    kind, _, primitive = owner.partition(":")
    if kind == "rule":
        return _BLUEPRINT_POST.say(lang, rule=_word(primitive, lang))
    if kind == "area":
        return _AREA_POST.say(lang, area=primitive)
    return _word(owner, lang)


def _word(code: str, lang: Lang) -> str:
    known = _WORDS | {name: one.TITLE for name, one in primitives().items()}
    return known[code].say(lang) if code in known else f"`{code}`"

"""What a reef is called, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.diagnosis import naming
from lastmeter.diagnosis.reefs.reef import Condition, Size
from lastmeter.diagnosis.words import count, fill, named
from lastmeter.kernel.titles import Title

DIMENSIONS = {
    "place": Title("地点", "place"), "performer": Title("执行方", "performer"), "product": Title("商品", "product"),
    "channel": Title("渠道", "channel"), "brand": Title("品牌", "brand"), "origin": Title("始发地", "origin"),
    "weekday": Title("星期", "weekday"),
}
ANY_TITLE = Title("不完美", "Not perfect")
_WEEKDAYS = tuple(
    Title(zh, en) for zh, en in zip(
        ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True,
    )
)


def value(names: naming.Names | None, dimension: str, code: str) -> Title:
    """A value as it is shown."""
    if dimension == "weekday":
        return _WEEKDAYS[int(code) - 1]
    return named(code, naming.value_title(names, dimension, code))


def segment(conditions: Sequence[Condition]) -> Title:
    """Origin Wuhan, performer SF: 始发地武汉、执行方顺丰."""
    return Title(
        "、".join(f"{one.dimension_title.zh}“{one.value_title.zh}”" for one in conditions),
        ", ".join(f"{one.dimension_title.en} {one.value_title.en}" for one in conditions),
    )


def of(conditions: Sequence[Condition], rule: Title, n: int, flaws: int, expected: float, size: Size) -> Title:
    """One sentence for a reef."""
    return fill(
        Title(
            "{segment}：{n} 个旅程中 {flaws} 个出现“{rule}”，按周期、地点等应约 {expected} 个；留作验证的一半日子里是应有的 {ratio} 倍"
            "（{low}–{high} 倍）。",
            "{segment}: “{rule}” in {flaws} of {n} journeys, about {expected} expected; {ratio} times the expected in the half "
            "of the days held out ({low} to {high}).",
        ),
        segment=segment(conditions), n=count(n), flaws=count(flaws), rule=rule, expected=count(expected),
        ratio=f"{size.ratio:.1f}", low=f"{size.low:.1f}", high="–" if size.high is None else f"{size.high:.1f}",
    )

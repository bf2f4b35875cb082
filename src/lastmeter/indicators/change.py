"""A period against the usual, in words: signal or noise, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lastmeter.indicators.control import LEARNING, Chart, Charted
from lastmeter.indicators.indicator import Unit
from lastmeter.kernel.titles import Title

Verdict = Literal["signal", "noise", "learning", "too_few", "nothing"]
Side = Literal["better", "worse", "same"]

# How a difference is said in each unit: what to multiply it by, decimals, and the words for it.
_SAID: dict[Unit, tuple[float, int, Title]] = {
    "share": (100.0, 1, Title("{size} 个百分点", "{size} points")),
    "score": (100.0, 1, Title("{size} 分（百分制）", "{size} of 100 points")),
    "points": (1.0, 1, Title("{size} 分", "{size} points")),
    "days": (1.0, 1, Title("{size} 天", "{size} days")),
    "seconds": (1 / 3600, 1, Title("{size} 小时", "{size} hours")),
    "count": (1.0, 1, Title("{size}", "{size}")),
    "money": (0.01, 2, Title("{size}", "{size}")),
}
_VERDICTS: dict[tuple[Verdict, Side], Title] = {
    ("signal", "worse"): Title("信号：比平时差 {size}", "Signal: worse than usual by {size}"),
    ("signal", "better"): Title("信号：比平时好 {size}", "Signal: better than usual by {size}"),
    ("noise", "worse"): Title(
        "噪声：比平时差 {size}，在正常波动之内", "Noise: {size} worse than usual, within the normal swing"
    ),
    ("noise", "better"): Title(
        "噪声：比平时好 {size}，在正常波动之内", "Noise: {size} better than usual, within the normal swing"
    ),
    ("noise", "same"): Title("噪声：与平时相同", "Noise: the same as usual"),
}
_LEARNING = Title("学习中：可比的周期还不足 {needed} 个", "Learning: fewer than {needed} comparable periods yet")
_TOO_FEW = Title("太少：这个周期的数量不足以判断", "Too few in this period to judge")
_NOTHING = Title("这个周期没有数据", "Nothing in this period")
_DRIFT = Title("（连续几期缓慢偏移）", " (a slow drift over several periods)")
_DECLARED = Title("，处于已申报的高峰期", ", in a declared peak")
_IMMATURE = Title("，周期尚未结束", ", the period is not complete yet")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a period: `size` is value minus usual in the indicator's unit (a share: 0.01 is one point)."""

    verdict: Verdict
    side: Side
    size: float | None
    usual: float | None
    words: Title


def change_in_words(chart: Chart, period: str, *, unit: Unit = "share") -> Change:
    """Signal or noise between a period and the usual before it, with its size, in both languages."""
    point = chart.at(period)
    if point is None or point.value is None:
        return Change("nothing", "same", None, None, _NOTHING)
    if point.centre is None:
        needed = Title(*(text.format(needed=LEARNING) for text in (_LEARNING.zh, _LEARNING.en)))
        return Change("learning", "same", None, None, needed)
    size = point.value - point.centre
    if point.rule == "too_few":
        return Change("too_few", "same", size, point.centre, _TOO_FEW)
    factor, decimals, said = _SAID[unit]
    shown = f"{abs(size) * factor:.{decimals}f}"
    side = _side(chart, point, size, nothing=float(shown) == 0)
    verdict: Verdict = "signal" if point.signal != "none" else "noise"
    parts = [_VERDICTS[verdict, side]]
    parts += [_DRIFT] if point.rule == "drift" else []
    parts += [_DECLARED] if point.declared else []
    parts += [_IMMATURE] if not point.mature else []
    zh, en = ("".join(texts) for texts in zip(*((part.zh, part.en) for part in parts), strict=True))
    words = Title(zh.format(size=said.zh.format(size=shown)), en.format(size=said.en.format(size=shown)))
    return Change(verdict, side, size, point.centre, words)


def _side(chart: Chart, point: Charted, size: float, *, nothing: bool) -> Side:
    if point.signal != "none":
        return point.signal
    if nothing:
        return "same"
    return "worse" if (size > 0) == (chart.direction == "down") else "better"

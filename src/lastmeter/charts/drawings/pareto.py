"""The Pareto: bars by cause with the period before behind them, and the cumulative share in a strip of its own above."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.svg import Scale, element, line, path, picture, text
from lastmeter.diagnosis.words import count, percent
from lastmeter.kernel.titles import Lang

MOST = 9
LEFT, _RIGHT = 40.0, 2.0
_STRIP_TOP, _STRIP_BASE, _TOP, _BASE = 20.0, 92.0, 112.0, 290.0
_VITAL = 0.8
_WIDEST, _LABEL_LINES = 64.0, 3
_SIGNS: dict[Lang, float] = {"zh": 11.5, "en": 6.2}  # the width of one sign of a label


@dataclass(frozen=True, slots=True)
class Bar:
    """One cause: its words, its flaws now and in the period before, the cumulative share with it."""

    title: str
    count: int
    previous: int
    cumulative: float
    chosen: bool = False


def pareto_chart(bars: Sequence[Bar], lang: Lang, *, label: str, width: float = 700, height: float = 334) -> Markup:
    """At most `MOST` bars in the order given; the one that is chosen is coloured. Each has the same width of the picture from `LEFT` on."""
    shown = list(bars)[:MOST]
    if not shown:
        return Markup("")
    slot = (width - LEFT - _RIGHT) / len(shown)
    x = [LEFT + slot * (place + 0.5) for place in range(len(shown))]
    most = max(max(one.count, one.previous) for one in shown) or 1
    high = Scale(0, most, 0, _BASE - _TOP)
    marks = [part for place, one in enumerate(shown) for part in _bar(one, x[place], min(slot * 0.62, _WIDEST), high)]
    marks += [part for place, one in enumerate(shown) for part in _label(one, x[place], slot, lang)]
    return picture(width, height, *_strip(shown, x, width), *marks, line(LEFT, _BASE, width - _RIGHT, _BASE, "axis"), label=label)


def _strip(bars: Sequence[Bar], x: Sequence[float], width: float) -> list[Markup]:
    """The cumulative share, with the four fifths marked."""
    y = Scale(0, 1, _STRIP_BASE, _STRIP_TOP)
    marks = [
        line(LEFT, y(_VITAL), width - _RIGHT, y(_VITAL), "center"), text(LEFT - 8, y(_VITAL) + 4, percent(_VITAL, 0), anchor="end"),
        line(LEFT, _STRIP_BASE, width - _RIGHT, _STRIP_BASE, "grid"), text(LEFT - 8, _STRIP_BASE + 4, "0", anchor="end"),
        path([(at, y(one.cumulative)) for at, one in zip(x, bars, strict=True)], class_="line"),
    ]
    for at, one in zip(x, bars, strict=True):
        above = y(one.cumulative) - 8 if one.cumulative >= _VITAL else y(one.cumulative) + 17
        marks.append(element("circle", cx=at, cy=y(one.cumulative), r=2.6, class_="dot"))
        marks.append(text(at, above, percent(one.cumulative, 0), anchor="middle", class_="t-ink t-b" if one.chosen else None))
    return marks


def _bar(one: Bar, at: float, wide: float, high: Scale) -> list[Markup]:
    tall, before = high(one.count), high(one.previous)
    inside = tall >= 22
    return [
        element("rect", x=at - wide / 2 - 6, y=_BASE - before, width=wide, height=before, rx=2, class_="ghost"),
        element("rect", x=at - wide / 2, y=_BASE - tall, width=wide, height=tall, rx=2, class_="bar acc" if one.chosen else "bar mid"),
        text(at, _BASE - 7 if inside else _BASE - tall - 5, count(one.count), anchor="middle",
             class_="t-on t-b" if one.chosen and inside else "t-ink"),
    ]


def _label(one: Bar, at: float, slot: float, lang: Lang) -> list[Markup]:
    lines = textwrap.wrap(one.title, max(int((slot - 6) / _SIGNS[lang]), 3))
    if len(lines) > _LABEL_LINES:
        lines = [*lines[:_LABEL_LINES - 1], lines[_LABEL_LINES - 1][:-1] + "…"]
    class_ = "t-ink t-b" if one.chosen else "t-2"
    return [text(at, _BASE + 16 + 13.5 * place, words, anchor="middle", class_=class_) for place, words in enumerate(lines)]

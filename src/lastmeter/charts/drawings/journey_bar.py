"""One journey to scale: its links on local days, limits as ticks, what went beyond them coloured, the promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.drawings.time_scale import room_of
from lastmeter.charts.svg import Scale, diamond, element, line, picture, text
from lastmeter.diagnosis.words import duration, fill, limit
from lastmeter.kernel.titles import Lang, Title

_HEIGHT, _TOP, _BAR = 98.0, 38.0, 24.0
_LEAST_BETWEEN_DAYS = 62.0
_NARROW = 16.0  # a bar of that many units or less carries no title

OVER = Title("时限 {limit}，超 {over}", "limit {limit}, over by {over}")


@dataclass(frozen=True, slots=True)
class Passage:
    """A link of the journey: seconds after the journey's start at which it began and ended (or up to which it is drawn).

    limit_at: when its limit ran out, None where it kept it or has none; over: seconds beyond it. `limit_seconds` and
    `limit_unit` say the limit in words.
    """

    title: Title
    start: float
    end: float
    limit_at: float | None = None
    over: float | None = None
    limit_seconds: float | None = None
    limit_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment, in seconds after the start, with its words."""

    at: float
    words: str


def journey_bar(
    passages: Sequence[Passage], lang: Lang, *, label: str, days: Sequence[Mark], promise: Mark | None = None,
    end: Mark | None = None, missed: bool = False, width: float = 1130,
) -> Markup:
    """The journey from its first moment to its last; `days` are local midnights, `end` what it ended with."""
    moments = [0.0, *(one.end for one in passages), *(mark.at for mark in (promise, end) if mark is not None)]
    low, high = min([*(one.start for one in passages), 0.0]), max(moments)
    if high <= low:
        return Markup("")
    x = Scale(low, high, 14, width - 40)
    bars, said_until = _passages(passages, x, lang, width)
    ends = _ends(promise, end, x, width, said_until, missed=missed)
    return picture(width, _HEIGHT, *_days(days, x, width), *bars, *ends, label=label)


def _days(days: Sequence[Mark], x: Scale, width: float) -> list[Markup]:
    drawn: list[Markup] = []
    free = 0.0
    for day in days:
        place = x(day.at)
        if not 0 <= place <= width:
            continue
        drawn.append(line(place, 18, place, 92, "grid"))
        if place >= free and place < width - _LEAST_BETWEEN_DAYS:
            drawn.append(text(place + 5, 12.0, day.words))
            free = place + max(room_of(day.words) + 10, _LEAST_BETWEEN_DAYS)
    return drawn


def _passages(passages: Sequence[Passage], x: Scale, lang: Lang, width: float) -> tuple[list[Markup], float]:
    """The bars with their titles below and broken limits above, and how far to the right the words above reach."""
    drawn: list[Markup] = []
    free_over, free_title = 0.0, 0.0
    for one in passages:
        left, right = x(one.start), x(one.end)
        broken = one.limit_at is not None
        kept = right if one.limit_at is None else min(max(x(one.limit_at), left), right)
        drawn.append(_bar(left, kept, "bar mid"))
        title = one.title.say(lang)
        if broken:
            drawn += [_bar(kept, right, "bar bad"), line(kept, _TOP - 5, kept, _TOP + _BAR + 5, "limit")]
            words = fill(OVER, limit=limit(one.limit_seconds, one.limit_unit), over=duration(one.over)).say(lang)
            if kept >= free_over:
                begins = max(min(kept + 5, width - room_of(words)), free_over)
                drawn.append(text(begins, 31.0, words, class_="t-bad"))
                free_over = begins + room_of(words)
        if left >= free_title and (broken or right - left > _NARROW):
            drawn.append(text(left + 1.3, 80.0, title, class_="t-ink" if broken else "t-2"))
            free_title = left + room_of(title) + 6
    return drawn, free_over


def _bar(start: float, end: float, class_: str) -> Markup:
    return element("rect", x=start + 0.7, y=_TOP, width=max(end - start - 1.4, 0.8), height=_BAR, rx=2, class_=class_)


def _ends(promise: Mark | None, end: Mark | None, x: Scale, width: float, said_until: float, *, missed: bool) -> list[Markup]:
    """The promise and the end with their words; those of the end go below where a broken limit is said above."""
    drawn: list[Markup] = []
    if promise is not None:
        place = x(promise.at)
        anchor = "end" if place > width / 2 else "start"
        drawn += [line(place, _TOP - 4, place, 86, "promise"),
                  text(place + (-5 if anchor == "end" else 5), 94.0, promise.words, anchor=anchor, class_="t-acc")]
    if end is not None:
        place, middle = x(end.at), _TOP + _BAR / 2
        drawn.append(diamond(place, middle, 6, "dot bad") if missed else element("circle", cx=place, cy=middle, r=5, class_="dot good"))
        right = min(place, width - 4)
        is_free_above = right - room_of(end.words) > said_until
        if is_free_above or promise is None or x(promise.at) + 5 + room_of(promise.words) < right - room_of(end.words):
            drawn.append(text(right, 31.0 if is_free_above else 94.0, end.words, anchor="end", class_="t-ink"))
    return drawn

"""Where the hours go: the median journey on one true time scale, with the promise and the ninth decile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.svg import Scale, element, line, picture, text
from lastmeter.diagnosis.words import duration, fill
from lastmeter.kernel.titles import Lang, Title

_HEIGHT, _BAR, _TOP = 98.0, 22.0, 30.0
_HOUR, _DAY = 3600.0, 86400.0
_STEPS = (60.0, 300.0, 600.0, 1800.0, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 7 * _DAY,
          14 * _DAY, 30 * _DAY, 60 * _DAY, 90 * _DAY, 180 * _DAY, 365 * _DAY)
_MOST_TICKS = 8
_TOLD = 7.2   # units that a Latin letter of a label takes at most
_HAN = 12.0   # and a Chinese character
_ROOM = 1.12  # the scale ends a little after the last mark, so that its label stands inside

WHOLE = Title("中位数 {median}", "median {median}")
TAIL = Title("p90 {p90}", "p90 {p90}")
PROMISE = Title("承诺 {promise}", "promise {promise}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """One link: its title, how long it takes in seconds, whether it is the one to look at."""

    title: Title
    seconds: float
    worst: bool = False


def time_scale(
    stretches: Sequence[Stretch], lang: Lang, *, label: str, start: float = 0.0, median: float | None = None,
    p90: float | None = None, promise: float | None = None, width: float = 1130,
) -> Markup:
    """Links end to end after `start` seconds; ticks at the median of the whole way, its p90, the usual promise."""
    ends = start + sum(each.seconds for each in stretches)
    most = max([ends, *(mark for mark in (median, p90, promise) if mark is not None)]) * _ROOM
    if most <= 0:
        return Markup("")
    x = Scale(0, most, 0, width)
    told = _promised(x, start, promise, lang)
    return picture(
        width, _HEIGHT, *_bars(stretches, x, start, lang, told), *_marks(x, ends, median, p90, told, lang), *_axis(x, most, width, lang),
        label=label,
    )


def room_of(words: str) -> float:
    """About how wide a label is, in the units of the drawing."""
    return sum(_HAN if ord(letter) > 0x2E7F else _TOLD for letter in words)


@dataclass(frozen=True, slots=True)
class _Promise:
    """The promise's label on the upper line: its words, where its mark stands, from where to where the words reach."""

    words: str
    at: float
    left: float
    right: float


def _promised(x: Scale, start: float, promise: float | None, lang: Lang) -> _Promise | None:
    """Over its mark; before it where the bars begin there, so that their titles have the room behind it."""
    if promise is None:
        return None
    words = fill(PROMISE, promise=duration(promise)).say(lang)
    room, at = room_of(words), x(promise)
    right = at - 2 if at <= x(start) < at + room / 2 and room < at else at + room / 2
    return _Promise(words, at, right - room, right)


def _bars(stretches: Sequence[Stretch], x: Scale, start: float, lang: Lang, promise: _Promise | None) -> list[Markup]:
    """Bars; the title above and the duration below where they find room. Titles alternate between two lines."""
    drawn, begin = [], start
    free = [0.0, 0.0, 0.0]  # up to where the upper and the lower line of titles and the line of durations are taken
    for each in stretches:
        left, right = x(begin), x(begin + each.seconds)
        begin += each.seconds
        tone = "bar bad" if each.worst else "bar mid"
        drawn.append(element("rect", x=left + 0.7, y=_TOP, width=max(right - left - 1.4, 0.8), height=_BAR, rx=2, class_=tone))
        title, took = each.title.say(lang), duration(each.seconds).say(lang)
        words = "t-bad" if each.worst else "t-2"
        is_met = promise is not None and promise.left < left + room_of(title) and left < promise.right
        row = next((at for at in (1, 0) if free[at] <= left and not (at == 0 and is_met)), None)
        if row is not None and (each.worst or right - left >= 18):
            drawn.append(text(left + 1.3, (10.0, 22.0)[row], title, class_=words))
            free[row] = left + room_of(title)
        if free[2] <= left and right - left >= 18:
            drawn.append(text(left + 1.3, 70.0, took, class_=words if each.worst else None))
            free[2] = left + room_of(took)
    return drawn


def _marks(x: Scale, ends: float, median: float | None, p90: float | None, promise: _Promise | None, lang: Lang) -> list[Markup]:
    drawn = []
    if promise is not None:
        is_before = promise.right < promise.at
        drawn += [line(promise.at, 16, promise.at, 62, "promise"), text(
            promise.right if is_before else promise.at, 10.0, promise.words, anchor="end" if is_before else "middle", class_="t-acc")]
    if median is not None:
        words = fill(WHOLE, median=duration(median)).say(lang)
        drawn += [line(x(median), 24, x(median), 58, "axis"), text(max(x(median), x(ends)) + 7, 45.0, words, class_="t-ink t-b")]
    if p90 is not None:
        words = fill(TAIL, p90=duration(p90)).say(lang)
        drawn += [line(x(p90), 24, x(p90), 58, "hair"), text(x(p90) + 6, 58.0, words, class_="t-2")]
    return drawn


def _axis(x: Scale, most: float, width: float, lang: Lang) -> list[Markup]:
    step = next((each for each in _STEPS if most / each <= _MOST_TICKS), _STEPS[-1])
    drawn = [line(0, 80, width, 80, "grid")]
    at = 0.0
    while at <= most:
        anchor = "start" if at == 0 else "middle"
        if x(at) < width - 24:
            drawn += [line(x(at), 80, x(at), 84, "axis"), text(x(at), 95.0, _tick(at, step, lang), anchor=anchor)]
        at += step
    return drawn


def _tick(seconds: float, step: float, lang: Lang) -> str:
    if seconds == 0:
        return "0"
    if step >= _DAY:
        return duration(seconds, "days").say(lang)
    if step >= _HOUR:
        number = f"{seconds / _HOUR:.0f}"
        return Title(f"{number} 小时", f"{number} h").say(lang)
    return duration(seconds).say(lang)

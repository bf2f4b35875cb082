"""How figures are written in both languages: one place for separators, signs, units, dates and the joining of sentences.

A sentence that holds figures is one `Title` with named places, filled by `fill`; it is never glued from pieces.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime

from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

MINUS = "\u2212"
DASH = "\u2013"
NOTHING = Title("无", "none")
_HOUR, _DAY = 3600.0, 86400.0
_LONG_ID = 20
_SHORT = tuple(calendar.month_abbr)
_LONG = tuple(calendar.month_name)


def fill(sentence: Title, **places: Title | str | int) -> Title:
    """The sentence with its places filled, each language with the place's own words."""
    return Title(
        sentence.zh.format_map({name: place.zh if isinstance(place, Title) else place for name, place in places.items()}),
        sentence.en.format_map({name: place.en if isinstance(place, Title) else place for name, place in places.items()}),
    )


def same(text: str) -> Title:
    """One text for both languages: a code, a name, a figure."""
    return Title(text, text)


def signed(text: str) -> str:
    """A printed number with a true minus."""
    return text.replace("-", MINUS)


def count(number: float) -> str:
    """48,210."""
    return signed(f"{number:,.0f}")


def percent(share: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as 78.6%; a dash where there is none."""
    return DASH if share is None else signed(f"{share * 100:.{digits}f}%")


def percent_range(low: float | None, high: float | None, digits: int = 1) -> str:
    """78.2–79.0%, one sign at the end."""
    if low is None or high is None:
        return DASH
    between = DASH if low >= 0 else " … "  # a dash before a minus reads as another one
    return signed(f"{low * 100:.{digits}f}{between}{high * 100:.{digits}f}%")


def change_of(number: float) -> str:
    """A change with one decimal and its sign, none where it rounds to zero: +0.5, −1.2, 0.0."""
    text = f"{number:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else signed(text)


def points(difference: float) -> Title:
    """A difference of two shares in percentage points with its sign: −2.9 pts, −2.9 个百分点."""
    number = change_of(difference * 100)
    return Title(f"{number} 个百分点", f"{number} pts")


def points_apart(difference: float) -> Title:
    """The size of a difference of two shares, without its sign, for sentences that say fewer or more."""
    number = f"{abs(difference) * 100:.1f}"
    return Title(f"{number} 个百分点", f"{number} points")


def duration(seconds: float | None, unit: str | None = None) -> Title:
    """36 min, 6.4 h, 2.5 days: one unit, as people say it; in days always days, in working hours never."""
    if seconds is None:
        return same(DASH)
    if unit in ("days", "working_days"):
        return _days(seconds / _DAY)
    if unit == "working_hours" and abs(seconds) >= _HOUR:
        return _hours(seconds)
    size = abs(seconds)
    if size < _HOUR:
        number = signed(f"{seconds / 60:.0f}")
        return Title(f"{number} 分钟", f"{number} min")
    if size < 2 * _DAY and size % _DAY:
        number = _short(seconds / _HOUR)
        return Title(f"{number} 小时", f"{number} h")
    return _days(seconds / _DAY)


def days(number: float | None) -> Title:
    """A number of days: 2.5 days, 1 day."""
    return same(DASH) if number is None else _days(number)


def days_range(low: float | None, high: float | None) -> Title:
    """2.8–3.6 days, one unit at the end."""
    if low is None or high is None:
        return same(DASH)
    end = _days(high)
    return Title(f"{_short(low)}{DASH}{end.zh}", f"{_short(low)}{DASH}{end.en}")


def named(code: str, title: Title | None) -> Title:
    """A value of a dimension as it is shown: by its title, or else by its code."""
    return title or same(short_id(code))


def short_id(code: str) -> str:
    """A long machine-made id by its first eight signs; others whole."""
    return code if len(code) <= _LONG_ID else f"{code[:8]}…"


def limit(seconds: float | None, unit: str | None) -> Title:
    """A limit in its own unit: 48 h, 3 days, 8 working hours."""
    if seconds is None:
        return same(DASH)
    if unit in ("working_hours", "working_days"):
        zh, en, size = ("工作小时", "hour", _HOUR) if unit == "working_hours" else ("工作日", "day", _DAY)
        number = _short(seconds / size)
        return Title(f"{number} 个{zh}", f"{number} working {en}{'' if number == '1' else 's'}")
    return duration(seconds, unit) if unit == "days" else _hours(seconds)


def figure(value: float | None, unit: str) -> Title:
    """A figure of an indicator in its unit: 78.6%, 2.5 days, 6.4 h; any other number with at most two decimals."""
    if value is None:
        return same(DASH)
    match unit:
        case "share":
            return same(percent(value))
        case "days":
            return _days(value)
        case "seconds":
            return duration(value)
        case _:
            text = f"{value:,.2f}"
            return same(signed(text.rstrip("0").rstrip(".") if "." in text else text))


def figure_range(low: float, high: float, unit: str) -> Title:
    """From low to high in an indicator's unit, which stands once where both ends have the same: 4.2–4.5 h, 43 min–1.2 h."""
    if unit == "share":
        return same(percent_range(low, high))
    first, last = figure(low, unit), figure(high, unit)
    between = DASH if low >= 0 else " … "
    return Title(_once(first.zh, last.zh, between), _once(first.en, last.en, between))


def _once(first: str, last: str, between: str) -> str:
    """Both with what stands between them, the first without its unit where the last has the same."""
    number, _, unit = first.partition(" ")
    is_same = unit.removesuffix("s") == last.partition(" ")[2].removesuffix("s")
    return f"{number if is_same else first}{between}{last}"


def journeys(number: int) -> Title:
    """1 journey, 48,210 journeys, 48,210 个旅程."""
    return Title(f"{count(number)} 个旅程", "1 journey" if number == 1 else f"{count(number)} journeys")


def answers_of(answers: int, number: int) -> Title:
    """228 answers, 903 journeys; 1 answer, 12 journeys."""
    said = Title(f"{count(answers)} 份答卷", "1 answer" if answers == 1 else f"{count(answers)} answers")
    return fill(Title("{said}，{all}", "{said}, {all}"), said=said, all=journeys(number))


def perfect_journeys(number: float) -> Title:
    """1 perfect journey, 92 perfect journeys, 92 个完美旅程."""
    text = count(number)
    return Title(f"{text} 个完美旅程", f"{text} perfect journey{'' if text == '1' else 's'}")


def flaws(number: int) -> Title:
    """1 flaw, 3,752 flaws, 3,752 处瑕疵."""
    return Title(f"{count(number)} 处瑕疵", "1 flaw" if number == 1 else f"{count(number)} flaws")


def day(moment: date) -> Title:
    """22 Oct, 10月22日."""
    return Title(f"{moment.month}月{moment.day}日", f"{moment.day} {_SHORT[moment.month]}")


def full_day(moment: date) -> Title:
    """22 October 2026, 2026年10月22日."""
    return Title(f"{moment.year}年{moment.month}月{moment.day}日", f"{moment.day} {_LONG[moment.month]} {moment.year}")


def instant(moment: datetime) -> Title:
    """22 October 2026 20:40 UTC, 2026年10月22日 20:40 UTC."""
    at = full_day(moment.date())
    return Title(f"{at.zh} {moment:%H:%M} UTC", f"{at.en} {moment:%H:%M} UTC")


def period(named: Period, beside: Period | None = None) -> Title:
    """The period in words; the year is left out beside a month of the same year: “September” beside October 2026."""
    if beside is not None and named.grain == "month" == beside.grain and named.first.year == beside.first.year:
        return Title(f"{named.first.month}月", _LONG[named.first.month])
    return Title(named.title("zh"), named.title("en"))


def tick(named: Period) -> Title:
    """The period as an axis says it: Oct, 10月; W41, 41周; the year stands at its first period only."""
    first = named.first
    match named.grain:
        case "month":
            if first.month == 1:
                return Title(f"{first.year}年", str(first.year))
            return Title(f"{first.month}月", _SHORT[first.month])
        case "week":
            week = first.isocalendar().week
            return Title(f"{week}周", f"W{week}")
        case "quarter":
            quarter = (first.month + 2) // 3
            return Title(f"{first.year}年{quarter}季" if quarter == 1 else f"{quarter}季",
                         f"Q1 {first.year}" if quarter == 1 else f"Q{quarter}")
        case "year":
            return Title(f"{first.year}年", str(first.year))
        case "day":
            return day(first)


def _hours(seconds: float) -> Title:
    number = _short(seconds / _HOUR)
    return Title(f"{number} 小时", f"{number} h")


def _short(number: float) -> str:
    """At most one decimal, and none where it is zero."""
    text = f"{round(number, 1) + 0.0:,.1f}"  # no minus before a zero
    return signed(text.removesuffix(".0"))


def _days(number: float) -> Title:
    text = _short(number)
    return Title(f"{text} 天", f"{text} day" if text == "1" else f"{text} days")

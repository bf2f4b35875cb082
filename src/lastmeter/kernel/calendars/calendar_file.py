"""Calendars from TOML: those shipped with the library, and a company's own in its workspace, `calendars/NAME.toml`.

```toml
title = { zh = "客服", en = "Service desk" }
zone = "Asia/Shanghai"
extends = "cn"                              # optional: start from a built-in one and say only what differs

[hours]                                     # of the week; a day that is left out is free
mon = ["09:00-12:00", "13:00-18:00"]

[[year]]                                    # each year that it covers
year = 2025
closed = [2025-01-01, "2025-10-01..2025-10-08"]
open = [2025-10-11, { on = 2025-09-28, hours = ["09:00-18:00"] }]     # a bare date has Monday's hours
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any

from lastmeter.kernel.calendars.working_time import Calendar, Hours
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title, title_of
from lastmeter.kernel.toml_file import Key, TomlFile, nearest, read_toml

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIPPED = files("lastmeter.kernel.calendars")
_PERIOD = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?")
_KEYS = ("title", "zone", "extends", "hours", "year")
_YEAR_KEYS = ("year", "closed", "open")


@dataclass(frozen=True, slots=True)
class _Year:
    """What differs from the week in one year."""

    closed: frozenset[date]
    open: Mapping[date, Hours | None]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What a file says, before the dates are laid out."""

    title: Title
    zone: str
    week: Mapping[str, Hours]
    years: Mapping[int, _Year]


def built_in_calendars() -> list[str]:
    """The names of the calendars that are shipped."""
    return sorted(entry.name.removesuffix(".toml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".toml"))


def load_calendar(name: str, folder: Path | None = None) -> Calendar:
    """The calendar of that name: `NAME.toml` in the folder, else a built-in one.

    Raises:
        LastMeterError: `calendar.unknown`, and those of `read_calendar`.
    """
    if folder and (folder / f"{name}.toml").is_file():
        return read_calendar(folder / f"{name}.toml")
    if name in built_in_calendars():
        return _built_in(name)
    own = [path.stem for path in folder.glob("*.toml")] if folder else []
    raise LastMeterError(
        "calendar.unknown",
        Title("没有日历“{calendar}”", "There is no calendar “{calendar}”"),
        Title("写一个 calendars/{calendar}.toml，或用：{names}", "Write calendars/{calendar}.toml, or use one of: {names}"),
        calendar=name, names=", ".join(sorted({*own, *built_in_calendars()})),
    )


def read_calendar(path: Path) -> Calendar:
    """The calendar of a file.

    Raises:
        LastMeterError: `toml.*`, `calendar.*` with file and line.
    """
    return _laid_out(path.stem, _read(path), f"calendars/{path.name}")


@cache
def _built_in(name: str) -> Calendar:
    with as_file(_SHIPPED / f"{name}.toml") as path:
        spoken = _read(path)
    return _laid_out(name, spoken, f'calendars/{name}.toml (extends = "{name}")')


def _laid_out(name: str, spoken: _Spoken, add_year_to: str) -> Calendar:
    years = sorted(spoken.years)
    days: dict[date, Hours] = {}
    for year in years:
        differs, day = spoken.years[year], date(year, 1, 1)
        while day.year == year:
            hours = spoken.week.get(WEEK[day.weekday()], ())
            if day in differs.open:
                hours = differs.open[day] or spoken.week["mon"]
            if hours and day not in differs.closed:
                days[day] = hours
            day += timedelta(days=1)
    return Calendar(name, spoken.title, zone_named(spoken.zone), years[0], years[-1], days, add_year_to)


def _read(path: Path) -> _Spoken:
    return _Reader(read_toml(path)).spoken()


class _Reader:
    """Reads one file and stops at its first mistake."""

    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self.content = file.values

    def spoken(self) -> _Spoken:
        self._known((), self.content, _KEYS)
        base = self._base()
        title = title_of(self.content.get("title"), self.file.path.stem)
        zone = self.content.get("zone", base.zone if base else None)
        week = self._week() if "hours" in self.content else base.week if base else {}
        years = (dict(base.years) if base else {}) | dict(self._years(week))
        try:
            zone_named(str(zone))
        except LastMeterError as error:
            expected = Title("IANA 时区名称，例如 \"Asia/Shanghai\"", 'an IANA name such as "Asia/Shanghai"')
            raise self._wrong(("zone",), zone or "zone", expected) from error
        if not any(week.values()):
            raise self._mistake(("hours",), "calendar.hours_missing", Title("一周里没有工作时间", "The week has no working hours"),
                              Title('写上 [hours]，例如 mon = ["09:00-18:00"]', 'Write [hours] with lines such as mon = ["09:00-18:00"]'))
        self._check_years(years)
        return _Spoken(title, str(zone), week, years)

    def _base(self) -> _Spoken | None:
        name = self.content.get("extends")
        if name is None:
            return None
        if name not in built_in_calendars():
            raise self._wrong(("extends",), name, Title(f"自带日历之一：{'、'.join(built_in_calendars())}",
                                                        f"a built-in calendar: {', '.join(built_in_calendars())}"))
        with as_file(_SHIPPED / f"{name}.toml") as path:
            return _read(path)

    def _week(self) -> dict[str, Hours]:
        hours = self.content["hours"]
        if not isinstance(hours, dict):
            raise self._wrong(("hours",), "hours", Title("一节设置 [hours]", "a table [hours]"))
        self._known(("hours",), hours, WEEK)
        return {day: self._hours(("hours", day), periods) for day, periods in hours.items()}

    def _hours(self, where: tuple[Key, ...], periods: Any) -> Hours:
        if not isinstance(periods, list):
            raise self._wrong(where, periods, Title('时段的列表，例如 ["09:00-18:00"]', 'a list of periods such as ["09:00-18:00"]'))
        found = sorted(self._period(where, period) for period in periods)
        for (_, closes), (opens, _) in pairwise(found):
            if opens < closes:
                raise self._mistake(where, "calendar.periods_overlap", Title("时段有重叠", "Periods overlap"),
                                  Title("同一天的时段不能重叠", "Periods of one day must not overlap"))
        return tuple(found)

    def _period(self, where: tuple[Key, ...], period: Any) -> tuple[int, int]:
        match = _PERIOD.fullmatch(period.strip()) if isinstance(period, str) else None
        if match:
            hours = [int(part or 0) for part in match.groups()]
            opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
            if opens < closes <= 1440 and hours[1] < 60 and hours[3] < 60:
                return opens, closes
        raise self._wrong(where, period, Title("一天内的时段，例如 \"09:00-18:00\"；跨夜的写成两段，到 24:00 和从 00:00",
                                               'a period within one day such as "09:00-18:00"; a night is two:'
                                               ' one until 24:00, one from 00:00'))

    def _years(self, week: Mapping[str, Hours]) -> Iterator[tuple[int, _Year]]:
        sections = self.content.get("year", [])
        if not isinstance(sections, list):
            raise self._wrong(("year",), "year", Title("几节设置 [[year]]", "sections [[year]]"))
        seen = set()
        for number, section in enumerate(sections):
            where: tuple[Key, ...] = ("year", number)
            self._known(where, section, _YEAR_KEYS)
            year = section.get("year")
            if not isinstance(year, int) or not 1900 <= year <= 2200:
                raise self._wrong((*where, "year"), year, Title("年份，例如 2025", "a year such as 2025"))
            if year in seen:
                raise self._mistake((*where, "year"), "calendar.year_twice", Title(f"{year} 年写了两次", f"{year} stands twice"),
                                  Title("每年只写一节", "Give each year one section"))
            seen.add(year)
            yield year, self._year(where, section, year, week)

    def _year(self, where: tuple[Key, ...], section: Mapping[str, Any], year: int, week: Mapping[str, Hours]) -> _Year:
        closed = {day for item in self._list((*where, "closed"), section) for day in self._days((*where, "closed"), item, year)}
        opened: dict[date, Hours | None] = {}
        at = (*where, "open")
        for item in self._list(at, section):
            hours: Hours | None = None
            days = item
            if isinstance(item, dict):
                self._known(at, item, ("on", "hours"))
                days = item.get("on")
                hours = self._hours(at, item["hours"]) if "hours" in item else None
            if hours is None and not week.get("mon"):
                raise self._mistake(at, "calendar.hours_missing", Title("星期一没有工作时间可借用", "Monday has no hours to borrow"),
                                  Title("写明那天的 hours", "Write that day with hours of its own"))
            opened.update(dict.fromkeys(self._days(at, days, year), hours))
        if both := sorted(closed & opened.keys()):
            raise self._mistake(at, "calendar.day_twice", Title(f"{both[0]} 既休息又上班", f"{both[0]} is both closed and open"),
                              Title("只留一处", "Keep one of the two"))
        return _Year(frozenset(closed), opened)

    def _list(self, where: tuple[Key, ...], section: Mapping[str, Any]) -> list[Any]:
        items = section.get(str(where[-1]), [])
        if not isinstance(items, list):
            raise self._wrong(where, items, Title("日期的列表", "a list of dates"))
        return items

    def _days(self, where: tuple[Key, ...], item: Any, year: int) -> list[date]:
        """The dates of one item: a date, or "2025-10-01..2025-10-08"."""
        try:
            first, _, last = item.partition("..") if isinstance(item, str) else (item, "", "")
            begins = _date(first)
            ends = _date(last) if last else begins
        except ValueError:
            raise self._wrong(where, item, Title("日期，或 \"2025-10-01..2025-10-08\"", 'a date, or "2025-10-01..2025-10-08"')) from None
        if begins.year != year or ends.year != year or ends < begins:
            raise self._wrong(where, item, Title(f"{year} 年里的日期，先早后晚", f"dates in {year}, the earlier first"))
        return [begins + timedelta(days=number) for number in range((ends - begins).days + 1)]

    def _check_years(self, years: Mapping[int, _Year]) -> None:
        if not years:
            raise self._mistake(("year",), "calendar.years_missing", Title("没有写是哪几年", "No year is stated"),
                              Title("每年写一节 [[year]]，至少 year = 2025",
                                    "Write a section [[year]] for each year, at least year = 2025"))
        gaps = [year for year in range(min(years), max(years)) if year not in years]
        if gaps:
            raise self._mistake(("year", 0), "calendar.year_gap", Title(f"中间缺 {gaps[0]} 年", f"{gaps[0]} is missing in between"),
                              Title("年份要连续；补上这一年", "Years must follow each other; add it"))

    def _known(self, where: tuple[Key, ...], section: Any, known: tuple[str, ...]) -> None:
        if not isinstance(section, dict):
            raise self._wrong(where, section, Title("一节设置", "a table of settings"))
        for key in section:
            if key not in known:
                near = nearest(key, list(known))
                raise self._mistake((*where, key), "calendar.unknown_key", Title(f"不认识的键“{key}”", f"Unknown key “{key}”"),
                                  Title(f"是不是“{near}”？", f"Did you mean “{near}”?") if near else
                                  Title(f"可用的键：{'、'.join(known)}", f"Known keys: {', '.join(known)}"))

    def _wrong(self, where: tuple[Key, ...], value: object, expected: Title) -> LastMeterError:
        return self._mistake(where, "calendar.value_wrong", Title(f"“{value}”不对", f"“{value}” does not fit"),
                           Title(f"这里应写{expected.zh}", f"Expected {expected.en}"))

    def _mistake(self, where: tuple[Key, ...], code: str, message: Title, hint: Title) -> LastMeterError:
        said, mend = (_unbraced(text) for text in (message, hint))
        return LastMeterError(
            code, Title(f"{{file}} 第 {{line}} 行：{said.zh}", f"{{file}} line {{line}}: {said.en}"), mend,
            file=self.file.path.name, line=self.file.line_of(*where),
        )


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value.strip())
    raise ValueError(value)


def _unbraced(text: Title) -> Title:
    return Title(*(part.replace("{", "{{").replace("}", "}}") for part in (text.zh, text.en)))

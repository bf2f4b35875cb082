"""Reporting periods: a month, an ISO week, a quarter or a year of local dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title

Grain = Literal["day", "week", "month", "quarter", "year"]
_EN_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Local dates from `first` to `last`, both included; `code` as people write it: 2018-03, 2018-W09, 2018-Q1."""

    first: date
    last: date
    grain: Grain
    code: str

    def previous(self) -> Period:
        """The period of the same grain just before."""
        return period_of(self.first - timedelta(days=1), self.grain)

    def following(self) -> Period:
        """The period of the same grain just after."""
        return period_of(self.last + timedelta(days=1), self.grain)

    def title(self, lang: Lang) -> str:
        """The period in words: March 2018, 2018年3月."""
        year = self.first.year
        match self.grain:
            case "month":
                return f"{year}年{self.first.month}月" if lang == "zh" else f"{_EN_MONTHS[self.first.month - 1]} {year}"
            case "week":
                iso = self.first.isocalendar()
                return f"{iso.year}年第{iso.week}周" if lang == "zh" else f"week {iso.week} of {iso.year}"
            case "quarter":
                quarter = (self.first.month + 2) // 3
                return f"{year}年第{quarter}季度" if lang == "zh" else f"Q{quarter} {year}"
            case "year":
                return f"{year}年" if lang == "zh" else str(year)
            case "day":
                if lang == "zh":
                    return f"{year}年{self.first.month}月{self.first.day}日"
                return f"{self.first.day} {_EN_MONTHS[self.first.month - 1]} {year}"


def period_of(day: date, grain: Grain) -> Period:
    """The period of a grain that holds a day."""
    match grain:
        case "day":
            return Period(day, day, grain, day.isoformat())
        case "week":
            monday = day - timedelta(days=day.weekday())
            iso = day.isocalendar()
            return Period(monday, monday + timedelta(days=6), grain, f"{iso.year}-W{iso.week:02d}")
        case "month":
            first = day.replace(day=1)
            return Period(first, _month_end(first), grain, f"{day:%Y-%m}")
        case "quarter":
            first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
            return Period(first, _month_end(first.replace(month=first.month + 2)), grain,
                          f"{day.year}-Q{(day.month + 2) // 3}")
        case "year":
            return Period(date(day.year, 1, 1), date(day.year, 12, 31), grain, f"{day.year}")


def parse_period(code: str) -> Period:
    """The period that a code names.

    Raises:
        LastMeterError: `period.unreadable`.
    """
    try:
        if re.fullmatch(r"\d{4}", code):
            return period_of(date(int(code), 1, 1), "year")
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", code):
            return period_of(date(int(match[1]), int(match[2]) * 3, 1), "quarter")
        if match := re.fullmatch(r"(\d{4})-W(\d{2})", code):
            return period_of(date.fromisocalendar(int(match[1]), int(match[2]), 1), "week")
        if re.fullmatch(r"\d{4}-\d{2}", code):
            return period_of(date.fromisoformat(code + "-01"), "month")
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", code):
            return period_of(date.fromisoformat(code), "day")
    except ValueError:
        pass
    raise LastMeterError(
        "period.unreadable",
        Title("读不懂的周期“{code}”", "Cannot read the period “{code}”"),
        Title("写成 2018-03、2018-W09、2018-Q1 或 2018", "Write it as 2018-03, 2018-W09, 2018-Q1 or 2018"),
        code=code,
    )


def _month_end(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - timedelta(days=1)

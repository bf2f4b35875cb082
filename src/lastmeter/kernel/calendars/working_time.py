"""Working time of a calendar: how much lies between two instants, and when so much of it has passed.

A moment is working time if a clock on the wall of the calendar's zone then shows a time within the hours of that local
date. So a night on which clocks go forward has an hour less, and one on which they go back an hour more. Inside, time
runs in microseconds since the start of the first year that the calendar covers.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lastmeter.kernel.clock import local_of_utc
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Hours = tuple[tuple[int, int], ...]
"""Periods of a day as minutes from midnight of the wall clock, in order: ((540, 720), (780, 1080)) is 09-12, 13-18."""

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class Stretch(NamedTuple):
    """Working time without a break, [begins, ends) in naive UTC; `before` is the working time until it, in microseconds."""

    begins: datetime
    ends: datetime
    before: int

    @property
    def length(self) -> int:
        """Microseconds."""
        return (self.ends - self.begins) // _TICK


@dataclass(frozen=True, eq=False)
class Calendar:
    """The hours of every local date from 1 January of `first_year` to 31 December of `last_year`.

    `days` has the dates with working hours only. `add_year_to` is the file in which a missing year belongs.
    """

    name: str
    title: Title
    zone: ZoneInfo
    first_year: int
    last_year: int
    days: Mapping[date, Hours]
    add_year_to: str

    @cached_property
    def digest(self) -> str:
        """Identifies what it says of time, whatever it is called."""
        told = [str(self.zone.key), self.first_year, self.last_year, sorted(self.days.items())]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        """The instants [first, last] between which it is known."""
        first = datetime(self.first_year, 1, 1)
        last = datetime(self.last_year + 1, 1, 1)
        return _instant(first, self.zone), _instant(last, self.zone)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """All working time in order; what touches is one stretch."""
        joined: list[list[datetime]] = []
        for begins, ends in sorted(self._pieces()):
            if joined and joined[-1][1] == begins:
                joined[-1][1] = ends
            else:
                joined.append([begins, ends])
        found, before = [], 0
        for begins, ends in joined:
            found.append(Stretch(begins, ends, before))
            before += found[-1].length
        return tuple(found)

    @cached_property
    def total(self) -> int:
        """Microseconds of working time in all."""
        return self.stretches[-1].before + self.stretches[-1].length if self.stretches else 0

    @cached_property
    def workdays(self) -> tuple[date, ...]:
        """The dates with working hours, in order."""
        return tuple(sorted(self.days))

    def between(self, start: datetime, end: datetime) -> float:
        """Working seconds from one naive UTC instant to another; negative if they come the other way round.

        Raises:
            LastMeterError: `calendar.year_missing`.
        """
        return (self._worked(end) - self._worked(start)) / 1e6

    def add(self, start: datetime, seconds: float) -> datetime:
        """The first instant, in naive UTC, at which so many working seconds (0 or more) have passed since `start`.

        Raises:
            LastMeterError: `calendar.year_missing`.
        """
        wanted = round(seconds * 1e6)
        if wanted < 0:
            raise ValueError("working time is added forwards only")
        return start if wanted == 0 else self.instant_of(self._worked(start) + wanted)

    def instant_of(self, worked: int) -> datetime:
        """The first instant at which so many microseconds (above 0) of working time have passed in all.

        Raises:
            LastMeterError: `calendar.year_missing`.
        """
        if worked > self.total:
            raise self.year_missing(self.last_year + 1)
        stretch = self.stretches[bisect_left(self._befores, worked) - 1]
        return stretch.begins + (worked - stretch.before) * _TICK

    def add_days(self, day: date, number: int) -> date:
        """The working day that is the `number`-th (1 or more) after a local date, which itself does not count.

        Raises:
            LastMeterError: `calendar.year_missing`.
        """
        if number < 1:
            raise ValueError("working days are added forwards only")
        place = self._days_until(day) + number - 1
        if place >= len(self.workdays):
            raise self.year_missing(self.last_year + 1)
        return self.workdays[place]

    def days_between(self, first: date, last: date) -> int:
        """Working days after one local date, up to another and including it; negative the other way round.

        Raises:
            LastMeterError: `calendar.year_missing`.
        """
        return self._days_until(last) - self._days_until(first)

    def year_missing(self, year: int) -> LastMeterError:
        """The error for a year that it does not cover."""
        return LastMeterError(
            "calendar.year_missing",
            Title("日历“{calendar}”只有 {first} 到 {last} 年，缺 {year} 年",
                  "The calendar “{calendar}” covers {first} to {last}; {year} is missing"),
            Title("在 {file} 里加上这一年：[[year]]、year = {year}，以及 closed 和 open",
                  "Add the year in {file}: [[year]], year = {year}, with closed and open"),
            calendar=self.name, first=self.first_year, last=self.last_year, year=year, file=self.add_year_to,
        )

    def _worked(self, instant: datetime) -> int:
        """Microseconds of working time until an instant."""
        first, last = self.span
        if not first <= instant <= last:
            raise self.year_missing(local_of_utc(instant, self.zone).year)
        place = bisect_right(self._begins, instant) - 1
        if place < 0:
            return 0
        stretch = self.stretches[place]
        return stretch.before + (min(instant, stretch.ends) - stretch.begins) // _TICK

    def _days_until(self, day: date) -> int:
        if not self.first_year <= day.year <= self.last_year:
            raise self.year_missing(day.year)
        return bisect_right(self.workdays, day)

    @cached_property
    def _begins(self) -> list[datetime]:
        return [stretch.begins for stretch in self.stretches]

    @cached_property
    def _befores(self) -> list[int]:
        return [stretch.before for stretch in self.stretches]

    def _pieces(self) -> Iterator[tuple[datetime, datetime]]:
        """Every period of every day in UTC, cut where the zone's offset changes."""
        for since, until, offset in _offsets(self.zone, *self.span):
            day, last = (since + offset).date(), (until + offset).date()
            while day <= last:
                midnight = datetime.combine(day, time()) - offset
                for opens, closes in self.days.get(day, ()):
                    begins = max(midnight + timedelta(minutes=opens), since)
                    ends = min(midnight + timedelta(minutes=closes), until)
                    if begins < ends:
                        yield begins, ends
                day += _DAY


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the wall clock shows a local time, or a later one where it never does."""
    early = local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(tzinfo=None)
    return early if early <= late else _change(zone, late, early)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


def _offsets(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Stretches (since, until, offset from UTC) between two instants. No zone changes twice within a day."""
    since, offset, instant = first, _offset(zone, first), first
    while instant < last:
        later = min(instant + _DAY, last)
        if (changed := _offset(zone, later)) != offset:
            at = _change(zone, instant, later)
            yield since, at, offset
            since, offset = at, changed
        instant = later
    yield since, last, offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The instant between two at which the offset becomes that of the second."""
    wanted = _offset(zone, after)
    while after - before > _TICK:
        middle = before + (after - before) // 2
        before, after = (before, middle) if _offset(zone, middle) == wanted else (middle, after)
    return after

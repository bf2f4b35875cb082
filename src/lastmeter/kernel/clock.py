"""Instants: naive datetimes in UTC with microseconds, everywhere inside the library.

Nothing here reads the wall clock: whoever stands at the edge (the command line, the server) passes `at`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name, or a clear error."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LastMeterError(
            "zone.unknown",
            Title("不认识的时区“{zone}”", "Unknown time zone “{zone}”"),
            Title("请用 IANA 名称，例如 Asia/Shanghai", "Use an IANA name such as Asia/Shanghai"),
            zone=name,
        ) from error


def as_utc(moment: datetime) -> datetime:
    """A naive UTC instant from an aware datetime; a naive one is taken as UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def utc_of_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The naive UTC instant of a naive local time; in an autumn overlap the first, in a spring gap shifted forward."""
    return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def local_of_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time in a zone of a naive UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def day_in_utc(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The half-open interval [start, end) in UTC of a local day: 23, 24 or 25 hours long."""
    start = datetime.combine(day, time())
    return utc_of_local(start, zone), utc_of_local(start + timedelta(days=1), zone)


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An ISO 8601 date or time, local in `zone` where it has no offset, as naive UTC; a bare day means its end.

    Raises:
        LastMeterError: `time.unreadable`.
    """
    try:
        if len(text) == 10:
            return day_in_utc(date.fromisoformat(text), zone)[1]
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LastMeterError(
            "time.unreadable",
            Title("读不懂的时间“{text}”", "Cannot read the time “{text}”"),
            Title("写成 2018-03-31 或 2018-03-31T18:00", "Write it as 2018-03-31 or 2018-03-31T18:00"),
            text=text,
        ) from error
    return as_utc(moment) if moment.tzinfo else utc_of_local(moment, zone)

"""One event in Python: something that happened at one time, recorded once and never edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from lastmeter.journal.columns import PRECISIONS, UNDATED
from lastmeter.kernel.clock import day_in_utc, local_of_utc, utc_of_local, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Precision = Literal["second", "minute", "hour", "day", "month", "unknown"]
AttributeValue = str | int | float | bool | datetime | date

# An event further ahead of its recording than this is a misread date, not a plan.
FUTURE_DAYS = 3660
EARLIEST = datetime(1900, 1, 1)
NUMBER_LIMIT = 9e12
OWN_SOURCE = "lastmeter"
"""The source of what the software itself tells: a flaw raised, a focus chosen, a brief published."""


class ObjectRef(msgspec.Struct, frozen=True, order=True, gc=False):
    """An object that an event names."""

    type: str
    id: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What happened, to which objects, by whom. `occurred_at` is naive UTC: the start of the interval that `precision` says.

    `objects`: the primary object first. `corrects`: the id of the original that this event replaces, or withdraws where
    `voids`. Building one checks it.

    Raises:
        LastMeterError: `event.*`; `zone.unknown`.
    """

    source: str
    id: str
    type: str
    occurred_at: datetime | None
    objects: tuple[ObjectRef, ...]
    precision: Precision = "second"
    zone: str = "UTC"
    performer: str | None = None
    place: str | None = None
    channel: str | None = None
    corrects: str | None = None
    voids: bool = False
    revision: int = 0
    attributes: dict[str, Any] = {}
    """Name to `AttributeValue`; the journal's registered types hold."""

    def __post_init__(self) -> None:
        at, identifier, corrects = self.occurred_at, self.id, self.corrects
        if at is not None and at.tzinfo is not None:
            msgspec.structs.force_setattr(self, "occurred_at", at.astimezone(UTC).replace(tzinfo=None))
        if not (self.source and identifier and self.type and self.objects):
            raise _incomplete()
        if is_version(identifier) or (corrects is not None and corrects == identifier) or (self.voids and corrects is None):
            raise _impossible_identity()
        _check_time(self)
        if self.attributes:
            _check_attributes(self.attributes)

    @property
    def occurred_end(self) -> datetime | None:
        """Exclusive end of the interval; None for an instant and for an unknown time."""
        if self.occurred_at is None or self.precision == "second":
            return None
        return interval_end(self.occurred_at, self.precision, self.zone)

    @property
    def local_on(self) -> date | None:
        """The local date of `occurred_at` in `zone`."""
        return None if self.occurred_at is None else local_of_utc(self.occurred_at, zone_named(self.zone)).date()

    @property
    def month(self) -> str:
        """The UTC month of `occurred_at`, or `undated`: which segment it lies in."""
        return UNDATED if self.occurred_at is None else f"{self.occurred_at:%Y-%m}"


def interval_end(start: datetime, precision: Precision, zone: str) -> datetime | None:
    """The exclusive end of the interval that begins at `start` (UTC): a local day has 23 to 25 hours."""
    match precision:
        case "minute":
            return start + timedelta(minutes=1)
        case "hour":
            return start + timedelta(hours=1)
        case "day":
            return day_in_utc(local_of_utc(start, zone_named(zone)).date(), zone_named(zone))[1]
        case "month":
            first = local_of_utc(start, zone_named(zone)).date().replace(day=1)
            following = (first + timedelta(days=32)).replace(day=1)
            return utc_of_local(datetime.combine(following, time()), zone_named(zone))
        case _:
            return None


def check_horizon(event: Event, recorded_at: datetime) -> None:
    """Refuse a time that can only be misread: before 1900, or ten years after its recording.

    Raises:
        LastMeterError: `event.far_time`.
    """
    if event.occurred_at is not None and not EARLIEST <= event.occurred_at < latest(recorded_at):
        raise far_time(1)


def latest(recorded_at: datetime) -> datetime:
    """The first instant that is too far in the future for an event recorded then."""
    return recorded_at + timedelta(days=FUTURE_DAYS)


def far_time(rows: int) -> LastMeterError:
    """The error for events before 1900 or in the far future."""
    return LastMeterError(
        "event.far_time",
        Title("{rows} 个事件的时间早于 1900 年或远在未来", "{rows} events lie before 1900 or far in the future"),
        Title("请检查日期格式，例如年和日是否写反", "Check the format of the dates: day and year may be swapped"),
        rows=rows,
    )


def impossible_precision(rows: int) -> LastMeterError:
    """The error for times that contradict their precision."""
    return LastMeterError(
        "event.precision",
        Title("{rows} 个事件的时间与所写的精度矛盾", "{rows} events have a time that contradicts their precision"),
        Title(
            "精度为 unknown 时没有时间；精度为 day 时，时间是当地当天零点的 UTC 时刻；其余类推",
            "With precision unknown there is no time; with precision day it is the UTC instant of local midnight; and so on",
        ),
        rows=rows,
    )


def _incomplete() -> LastMeterError:
    return LastMeterError(
        "event.incomplete",
        Title("事件缺少来源、编号、类型或对象", "The event lacks a source, an id, a type or an object"),
        Title("这四项都不能为空", "None of the four may be empty"),
    )


def _impossible_identity() -> LastMeterError:
    return LastMeterError(
        "event.identity",
        Title("事件编号或更正关系不合规", "The event's id or what it corrects is not allowed"),
        Title(
            "编号不能以“~”加 16 位十六进制数结尾；更正不能指向自己；撤销必须写明 corrects",
            "An id may not end in “~” and 16 hex digits; nothing corrects itself; what voids must say what it corrects",
        ),
    )


def is_version(identifier: str) -> bool:
    """Whether an id is one that the journal gives to a later version: the stated id, `~`, 16 hex digits of its digest."""
    return len(identifier) > 17 and identifier[-17] == "~"


def _check_time(event: Event) -> None:
    zone = zone_named(event.zone)
    if event.precision not in PRECISIONS or (event.occurred_at is None) != (event.precision == "unknown"):
        raise impossible_precision(1)
    if event.occurred_at is None or event.precision == "second":  # any instant will do
        return
    local = local_of_utc(event.occurred_at, zone)
    # The start must be one: a minute begins at second 0, a local day at its first instant.
    start: datetime = local
    match event.precision:
        case "minute":
            start = local.replace(second=0, microsecond=0)
        case "hour":
            start = local.replace(minute=0, second=0, microsecond=0)
        case "day":
            start = local_of_utc(day_in_utc(local.date(), zone)[0], zone)
        case "month":
            start = local_of_utc(day_in_utc(local.date().replace(day=1), zone)[0], zone)
    if start != local:
        raise impossible_precision(1)


def _check_attributes(attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if type(value) is float and not -NUMBER_LIMIT < value < NUMBER_LIMIT:
            raise LastMeterError(
                "event.number",
                Title(
                    "属性“{name}”的数值无效或过大", "The number in the attribute “{name}” is not finite or too large"
                ),
                Title("绝对值须小于 9e12", "Its size must stay below 9e12"),
                name=name,
            )

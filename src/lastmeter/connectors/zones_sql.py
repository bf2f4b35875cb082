"""Local time to UTC and back as plain SQL: a balanced tree of comparisons over a zone's offsets.

The offsets come from the same tables as `kernel.clock`, so both agree to the second: in an autumn overlap the first of
the two instants, in a spring gap shifted forward. A comparison costs a few nanoseconds a row; an engine's own zone
calls cost a hundred times that and resolve overlaps the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# What a table of offsets covers; times outside are rejected before they matter.
FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

Offsets = tuple[tuple[datetime, int], ...]


def utc_of_local(column: str, zone: str) -> str:
    """SQL: the UTC TIMESTAMP of a column of naive local times."""
    return f"({column} - {_tree(column, _local_offsets(zone))})"


def local_of_utc(column: str, zone: str) -> str:
    """SQL: the naive local TIMESTAMP of a column of UTC instants."""
    return f"({column} + {_tree(column, _utc_offsets(zone))})"


def _tree(column: str, offsets: Offsets) -> str:
    if len(offsets) == 1:
        return f"INTERVAL '{offsets[0][1]} seconds'"
    middle = len(offsets) // 2
    return (
        f"CASE WHEN {column} >= TIMESTAMP '{offsets[middle][0]}' "
        f"THEN {_tree(column, offsets[middle:])} ELSE {_tree(column, offsets[:middle])} END"
    )


@lru_cache(maxsize=256)
def _local_offsets(zone: str) -> Offsets:
    info = ZoneInfo(zone)
    return _changes(lambda moment: _seconds(moment.replace(tzinfo=info).utcoffset()))


@lru_cache(maxsize=256)
def _utc_offsets(zone: str) -> Offsets:
    info = ZoneInfo(zone)
    return _changes(lambda moment: _seconds(moment.replace(tzinfo=UTC).astimezone(info).utcoffset()))


def _changes(offset_at: Callable[[datetime], int]) -> Offsets:
    """(from when, offset in seconds) from FIRST to LAST: day by day, then to the second."""
    found = [(FIRST, offset_at(FIRST))]
    day = FIRST
    while day < LAST:
        following = day + _DAY
        if (offset := offset_at(following)) != found[-1][1]:
            low, high = day, following
            while high - low > _SECOND:
                middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
                low, high = (low, middle) if offset_at(middle) == offset else (middle, high)
            found.append((high, offset))
        day = following
    return tuple(found)


def _seconds(offset: timedelta | None) -> int:
    return int((offset or timedelta()).total_seconds())

"""Limits as people say them: 24 hours, 3 days, never 25.4 hours."""

from __future__ import annotations

_HOURS = (1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72)
_DAYS = (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)
_HOUR, _DAY = 3_600.0, 86_400.0


def human_limit(seconds: float, *, by_day: bool) -> str:
    """The least usual value that is not below; in days where the data are days or where hours get long."""
    if not by_day and seconds <= _HOURS[-1] * _HOUR:
        return f"{next(hours for hours in _HOURS if seconds <= hours * _HOUR)} hours"
    return f"{next((days for days in _DAYS if seconds <= days * _DAY), _DAYS[-1])} days"


def human_span(seconds: float) -> str:
    """A duration in two figures: 35 min, 4.2 h, 3.1 d."""
    if seconds < 2 * _HOUR:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.1f} h"
    return f"{seconds / _DAY:.1f} d"

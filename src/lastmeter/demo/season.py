"""When people buy: the weight of each day and hour, and how loaded the chain is on each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt

from lastmeter.demo.cast import FIRST_DAY, LAST_DAY

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_SECONDS = 86_400
DAY_COUNT = (LAST_DAY - FIRST_DAY).days + 1
FIRST_EPOCH_DAY = (FIRST_DAY - date(1970, 1, 1)).days
START = FIRST_EPOCH_DAY * DAY_SECONDS
"""Seconds from 1970 to the first day's beginning, on the company's own wall clock (all demo times are local)."""
END = START + DAY_COUNT * DAY_SECONDS
"""The moment of the export: what happens later is not in the files."""

_WEEKDAY = (1.05, 1.02, 1.0, 0.98, 0.95, 0.97, 1.03)  # Monday first
_HOURS = (2.2, 1.0, 0.5, 0.3, 0.3, 0.6, 1.4, 2.6, 4.0, 5.2, 6.2, 5.6,
          5.0, 5.0, 4.8, 4.9, 4.8, 4.3, 4.2, 5.6, 7.6, 8.6, 7.6, 4.7)
_FESTIVALS = ((date(2025, 1, 26), date(2025, 2, 4)), (date(2026, 2, 14), date(2026, 2, 23)))
_RUSH_HOURS = (26.0, 9.0, 3.0, 1.0, 0.6, 0.6, 1.2, 2.6, 4.4, 5.4, 6.0, 5.2,
               4.6, 4.6, 4.4, 4.6, 4.6, 4.2, 4.2, 6.0, 8.6, 9.6, 9.6, 9.0)


def demand() -> Floats:
    """The weight of each day in the two years: growth, weekday, 11.11, 12.12, 618 and Spring Festival; sum 1."""
    weights = np.array([_weight(FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + day)) for day in range(DAY_COUNT)])
    growth = 1 + 0.35 * np.arange(DAY_COUNT) / DAY_COUNT
    weights = weights * growth
    return np.asarray(weights / weights.sum())


def load(weights: Floats) -> Floats:
    """How strained the chain is each day, about 1: the last three days' demand against the last 60 days' usual."""
    kernel = np.ones(3) / 3
    recent = np.convolve(np.concatenate([np.full(2, weights[0]), weights]), kernel, mode="valid")
    usual = np.array([np.median(weights[max(0, day - 60):day + 30]) for day in range(DAY_COUNT)])
    return np.asarray((recent / usual) ** 0.55)


def chunks(count: int, weights: Floats, most: int) -> Iterator[Ints]:
    """The day of each of `count` things, spread by the days' weights: whole days together, about `most` at a time."""
    until = np.rint(np.cumsum(weights) * count).astype(np.int64)
    a_day = np.diff(until, prepend=0)
    first = 0
    while first < DAY_COUNT:
        last = first + 1
        while last < DAY_COUNT and a_day[first : last + 1].sum() <= most:
            last += 1
        yield np.repeat(np.arange(first, last), a_day[first:last])
        first = last


def shared_days(rng: np.random.Generator, rows: int, spread: float) -> Floats:
    """A factor for each row and day that drifts: today's is half yesterday's."""
    noise = rng.standard_normal((rows, DAY_COUNT))
    drift = np.empty_like(noise)
    drift[:, 0] = noise[:, 0]
    for day in range(1, DAY_COUNT):
        drift[:, day] = 0.5 * drift[:, day - 1] + np.sqrt(0.75) * noise[:, day]
    return np.asarray(np.exp(spread * drift))


def time_of_day(rng: np.random.Generator, rush: npt.NDArray[np.bool_]) -> Ints:
    """Seconds after midnight at which an order is placed; on a rush day many come in the first minutes."""
    count = len(rush)
    usual = _hour(rng.random(count), _HOURS)
    hurried = _hour(rng.random(count), _RUSH_HOURS)
    return np.where(rush, hurried, usual) * 3600 + rng.integers(0, 3600, count)


def is_rush(day: Ints) -> npt.NDArray[np.bool_]:
    """Whether a day (counted from the first) opens a sale at midnight: 11.11, 12.12, 618."""
    flags = np.zeros(DAY_COUNT, dtype=np.bool_)
    for number in range(DAY_COUNT):
        here = FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + number)
        flags[number] = (here.month, here.day) in {(11, 1), (11, 11), (12, 12), (6, 1), (6, 18)}
    return np.asarray(flags[day])


def is_festival(day: date) -> bool:
    """Whether most of the country is at home: Spring Festival."""
    return any(first <= day <= last for first, last in _FESTIVALS)


def _hour(uniform: Floats, weights: tuple[float, ...]) -> Ints:
    return np.searchsorted(np.cumsum(weights) / np.sum(weights), uniform, side="right").clip(0, 23).astype(np.int64)


def _weight(day: date) -> float:
    weight = _WEEKDAY[day.weekday()]
    if day.month == 11 and day.day <= 11:
        weight *= 6.0 if day.day == 11 else 3.0 if day.day == 1 else 1.5
    elif day.month == 12 and 10 <= day.day <= 12:
        weight *= 1.8
    elif day.month == 6 and day.day <= 18:
        weight *= 4.5 if day.day == 18 else 2.4 if day.day == 1 else 1.4
    if is_festival(day):
        weight *= 0.35
    return weight

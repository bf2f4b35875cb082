"""Declared peaks: weeks that a company knows to be unlike others. They are judged, but make no baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from lastmeter.kernel.periods import Grain, period_of
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class Peak:
    """Local dates from `first` to `last`, both included, during which more is asked of everyone."""

    title: Title
    first: date
    last: date


# First day of the lunar year.
_LUNAR_NEW_YEARS = (
    date(2015, 2, 19), date(2016, 2, 8), date(2017, 1, 28), date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25),
    date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11),
    date(2033, 1, 31), date(2034, 2, 19), date(2035, 2, 8),
)


def chinese_commerce_peaks(first_year: int, last_year: int) -> list[Peak]:
    """618, 11.11 and the Spring Festival (a week before it to two weeks after) of these years, in order of time.

    The Spring Festival is known here from 2015 to 2035; a company declares others itself.
    """
    peaks = []
    for year in range(first_year, last_year + 1):
        peaks.append(Peak(Title("618", "618"), date(year, 6, 1), date(year, 6, 20)))
        peaks.append(Peak(Title("双十一", "Singles' Day"), date(year, 11, 1), date(year, 11, 14)))
        for day in _LUNAR_NEW_YEARS:
            if day.year == year:
                festival = Title("春节", "Spring Festival")
                peaks.append(Peak(festival, day - timedelta(days=7), day + timedelta(days=14)))
    return sorted(peaks, key=lambda peak: (peak.first, peak.title.en))


def declared_periods(peaks: Iterable[Peak], grain: Grain) -> dict[str, tuple[Peak, ...]]:
    """The periods that any of these peaks touches, each with its peaks: what charts take as `declared`."""
    found: dict[str, tuple[Peak, ...]] = {}
    for peak in peaks:
        period = period_of(peak.first, grain)
        while period.first <= peak.last:
            found[period.code] = (*found.get(period.code, ()), peak)
            period = period.following()
    return dict(sorted(found.items()))

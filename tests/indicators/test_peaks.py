"""Declared peaks fall into the months they touch."""

from __future__ import annotations

from datetime import date

from lastmeter.indicators.peaks import Peak, chinese_commerce_peaks, declared_periods
from lastmeter.kernel.titles import Title


def test_singles_day_618_and_the_spring_festival() -> None:
    declared = declared_periods(chinese_commerce_peaks(2024, 2024), "month")
    assert {month: [peak.title.en for peak in peaks] for month, peaks in declared.items()} == {
        "2024-02": ["Spring Festival"], "2024-06": ["618"], "2024-11": ["Singles' Day"],
    }


def test_a_peak_across_new_year_touches_every_week_of_it() -> None:
    sale = Peak(Title("跨年", "New year"), date(2023, 12, 28), date(2024, 1, 8))
    assert list(declared_periods([sale], "week")) == ["2023-W52", "2024-W01", "2024-W02"]

"""What a chart says of its last period, in both languages: the one place where such words are made."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lastmeter.diagnosis.change import of_chart
from lastmeter.diagnosis.words import answers_of, figure_range
from lastmeter.indicators.control import Point, company_chart

CALM = [(1000, 52), (1100, 50), (900, 47), (1000, 55), (1050, 49), (980, 51), (1020, 46), (1000, 53), (990, 50), (1010, 48)]


def months(counts: Sequence[tuple[int, int]]) -> list[Point]:
    return [Point(f"2024-{number:02d}", hits, n) for number, (n, hits) in enumerate(counts, 1)]


@pytest.mark.parametrize(
    ("counts", "verdict", "zh", "en"),
    [
        ([*CALM, (1000, 110)], "signal", "信号：变差", "signal: worse"),
        ([*CALM, (1000, 55)], "noise", "属波动", "noise"),
        (CALM[:4], "unknown", "历史太短，还不能判断", "too little history to judge"),
        ([*CALM, (6, 3)], "unknown", "数量太少，还不能判断", "too few to judge"),
        ([(900, 0)] * 24, "unknown", "数量太少，还不能判断", "too few to judge"),
        ([(900, 0)] * 8, "unknown", "历史太短，还不能判断", "too little history to judge"),
    ],
)
def test_changes_in_words(counts: list[tuple[int, int]], verdict: str, zh: str, en: str) -> None:
    change = of_chart(company_chart(months(counts)))
    assert (change.verdict, change.text.zh, change.text.en) == (verdict, zh, en)


@pytest.mark.parametrize(
    ("low", "high", "unit", "zh", "en"),
    [
        (15_120, 16_200, "seconds", "4.2–4.5 小时", "4.2–4.5 h"),
        (2_580, 4_320, "seconds", "43 分钟–1.2 小时", "43 min–1.2 h"),
        (1.0, 2.5, "days", "1–2.5 天", "1–2.5 days"),
        (-1.0, 2.5, "days", "−1 … 2.5 天", "−1 … 2.5 days"),
        (0.125, 0.25, "share", "12.5–25.0%", "12.5–25.0%"),
        (12.394, 29.03, "count", "12.39–29.03", "12.39–29.03"),
    ],
)
def test_a_range_says_its_unit_once(low: float, high: float, unit: str, zh: str, en: str) -> None:
    said = figure_range(low, high, unit)
    assert (said.zh, said.en) == (zh, en)


def test_one_answer_is_one() -> None:
    assert (answers_of(1, 12).zh, answers_of(1, 12).en) == ("1 份答卷，12 个旅程", "1 answer, 12 journeys")
    assert answers_of(1200, 1).en == "1,200 answers, 1 journey"

"""Do customers of Quay & Sons come back less after a flaw, and what may that cost?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from lastmeter.diagnosis.money import money_at_stake, value_of
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import parse_period

PERIOD = parse_period("2025-12")
FIRST = date(2025, 2, 3)


def facts_of(rows: list[dict[str, Any]]) -> Facts:
    columns = {"due_on": pl.Date, "started_on": pl.Date, "value_minor": pl.Int64, "perfect": pl.Boolean, "counted": pl.Boolean}
    names = ("journey_id", "customer", "place", "currency")
    table = pl.DataFrame(rows, schema={**dict.fromkeys(names, pl.String), **columns})
    frame = nw.from_native(table.lazy())
    flaws = nw.from_native(table.filter(~pl.col("perfect")).with_columns(rule=pl.lit("late")).lazy())
    return Facts(frame, frame, flaws, flaws, datetime(2026, 1, 1))


def buy(customer: str, on: date, *, perfect: bool = True, place: str = "Ash", value: int = 1000) -> dict[str, Any]:
    return {
        "journey_id": f"{customer}@{on}", "customer": customer, "place": place, "currency": "CNY", "due_on": on + timedelta(days=2),
        "started_on": on, "value_minor": value, "perfect": perfect, "counted": True,
    }


def customers(place: str, *, perfect: bool, n: int, back: float, again_after: int = 60) -> list[dict[str, Any]]:
    rows = []
    for number in range(n):
        name, day = f"{place}-{perfect}-{number}", FIRST + timedelta(days=number % 20)
        rows.append(buy(name, day, perfect=perfect, place=place))
        if number < back * n:
            rows.append(buy(name, day + timedelta(days=again_after), place=place, value=2000))
    return rows


def test_the_gap_is_taken_within_place_and_weighted_as_the_flawed_are() -> None:
    # Ash: 40 % back after perfect, 20 % after flawed. Elm: 10 % and 5 %, and most flaws. All together flaws look far worse.
    rows = [
        *customers("Ash", perfect=True, n=400, back=0.4), *customers("Ash", perfect=False, n=100, back=0.2),
        *customers("Elm", perfect=True, n=100, back=0.1), *customers("Elm", perfect=False, n=300, back=0.05),
    ]
    money = money_at_stake(facts_of(rows), period=PERIOD)
    assert money is not None
    assert money.repeat_gap.value == pytest.approx((100 * 0.2 + 300 * 0.05) / 400)
    assert money.value_gap_minor.value == pytest.approx(2000 * money.repeat_gap.value)
    assert money.repeat_gap.low < money.repeat_gap.value < money.repeat_gap.high
    assert money.repeat_gap.low > 0
    assert money.at_stake_minor == pytest.approx(400 * money.value_gap_minor.value, rel=1e-4)
    assert (money.compared, money.flawed.customers, money.perfect.customers, money.currency) == (400, 400, 500, "CNY")
    assert "no effect" in money.caution.en
    assert "关联" in money.caution.zh


def test_no_difference_has_zero_in_its_interval() -> None:
    rows = [*customers("Ash", perfect=True, n=300, back=0.3), *customers("Ash", perfect=False, n=200, back=0.3)]
    money = money_at_stake(facts_of(rows), period=PERIOD)
    assert money is not None
    assert money.repeat_gap.value == pytest.approx(0, abs=1e-9)
    assert money.repeat_gap.low <= 0 <= money.repeat_gap.high


def test_who_came_back_too_late_did_not_come_back() -> None:
    rows = [
        *customers("Ash", perfect=True, n=100, back=0.5, again_after=190),
        *customers("Ash", perfect=False, n=100, back=0.5, again_after=181),
    ]
    money = money_at_stake(facts_of(rows), period=PERIOD)
    assert money is not None
    # 181 days after the order are 179 after it fell due; the horizon is 180.
    assert (money.perfect.repeat_share, money.flawed.repeat_share) == (0.0, 0.5)


def test_few_customers_say_nothing() -> None:
    rows = [*customers("Ash", perfect=True, n=100, back=0.5), *customers("Ash", perfect=False, n=20, back=0.1)]
    assert money_at_stake(facts_of(rows), period=PERIOD) is None
    assert money_at_stake(facts_of([]), period=PERIOD) is None


def test_the_same_facts_give_the_same_interval() -> None:
    rows = [*customers("Ash", perfect=True, n=200, back=0.4), *customers("Ash", perfect=False, n=100, back=0.2)]
    assert money_at_stake(facts_of(rows), period=PERIOD) == money_at_stake(facts_of(rows[::-1]), period=PERIOD)


def test_the_value_of_what_broke_in_a_segment() -> None:
    rows = [buy("a", FIRST, perfect=False, value=700), buy("b", FIRST, perfect=False, place="Elm"), buy("c", FIRST, value=900)]
    february = parse_period("2025-02")
    assert value_of(facts_of(rows), period=february, rule="late", segment={"place": "Ash"}) == (700, "CNY")
    assert value_of(facts_of(rows), period=february, rule="any", segment={}) == (1700, "CNY")

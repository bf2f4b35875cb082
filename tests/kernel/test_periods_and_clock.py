"""Periods, instants and money, by hand-computed examples."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastmeter.kernel.clock import day_in_utc, local_of_utc, parse_instant, utc_of_local, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.money import exponent, money_text
from lastmeter.kernel.periods import Grain, parse_period, period_of

SHANGHAI, BERLIN, SAO_PAULO = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("code", "first", "last", "zh", "en"),
    [
        ("2018-02", date(2018, 2, 1), date(2018, 2, 28), "2018年2月", "February 2018"),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), "2024年12月", "December 2024"),
        ("2018-Q1", date(2018, 1, 1), date(2018, 3, 31), "2018年第1季度", "Q1 2018"),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3), "2020年第53周", "week 53 of 2020"),
        ("2018", date(2018, 1, 1), date(2018, 12, 31), "2018年", "2018"),
        ("2018-03-31", date(2018, 3, 31), date(2018, 3, 31), "2018年3月31日", "31 March 2018"),
    ],
)
def test_a_period_is_read_and_said(code: str, first: date, last: date, zh: str, en: str) -> None:
    period = parse_period(code)
    assert (period.first, period.last, period.code) == (first, last, code)
    assert (period.title("zh"), period.title("en")) == (zh, en)


@pytest.mark.parametrize("code", ["2018-13", "2018-W54", "March", "2018-Q5", "18-03", ""])
def test_what_is_no_period_says_how_to_write_one(code: str) -> None:
    with pytest.raises(LastMeterError) as caught:
        parse_period(code)
    assert caught.value.code == "period.unreadable"
    assert "2018-W09" in (caught.value.hint("zh") or "")


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_periods_tile_the_calendar(day: date, grain: Grain) -> None:
    period = period_of(day, grain)
    assert period.first <= day <= period.last
    assert period.following().first == period.last + timedelta(days=1)
    assert period.following().previous() == period
    assert parse_period(period.code) == period


def test_a_day_has_23_24_or_25_hours() -> None:
    spring, autumn = day_in_utc(date(2024, 3, 31), BERLIN), day_in_utc(date(2024, 10, 27), BERLIN)
    assert (spring[1] - spring[0], autumn[1] - autumn[0]) == (timedelta(hours=23), timedelta(hours=25))
    assert day_in_utc(date(2024, 3, 3), SHANGHAI) == (datetime(2024, 3, 2, 16), datetime(2024, 3, 3, 16))


def test_a_bare_day_means_its_end() -> None:
    assert parse_instant("2018-03-31", SAO_PAULO) == datetime(2018, 4, 1, 3)
    assert parse_instant("2018-03-31T18:00", SHANGHAI) == datetime(2018, 3, 31, 10)
    assert parse_instant("2018-03-31T18:00+02:00", SHANGHAI) == datetime(2018, 3, 31, 16)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_local_and_back(moment: datetime) -> None:
    assert utc_of_local(local_of_utc(moment, SHANGHAI), SHANGHAI) == moment


def test_unreadable_times_and_zones_are_errors() -> None:
    with pytest.raises(LastMeterError, match="Cannot read the time"):
        parse_instant("31/03/2018", SHANGHAI)
    with pytest.raises(LastMeterError, match="Unknown time zone"):
        zone_named("Mars/Olympus")


def test_money_is_minor_units() -> None:
    assert money_text(-123450, "CNY", "en") == "−¥1,234.50"
    assert money_text(500, "JPY", "zh") == "¥500"
    assert money_text(1234, "KWD", "en") == "1.234 KWD"
    assert exponent("CNY") == 2
    with pytest.raises(LastMeterError, match="Unknown currency"):
        exponent("yuan")

"""Local time to UTC in SQL is exactly that of the kernel's clock, overlaps and gaps included."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.connectors.zones_sql import local_of_utc, utc_of_local
from lastmeter.journal.engine import open_duckdb
from lastmeter.kernel.clock import local_of_utc as clock_local
from lastmeter.kernel.clock import utc_of_local as clock_utc
from lastmeter.kernel.clock import zone_named

ZONES = ("Asia/Shanghai", "America/Sao_Paulo", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
times = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(lambda moment: moment.replace(microsecond=0))


def in_sql(expression: str, moments: list[datetime]) -> dict[datetime, datetime]:
    with open_duckdb() as duck:
        duck.execute("CREATE TABLE moments AS SELECT DISTINCT unnest(?) AS t", [moments])
        return dict(duck.execute(f"SELECT t, {expression} FROM moments").fetchall())


@settings(deadline=None)  # the first use of a zone walks through its 130 years
@given(moments=st.lists(times, min_size=1, max_size=200), zone=st.sampled_from(ZONES))
def test_any_local_time(moments: list[datetime], zone: str) -> None:
    info = zone_named(zone)
    assert in_sql(utc_of_local("t", zone), moments) == {moment: clock_utc(moment, info) for moment in moments}


@settings(deadline=None)
@given(moments=st.lists(times, min_size=1, max_size=200), zone=st.sampled_from(ZONES))
def test_any_instant(moments: list[datetime], zone: str) -> None:
    info = zone_named(zone)
    assert in_sql(local_of_utc("t", zone), moments) == {moment: clock_local(moment, info) for moment in moments}


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/London", datetime(2024, 3, 31, 1)),  # 01:00 does not exist
        ("Europe/London", datetime(2024, 10, 27, 1)),  # 01:00 occurs twice
        ("America/Sao_Paulo", datetime(2017, 10, 15)),  # midnight does not exist
        ("America/Sao_Paulo", datetime(2018, 2, 17, 23)),  # 23:00 occurs twice
        ("Asia/Shanghai", datetime(1991, 9, 15, 1)),
    ],
)
def test_every_minute_around_a_change(zone: str, around: datetime) -> None:
    info = zone_named(zone)
    minutes = [around + timedelta(minutes=offset) for offset in range(-120, 180)]
    assert in_sql(utc_of_local("t", zone), minutes) == {minute: clock_utc(minute, info) for minute in minutes}


def test_a_day_of_23_and_one_of_25_hours() -> None:
    def hours(day: datetime) -> float:
        ends = in_sql(utc_of_local("t", "Europe/London"), [day, day + timedelta(days=1)])
        return (ends[day + timedelta(days=1)] - ends[day]) / timedelta(hours=1)

    assert (hours(datetime(2024, 3, 31)), hours(datetime(2024, 4, 1)), hours(datetime(2024, 10, 27))) == (23, 24, 25)

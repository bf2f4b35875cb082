"""Working time, reckoned by hand: weekends, make-up days, holidays, clock changes, and calendars with mistakes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.kernel.calendars import Calendar, built_in_calendars, load_calendar, read_calendar
from lastmeter.kernel.clock import local_of_utc, utc_of_local
from lastmeter.kernel.errors import LastMeterError

NINE_TO_FIVE = """
zone = "Asia/Shanghai"
[hours]
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
[[year]]
year = 2025
closed = ["2025-10-01..2025-10-08"]
open = [2025-10-11, { on = 2025-09-28, hours = ["09:00-18:00"] }]
"""
NIGHTS = """
zone = "Europe/Berlin"
[hours]
sun = ["01:30-05:00"]
[[year]]
year = 2025
"""


def calendar(folder: Path, text: str, name: str = "desk") -> Calendar:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_calendar(path)


def later(desk: Calendar, local: str, hours: float) -> str:
    """The local time at which so many working hours have passed since a local time."""
    found = desk.add(utc_of_local(datetime.fromisoformat(local), desk.zone), hours * 3600)
    return f"{local_of_utc(found, desk.zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("since", "hours", "due"), [
    ("2025-09-27 18:00", 1, "2025-09-28 10:00"),      # Saturday evening; Sunday is a make-up day
    ("2025-09-28 17:30", 1, "2025-09-29 09:30"),      # made-up Sunday ends at 18:00
    ("2025-09-12 16:30", 1, "2025-09-15 09:30"),      # Friday to Monday
    ("2025-09-12 16:00", 1, "2025-09-12 17:00"),      # runs out as work ends, not on Monday morning
    ("2025-09-12 17:00", 0.5, "2025-09-15 09:30"),
    ("2025-09-30 16:00", 2, "2025-10-09 10:00"),      # the National Day week between
    ("2025-10-10 16:00", 9, "2025-10-11 17:00"),      # Saturday 11 October is worked
    ("2025-09-15 03:00", 0, "2025-09-15 03:00"),
])
def test_working_hours_pass_at_the_desk(tmp_path: Path, since: str, hours: float, due: str) -> None:
    assert later(calendar(tmp_path, NINE_TO_FIVE), since, hours) == due


@pytest.mark.parametrize(("since", "until", "hours"), [
    ("2025-09-27 18:00", "2025-09-28 10:00", 1),
    ("2025-09-12 09:00", "2025-09-15 17:00", 16),
    ("2025-09-15 12:00", "2025-09-15 10:00", -2),
    ("2025-10-01 00:00", "2025-10-09 00:00", 0),
])
def test_working_hours_between_two_times(tmp_path: Path, since: str, until: str, hours: float) -> None:
    desk = calendar(tmp_path, NINE_TO_FIVE)
    start, end = (utc_of_local(datetime.fromisoformat(moment), desk.zone) for moment in (since, until))
    assert desk.between(start, end) == hours * 3600


def test_a_lunch_break_does_not_count() -> None:
    china = load_calendar("cn")
    assert later(china, "2025-09-15 11:30", 1) == "2025-09-15 13:30"
    assert later(china, "2025-09-27 18:00", 1) == "2025-09-28 10:00"


def test_working_days_are_counted_by_date() -> None:
    china = load_calendar("cn")
    assert china.add_days(date(2025, 9, 26), 2) == date(2025, 9, 29), "Sunday 28 September is the first of the two"
    assert china.add_days(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert china.days_between(date(2025, 9, 26), date(2025, 10, 12)) == 6
    assert china.days_between(date(2025, 10, 12), date(2025, 9, 26)) == -6


@pytest.mark.parametrize(("day", "works"), [
    (date(2020, 1, 31), False), (date(2020, 2, 2), False), (date(2020, 1, 19), True), (date(2021, 2, 20), True),
    (date(2022, 10, 8), True), (date(2023, 10, 6), False), (date(2024, 2, 9), True), (date(2024, 2, 18), True),
    (date(2025, 5, 31), False), (date(2026, 1, 4), True), (date(2026, 2, 23), False), (date(2026, 9, 20), True),
])
def test_china_works_when_the_state_council_said_so(day: date, works: bool) -> None:
    assert (day in load_calendar("cn").days) is works


@pytest.mark.parametrize(("year", "days"), [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_china_has_so_many_working_days_a_year(year: int, days: int) -> None:
    assert sum(day.year == year for day in load_calendar("cn").days) == days


def test_a_night_on_which_clocks_go_forward_has_an_hour_less(tmp_path: Path) -> None:
    desk = calendar(tmp_path, NIGHTS)
    nights = [(stretch.ends - stretch.begins) / timedelta(hours=1) for stretch in desk.stretches]
    assert nights.count(3.5) == 50
    assert nights.count(2.5) == 1, "30 March: 02:00 is 03:00"
    assert later(desk, "2025-03-30 01:30", 1) == "2025-03-30 03:30"


def test_a_night_on_which_clocks_go_back_has_an_hour_more(tmp_path: Path) -> None:
    """26 October: from 01:30 on, through 02:00 to 03:00 twice."""
    desk = calendar(tmp_path, NIGHTS)
    start = datetime(2025, 10, 25, 23, 30)
    assert desk.between(start, start + timedelta(hours=12)) == 4.5 * 3600
    assert desk.add(start, 3 * 3600) == datetime(2025, 10, 26, 2, 30)


def test_hours_that_begin_within_the_hour_that_comes_twice_or_never(tmp_path: Path) -> None:
    desk = calendar(tmp_path, NIGHTS.replace("01:30-05:00", "02:30-05:00"))
    spring, autumn = datetime(2025, 3, 30), datetime(2025, 10, 26)
    assert desk.between(spring, spring + timedelta(hours=6)) == 2 * 3600, "from 03:00, the first time after 02:30"
    assert desk.between(autumn, autumn + timedelta(hours=6)) == 3 * 3600, "02:30 to 03:00 twice, then to 05:00"


def naive_minutes(desk: Calendar, since: datetime, until: datetime) -> int:
    """Minutes whose wall-clock time lies within the hours of their date."""
    count = 0
    while since < until:
        wall = since.replace(tzinfo=UTC).astimezone(desk.zone)
        shown = wall.hour * 60 + wall.minute
        count += any(opens <= shown < closes for opens, closes in desk.days.get(wall.date(), ()))
        since += timedelta(minutes=1)
    return count


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 520_000), st.integers(0, 3000))
def test_adding_and_measuring_agree_with_counting_minutes(since: int, minutes: int) -> None:
    desk = read_calendar(Path(__file__).parent.parent / "journeys" / "calendars" / "desk.toml")
    start = datetime(2024, 1, 2) + timedelta(minutes=since)
    end = start + timedelta(minutes=minutes)
    worked = naive_minutes(desk, start, end)
    assert desk.between(start, end) == worked * 60
    assert desk.add(start, worked * 60) <= end
    assert naive_minutes(desk, start, desk.add(start, 60 * 60)) == 60


@pytest.mark.parametrize("ask", [
    lambda desk: desk.add(datetime(2025, 12, 31, 8), 3600 * 9),
    lambda desk: desk.between(datetime(2025, 6, 1), datetime(2026, 1, 2)),
    lambda desk: desk.add_days(date(2026, 1, 1), 1),
])
def test_a_year_that_is_not_covered_is_an_error_that_says_where_to_add_it(tmp_path: Path, ask: object) -> None:
    with pytest.raises(LastMeterError) as raised:
        ask(calendar(tmp_path, NINE_TO_FIVE))  # type: ignore[operator]
    assert raised.value.code == "calendar.year_missing"
    assert raised.value.places["year"] == 2026
    assert raised.value.hint("en") == "Add the year in calendars/desk.toml: [[year]], year = 2026, with closed and open"


def test_a_company_adds_a_year_to_a_built_in_calendar(tmp_path: Path) -> None:
    (tmp_path / "cn.toml").write_text('extends = "cn"\n[[year]]\nyear = 2027\nclosed = [2027-01-01]\n', encoding="utf-8")
    ours = load_calendar("cn", tmp_path)
    assert (ours.first_year, ours.last_year, ours.digest != load_calendar("cn").digest) == (2020, 2027, True)
    assert date(2027, 1, 1) not in ours.days
    assert ours.add_days(date(2026, 12, 31), 1) == date(2027, 1, 4)


@pytest.mark.parametrize(("old", "new", "code", "line"), [
    ("closed =", "closd =", "unknown_key", 11),
    ('"09:00-17:00"]\ntue', '"17:00-09:00"]\ntue', "value_wrong", 4),
    ('"09:00-17:00"]\ntue', '"09:00-17:00", "16:00-18:00"]\ntue', "periods_overlap", 4),
    ('"2025-10-01..2025-10-08"', '"2025-10-08..2025-10-01"', "value_wrong", 11),
    ('"2025-10-01..2025-10-08"', '"2024-10-01"', "value_wrong", 11),
    ('"2025-10-01..2025-10-08"', '"first week"', "value_wrong", 11),
    ("open = [2025-10-11", "open = [2025-10-02", "day_twice", 12),
    ("year = 2025", 'year = "2025"', "value_wrong", 10),
    ("[[year]]", "[[year]]\nyear = 2023\n[[year]]", "year_gap", 9),
    ("[[year]]", "[[year]]\nyear = 2025\n[[year]]", "year_twice", 12),
    ("Asia/Shanghai", "Asia/Shangri-La", "value_wrong", 2),
    ("[hours]\nmon", '[hours]\nmonday = []\nmon', "unknown_key", 4),
])
def test_a_mistake_in_a_calendar_is_found_on_its_line(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    text = NINE_TO_FIVE.replace(old, new, 1)
    with pytest.raises(LastMeterError) as raised:
        calendar(tmp_path, text)
    assert (raised.value.code, raised.value.places["line"]) == (f"calendar.{code}", line)
    assert raised.value.message("zh").startswith(f"desk.toml 第 {line} 行：")
    assert raised.value.hint("en")


def test_a_calendar_that_nobody_wrote_names_those_there_are(tmp_path: Path) -> None:
    calendar(tmp_path, NINE_TO_FIVE)
    with pytest.raises(LastMeterError) as raised:
        load_calendar("dsk", tmp_path)
    assert raised.value.hint("en") == "Write calendars/dsk.toml, or use one of: cn, desk"
    assert built_in_calendars() == ["cn"]


def test_a_calendar_is_known_by_what_it_says_and_not_by_its_name(tmp_path: Path) -> None:
    one, other = calendar(tmp_path, NINE_TO_FIVE), calendar(tmp_path, f'title = "B"{NINE_TO_FIVE}', "b")
    assert one.digest == other.digest != calendar(tmp_path, NINE_TO_FIVE.replace("2025-10-08", "2025-10-07"), "c").digest

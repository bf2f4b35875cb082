"""Working limits of a repair shop, reckoned by hand: China's calendar, 09-12 and 13-18 on working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lastmeter.journeys.blueprint import check, load_blueprints
from lastmeter.journeys.build import build
from lastmeter.kernel.clock import day_in_utc, utc_of_local, zone_named
from lastmeter.kernel.errors import LastMeterError
from tests.journeys.shop import ZONE, Shop

ORDER = (Path(__file__).parent / "blueprints_shop" / "order.toml").read_text(encoding="utf-8")
WORKING = ORDER.replace('limit = "48 hours"', 'limit = "8 working hours"').replace(
    'limit = "3 days"', 'limit = "2 working days"').replace('start = "bought"', 'start = "bought"\ncalendar = "cn"')
HOUR, DAY = 3600.0, 86400.0


def clock(moment: str) -> datetime:
    """An instant of 2025 in Shanghai."""
    return utc_of_local(datetime.fromisoformat(f"2025-{moment}"), zone_named(ZONE))


@pytest.fixture
def workshop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "facts", at=clock("11-15"), blueprints=written(tmp_path, WORKING))
    shop.known_to(shop=shop.at, carrier=shop.at)
    return shop


def written(folder: Path, text: str) -> Any:
    (folder / "blueprints").mkdir(exist_ok=True)
    (folder / "blueprints" / "order.toml").write_text(text, encoding="utf-8")
    return tuple(load_blueprints(folder / "blueprints"))


@pytest.mark.parametrize(("since", "until", "outcome", "worked", "excess"), [
    ("09-27 18:00", "09-28 18:00", "kept", 8, 0.0),           # Saturday evening; Sunday is a make-up day
    ("09-27 18:00", "09-29 09:30", "late", 8.5, 0.5),
    ("09-12 16:30", "09-15 16:30", "kept", 8, 0.0),           # Friday to Monday, lunch left out
    ("09-12 08:00", "09-13 10:00", "late", 8, 0.0),           # due on Friday at 18:00; Saturday is late, by no working time
    ("09-30 17:00", "10-09 17:00", "kept", 8, 0.0),           # the National Day week between
])
def test_working_hours_leave_out_nights_lunches_and_holidays(
    workshop: Shop, since: str, until: str, outcome: str, worked: float, excess: float
) -> None:
    workshop.tell("order.bought", clock(since))
    workshop.tell("order.shipped", clock(until))
    packing = workshop.link("packing")
    assert (packing["outcome"], packing["working_seconds"], packing["excess_seconds"]) == (outcome, worked * HOUR, excess * HOUR)
    assert (packing["limit_seconds"], packing["limit_unit"]) == (8 * HOUR, "working_hours")


def test_an_order_nobody_ships_becomes_overdue_when_the_working_hours_have_passed(workshop: Shop) -> None:
    workshop.tell("order.bought", clock("09-27 18:00"))
    assert workshop.flaws(at=clock("09-28 17:59")) == []
    assert workshop.order()["next_due_at"] == clock("09-28 18:00")
    assert workshop.flaws(at=clock("09-28 18:00")) == ["packing"]
    [flaw] = workshop.build()["flaws"]
    assert (flaw["occurred_at"], flaw["occurred_on"]) == (clock("09-28 18:00"), date(2025, 9, 28))


@pytest.mark.parametrize(("since", "until", "outcome", "worked", "excess"), [
    ("09-26 10:00", "09-29 23:59", "kept", 2, 0.0),           # Sunday 28 September counts
    ("09-26 10:00", "09-30 00:01", "late", 3, 1.0),
    ("09-11 10:00", "09-15 10:00", "kept", 2, 0.0),
    ("09-12 10:00", "09-20 10:00", "late", 5, 3.0),
    ("09-10 10:00", "09-13 10:00", "late", 2, 0.0),           # due on Friday; Saturday is late, by no working day
])
def test_working_days_count_dates(workshop: Shop, since: str, until: str, outcome: str, worked: int, excess: float) -> None:
    workshop.tell("order.shipped", clock(since))
    workshop.tell("order.arrived", clock(until))
    transport = workshop.link("transport")
    assert (transport["outcome"], transport["working_seconds"], transport["excess_seconds"]) == (outcome, worked * DAY, excess * DAY)


def test_a_whole_day_is_late_only_if_surely_late(workshop: Shop) -> None:
    zone = zone_named(ZONE)
    start, next_day, later = (day_in_utc(date(2025, 9, day), zone)[0] for day in (15, 16, 17))
    for order, arrival in (("o1", start), ("o2", next_day), ("o3", later)):
        workshop.tell("order.bought", start, f"order:{order}", precision="day")
        workshop.tell("order.shipped", arrival, f"order:{order}", precision="day")
    links = {row["journey_id"]: row for row in workshop.build()["links"] if row["link"] == "packing"}
    assert {name: row["outcome"] for name, row in links.items()} == {"o1": "undecided", "o2": "undecided", "o3": "late"}
    assert links["o3"]["excess_seconds"] == 8 * HOUR, "from the start of the 15th to the start of the 17th"


def test_a_link_without_a_working_limit_has_no_working_seconds(shop: Shop) -> None:
    shop.tell("order.bought", datetime(2018, 3, 1))
    shop.tell("order.shipped", datetime(2018, 3, 2))
    assert shop.link("packing")["working_seconds"] is None


def test_a_changed_calendar_makes_all_its_journeys_anew_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "calendars").mkdir()
    holidays = 'extends = "cn"\n[[year]]\nyear = 2025\nclosed = ["2025-09-15..2025-09-16"]\n'
    text = WORKING.replace('calendar = "cn"', 'calendar = "ours"')
    (tmp_path / "calendars" / "ours.toml").write_text('extends = "cn"\n', encoding="utf-8")
    shop = Shop(tmp_path / "facts", at=clock("11-15"), blueprints=written(tmp_path, text))
    shop.known_to(shop=shop.at, carrier=shop.at)
    shop.tell("order.bought", clock("09-12 16:30"))
    shop.tell("order.shipped", clock("09-15 16:30"))
    assert shop.link("packing")["working_seconds"] == 8 * HOUR
    shop.build()
    assert shop.last is not None
    assert shop.last.full == ""
    before = shop.blueprints[0].digest
    (tmp_path / "calendars" / "ours.toml").write_text(holidays, encoding="utf-8")
    shop.blueprints = written(tmp_path, text)
    assert shop.blueprints[0].digest != before
    with shop.journal.snapshot() as snapshot:
        assert build(snapshot, shop.blueprints, shop.folder, at=shop.at).full == "reading"
    assert shop.link("packing")["working_seconds"] == 1.5 * HOUR


@pytest.mark.parametrize(("since", "until", "year"), [
    ("2019-12-31 10:00", None, 2019), ("2026-12-31 17:00", None, 2027), ("2026-12-31 09:00", "2027-01-05 10:00", 2027),
])
def test_a_year_that_the_calendar_does_not_cover_stops_the_build(workshop: Shop, since: str, until: str | None, year: int) -> None:
    workshop.tell("order.bought", datetime.fromisoformat(since) - timedelta(hours=8))
    if until:
        workshop.tell("order.shipped", datetime.fromisoformat(until) - timedelta(hours=8))
    with pytest.raises(LastMeterError) as raised:
        workshop.build(at=datetime(2027, 6, 1))
    assert (raised.value.code, raised.value.places["year"]) == ("calendar.year_missing", year)
    assert "calendars/cn.toml" in str(raised.value.hint("en"))


@pytest.mark.parametrize(("old", "new", "code", "line_of", "hint"), [
    ('calendar = "cn"\n', "", "calendar_missing", 'limit = "8 working hours"',
     'Write calendar = "cn", or one of your own, in [journey] or in this section.'),
    ('calendar = "cn"', 'calendar = "sun"', "calendar_wrong", 'calendar = "sun"',
     "Write calendars/sun.toml, or use one of: cn."),
    ('limit = "8 working hours"', 'limit = "0 working hours"', "limit_wrong", 'limit = "0 working hours"',
     'Cannot read the limit; write "48 hours", "3 days", "8 working hours" or "2 working days".'),
])
def test_a_mistake_about_calendars_is_found_on_its_line(
    tmp_path: Path, old: str, new: str, code: str, line_of: str, hint: str
) -> None:
    text = WORKING.replace(old, new, 1)
    (tmp_path / "order.toml").write_text(text, encoding="utf-8")
    first = check(tmp_path)[0]
    assert (first.code, first.line, first.hint.en) == (f"blueprint.{code}", text[: text.index(line_of)].count("\n") + 1, hint)

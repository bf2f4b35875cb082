"""Working time against a naive count by minutes: 500 drawn cases of zones, clock changes, make-up days and several periods a
day, by the calendar in Python and by the SQL of the fact tables. `make show-calendar ARGS="--seed 3"`.

The count here knows nothing of the library's: it walks from minute to minute, asks what a clock on the wall shows, and looks
the date up in lists of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lastmeter.kernel.calendars import Calendar, load_calendar
from lastmeter.workspace import Table, Workspace
from orders import say

MINUTE = timedelta(minutes=1)
AT = datetime(2026, 12, 1)
HOURS, DAYS = (1, 3, 8), (1, 2, 5)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Desk:
    """A calendar as the naive count knows it: hours by weekday and by date, as texts."""

    name: str
    zone: str
    week: tuple[tuple[str, ...], ...]
    dates: dict[str, tuple[str, ...]]
    near: tuple[str, ...] = ()

    def shows_work(self, instant: datetime) -> bool:
        """Whether the clock on the wall shows working time."""
        wall = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))
        shown = f"{wall:%H:%M}"
        hours = self.dates.get(f"{wall:%Y-%m-%d}", self.week[wall.weekday()])
        return any(opens <= shown < closes for opens, closes in (period.split("-") for period in hours))

    def works_on(self, day: date) -> bool:
        """Whether it is a working day."""
        return bool(self.dates.get(day.isoformat(), self.week[day.weekday()]))


def desks() -> list[Desk]:
    """Six desks; dates are closed or worked as their countries, or nobody, would have it."""
    nine = ("09:00-12:00", "13:00-18:00")
    china = {"2025-09-28": nine, "2025-10-11": nine, "2025-01-26": nine, "2025-02-08": nine, "2025-04-27": nine,
             "2025-01-01": (), **{f"2025-10-{day:02d}": () for day in range(1, 9)},
             **{f"2025-05-{day:02d}": () for day in range(1, 6)}, **{f"2025-04-{day:02d}": () for day in (4, 5, 6)},
             "2025-05-31": (), "2025-06-01": (), "2025-06-02": (),
             **{day.isoformat(): () for day in (date(2025, 1, 28) + timedelta(days=n) for n in range(8))}}
    office, night = ("08:30-12:15", "13:00-17:45"), ("00:00-06:30", "21:15-24:00")
    return [
        Desk("cn", "Asia/Shanghai", (nine,) * 5 + ((), ()), china, ("2025-09-26", "2025-10-08", "2025-01-26", "2025-04-27")),
        Desk("berlin", "Europe/Berlin", (office,) * 4 + (("08:30-12:15",), (), ("01:30-04:00",)),
             {"2025-04-18": (), "2025-04-21": (), "2025-03-29": office, "2025-12-25": (), "2025-12-26": ()},
             ("2025-03-30", "2025-10-26", "2025-04-17")),
        Desk("newyork", "America/New_York", (night,) * 7, {"2025-07-04": (), "2025-11-27": ()}, ("2025-03-09", "2025-11-02")),
        Desk("lordhowe", "Australia/Lord_Howe", (("00:00-24:00",),) * 7, {"2025-06-09": ()}, ("2025-04-06", "2025-10-05")),
        Desk("kathmandu", "Asia/Kathmandu", ((("10:15-17:15",),) * 5) + ((), ("10:15-15:00",)), {"2025-08-16": ("10:00-11:00",)},
             ("2025-08-15",)),
        Desk("saopaulo", "America/Sao_Paulo", (("07:00-09:00", "09:30-11:00", "11:30-12:00", "14:00-19:10"),) * 6 + ((),),
             {"2025-03-04": ()}, ("2025-03-03",)),
    ]


def write(desk: Desk, folder: Path) -> None:
    """The calendar file of a desk."""
    lines = [f'zone = "{desk.zone}"', "[hours]", *(f"{day} = {json.dumps(hours)}" for day, hours in zip(WEEK, desk.week, strict=True))]
    closed = [day for day, hours in sorted(desk.dates.items()) if not hours]
    worked = [f'{{ on = "{day}", hours = {json.dumps(hours)} }}' for day, hours in sorted(desk.dates.items()) if hours]
    lines += ["[[year]]", "year = 2025", f"closed = {json.dumps(closed)}", f"open = [{', '.join(worked)}]"]
    lines += ["[[year]]", "year = 2024", "[[year]]", "year = 2026", ""]
    (folder / f"{desk.name}.toml").write_text("\n".join(lines), encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """From one minute to another under a limit of so many working hours or days."""

    desk: Desk
    since: datetime
    until: datetime
    hours: int
    days: int


def draw(number: int, rng: random.Random) -> Case:
    """A case; half of them begin near a clock change or a day out of the ordinary."""
    desk = desks()[number % len(desks())]
    near = datetime(2025, 1, 5) + timedelta(days=rng.randrange(300))
    if rng.random() < 0.5:
        near = datetime.fromisoformat(rng.choice(desk.near))
    since = near + timedelta(minutes=rng.choice([rng.randrange(-2880, 2880), 30 * rng.randrange(-96, 96)]))
    hours, days = rng.choice(HOURS), rng.choice(DAYS)
    return Case(desk, since, since + timedelta(minutes=rng.randrange(1, 12_000)), hours, days)


@dataclass(frozen=True)
class Answer:
    """Working minutes between the two, when the hours have passed, working days between the local dates, the last day."""

    minutes: float
    due: datetime
    days: int
    due_on: date


def naive(case: Case) -> Answer:
    """Count minute by minute."""
    minutes, instant = 0, case.since
    while instant < case.until:
        minutes += case.desk.shows_work(instant)
        instant += MINUTE
    worked, due = 0, case.since
    while worked < case.hours * 60:
        worked += case.desk.shows_work(due)
        due += MINUTE
    first, last = (local(moment, case.desk.zone).date() for moment in (case.since, case.until))
    days = sum(case.desk.works_on(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))
    day, left = first, case.days
    while left:
        day += timedelta(days=1)
        left -= case.desk.works_on(day)
    return Answer(minutes, due, days, day)


def by_python(case: Case, calendar: Calendar) -> Answer:
    """What the calendar says."""
    first, last = (local(moment, case.desk.zone).date() for moment in (case.since, case.until))
    return Answer(calendar.between(case.since, case.until) / 60, calendar.add(case.since, case.hours * 3600),
                  calendar.days_between(first, last), calendar.add_days(first, case.days))


def local(moment: datetime, zone: str) -> datetime:
    """The wall clock's time."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def by_sql(cases: list[Case], folder: Path) -> list[Answer]:
    """What the fact tables say: of each case a journey that ends, and one that does not and so is overdue."""
    with Workspace.open(folder) as ws:
        ws.import_files([_written(cases, folder)], at=AT, watermark=AT)
        ws.build(at=AT)
        links = {(row["journey_id"], row["link"]): row for desk in desks() for row in _rows(ws.links(desk.name))}
        flaws = {(row["journey_id"], row["rule"]): row for desk in desks() for row in _rows(ws.flaws(desk.name))}
    return [Answer(
        links[f"{number}", f"hours_{case.hours}"]["working_seconds"] / 60,
        flaws[f"{number}open", f"hours_{case.hours}"]["occurred_at"],
        round(links[f"{number}", f"days_{case.days}"]["working_seconds"] / 86400),
        flaws[f"{number}open", f"days_{case.days}"]["occurred_on"] - timedelta(days=1),
    ) for number, case in enumerate(cases)]


def _rows(table: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.frame.collect(backend="pyarrow").to_native().to_pylist()
    return rows


def _written(cases: list[Case], folder: Path) -> Path:
    """The cases as an export: each once with its end and once without."""
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["case", "desk", "since", "until"])
        for number, case in enumerate(cases):
            rows.writerow([f"{number}", case.desk.name, f"{case.since.isoformat()}Z", f"{case.until.isoformat()}Z"])
            rows.writerow([f"{number}open", case.desk.name, f"{case.since.isoformat()}Z", ""])
    return folder / "cases.csv"


def lay_out(folder: Path) -> None:
    """A workspace with a calendar, a blueprint and a mapping a desk; `cn` is the built-in one."""
    Workspace.create(folder)
    for part in ("blueprints", "sources", "indicators"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir()
    (folder / "calendars").mkdir(exist_ok=True)
    mapping = ['[source]\nname = "cases"\ntitle = { zh = "案例", en = "Cases" }\nzone = "UTC"\nwatermark = "declared"',
               '[[table]]\nname = "cases"\nkey = ["case"]']
    for desk in desks():
        if desk.name != "cn":
            write(desk, folder / "calendars")
        (folder / "blueprints" / f"{desk.name}.toml").write_text(_blueprint(desk), encoding="utf-8")
        mapping += [f'''[[table.event]]
type = "{desk.name}.{moment}"
at = "{moment}"
zone = "{desk.zone}"
objects = {{ {desk.name} = "case" }}
when = {{ desk = ["{desk.name}"] }}''' for moment in ("since", "until")]
    (folder / "sources" / "cases.toml").write_text("\n".join(mapping) + "\n", encoding="utf-8")


def _blueprint(desk: Desk) -> str:
    title = 'title = { zh = "案例", en = "Case" }'
    sections = [f'''[journey]
kind = "{desk.name}"
object = "{desk.name}"
{title}
version = "1"
effective_from = 2024-01-01
start = "since"
calendar = "{desk.name}"''']
    sections += [f'[[step]]\ncode = "{code}"\n{title}\nevent = "{desk.name}.{code}"' for code in ("since", "until")]
    sections.append('[[ending]]\nstate = "completed"\nstep = "until"')
    sections += [f'[[link]]\ncode = "{unit}_{amount}"\n{title}\nfrom = "since"\nto = "until"\nlimit = "{amount} working {unit}"'
                 for unit, amounts in (("hours", HOURS), ("days", DAYS)) for amount in amounts]
    return "\n\n".join(sections) + "\n"


def differing(cases: list[Case], expected: list[Answer], found: list[Answer], by: str) -> int:
    """How many cases differ; each is said."""
    wrong = 0
    for case, right, answer in zip(cases, expected, found, strict=True):
        if answer != right:
            wrong += 1
            say([by, case.desk.name, case.since, case.until, case.hours, case.days, "expected", right, "found", answer])
    return wrong


def main() -> None:
    """Print {cases, differences, ...}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=500)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    cases = [draw(number, rng) for number in range(arguments.cases)]
    expected = [naive(case) for case in cases]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "desks"
        lay_out(folder)
        calendars = {desk.name: load_calendar(desk.name, folder / "calendars") for desk in desks()}
        python = differing(cases, expected, [by_python(case, calendars[case.desk.name]) for case in cases], "python")
        sql = differing(cases, expected, by_sql(cases, folder), "sql")
    changing = sum(_offset(case.since, case) != _offset(case.until, case) for case in cases)
    made_up = sum(any(f"{case.since + timedelta(days=n):%Y-%m-%d}" in case.desk.dates for n in range(9)) for case in cases)
    print(json.dumps({"cases": len(cases), "differences": python + sql, "python": python, "sql": sql,
                      "answers_a_case": 4, "zones": len(desks()), "across_clock_changes": changing,
                      "near_holidays_and_make_up_days": made_up, "seed": arguments.seed}))


def _offset(moment: datetime, case: Case) -> timedelta | None:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(case.desk.zone)).utcoffset()


if __name__ == "__main__":
    main()

"""Working limits in SQL: the tables of a calendar, and the columns that look instants and dates up in them.

A limit has one table, named after the calendar's digest and the limit, so that a build reads anew what another calendar
would read differently. It holds the calendar's working time as a line of straight pieces, cumulative since its first
year: at any instant how much has been worked, and when the limit will have run out that starts then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

import duckdb
import pyarrow as pa

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Columns, Limit
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.scope import Scope
from lastmeter.kernel.calendars import Calendar
from lastmeter.kernel.errors import LastMeterError

_TICK = timedelta(microseconds=1)


class Piece(NamedTuple):
    """From `begins` (excluded) on: so much was `worked`, in microseconds, and the limit that starts there is `due`.

    Where it `runs`, both grow with the time since `begins`. NULL where the calendar does not reach.
    """

    begins: datetime
    worked: int | None
    due: datetime | None
    runs: bool


def pieces(calendar: Calendar, limit: int) -> list[Piece]:
    """The line of a calendar for a limit in microseconds, in order of time.

    Pieces exclude their first instant and include their last, so that a limit which runs out as work ends is due then,
    and not when work begins again.
    """
    first, last = calendar.span
    found = [Piece(first - _TICK, 0, _due(calendar, 0, limit), runs=False)]
    befores = [stretch.before for stretch in calendar.stretches]
    for stretch in calendar.stretches:
        ends = stretch.before + stretch.length
        bends = befores[bisect_right(befores, stretch.before + limit):bisect_right(befores, ends + limit - 1)]
        if stretch.before < calendar.total - limit < ends:
            bends.append(calendar.total)
        for worked in [stretch.before, *(before - limit for before in bends)]:
            begins = stretch.begins + (worked - stretch.before) * _TICK
            found.append(Piece(begins, worked, _resumed(calendar, worked + limit), runs=True))
        found.append(Piece(stretch.ends, ends, _due(calendar, ends, limit), runs=False))
    reached = [piece for piece in found if piece.begins < last]
    return [*reached, Piece(last, None, None, runs=False)]


def _due(calendar: Calendar, worked: int, limit: int) -> datetime | None:
    return calendar.instant_of(worked + limit) if worked + limit <= calendar.total else None


def _resumed(calendar: Calendar, worked: int) -> datetime | None:
    """The instant just after which more than so much will have been worked."""
    return calendar.instant_of(worked + 1) - _TICK if worked < calendar.total else None


def working_links(scope: Scope) -> list[Link]:
    """The links whose limit counts working time only."""
    return [link for link in scope.blueprint.links if link.limit and link.limit.is_working]


def looked_up(scope: Scope, where: str) -> str:
    """A join of `seen` with what its working limits look up, as `worked`; nothing where there are none.

    Of each such link, where `<p>` is its prefix: `<p>_began` and `<p>_done`, how much had been worked at its two steps, in
    microseconds or days; `<p>_kept_by`, until when it is surely kept, and `<p>_due_at` or, of days, `<p>_due_on`.
    where: the condition on `seen` of the journeys that are read.
    """
    links = working_links(scope)
    if not links:
        return ""
    asked: Columns = {}
    found: Columns = {}
    joins: list[str] = []
    for link in links:
        p, line = scope.prefix(link), table_of(scope.blueprint.calendar_of(link), link.limit)
        columns = _DAYS if link.limit and link.limit.unit == "working_days" else _HOURS
        for name, lookup in columns.items():
            step = scope.step(link.from_step) if lookup.end == "from" else scope.reached(link, link.to_step)
            key, alias = f"{p}_{name}_key", f"{p}_{name}_line"
            asked[key] = lookup.key.format(step=step)
            joins.append(lookup.join.format(line=line, alias=alias, key=key))
            found |= {f"{p}_{made}": expression.format(alias=alias, key=key) for made, expression in lookup.makes.items()}
    return f"""LEFT JOIN (
        SELECT instants.journey_id, {sql.columns(found)} FROM (SELECT journey_id, {sql.columns(asked)} FROM seen {where}) AS instants
        {' '.join(joins)}
    ) AS worked ON worked.journey_id = seen.journey_id"""


def columns_found(scope: Scope) -> str:
    """What `looked_up` adds to the columns of `seen`."""
    return ", worked.* EXCLUDE (journey_id)" if working_links(scope) else ""


class _Lookup(NamedTuple):
    """One instant or date of a link that is looked up: at which end, how, and what it makes."""

    end: Literal["from", "to"]
    key: str
    join: str
    makes: Columns


_ON_LINE = "ASOF LEFT JOIN {line} AS {alias} ON {key} > {alias}.begins"
_WORKED = "{alias}.worked + CASE WHEN {alias}.runs THEN epoch_us({key}) - epoch_us({alias}.begins) ELSE 0 END"
_DUE = "{alias}.due + CASE WHEN {alias}.runs THEN {key} - {alias}.begins ELSE INTERVAL 0 SECOND END"
_ON_DAY = 'LEFT JOIN {line} AS {alias} ON {alias}."on" = {key}'
_LAST_ON = "CASE {step}.precision WHEN 'month' THEN last_day({step}.\"on\") ELSE {step}.\"on\" END"

_HOURS = {
    "since": _Lookup("from", "{step}.moment", _ON_LINE, {"began": _WORKED, "kept_by": _DUE}),
    "until": _Lookup("from", "coalesce({step}.until, {step}.moment)", _ON_LINE, {"due_at": _DUE}),
    "to": _Lookup("to", "{step}.moment", _ON_LINE, {"done": _WORKED}),
}
_DAYS = {
    "since": _Lookup("from", '{step}."on"', _ON_DAY, {"began": "{alias}.worked", "kept_by": "{alias}.due"}),
    "until": _Lookup("from", _LAST_ON, _ON_DAY, {"due_on": "{alias}.due"}),
    "to": _Lookup("to", '{step}."on"', _ON_DAY, {"done": "{alias}.worked"}),
}


def table_of(calendar: Calendar, limit: Limit | None) -> str:
    """The name of the table of a calendar for a limit."""
    assert limit is not None  # noqa: S101
    return f"{limit.unit}_{limit.amount}_{calendar.digest}"


def define_lines(duck: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Make the tables that `looked_up` reads, where this connection does not have them yet."""
    for link in working_links(scope):
        calendar, limit = scope.blueprint.calendar_of(link), link.limit
        assert limit is not None  # noqa: S101
        name = table_of(calendar, limit)
        if duck.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall() == [(0,)]:
            line = _dates(calendar, limit.amount) if limit.unit == "working_days" else _instants(calendar, limit.amount)
            duck.register("calendar_line", line)
            duck.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM calendar_line")
            duck.unregister("calendar_line")


@lru_cache(maxsize=32)
def _instants(calendar: Calendar, hours: int) -> pa.Table:
    line = pieces(calendar, hours * 3_600_000_000)
    return pa.table({
        "begins": pa.array([piece.begins for piece in line], pa.timestamp("us")),
        "worked": pa.array([piece.worked for piece in line], pa.int64()),
        "due": pa.array([piece.due for piece in line], pa.timestamp("us")),
        "runs": pa.array([piece.runs for piece in line], pa.bool_()),
    })


@lru_cache(maxsize=32)
def _dates(calendar: Calendar, days: int) -> pa.Table:
    """Every date that it covers: how many working days until it, and the last one of a limit that starts there."""
    first, last = date(calendar.first_year, 1, 1), date(calendar.last_year, 12, 31)
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    worked = [bisect_right(calendar.workdays, day) for day in dates]
    due = [calendar.workdays[number + days - 1] if number + days <= len(calendar.workdays) else None for number in worked]
    return pa.table({"on": pa.array(dates, pa.date32()), "worked": pa.array(worked, pa.int64()), "due": pa.array(due, pa.date32())})


def check_covered(duck: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Every journey of `judged` lies within the years of its calendars.

    Raises:
        LastMeterError: `calendar.year_missing`.
    """
    for link in working_links(scope):
        p, start, end = scope.prefix(link), scope.step(link.from_step), scope.reached(link, link.to_step)
        rows: Sequence[tuple[datetime | None, ...]] = duck.execute(f"""
            SELECT min({start}.moment) FILTER ({p}_due_at IS NULL), max({start}.moment) FILTER ({p}_due_at IS NULL),
                min({end}.moment) FILTER ({p}_done IS NULL), max({end}.moment) FILTER ({p}_done IS NULL)
            FROM judged WHERE {start} IS NOT NULL""").fetchall()
        outside = [moment for moment in rows[0] if moment]
        if outside:
            raise _missing(scope.blueprint.calendar_of(link), outside)


def _missing(calendar: Calendar, outside: Sequence[datetime]) -> LastMeterError:
    before = min(outside).year
    return calendar.year_missing(before if before < calendar.first_year else max(calendar.last_year + 1, max(outside).year))

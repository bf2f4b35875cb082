"""How a column writes its times, told from all of its values: format, order of day and month, precision."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Literal, NamedTuple

from lastmeter.connectors import cells_sql
from lastmeter.connectors.proposal.claims import TimeShape
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions

TIME_WORDS = (
    "at", "on", "date", "time", "timestamp", "datetime", "day", "when", "ts", "dt", "since", "until", "till", "datum", "zeit",
    "zeitpunkt", "uhrzeit", "tag", "am", "日期", "时间", "日", "时刻", "时",
)
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y",
         "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d")
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", "T%H:%M", ", %H:%M", " %H时%M分",
           " %H时%M分%S秒", "%H:%M:%S", "%H:%M", " %H:%M:%S%z", "%H%M%S")
_FORMATS = tuple("".join(parts) for parts in product(_DAYS, _CLOCKS))
_SWAPPED = str.maketrans("dm", "md")
_READABLE = 0.97
# Nearly all at midnight: a clock that stands still tells the day only.
_STILL = 0.99
_ENOUGH = 30
_FIRST_YEAR, _LAST_YEAR = 1971, 2100
_CLEARER = 3
_NO_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2})?")
_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)?)?$")
_FEW = 24
_EPOCH = re.compile(r"1\d{9}(\d{3})?(\.\d+)?")


class _Facts(NamedTuple):
    """What the readable values of a column have in common under one format."""

    readable: int
    midnight: int
    whole_hours: int
    whole_minutes: int
    coarse: int
    offsets: int
    span: float
    back: int


def odd_time(column: Column) -> Literal["no_year", "epoch"] | None:
    """Times that a mapping has no words for."""
    if column.sample and all(_NO_YEAR.fullmatch(value.strip()) for value in column.sample):
        return "no_year"
    if column.sample and mentions(column.name, TIME_WORDS) and all(_EPOCH.fullmatch(value.strip()) for value in column.sample):
        return "epoch"
    return None


@lru_cache(maxsize=1024)
def shape_of(table: Table, column: Column) -> TimeShape | None:
    """How the column writes times, or None where it does not."""
    if not column.sample or column.longest > 40 or column.typical < 6:
        return None
    if re.fullmatch(r"\d{4}-\d{2}", column.sample[0].strip()) and column.longest == 7:
        return TimeShape(None, "month") if _facts(table, column, "%Y-%m").readable == column.filled else None
    readings = {form: _facts(table, column, form) for form in _likely(column)}
    if not readings:
        return None
    best = max(readings, key=lambda form: (readings[form].readable, form is None))
    if readings[best].readable < _READABLE * column.filled:
        return None
    order_known = True
    twin = best.translate(_SWAPPED) if best and re.search("%d[^Y]%m|%m[^Y]%d", best) else None
    if best and twin and twin in readings and readings[twin].readable == readings[best].readable:
        best, order_known = _ordered(table, column, {best: readings[best], twin: readings[twin]})
    return TimeShape(best, _precision(best, readings[best]), bool(readings[best].offsets) or bool(best and "%z" in best), order_known)


def _likely(column: Column) -> list[str | None]:
    """The formats that read the sample; ISO, which needs none, alone where it does."""
    few = column.sample[:: max(1, len(column.sample) // _FEW)]
    if _iso_share(few) >= _READABLE:
        return [None]
    return [form for form in _FORMATS if _share(few, form) >= _READABLE - 1 / _FEW]


def _iso_share(values: Sequence[str]) -> float:
    return sum(_ISO.match(value.strip()) is not None for value in values) / len(values)


def _share(values: Sequence[str], form: str) -> float:
    return sum(_reads(value.strip(), form) for value in values) / len(values)


def _reads(value: str, form: str) -> bool:
    try:
        return _FIRST_YEAR <= datetime.strptime(value, form).year <= _LAST_YEAR
    except ValueError:
        return False


def _plausible(moment: str) -> str:
    return f"CASE WHEN year({moment}) BETWEEN {_FIRST_YEAR} AND {_LAST_YEAR} THEN {moment} END"


def _facts(table: Table, column: Column, form: str | None) -> _Facts:
    moment = _plausible(cells_sql.clock(column.cell, form, "second"))
    row = table.duck.execute(
        f"""WITH read AS (SELECT row, {column.cell} AS cell, {moment} AS t FROM {table.relation}),
        stepped AS (SELECT *, t < lag(t) OVER (ORDER BY row) AS is_back FROM read WHERE t IS NOT NULL)
        SELECT count(*), count(*) FILTER (t = date_trunc('day', t)), count(*) FILTER (t = date_trunc('hour', t)),
            count(*) FILTER (t = date_trunc('minute', t)), count(*) FILTER (length(cell) <= 10 AND NOT contains(cell, ':')),
            count(*) FILTER ({cells_sql.has_offset('cell')}), coalesce(date_diff('second', min(t), max(t)), 0),
            count(*) FILTER (is_back) FROM stepped""").fetchall()[0]
    return _Facts(*row)


def _precision(form: str | None, facts: _Facts) -> Literal["second", "minute", "hour", "day"]:
    if facts.coarse == facts.readable or facts.midnight >= _STILL * facts.readable:
        return "day"
    if form and not re.search("%[HI]", form):
        return "day"
    if facts.whole_hours == facts.readable and facts.readable >= _ENOUGH:
        return "hour"
    if facts.whole_minutes == facts.readable and (facts.readable >= _ENOUGH or (form and "%S" not in form)):
        return "minute"
    return "second"


def _ordered(table: Table, column: Column, both: dict[str, _Facts]) -> tuple[str, bool]:
    """Day first or month first, where every value reads both ways: what another column of the table shows, else the
    reading in which the rows run on, or lie close together; else day first, and not known.
    """
    for other in table.columns:
        if other is not column and (told := _told(table, other)) and (same := [form for form in both if _first(form) == told]):
            return same[0], True
    first, second = sorted(both, key=lambda form: both[form].back)
    if both[first].readable >= _ENOUGH and both[second].back > _CLEARER * (both[first].back + 1):
        return first, True
    first, second = sorted(both, key=lambda form: both[form].span)
    if both[first].readable >= _ENOUGH and both[second].span > _CLEARER * both[first].span:
        return first, True
    return min(both, key=lambda form: _first(form) != "d"), False


def _first(form: str) -> str:
    """Whether day or month stands first in a format."""
    return "d" if 0 <= form.find("%d") < form.find("%m") else "m"


def _told(table: Table, column: Column) -> str | None:
    """The order of day and month that a column's own values prove."""
    if not column.sample or not re.match(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", column.sample[0]):
        return None
    parts = f"regexp_extract({column.cell}, '^(\\d+)[/.-](\\d+)[/.-]', %d)::INTEGER"
    first = table.count(f"max({parts % 1})", f"regexp_matches({column.cell}, '^\\d{{1,2}}[/.-]\\d{{1,2}}[/.-]')")
    second = table.count(f"max({parts % 2})", f"regexp_matches({column.cell}, '^\\d{{1,2}}[/.-]\\d{{1,2}}[/.-]')")
    if (first > 12) == (second > 12):
        return None
    return "d" if first > 12 else "m"

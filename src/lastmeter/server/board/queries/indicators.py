"""The indicators: each with its figure now, its past, who answers for it; and one of them as deep as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from lastmeter.diagnosis import change, cohort, words
from lastmeter.diagnosis.change import Change, ChartPoint
from lastmeter.diagnosis.naming import value_title
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.indicators import registry
from lastmeter.indicators.compare import Standing, compare
from lastmeter.indicators.control import Chart
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import COLUMNS, Indicator, owner_of
from lastmeter.indicators.measure import measure, rows_of
from lastmeter.indicators.registry import Area
from lastmeter.indicators.series import chart_figures
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.company import Found, find, find_soon
from lastmeter.workspace import Workspace

EXAMPLES = 12
STANDINGS: dict[Standing, tuple[str, Title]] = {
    "worse": ("bad", Title("比其他的差", "worse than the others")),
    "better": ("good", Title("比其他的好", "better than the others")),
    "alike": ("noise", Title("分不出高下", "cannot be told apart")),
    "too_few": ("noise", Title("数量太少", "too few")),
    "other_coverage": ("noise", Title("规则覆盖不同，不比", "other coverage: not compared")),
}
"""How a group stands beside the others: tone and words. The order is that of the table; nobody is ranked within."""


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator in the list: its figure of the period, its past, what the chart says, whose it is."""

    code: str
    title: Title
    meaning: Title
    unit: str
    figure: Figure | None
    change: Change
    points: list[ChartPoint]
    post: str | None
    post_title: Title | None

    @property
    def has_value(self) -> bool:
        """Whether there is anything to see."""
        return self.figure is not None and self.figure.value is not None


@dataclass(frozen=True, slots=True)
class Group:
    """A value of a dimension beside the others. `shrunk` is what to expect of it."""

    code: str
    title: Title
    figure: Figure
    tone: str
    standing: Title
    shrunk: float | None


@dataclass(frozen=True, slots=True)
class Example:
    """A journey that the figure is made of; number: its value in the indicator's unit, None for a share."""

    journey: str
    due_on: date | None
    number: float | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One indicator: figure and chart, the rules it saw, its definition as it stands in these facts."""

    row: Row
    chart: Chart
    rules: list[Title]
    examples: list[Example]
    examples_of: Title


def areas(filters: Filters) -> list[Area]:
    """All indicators by area."""
    del filters  # the same for everybody
    return find(("areas",), lambda ws: registry.areas(ws.folder / "indicators")).value


def rows_of_area(filters: Filters, area: Area, *, wait: float) -> Found[list[Row]] | None:
    """The rows of an area; None while they are being made. Those with a figure come first."""
    return find_soon(("indicator rows", area.code, filters.key), lambda ws: _rows(ws, filters, area), wait=wait)


def detail_of(filters: Filters, code: str) -> Found[Detail] | None:
    """One indicator; None while it is being made.

    Raises:
        LastMeterError: `indicator.unknown`.
    """
    indicator_of(code)
    return find_soon(("indicator", code, filters.key), lambda ws: _detail(ws, filters, code))


def indicator_of(code: str) -> Indicator:
    """The declaration.

    Raises:
        LastMeterError: `indicator.unknown`.
    """
    catalogue = find(("catalogue",), lambda ws: ws.catalogue).value
    return catalogue[code] if code in catalogue else registry.get(code)


def comparable(indicator: Indicator) -> list[tuple[str, Title]]:
    """By what an indicator can be compared: columns of its table, and the posts that answer."""
    columns = COLUMNS[indicator.table]
    return [("post", Title("岗位", "post")), *((name, DIMENSION_TITLES[name]) for name in DIMENSIONS if name in columns)]


def groups_of(filters: Filters, code: str, by: str) -> Found[list[Group]] | None:
    """The groups of a dimension side by side; None while they are being made."""
    return find_soon(("indicator groups", code, by, filters.key), lambda ws: _groups(ws, filters, code, by))


def _rows(ws: Workspace, filters: Filters, area: Area) -> list[Row]:
    facts, posts = filters.facts(ws), ws.post_titles()
    rows = [_charted(facts, indicator, filters.period, posts)[0] for indicator in area.indicators]
    return sorted(rows, key=lambda row: not row.has_value)


def _charted(facts: Facts, indicator: Indicator, period: Period, posts: Mapping[str, Title]) -> tuple[Row, Chart]:
    periods = cohort.run_up(period, cohort.CHARTED)
    charted = Period(periods[0].first, period.last, period.grain, period.code)
    figures = measure(facts, indicator, by=(period.grain,), period=charted)
    chart = chart_figures(indicator, figures, grain=period.grain, declared=_peaks(facts, periods))
    now = next((figure for figure in figures if figure.keys[period.grain] == period.code), None)
    owner = owner_of(indicator, facts)
    last = chart.points[-1].period if chart.points else None
    row = Row(
        code=indicator.code, title=indicator.title, meaning=indicator.meaning, unit=indicator.unit, figure=now,
        change=change.of_chart(chart) if last == period.code else change.of_chart(Chart("xmr", indicator.direction, ())),
        points=change.points_of(chart, periods), post=owner,
        post_title=posts.get(owner, words.same(owner)) if owner else None,
    )
    return row, chart


def _peaks(facts: Facts, periods: Sequence[Period]) -> set[str]:
    return {one.code for one in periods for first, last in facts.peaks if first <= one.last and one.first <= last}


def _detail(ws: Workspace, filters: Filters, code: str) -> Detail:
    indicator, facts = ws.catalogue[code], filters.facts(ws)
    row, chart = _charted(facts, indicator, filters.period, ws.post_titles())
    titles = {rule.code: rule.title for rule in facts.blueprints[filters.kind].rules()}
    seen = row.figure.rules.split(",") if row.figure and row.figure.rules else []
    examples, what = _examples(facts, indicator, filters.period)
    return Detail(row, chart, [titles.get(one, words.same(one)) for one in seen], examples, what)


def _examples(facts: Facts, indicator: Indicator, period: Period) -> tuple[list[Example], Title]:
    """The journeys on the bad side of the figure, the worst first; happenings belong to no journey."""
    if indicator.table == "happenings":
        return [], Title("这个指标不取自旅程", "This figure is not made of journeys")
    frame = rows_of(facts, indicator, period)
    due = nw.col("due_on")
    if indicator.value is not None and not indicator.is_share:
        frame = frame.select("journey_id", due, number=indicator.value)
        frame = frame.sort("number", "journey_id", descending=[indicator.direction == "down", False])
        what = Title("最差的旅程", "The journeys at the bad end")
    else:
        hit = indicator.hit if indicator.hit is not None else nw.lit(value=True)
        answered = indicator.answered if indicator.answered is not None else nw.lit(value=True)
        bad = ~hit if indicator.direction == "up" else hit
        frame = frame.filter(answered, bad).select("journey_id", due, number=nw.lit(None, dtype=nw.Float64))
        frame = frame.sort("due_on", "journey_id", descending=[True, False], nulls_last=True)
        what = Title("没有达到的旅程", "The journeys that miss it") if indicator.direction == "up" else Title(
            "算在内的旅程", "The journeys that it counts")
    rows = frame.head(EXAMPLES * 3).collect(backend="pyarrow").to_native().to_pylist()
    distinct = {row["journey_id"]: row for row in reversed(rows)}
    kept = [row for row in rows if distinct[row["journey_id"]] is row][:EXAMPLES]
    return [Example(row["journey_id"], row["due_on"], None if row["number"] is None else row["number"] / indicator.per)
            for row in kept], what


def _groups(ws: Workspace, filters: Filters, code: str, by: str) -> list[Group]:
    indicator, facts = ws.catalogue[code], filters.facts(ws)
    figures = [figure for figure in measure(facts, indicator, by=(by,), period=filters.period) if figure.keys[by] is not None]
    names: Mapping[str, Mapping[str, Title]] = ws.all_names()
    order = list(STANDINGS)
    found = sorted(compare(indicator, figures).groups, key=lambda one: (order.index(one.standing), -one.figure.n, str(one.figure.keys[by])))
    return [
        Group(
            code=str(one.figure.keys[by]), title=words.named(str(one.figure.keys[by]), value_title(names, by, one.figure.keys[by])),
            figure=one.figure, tone=STANDINGS[one.standing][0], standing=STANDINGS[one.standing][1], shrunk=one.shrunk,
        )
        for one in found
    ]


def check_dimension(indicator: Indicator, by: str) -> None:
    """Refuse what the indicator cannot be compared by.

    Raises:
        LastMeterError: `indicator.dimension_unknown`.
    """
    known = [name for name, _ in comparable(indicator)]
    if by not in known:
        raise LastMeterError(
            "indicator.dimension_unknown",
            Title("指标“{code}”不能按“{column}”分组", "“{code}” cannot be grouped by “{column}”"),
            Title("可用：{known}", "Possible: {known}"), code=indicator.code, column=by, known=", ".join(known),
        )


def series_table(detail: Detail) -> pa.Table:
    """The chart's periods as rows of a file."""
    return pa.Table.from_pylist([
        {"period": point.period, "value": point.value, "n": point.n, "usual": point.centre, "lower": point.lower,
         "upper": point.upper, "signal": point.signal} for point in detail.row.points
    ], schema=pa.schema([
        ("period", pa.string()), ("value", pa.float64()), ("n", pa.int64()), ("usual", pa.float64()), ("lower", pa.float64()),
        ("upper", pa.float64()), ("signal", pa.string()),
    ]))


def interval(figure: Figure | None, unit: str) -> Title | None:
    """From low to high in words; None where there is no interval."""
    if figure is None or figure.low is None or figure.high is None:
        return None
    return words.figure_range(figure.low, figure.high, unit)


def matches(row: Any, wanted: str) -> bool:
    """Whether an indicator is meant by what somebody typed: part of its title, code or meaning."""
    text = f"{row.code} {row.title.zh} {row.title.en} {row.meaning.zh} {row.meaning.en}".lower()
    return all(part in text for part in wanted.lower().split())


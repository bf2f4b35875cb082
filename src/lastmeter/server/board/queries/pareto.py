"""The Pareto of a period: the brief's causes as bars, and where the flaws of one of them (or of all) lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
from markupsafe import Markup

from lastmeter.charts.drawings.bar import bar
from lastmeter.charts.drawings.pareto import MOST, Bar, pareto_chart
from lastmeter.charts.drawings.sparkline import sparkline
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis import cohort
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.words import count, fill, named, percent
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.queries.board import JOURNEYS
from lastmeter.server.board.queries.findings import part
from lastmeter.server.company import Found, find
from lastmeter.workspace import Workspace, choices

BY: dict[str, Title] = {
    "place": DIMENSION_TITLES["place"], "performer": DIMENSION_TITLES["performer"], "product": DIMENSION_TITLES["product"],
    "post": Title("岗位", "post"), "origin": DIMENSION_TITLES["origin"], "channel": DIMENSION_TITLES["channel"],
    "brand": DIMENSION_TITLES["brand"],
}
"""What a cause can be taken apart by."""
ALL = "all"
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """One bar of the chart: the cause behind it (None: the others together) and the address that chooses it."""

    rule: str | None
    bar: Bar
    address: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the dimension: flaws now and in the period before, flawed journeys of so many due."""

    value: str | None
    title: Title
    count: int
    previous: int
    journeys: int
    due: int | None
    drawing: Markup
    address: str


@dataclass(frozen=True, slots=True)
class Drill:
    """Where the flaws of a cause lie: its largest parts, how many more there are, and a sentence."""

    rule: str
    title: Title
    by: str
    parts: Sequence[Part]
    others: int
    others_count: int
    total: int
    sentence: Title | None


@dataclass(frozen=True, slots=True)
class _Counted:
    count: int
    previous: int
    journeys: int
    due: int | None


def causes_of(brief: Brief) -> Causes | None:
    """The brief's Pareto, if anything broke."""
    return part(brief, Causes)


def chosen_rule(held: Causes, asked: str | None) -> str:
    """The cause that is looked at: the one asked for, else the first.

    Raises:
        LastMeterError: `filter.unknown`.
    """
    rules = [cause.rule for cause in held.rows]
    choices.check("rule", asked, [*rules, ALL])
    return asked or rules[0]


def slots(held: Causes, filters: Filters, rule: str, lang: Lang) -> list[Slot]:
    """The bars: causes with flaws now or before, the smallest ones together at the end whatever they make."""
    rows = list(held.rows)
    kept, rest = (rows, []) if len(rows) <= MOST else (rows[:MOST - 1], rows[MOST - 1:])
    found = [
        Slot(one.rule, Bar(one.title.say(lang), one.count, one.previous, one.cumulative, one.rule == rule), filters.here(rule=one.rule))
        for one in kept
    ]
    if rest:
        title = LABELS["others"].say(lang, n=len(rest))
        found.append(Slot(None, Bar(title, sum(one.count for one in rest), sum(one.previous for one in rest), 1.0), None))
    return found


def chart(held: Causes, bars: Sequence[Slot], filters: Filters, lang: Lang) -> Markup:
    """The drawing."""
    label = Title(
        "瑕疵帕累托：{n} 处，{causes} 个原因；上方为累计占比，后面的框为{previous}",
        "Pareto of {n} flaws by {causes} causes: cumulative share above, {previous} behind",
    ).say(lang, n=count(held.flaws), causes=len(held.rows), previous=filters.previous_title.say(lang))
    return pareto_chart([slot.bar for slot in bars], lang, label=label)


def why(held: Causes) -> list[Title]:
    """The causes that changed beyond chance, in words; that none did is said, too."""
    told = [
        fill(Title("“{cause}”：{now} 的旅程，常态 {usual}（{change}）。", "“{cause}”: {now} of journeys, usually {usual} ({change})."),
             cause=one.title, now=percent(one.trend[-1]), usual=percent(one.change.usual), change=one.change.text)
        for one in held.rows if one.change.is_signal
    ][:3]
    return told or [Title("各原因的变化都在常态范围之内。", "No cause moved beyond its usual range.")]


SORTS: dict[str, tuple[Title, Callable[[Cause], Any]]] = {
    "count": (Title("瑕疵", "Flaws"), lambda one: one.count),
    "share": (Title("占比", "Share"), lambda one: one.share),
    "cumulative": (Title("累计", "Cumulative"), lambda one: one.cumulative),
    "journeys": (Title("旅程", "Journeys"), lambda one: one.journeys),
    "previous": (Title("上期", "Before"), lambda one: one.previous),
}
"""Columns of the table that sort it, and what they hold; a minus before the name turns the order round."""


def ordered(held: Causes, asked: str) -> list[Cause]:
    """The causes as the table shows them: as in the chart unless another column is asked for.

    Raises:
        LastMeterError: `filter.unknown`.
    """
    name = asked.removeprefix("-")
    choices.check("sort", name, list(SORTS))
    return sorted(held.rows, key=SORTS[name][1], reverse=asked.startswith("-"))


def trend(cause: Cause) -> Markup:
    """Twelve periods of the share of journeys with it."""
    tone = {"worse": "bad", "better": "good"}.get(cause.change.direction, "") if cause.change.is_signal else ""
    return sparkline(cause.trend, tone=tone)


def drill(held: Causes, filters: Filters, rule: str, by: str) -> Found[Drill]:
    """Where the flaws of the rule (or of all) lie, by one dimension or by post.

    Raises:
        LastMeterError: `filter.unknown`.
    """
    choices.check("by", by, list(BY))
    rules = tuple(sorted(cause.rule for cause in held.rows)) if rule == ALL else (rule,)
    counted = find(("drill", filters.key, rules, by), lambda ws: _counted(ws, filters, rules, by))
    by_value, due = counted.value
    title = next((cause.title for cause in held.rows if cause.rule == rule), Title("全部瑕疵", "All flaws"))
    return Found(_drill(by_value, due, filters, (rule, title), by), counted.at)


def _counted(ws: Workspace, filters: Filters, rules: Sequence[str], by: str) -> tuple[dict[str | None, _Counted], int]:
    facts, period = filters.facts(ws), filters.period
    before = period.previous()
    is_now = nw.col("due_on") >= period.first
    flaws = facts.flaws.filter(cohort.due_between(before, period), nw.col("rule").is_in(list(rules)))
    rows = _rows(flaws, is_now, by)
    due = {} if by == "post" else _due(facts, filters, by)
    counted = {row[by]: _Counted(row["now"], row["both"] - row["now"], row["journeys"], due.get(row[by])) for row in rows}
    return counted, sum(due.values())


def _rows(flaws: Frame, is_now: nw.Expr, by: str) -> list[dict[str, Any]]:
    """Flaws of both periods, flawed journeys of this one, by value."""
    both = {row[by]: row for row in cohort.rows(
        flaws.with_columns(is_now=is_now.cast(nw.Int64)).group_by(by).agg(nw.col("is_now").sum().alias("now"), nw.len().alias("both"))
    )}
    journeys = {row[by]: row["journeys"] for row in cohort.rows(
        flaws.filter(is_now).group_by(by).agg(nw.col("journey_id").n_unique().alias("journeys"))
    )}
    return [
        {by: key, "now": int(row["now"]), "both": int(row["both"]), "journeys": int(journeys.get(key, 0))} for key, row in both.items()
    ]


def _due(facts: Facts, filters: Filters, by: str) -> dict[str | None, int]:
    return {row[by]: int(row["n"]) for row in cohort.rows(
        facts.journeys.filter(cohort.due_in(filters.period)).group_by(by).agg(nw.len().alias("n"))
    )}


def _drill(counted: Mapping[str | None, _Counted], due: int, filters: Filters, cause: tuple[str, Title], by: str) -> Drill:
    rule, title = cause
    ordered = sorted(counted.items(), key=lambda item: (-item[1].count, -item[1].previous, str(item[0])))
    most = max((max(one.count, one.previous) for _, one in ordered), default=0)
    total = sum(one.count for _, one in ordered)
    asked = {} if rule == ALL else {"rule": rule}
    parts = [
        Part(
            value, _title(filters, by, value), one.count, one.previous, one.journeys, one.due,
            bar(one.count, most, previous=one.previous, leading=place == 0),
            filters.to(JOURNEYS, flawed=None if asked else 1, **asked, **({by: value} if value is not None else {})),
        )
        for place, (value, one) in enumerate(ordered[:SHOWN])
    ]
    rest = ordered[SHOWN:]
    return Drill(rule, title, by, parts, len(rest), sum(one.count for _, one in rest), total, _sentence(parts, total, due, title))


def _title(filters: Filters, by: str, value: str | None) -> Title:
    if value is None:
        return Title("未知", "not known")
    return named(value, filters.names.get(by, {}).get(value))


def _sentence(parts: Sequence[Part], total: int, due: int, title: Title) -> Title | None:
    """The largest part's share of the flaws, beside its share of the journeys, which it must be held against."""
    if not total or not parts[0].count:
        return None
    first = parts[0]
    if first.due is None or not due:
        return fill(Title("“{cause}”有 {share} 在{part}。", "{share} of “{cause}” lie with {part}."),
                    cause=title, share=percent(first.count / total, 0), part=first.title)
    return fill(
        Title("“{cause}”有 {share} 在“{part}”，那里有 {due} 的到期旅程。",
              "{share} of “{cause}” lie with {part}, which has {due} of the due journeys."),
        cause=title, share=percent(first.count / total, 0), part=first.title, due=percent(first.due / due, 0),
    )

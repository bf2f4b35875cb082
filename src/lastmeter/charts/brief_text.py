"""The brief for a terminal: plain text, columns that align in both languages, no colour needed.

Each kind of section has one function here, as each has one template for HTML.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lastmeter.charts.drawings.control import drawable
from lastmeter.charts.text_findings import FINDINGS
from lastmeter.charts.text_layout import MARKS, TITLE_WIDTH, WIDTH, Say, cells, cut, table, wrapped
from lastmeter.diagnosis import words
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.sections import Section, Table
from lastmeter.diagnosis.sections.control import Control
from lastmeter.diagnosis.sections.journeys import Journeys
from lastmeter.diagnosis.sections.links import LinkRows
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.sections.posts import Posts
from lastmeter.diagnosis.sections.quotes import Quotes
from lastmeter.diagnosis.sections.rates import Rates
from lastmeter.diagnosis.sections.regularity import Windows
from lastmeter.diagnosis.sections.sources import Sources
from lastmeter.diagnosis.words import count, percent, percent_range
from lastmeter.kernel.titles import Lang

__all__ = ["WIDTH", "cells", "render_text"]

_BAR = 16
_LEVELS = "▁▂▃▄▅▆▇█"


def render_text(brief: Brief, lang: Lang) -> str:
    """The whole brief as text, at most 96 columns wide, ending in a newline."""
    say = Say(lang)
    head = f"{say(brief.company)} · {say.label('brief')} · {say(brief.kind_title)} · {say(brief.period.title)}"
    if brief.place is not None:
        head += f" · {say.label('at_place', place=brief.place_title or brief.place)}"
    if brief.view is not None:
        head += f" · {say(brief.view.title)}"
    parts = [[head, "─" * WIDTH], [say(brief.headline.sentence), *_why(brief, say)]]
    if brief.warnings:
        parts.append([f"▲ {line}" for warning in brief.warnings for line in wrapped(say(warning), lang, WIDTH - 2)])
    parts += [_section(section, say) for section in brief.sections]
    return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts) + "\n"


def _why(brief: Brief, say: Say) -> list[str]:
    return wrapped(("" if say.lang == "zh" else " ").join(map(say, brief.headline.why)), say.lang)


def _section(section: Section, say: Say) -> list[str]:
    head = say(section.title) + (f"  ({say(section.note)})" if section.note else "")
    finding = wrapped(say(section.finding), say.lang) if section.finding else []
    return [head, *finding, *_DRAWN[type(section.data)](section.data, say)]


def _rates(data: Rates, say: Say) -> list[str]:
    rows = []
    for rate in data.rates:
        n = say.label("number" if rate.n == rate.population else "answered", n=count(rate.n))
        rows.append([
            say(rate.title), percent(rate.value), percent_range(rate.low, rate.high), n,
            say.label("was", value=percent(rate.previous)), say.change(rate.change),
        ])
    if data.regular is not None:
        held = data.regular
        interval = say(words.days_range(held.low, held.high))
        rows.append([
            say(held.title), say(words.days(held.spread)), interval, say.label("number", n=count(held.n)),
            say.label("was", value=words.days(held.previous)), say.change(held.change),
        ])
    first = data.rates[0]
    covered = say.label("of_rules", observed=first.rules_observed, total=first.rules_total)
    return [*table(rows, "lrllll"), covered]


def _control(data: Control, say: Say) -> list[str]:
    shown = drawable(data.points)[-36:]
    values = [point.value or 0.0 for point in shown]
    low, high = min(values), max(values)
    step = (high - low) / (len(_LEVELS) - 1) or 1.0
    line = "".join(_LEVELS[round((value - low) / step)] for value in values)
    marks = "".join(" " if point.signal == "none" else MARKS[point.signal] for point in shown)
    span = f"{shown[0].period} {percent(values[0])} … {shown[-1].period} {percent(values[-1])}"
    usual = data.change.usual
    limits = "" if usual is None else (
        f"{say.label('usual')} {percent(usual)} ({percent_range(data.change.lower, data.change.upper)})  "
    )
    return [f"{line}  {span}", *([marks] if marks.strip() else []), limits + say.change(data.change)]


def _causes(data: Causes, say: Say) -> list[str]:
    most = max((cause.count for cause in data.rows), default=0) or 1
    head = ["", "", say.label("count"), say.label("previous"), say.label("share"), say.label("cumulative"), say.label("change")]
    rows = [
        [cut(say(cause.title), TITLE_WIDTH), "█" * round(cause.count / most * _BAR), count(cause.count),
         count(cause.previous), percent(cause.share, 0), percent(cause.cumulative, 0), say.change(cause.change)]
        for cause in data.rows
    ]
    return table([head, *rows], "llrrrrl")


def _links(data: LinkRows, say: Say) -> list[str]:
    head = ["", *(say.label(name) for name in ("median", "p90", "spread", "limit", "late", "blamed", "post"))]
    rows = [
        [
            ("▶ " if row.link == data.worst else "  ") + cut(say(row.title), TITLE_WIDTH - 2),
            *(say(words.duration(seconds, row.limit_unit)) for seconds in (row.now.median, row.now.p90, row.now.spread)),
            say(words.limit(row.limit_seconds, row.limit_unit)), percent(row.now.late_share),
            words.DASH if row.encloses else percent(row.blamed_share, 0), say(row.post_title),
        ]
        for row in data.rows
    ]
    after = [say.label("unblamed", n=count(data.unblamed))] if data.late and data.unblamed else []
    return [*table([head, *rows], "lrrrrrrl"), *after]


def _windows(data: Windows, say: Say) -> list[str]:
    head = ["", "n", say.label("median"), say.label("spread"), say.label("interval"), say.label("previous"), ""]
    rows = [[say.label("all"), *_window(data.overall, say), say.change(data.change)]]
    for dimension, group in data.groups.items():
        if group:
            rows.append([say.label(dimension), *[""] * 6])
            rows += [["  " + say(words.named(row.key or "", row.title)), *_window(row, say), ""] for row in group]
    covered = say.label("of_rules", observed=data.rules_observed, total=data.rules_total)
    return [*table([head, *rows], "lrrrrrl"), covered]


def _window(row: Any, say: Say) -> list[str]:
    interval = words.DASH if row.low is None else f"{row.low:.1f}{words.DASH}{row.high:.1f}"
    return [count(row.n), say(words.days(row.median)), say(words.days(row.spread)), interval, say(words.days(row.previous))]


def _posts(data: Posts, say: Say) -> list[str]:
    return table([
        [say(row.title), row.owner or "", f"{count(row.count)} ({count(row.previous)})", percent(row.share, 0),
         cut(say.joined(row.causes), 40)]
        for row in data.rows
    ], "llrrl")


def _quotes(data: Quotes, say: Say) -> list[str]:
    lines = []
    for row in data.rows:
        stars = "" if row.score is None or row.scale is None else f"★ {row.score:g}/{row.scale:g} · "
        lines += wrapped(f"“{row.text}”", say.lang)
        lines.append(f"    {stars}{say(row.cause)} · {row.journey_id}")
    return lines


def _journeys(data: Journeys, say: Say) -> list[str]:
    rows = []
    for row in data.rows:
        over = "" if row.excess_seconds is None else say.label("over_by", by=words.duration(row.excess_seconds))
        slow = "" if row.slow is None else say.label(
            "slow_link", link=row.slow.title, took=words.duration(row.slow.took), usual=words.duration(row.slow.usual)
        )
        also = say.label("also", flaws=say.joined(row.also)) if row.also else ""
        rows.append([row.journey_id, cut(say(row.cause), TITLE_WIDTH), over, slow or also])
    return table(rows, "llll")


def _sources(data: Sources, say: Say) -> list[str]:
    lines = [say.label("figures_at", at=words.instant(data.at))]
    lines += [
        say.label("source", name=source.name, mark=words.instant(source.watermark)) if source.watermark
        else say.label("source_silent", name=source.name)
        for source in data.sources
    ]
    if data.cancelled:
        lines.append(say.label("cancelled", journeys=words.journeys(data.cancelled)))
    lines += [f"{say.label('restated')}: {say(row.text)}" for row in data.restated]
    return [*lines, *wrapped(say(data.method), say.lang)]


def _plain(data: Table, say: Say) -> list[str]:
    return table(
        [[say(cell) for cell in row] for row in [data.columns, *data.rows]], "l" + "r" * (len(data.columns) - 1)
    )


_DRAWN: dict[type, Callable[[Any, Say], list[str]]] = {
    Rates: _rates, Control: _control, Causes: _causes, LinkRows: _links, Windows: _windows, Posts: _posts,
    Quotes: _quotes, Journeys: _journeys, Sources: _sources, Table: _plain, **FINDINGS,
}

"""The brief for a terminal: plain text, columns that align in both languages, no colour needed.

Each kind of section has one function here, as each has one template for HTML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

from lastmeter.charts.drawings.control import drawable
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis import words
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.sections import Section, Table
from lastmeter.diagnosis.sections.better import Better
from lastmeter.diagnosis.sections.control import Control
from lastmeter.diagnosis.sections.journeys import Journeys
from lastmeter.diagnosis.sections.links import LinkRows
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.sections.posts import Posts
from lastmeter.diagnosis.sections.quotes import Quotes
from lastmeter.diagnosis.sections.rates import Rates
from lastmeter.diagnosis.sections.regularity import Windows
from lastmeter.diagnosis.sections.sources import Sources
from lastmeter.diagnosis.sections.todo import Todo
from lastmeter.diagnosis.words import count, percent, percent_range
from lastmeter.kernel.titles import Lang, Title

WIDTH = 96
_TITLE_WIDTH = 34
_BAR = 16
_MARKS = {"worse": "◆", "better": "●"}
_LEVELS = "▁▂▃▄▅▆▇█"


def render_text(brief: Brief, lang: Lang) -> str:
    """The whole brief as text, at most 96 columns wide, ending in a newline."""
    say = _Say(lang)
    head = f"{say(brief.company)} · {say.label('brief')} · {say(brief.kind_title)} · {say(brief.period.title)}"
    if brief.place is not None:
        head += f" · {say.label('at_place', place=brief.place_title or brief.place)}"
    parts = [[head, "─" * WIDTH], [say(brief.headline.sentence), *_why(brief, say)]]
    if brief.warnings:
        parts.append([f"▲ {line}" for warning in brief.warnings for line in _wrapped(say(warning), lang, WIDTH - 2)])
    parts += [_section(section, say) for section in brief.sections]
    return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts) + "\n"


def _why(brief: Brief, say: _Say) -> list[str]:
    return _wrapped(("" if say.lang == "zh" else " ").join(map(say, brief.headline.why)), say.lang)


class _Say:
    """Writes titles and labels in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, title: Title | None) -> str:
        return title.say(self.lang) if title else ""

    def label(self, name: str, /, **places: Any) -> str:
        spoken = {key: place.say(self.lang) if isinstance(place, Title) else place for key, place in places.items()}
        return LABELS[name].say(self.lang, **spoken)

    def change(self, change: Change | None) -> str:
        """Shape and words of a change."""
        if change is None:
            return ""
        mark = _MARKS.get(change.direction, "○") if change.is_signal else "○"
        return f"{mark} {self(change.text)}"


def _section(section: Section, say: _Say) -> list[str]:
    head = say(section.title) + (f"  ({say(section.note)})" if section.note else "")
    finding = _wrapped(say(section.finding), say.lang) if section.finding else []
    return [head, *finding, *_DRAWN[type(section.data)](section.data, say)]


def _rates(data: Rates, say: _Say) -> list[str]:
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
    return [*_table(rows, "lrllll"), covered]


def _control(data: Control, say: _Say) -> list[str]:
    shown = drawable(data.points)[-36:]
    values = [point.value or 0.0 for point in shown]
    low, high = min(values), max(values)
    step = (high - low) / (len(_LEVELS) - 1) or 1.0
    line = "".join(_LEVELS[round((value - low) / step)] for value in values)
    marks = "".join(" " if point.signal == "none" else _MARKS[point.signal] for point in shown)
    span = f"{shown[0].period} {percent(values[0])} … {shown[-1].period} {percent(values[-1])}"
    usual = data.change.usual
    limits = "" if usual is None else (
        f"{say.label('usual')} {percent(usual)} ({percent_range(data.change.lower, data.change.upper)})  "
    )
    return [f"{line}  {span}", *([marks] if marks.strip() else []), limits + say.change(data.change)]


def _causes(data: Causes, say: _Say) -> list[str]:
    most = max((cause.count for cause in data.rows), default=0) or 1
    head = ["", "", say.label("count"), say.label("previous"), say.label("share"), say.label("cumulative"), say.label("change")]
    rows = [
        [_cut(say(cause.title), _TITLE_WIDTH), "█" * round(cause.count / most * _BAR), count(cause.count),
         count(cause.previous), percent(cause.share, 0), percent(cause.cumulative, 0), say.change(cause.change)]
        for cause in data.rows
    ]
    return _table([head, *rows], "llrrrrl")


def _links(data: LinkRows, say: _Say) -> list[str]:
    head = ["", *(say.label(name) for name in ("median", "p90", "spread", "limit", "late", "blamed", "post"))]
    rows = [
        [
            ("▶ " if row.link == data.worst else "  ") + _cut(say(row.title), _TITLE_WIDTH - 2),
            *(say(words.duration(seconds, row.limit_unit)) for seconds in (row.now.median, row.now.p90, row.now.spread)),
            say(words.limit(row.limit_seconds, row.limit_unit)), percent(row.now.late_share),
            words.DASH if row.encloses else percent(row.blamed_share, 0), say(row.post_title),
        ]
        for row in data.rows
    ]
    after = [say.label("unblamed", n=count(data.unblamed))] if data.late and data.unblamed else []
    return [*_table([head, *rows], "lrrrrrrl"), *after]


def _windows(data: Windows, say: _Say) -> list[str]:
    head = ["", "n", say.label("median"), say.label("spread"), say.label("interval"), say.label("previous"), ""]
    rows = [[say.label("all"), *_window(data.overall, say), say.change(data.change)]]
    for dimension, group in data.groups.items():
        if group:
            rows.append([say.label(dimension), *[""] * 6])
            rows += [["  " + say(words.named(row.key or "", row.title)), *_window(row, say), ""] for row in group]
    covered = say.label("of_rules", observed=data.rules_observed, total=data.rules_total)
    return [*_table([head, *rows], "lrrrrrl"), covered]


def _window(row: Any, say: _Say) -> list[str]:
    interval = words.DASH if row.low is None else f"{row.low:.1f}{words.DASH}{row.high:.1f}"
    return [count(row.n), say(words.days(row.median)), say(words.days(row.spread)), interval, say(words.days(row.previous))]


def _posts(data: Posts, say: _Say) -> list[str]:
    comma = "、" if say.lang == "zh" else ", "
    return _table([
        [say(row.title), row.owner or "", f"{count(row.count)} ({count(row.previous)})", percent(row.share, 0),
         _cut(comma.join(map(say, row.causes)), 40)]
        for row in data.rows
    ], "llrrl")


def _better(data: Better, say: _Say) -> list[str]:
    if not data.rows:
        return [say.label("nothing_better")]
    return [
        f"{'●' if row.real else '○'} {say.label('real' if row.real else 'not_yet')}  {say(row.text)}" for row in data.rows
    ]


def _quotes(data: Quotes, say: _Say) -> list[str]:
    lines = []
    for row in data.rows:
        stars = "" if row.score is None or row.scale is None else f"★ {row.score:g}/{row.scale:g} · "
        lines += _wrapped(f"“{row.text}”", say.lang)
        lines.append(f"    {stars}{say(row.cause)} · {row.journey_id}")
    return lines


def _journeys(data: Journeys, say: _Say) -> list[str]:
    rows = []
    for row in data.rows:
        over = "" if row.excess_seconds is None else say.label("over_by", by=words.duration(row.excess_seconds))
        slow = "" if row.slow is None else say.label(
            "slow_link", link=row.slow.title, took=words.duration(row.slow.took), usual=words.duration(row.slow.usual)
        )
        comma = "、" if say.lang == "zh" else ", "
        also = say.label("also", flaws=comma.join(map(say, row.also))) if row.also else ""
        rows.append([row.journey_id, _cut(say(row.cause), _TITLE_WIDTH), over, slow or also])
    return _table(rows, "llll")


def _todo(data: Todo, say: _Say) -> list[str]:
    lines = []
    for place, row in enumerate(data.rows, 1):
        who = say(row.post_title) or say.label("no_post")
        lines.append(f"{place}. {say(row.what)}  → {who}{_owner(row.owner, say)}")
        lines.append(f"   {say(row.reason)}")
    return lines


def _owner(owner: str | None, say: _Say) -> str:
    return f" ({owner or say.label('nobody')})" if say.lang == "en" else f"（{owner or say.label('nobody')}）"


def _sources(data: Sources, say: _Say) -> list[str]:
    lines = [say.label("figures_at", at=words.instant(data.at))]
    lines += [
        say.label("source", name=source.name, mark=words.instant(source.watermark)) if source.watermark
        else say.label("source_silent", name=source.name)
        for source in data.sources
    ]
    if data.cancelled:
        lines.append(say.label("cancelled", journeys=words.journeys(data.cancelled)))
    lines += [f"{say.label('restated')}: {say(row.text)}" for row in data.restated]
    return [*lines, *_wrapped(say(data.method), say.lang)]


def _plain(data: Table, say: _Say) -> list[str]:
    return _table(
        [[say(cell) for cell in row] for row in [data.columns, *data.rows]], "l" + "r" * (len(data.columns) - 1)
    )


_DRAWN: dict[type, Callable[[Any, _Say], list[str]]] = {
    Rates: _rates, Control: _control, Causes: _causes, LinkRows: _links, Windows: _windows, Posts: _posts,
    Better: _better, Quotes: _quotes, Journeys: _journeys, Todo: _todo, Sources: _sources, Table: _plain,
}


def _table(rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Rows as aligned columns; `align` is l or r for each. Han characters take two cells."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)] if rows else []
    return [
        "  " + "  ".join(
            " " * (width - cells(cell)) + cell if side == "r" else cell + " " * (width - cells(cell))
            for cell, width, side in zip(row, widths, align, strict=True)
        )
        for row in rows
    ]


def cells(text: str) -> int:
    """How many terminal cells a text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _cut(text: str, most: int) -> str:
    """The text in at most so many cells, with an ellipsis where it was longer."""
    if cells(text) <= most:
        return text
    kept = ""
    for sign in text:
        if cells(kept + sign) > most - 1:
            break
        kept += sign
    return kept + "…"


def _wrapped(text: str, lang: Lang, width: int = WIDTH) -> list[str]:
    if lang == "en":
        return wrap(text, width)
    lines, line = [], ""
    for sign in text:
        if cells(line + sign) > width and sign not in "，。；：、！？）”":
            lines.append(line)
            line = ""
        line += sign
    return [*lines, line] if line else lines

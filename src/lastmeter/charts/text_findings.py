"""The sections that say what was found and what to do, as text: one function for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lastmeter.charts.text_layout import TITLE_WIDTH, Say, cut, table, wrapped
from lastmeter.diagnosis import words
from lastmeter.diagnosis.sections.better import Better, Moved
from lastmeter.diagnosis.sections.drivers import DriverRows
from lastmeter.diagnosis.sections.effect import Effects
from lastmeter.diagnosis.sections.focus import FocusRows
from lastmeter.diagnosis.sections.index import IndexNow, point
from lastmeter.diagnosis.sections.money import AtStake
from lastmeter.diagnosis.sections.peers import Peers
from lastmeter.diagnosis.sections.reefs import ReefRow, ReefRows
from lastmeter.diagnosis.sections.todo import Todo
from lastmeter.diagnosis.words import count, percent, percent_range

_VERDICTS = {"worked": "●", "did_not": "◆", "cannot_tell": "○"}


def _peers(data: Peers, say: Say) -> list[str]:
    return [say.change(data.peers.change)]


def _index(data: IndexNow, say: Say) -> list[str]:
    found = data.index
    moved = {part.indicator: part.points for part in found.movement.parts} if found.movement else {}
    head = ["", *(say.label(name) for name in ("figure", "score", "weight", "moved_points"))]
    rows = [
        [("◆ " if row.indicator in {one.indicator for one in found.crossed} else "  ") + cut(say(row.title), TITLE_WIDTH),
         say(words.figure(row.figure.value, row.unit)), point(row.score), percent(row.share, 0), _signed(moved.get(row.indicator))]
        for row in found.rows
    ]
    more = [
        [f"  {say(part.title)}", "", "", "", _signed(part.points)]
        for part in (found.movement.parts if found.movement else ()) if part.part != "figure"
    ]
    return table([head, *rows, *more], "lrrrr")


def _signed(points: float | None) -> str:
    return words.DASH if points is None else words.change_of(points)


def _reefs(data: ReefRows, say: Say) -> list[str]:
    lines = []
    for name, rows in (("reefs_main", data.main), ("reefs_interactions", data.interactions)):
        if rows:
            lines += [say.label(name), *(line for row in rows for line in _reef(row, say))]
    return [*lines, *([say.label("reefs_more", n=count(data.more))] if data.more else [])]


def _reef(row: ReefRow, say: Say) -> list[str]:
    reef = row.reef
    gain = say.label("gain_of", journeys=words.journeys(round(reef.potential.journeys)), rate=percent(reef.potential.rate))
    who = say(reef.post_title) or say.label("no_post")
    cases = say.label("examples", ids=", ".join(reef.examples))
    return [f"  {line}" for line in (
        *wrapped(say(reef.sentence), say.lang, 92), f"  {gain} → {who}{_owner(row.owner, say)}", f"  {cases}",
    )]


def _drivers(data: DriverRows, say: Say) -> list[str]:
    found = data.drivers
    if found is None:
        return []
    head = ["", *(say.label(name) for name in ("share", "interval", "would_go", "interval"))]
    rows = [
        ["  " + cut(say(row.title), TITLE_WIDTH), percent(row.share, 0), percent_range(row.low, row.high, 0),
         percent(row.attributable_fraction, 0), percent_range(row.fraction_low, row.fraction_high, 0)]
        for row in found.rows
    ]
    left = [
        say.label("dropped", fact=one.title, n=count(one.rows), reason=one.reason) for one in found.dropped
    ]
    return [*table([head, *rows], "lrrrr"), *(line for each in left for line in wrapped(each, say.lang))]


def _money(data: AtStake, say: Say) -> list[str]:
    found = data.money
    lines = [f"{say(data.span)} {say.label('compared', n=count(found.compared))}"]
    if data.at_stake is not None:
        lines.append(say.label("at_stake", amount=count(data.at_stake), currency=found.currency))
    return [*lines, *wrapped(say(found.caution), say.lang)]


def _effects(data: Effects, say: Say) -> list[str]:
    lines = []
    for row in data.rows:
        who = row.owner or say.label("nobody")
        lines.append(f"{_VERDICTS[row.verdict]} {say(row.title)} · {who} · {say.label('begun', day=words.day(row.since))}")
        lines += [f"  {line}" for line in wrapped(say(row.text), say.lang, 92)]
    return lines


def _focus(data: FocusRows, say: Say) -> list[str]:
    found = data.focus
    head = ["", *(say.label(name) for name in ("adds", "rate_after", "change", "owner", "until"))]
    rows = [
        [f"{place}. {cut(say(item.title), TITLE_WIDTH)}", count(item.adds), percent(item.rate_after), say.change(item.change),
         item.owner or say.label("nobody"), say(words.day(item.chosen.due)) if item.chosen and item.chosen.due else words.DASH]
        for place, item in enumerate(found.items, 1)
    ]
    following = found.following
    after = [say.label("next_focus", what=following.title, adds=words.perfect_journeys(following.adds))] if following else []
    settled = [say.label("settled", codes=", ".join(one.code for one in found.settled))] if found.settled else []
    return [*(table([head, *rows], "lrrlll") if rows else []), *after, *settled]


def _better(data: Better, say: Say) -> list[str]:
    return [
        *([_moved(row, "better", say) for row in data.rows] or [say.label("nothing_better")]),
        *([_moved(row, "worse", say) for row in data.worse] or [say.label("nothing_worse")]),
    ]


def _moved(row: Moved, way: str, say: Say) -> str:
    mark = {"better": "●", "worse": "◆"}[way] if row.real else "○"
    return f"{mark} {say.label(f'real_{way}' if row.real else f'perhaps_{way}')}  {say(row.text)}"


def _todo(data: Todo, say: Say) -> list[str]:
    lines = []
    for place, row in enumerate(data.rows, 1):
        who = say(row.post_title) or say.label("no_post")
        due = f" · {say.label('by_day', day=words.day(row.due))}" if row.due else ""
        lines.append(f"{place}. {say(row.what)}  → {who}{_owner(row.owner, say)}{due}")
        lines.append(f"   {say(row.reason)}")
    return [*lines, *(f"- {say(step)}" for step in data.steps)]


def _owner(owner: str | None, say: Say) -> str:
    return f" ({owner or say.label('nobody')})" if say.lang == "en" else f"（{owner or say.label('nobody')}）"


FINDINGS: dict[type, Callable[[Any, Say], list[str]]] = {
    Peers: _peers, IndexNow: _index, ReefRows: _reefs, DriverRows: _drivers, AtStake: _money, Effects: _effects,
    FocusRows: _focus, Better: _better, Todo: _todo,
}

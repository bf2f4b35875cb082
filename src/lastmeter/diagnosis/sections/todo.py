"""What to do: the top causes, where they gather, and who answers for them."""

from __future__ import annotations

from datetime import date

import msgspec

from lastmeter.diagnosis import following
from lastmeter.diagnosis.focus import FocusItem
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.where import Gathering
from lastmeter.diagnosis.words import fill, flaws, named, percent, perfect_journeys, same
from lastmeter.journeys.grammar import Rule
from lastmeter.journeys.primitives import primitives
from lastmeter.kernel.titles import Title

_DIMENSIONS = {
    "place": Title("地点", "place"), "origin": Title("始发地", "origin"), "performer": Title("执行方", "performer"),
}


class Action(msgspec.Struct, frozen=True):
    """One thing to do; `reason` says how much it is about and where it gathers. `due`: by when, if somebody said so."""

    rule: str
    what: Title
    reason: Title
    post: str | None
    post_title: Title | None
    owner: str | None
    where: Gathering | None
    due: date | None = None


class Todo(Content, frozen=True, tag="todo"):
    """What to clear, the largest first, and then `steps`: what follows from the rest of a full brief."""

    rows: list[Action]
    steps: list[Title]


@section(100, Title("{next}要做的", "To do in {next}"))
def todo(study: Study) -> Todo | None:
    """The focus list (in a quick brief the top causes) as actions with their posts, and the steps around them."""
    rows = [_clear(item, study) for item in study.focus.items] if study.is_full and study.perfect.n else [
        _action(cause, study) for cause in study.top_causes
    ]
    return Todo(rows, following.steps(study) if study.is_full else []) if rows else None


def _clear(item: FocusItem, study: Study) -> Action:
    chosen = item.chosen
    cause = next((one for one in study.causes if one.rule == item.rule), None)
    what = same(chosen.action) if chosen and chosen.action else (
        fill(_remedy(cause), cause=item.title) if cause else fill(Title("清掉“{what}”", "Clear “{what}”"), what=item.title)
    )
    reason = fill(
        Title("约 {adds}；变化：{change}", "about {adds}; change: {change}"),
        adds=perfect_journeys(item.adds), change=item.change.text,
    )
    if chosen and chosen.action:
        reason = fill(Title("{what}：{reason}", "{what}: {reason}"), what=item.title, reason=reason)
    return Action(
        item.rule, what, reason, item.post, item.post_title, item.owner,
        study.gatherings.get(item.rule) if item.kind == "cause" else None, chosen.due if chosen else None,
    )


def _action(cause: Cause, study: Study) -> Action:
    where = study.gatherings.get(cause.rule)
    return Action(
        cause.rule, fill(_remedy(cause), cause=cause.title), _reason(cause, where),
        cause.post, cause.post_title, study.owner(cause.post), where,
    )


def _remedy(cause: Cause) -> Title:
    primitive = primitives().get(cause.primitive)
    return primitive.REMEDY if primitive and issubclass(primitive, Rule) else Rule.REMEDY


def _reason(cause: Cause, where: Gathering | None) -> Title:
    size = fill(
        Title("{flaws}，占 {share}", "{flaws}, {share} of all"),
        flaws=flaws(cause.count), share=percent(cause.share, 0),
    )
    if where is None:
        return size
    return fill(
        Title("{size}；{hits} 在{dimension} {key}，那里只有 {due} 的旅程",
              "{size}; {hits} of them at {dimension} {key}, which has {due} of the journeys"),
        size=size, hits=percent(where.hits_share, 0), dimension=_DIMENSIONS[where.dimension], key=named(where.key, where.title),
        due=percent(where.due_share, 0),
    )

"""What to do: the top causes, where they gather, and who answers for them."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.where import Gathering
from lastmeter.diagnosis.words import count, fill, named, percent
from lastmeter.journeys.grammar import Rule
from lastmeter.journeys.primitives import primitives
from lastmeter.kernel.titles import Title

_DIMENSIONS = {
    "place": Title("地区", "place"), "origin": Title("始发地", "origin"), "performer": Title("执行方", "performer"),
}


class Action(msgspec.Struct, frozen=True):
    """One thing to do; `reason` says how much it is about and where it gathers."""

    rule: str
    what: Title
    reason: Title
    post: str | None
    post_title: Title | None
    owner: str | None
    where: Gathering | None


class Todo(Content, frozen=True, tag="todo"):
    """At most three actions, most flaws first."""

    rows: list[Action]


@section(100, Title("{next}要做的", "To do in {next}"))
def todo(study: Study) -> Todo | None:
    """The top causes as actions with their posts."""
    rows = [_action(cause, study) for cause in study.top_causes]
    return Todo(rows) if rows else None


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
        Title("{count} 处，占 {share}", "{count} flaws, {share} of all"),
        count=count(cause.count), share=percent(cause.share, 0),
    )
    if where is None:
        return size
    return fill(
        Title("{size}；{hits} 在{dimension} {key}，那里只有 {due} 的旅程",
              "{size}; {hits} of them at {dimension} {key}, which has {due} of the journeys"),
        size=size, hits=percent(where.hits_share, 0), dimension=_DIMENSIONS[where.dimension], key=named(where.key, where.title),
        due=percent(where.due_share, 0),
    )

"""What no single section shows: whether journeys of a blueprint can end, and whether its links lead anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lastmeter.journeys.graph import reached
from lastmeter.journeys.primitives.ending import STATES, Ending
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.sections import Head, Step
from lastmeter.kernel.titles import Title


class Unsound(NamedTuple):
    """One contradiction: at which path of keys, its code, what is wrong, and how to mend it."""

    where: tuple[str | int, ...]
    code: str
    said: Title
    hint: Title


def unsound(
    head: Head, steps: Sequence[Step], endings: Mapping[int, Ending], links: Mapping[int, Link]
) -> Iterator[Unsound]:
    """Everything that keeps its journeys from ending; `endings` and `links` by their number in the file."""
    if not endings and head.slice is None:
        yield Unsound(
            ("journey",), "ending_missing",
            Title("没有 [[ending]]，旅程永远不会结束。", "There is no [[ending]], so no journey ever ends."),
            Title('加一节 [[ending]]，写 state = "completed" 和完成时的 step。',
                  'Add an [[ending]] with state = "completed" and the step that completes it.'))
    yield from _hidden(steps, endings)
    yield from _circles(links, {one.step for one in endings.values()})


def _hidden(steps: Sequence[Step], endings: Mapping[int, Ending]) -> Iterator[Unsound]:
    """Endings that never hold, because whatever reaches them reaches a stronger one, too."""
    events = {step.code: set(step.event) for step in steps}
    for number, one in endings.items():
        stronger = [other for other in endings.values() if STATES.index(other.state) < STATES.index(one.state)]
        taken = set().union(*(events.get(other.step, set()) for other in stronger))
        if one.step in events and events[one.step] <= taken:
            state = next(other.state for other in stronger if events.get(other.step, set()) & events[one.step])
            yield Unsound(
                ("ending", number, "step"), "ending_hidden",
                Title(f"旅程永远不会“{one.state}”：到达“{one.step}”的事件同时使它“{state}”，而后者优先。",
                      f"No journey is ever “{one.state}”: what reaches “{one.step}” also makes it “{state}”, which wins."),
                Title("给两个结局不同的事件。", "Give the two endings different events."))


def _circles(links: Mapping[int, Link], ends: set[str]) -> Iterator[Unsound]:
    """Links from a step to itself, and circles of links from which no ending can be reached."""
    leads: dict[str, set[str]] = {}
    for link in links.values():
        leads.setdefault(link.from_step, set()).add(link.to_step)
    before: dict[str, set[str]] = {}
    for number, link in links.items():
        if link.from_step == link.to_step:
            yield Unsound(
                ("link", number, "to"), "link_same_step",
                Title("链路的两端是同一个环节。", "The link leads from a step to itself."),
                Title("“from”和“to”写两个不同的环节。", "Name two different steps in “from” and “to”."))
        elif link.from_step in reached(before, link.to_step) and not reached(leads, link.to_step) & ends:
            yield Unsound(
                ("link", number, "to"), "link_circle",
                Title(f"链路绕成了圈，从“{link.to_step}”走不到任何结局。",
                      f"The links form a circle: from “{link.to_step}” none of them leads to an ending."),
                Title("改掉这条链路，或加一条通向结局环节的链路。", "Change this link, or add one that leads to the step of an ending."))
        before.setdefault(link.from_step, set()).add(link.to_step)

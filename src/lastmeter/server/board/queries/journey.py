"""One journey as a colleague reads it in ten seconds: the answer first, then what happened, what broke, what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.diagnosis import words
from lastmeter.diagnosis.naming import value_title
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.diagnosis.words import duration, fill, limit, same
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.journeys.primitives.required import Required
from lastmeter.kernel.titles import Title
from lastmeter.server.board.queries.journey_events import items_of, proved
from lastmeter.server.board.queries.journey_known import (
    Between,
    Item,
    Known,
    Past,
    Proved,
    Said,
    moment,
    over,
    seconds_between,
    taken,
    told,
)
from lastmeter.server.board.queries.states import STATES, due_of
from lastmeter.server.company import find
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, demand, reach_of
from lastmeter.workspace import Workspace
from lastmeter.workspace.timeline import unknown

BROKEN = ("late", "overdue")
WAITED = ("open", "overdue")


@dataclass(frozen=True, slots=True)
class Answer:
    """The one-screen answer: where it is, when it arrives, who acts next, what was promised."""

    where: Title
    arrival: Title
    post: str | None
    next: Title
    promised: Title
    late: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows."""

    known: Known
    sentence: Title
    clause: Title | None
    why: Title | None
    answer: Answer
    items: list[Item]
    flaws: list[Proved]
    about: list[tuple[str, Title, str, Title]] = field(default_factory=list)

    @property
    def broke(self) -> Title:
        """How many flaws there are, of how many posts."""
        posts = len({flaw.post for flaw in self.flaws if flaw.post})
        if not self.flaws:
            return Title("没有瑕疵", "No flaw")
        of = Title("{flaws}，1 个岗位", "{flaws}, 1 post") if posts == 1 else Title("{flaws}，{posts} 个岗位", "{flaws}, {posts} posts")
        return fill(of, flaws=words.flaws(len(self.flaws)), posts=posts)

    @property
    def is_whole(self) -> bool:
        """Whether the clause says that nothing broke."""
        return self.clause == WITHOUT

    @property
    def state(self) -> Title:
        """The state in words."""
        return STATES[self.known.view.journey["state"]]


def page_of(person: Person, kind: str, journey_id: str) -> Page:
    """The page of one journey.

    Raises:
        LastMeterError: `people.not_allowed`, `journey.kind_unknown`, `journey.unknown`, also where it lies beyond the person's reach.
    """
    demand(person, "see.journeys")
    reach = reach_of(person)
    known = find(("journey", kind, journey_id, reach), lambda ws: known_of(ws, kind, journey_id, reach)).value
    row = known.view.journey
    if not reach.covers([row["brand"]], [row["performer"]]):
        raise unknown(journey_id)
    return make_page(known)


def known_of(ws: Workspace, kind: str, journey_id: str, reach: Reach) -> Known:
    """What is known of one journey, with as much of its customer's past as lies within reach.

    Raises:
        LastMeterError: `journey.kind_unknown`, `journey.unknown`.
    """
    view = ws.journey(journey_id, kind=kind)
    facts = ws.facts(kind)
    blueprint = facts.blueprints[kind]
    steps = {step.code: step.title for step in blueprint.steps}
    return Known(
        view=view, at=facts.at, said=_said(ws, facts, view.journey), past=_past(reach.narrow(facts), view.journey["customer"]),
        between={
            rule.code: Between(steps.get(rule.after or ""), steps.get(rule.before or "")) for rule in blueprint.of(Required)
        },
        step_order={step.code: place for place, step in enumerate(blueprint.steps)},
        step_events={event: step.code for step in blueprint.steps for event in step.event}, names=ws.all_names(),
    )


def _said(ws: Workspace, facts: Facts, row: Mapping[str, Any]) -> dict[str, Said]:
    frame = facts.feedback.filter(nw.col("journey_id") == row["journey_id"])
    if row["due_on"] is not None:
        frame = frame.filter(nw.col("due_on") == nw.lit(row["due_on"]))
    found = frame.collect(backend="pyarrow").to_native().to_pylist()
    texts = ws.journal.reveal([each["said"] for each in found if each["said"]])
    return {
        each["event_id"]: Said(each["event_id"], each["score"], each["scale"], texts.get(each["said"] or ""), bool(each["solicited"]))
        for each in found
    }


def _past(facts: Facts, customer: str | None) -> Past | None:
    if customer is None:
        return None
    flag = nw.col("counted").cast(nw.Int64)
    perfect = nw.when(nw.col("counted") & nw.col("perfect")).then(nw.lit(1)).otherwise(nw.lit(0))
    row = facts.journeys.filter(nw.col("customer") == customer).select(
        n=nw.len(), counted=flag.sum(), perfect=perfect.sum()
    ).collect(backend="pyarrow").to_native().to_pylist()[0]
    return Past(int(row["n"]), int(row["counted"] or 0), int(row["perfect"] or 0))


def make_page(known: Known) -> Page:
    """The page, from what is known; a pure function of it."""
    flaws = [proved(known, row) for row in known.view.flaws]
    sentence, clause = _sentence(known, flaws)
    return Page(
        known=known, sentence=sentence, clause=clause, why=_why(known), answer=_answer(known),
        items=items_of(known, flaws), flaws=flaws, about=_about(known),
    )


# The sentence and the answer


def _sentence(known: Known, flaws: list[Proved]) -> tuple[Title, Title | None]:
    """What happened, and the clause that hurts."""
    row = known.view.journey
    ours = [flaw for flaw in flaws if not flaw.solicited]
    clause = None
    if ours:
        clause = Title("有 1 处瑕疵", "with 1 flaw") if len(ours) == 1 else fill(
            Title("有 {n} 处瑕疵", "with {n} flaws"), n=len(ours))
    took = duration(row["duration_seconds"])
    late = duration(row["promise_excess_seconds"])
    match row["state"], row["promise"]:
        case "completed", "missed":
            return fill(Title("比承诺晚了 {late}", "Arrived {late} after the promise"), late=late), clause
        case "completed", "kept":
            return fill(Title("按承诺完成，用了 {took}", "Done within the promise, in {took}"), took=took), clause or WITHOUT
        case "completed", _ if row["duration_seconds"] is None:
            return _capital(STATES["completed"]), clause or WITHOUT
        case "completed", _:
            return fill(Title("已完成，用了 {took}", "Done in {took}"), took=took), clause or WITHOUT
        case "open", "missed":
            return fill(Title("已比承诺晚了 {late}，还没有到", "{late} past the promise and not there yet"), late=late), clause
        case "open", "open":
            return fill(Title("还在路上，承诺 {due}", "On its way, promised for {due}"), due=told(due_of(row))), clause
        case "open", _:
            return Title("还在进行", "Still under way"), clause
        case "unstarted", _:
            return Title("还没有开始", "Not started yet"), clause
        case state, _:
            return fill(Title("{state}，开始后 {after}", "{state}, {after} after it began"), state=_capital(STATES[state]),
                        after=duration(seconds_between(row["started_at"], row["ended_at"]))), clause


WITHOUT = Title("没有瑕疵", "without a flaw")


def _capital(title: Title) -> Title:
    return Title(title.zh, title.en[:1].upper() + title.en[1:])


def _why(known: Known) -> Title | None:
    """The link that took most beyond its limit."""
    rows = [row for row in known.view.links if row["outcome"] in BROKEN and row["limit_seconds"]]
    worst = max(rows, key=lambda row: over(known, row) or 0.0, default=None)
    if worst is None:
        return None
    return fill(
        Title("“{link}”用了 {took}，时限 {limit}。", "“{link}” took {took}; its limit is {limit}."),
        link=known.view.rule_titles.get(worst["link"], same(worst["link"])), took=duration(taken(known, worst)),
        limit=limit(worst["limit_seconds"], worst["limit_unit"]),
    )


def parts(known: Known) -> list[dict[str, Any]]:
    """The links that make up the way, in order of time: those that enclose others are left out."""
    spans = {link["link"]: (known.step_order.get(link["from_step"], 0), known.step_order.get(link["to_step"], 0))
             for link in known.view.links}
    outer = {
        name for name, (start, end) in spans.items() for other, (first, last) in spans.items()
        if other != name and start <= first < last <= end and (start, end) != (first, last)
    }
    return sorted((link for link in known.view.links if link["link"] not in outer), key=lambda link: str(link["from_at"]))


def _answer(known: Known) -> Answer:
    view, row = known.view, known.view.journey
    reached = [event for event in view.events if event.type in known.step_events and event.occurred_at is not None]
    last = max(reached, key=lambda event: (str(event.occurred_at), known.step_order[known.step_events[event.type]]), default=None)
    where = (NOWHERE if known.step_order else STEPLESS) if last is None else fill(
        Title("{step}，{at}", "{step}, {at}"), step=view.step_titles[known.step_events[last.type]], at=moment(last.occurred_at))
    waiting = next((link for link in view.links if link["outcome"] in WAITED), None) if row["state"] == "open" else None
    promised = NO_PROMISE if row["promise"] == "none" or row["due_at"] is None else told(due_of(row))
    return Answer(
        where=where, arrival=_arrival(row), post=waiting["post"] if waiting else None, next=_next(known, waiting),
        promised=promised, late=row["promise"] == "missed",
    )


NOWHERE = Title("还没有记录", "nothing recorded yet")
STEPLESS = Title("不分环节，按周期判定", "no steps: it is judged period by period")
NO_PROMISE = Title("没有承诺时间", "no promise was made")


def _arrival(row: Mapping[str, Any]) -> Title:
    if row["fulfilled_at"] is not None:
        return moment(row["fulfilled_at"])
    if row["state"] == "completed" and row["ended_at"] is not None:
        return moment(row["ended_at"])
    if row["state"] != "open":
        return Title("不再到达", "it will not arrive")
    if row["promise"] == "missed":
        return fill(Title("未知，承诺已过 {late}", "unknown; the promise passed {late} ago"), late=duration(row["promise_excess_seconds"]))
    return NO_PROMISE if row["promise"] == "none" or row["due_at"] is None else fill(
        Title("承诺 {due}前", "by {due}, as promised"), due=told(due_of(row)))


def _next(known: Known, link: Mapping[str, Any] | None) -> Title:
    if link is None:
        state = known.view.journey["state"]
        if state in {"open", "unstarted"}:
            return Title("等下一环节", "the next step")
        return Title("没有，旅程已结束", "nobody: the journey has ended")
    step = known.view.step_titles.get(link["to_step"], same(link["to_step"]))
    late = over(known, link) if link["outcome"] == "overdue" else None
    if late is not None and link["limit_unit"] not in ("working_hours", "working_days"):
        return fill(Title("{step}，已超 {over}", "{step}, {over} over"), step=step, over=duration(late))
    until = _until(link)
    if until is not None:
        return fill(Title("{step}，{until}前", "{step}, by {until}"), step=step, until=moment(until))
    return step


def _until(link: Mapping[str, Any]) -> datetime | None:
    """When a limit in hours runs out."""
    if link["from_at"] is None or link["limit_seconds"] is None or link["limit_unit"] in ("days", "working_hours", "working_days"):
        return None
    return link["from_at"] + timedelta(seconds=link["limit_seconds"])  # type: ignore[no-any-return]


def _about(known: Known) -> list[tuple[str, Title, str, Title]]:
    """The journey's dimensions: name, title, code, what the code is called."""
    row = known.view.journey
    return [
        (name, DIMENSION_TITLES[name], row[name], words.named(row[name], value_title(known.names, name, row[name])))
        for name in DIMENSIONS if row[name] is not None
    ]

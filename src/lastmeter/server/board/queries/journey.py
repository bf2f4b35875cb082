"""One journey as a colleague reads it in ten seconds: the answer first, then what happened, what broke, what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from django.conf import settings

from lastmeter.diagnosis import words
from lastmeter.diagnosis.naming import value_title
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.diagnosis.words import duration, fill, limit, same
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.journeys.primitives.required import Required
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server.board.queries.states import STATES, due_of
from lastmeter.server.company import find
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, demand, reach_of
from lastmeter.server.people.queries import today
from lastmeter.workspace import Workspace
from lastmeter.workspace.timeline import JourneyView, TimelineEvent

BROKEN = ("late", "overdue")
WAITED = ("open", "overdue")


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer said: `text` redacted, None where there were no words or they were erased."""

    event_id: str
    score: float | None
    scale: float | None
    text: str | None
    solicited: bool


@dataclass(frozen=True, slots=True)
class Past:
    """The customer's journeys within reach, this one included."""

    journeys: int
    counted: int
    perfect: int


@dataclass(frozen=True, slots=True)
class Between:
    """Between which steps a required act must occur."""

    after: Title | None
    before: Title | None


@dataclass(frozen=True, slots=True)
class Known:
    """All that the page is made from, kept until the facts change."""

    view: JourneyView
    at: datetime
    said: dict[str, Said]
    past: Past | None
    between: dict[str, Between]
    step_order: dict[str, int]
    step_events: dict[str, str]
    names: dict[str, dict[str, Title]]


@dataclass(frozen=True, slots=True)
class Proved:
    """A flaw with what proves it."""

    id: str
    rule: str
    title: Title
    primitive: str
    post: str | None
    post_title: Title | None
    at: datetime | None
    proof: Title
    solicited: bool
    link: str | None
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the timeline. form: event, ok (an ending or the start), say, flaw, or gap (a link that broke its limit).

    `day` is set where the local date changes. flaws: those that stand at this line.
    """

    form: str
    at: datetime | None
    title: Title | None
    day: Title | None = None
    clock: str = ""
    detail: tuple[Title, ...] = ()
    said: Said | None = None
    flaws: tuple[Proved, ...] = ()
    note: Title | None = None


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
        LastMeterError: `journey.unknown`, `journey.kind_unknown`, `people.not_allowed`.
    """
    reach = reach_of(person)
    known = find(("journey", kind, journey_id, reach), lambda ws: _known(ws, kind, journey_id, reach)).value
    row = known.view.journey
    demand(person, "see.journeys", brands=[row["brand"]], performers=[row["performer"]])
    return make_page(known)


def _known(ws: Workspace, kind: str, journey_id: str, reach: Reach) -> Known:
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
    flaws = [_proved(known, row) for row in known.view.flaws]
    sentence, clause = _sentence(known, flaws)
    return Page(
        known=known, sentence=sentence, clause=clause, why=_why(known), answer=_answer(known),
        items=_items(known, flaws), flaws=flaws, about=_about(known),
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
                        after=duration(_seconds(row["started_at"], row["ended_at"]))), clause


WITHOUT = Title("没有瑕疵", "without a flaw")


def _capital(title: Title) -> Title:
    return Title(title.zh, title.en[:1].upper() + title.en[1:])


def _seconds(first: datetime | None, last: datetime | None) -> float | None:
    return None if first is None or last is None else (last - first).total_seconds()


def _why(known: Known) -> Title | None:
    """The link that took most beyond its limit."""
    rows = [row for row in known.view.links if row["outcome"] in BROKEN and row["limit_seconds"]]
    worst = max(rows, key=lambda row: over(known, row) or 0.0, default=None)
    if worst is None:
        return None
    return fill(
        Title("“{link}”用了 {took}，时限 {limit}。", "“{link}” took {took}; its limit is {limit}."),
        link=known.view.rule_titles.get(worst["link"], same(worst["link"])), took=duration(_taken(known, worst)),
        limit=limit(worst["limit_seconds"], worst["limit_unit"]),
    )


def _taken(known: Known, row: Mapping[str, Any]) -> float | None:
    """Seconds that a link took, or has taken so far."""
    seconds: float | None = row["seconds"]
    return seconds if seconds is not None else _seconds(row["from_at"], known.at)


def over(known: Known, row: Mapping[str, Any]) -> float | None:
    """Seconds beyond the limit; of a link that is still waited for, up to the facts' time where its limit is elapsed time."""
    if row["excess_seconds"] is not None:
        return float(row["excess_seconds"])
    taken = _taken(known, row)
    return None if taken is None or row["limit_seconds"] is None else max(taken - row["limit_seconds"], 0.0)


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
    where = NOWHERE if last is None else fill(
        Title("{step}，{at}", "{step}, {at}"), step=view.step_titles[known.step_events[last.type]], at=moment(last.occurred_at))
    waiting = next((link for link in view.links if link["outcome"] in WAITED), None) if row["state"] == "open" else None
    promised = NO_PROMISE if row["promise"] == "none" or row["due_at"] is None else told(due_of(row))
    return Answer(
        where=where, arrival=_arrival(row), post=waiting["post"] if waiting else None, next=_next(known, waiting),
        promised=promised, late=row["promise"] == "missed",
    )


NOWHERE = Title("还没有记录", "nothing recorded yet")
NO_PROMISE = Title("没有承诺时间", "no promise was made")


def _arrival(row: Mapping[str, Any]) -> Title:
    if row["fulfilled_at"] is not None:
        return moment(row["fulfilled_at"])
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


# What happened


def _items(known: Known, flaws: list[Proved]) -> list[Item]:
    """Events in order, the gaps that broke a limit before the event that ended them, flaws where they belong."""
    at_event: dict[str, list[Proved]] = {}
    gaps: dict[str, list[Proved]] = {}
    alone: list[Proved] = []
    ends = {row["link"]: row for row in known.view.links}
    shown = {event.id for event in known.view.events}
    by_time = {(known.step_events.get(event.type), event.occurred_at): event.id for event in known.view.events}
    for flaw in flaws:
        row = ends.get(flaw.link or "")
        if flaw.primitive == "link" and row is not None:
            end = by_time.get((row["to_step"], row["to_at"]), "") if row["to_at"] else ""
            gaps.setdefault(end, []).append(flaw)
        elif flaw.event_id in shown:
            at_event.setdefault(str(flaw.event_id), []).append(flaw)
        else:
            alone.append(flaw)
    lines = [_event_item(known, event, at_event.get(event.id, [])) for event in known.view.events]
    ordered: list[Item] = []
    waiting = sorted(alone, key=lambda flaw: (flaw.at is None, str(flaw.at)))
    for event, line in zip(known.view.events, lines, strict=True):
        while waiting and waiting[0].at and event.occurred_at and waiting[0].at < event.occurred_at:
            ordered.append(_flaw_item(waiting.pop(0)))
        ordered += [_gap_item(known, flaw) for flaw in gaps.get(event.id, [])]
        ordered.append(line)
    ordered += [_flaw_item(flaw) for flaw in waiting] + [_gap_item(known, flaw) for flaw in gaps.get("", [])]
    return _dated(ordered)


def _event_item(known: Known, event: TimelineEvent, flaws: list[Proved]) -> Item:
    said = known.said.get(event.id)
    step = known.step_events.get(event.type)
    first_or_last = step is not None and event.occurred_at in (
        known.view.journey["started_at"], known.view.journey["ended_at"])
    form = "say" if said else "flaw" if flaws else "ok" if first_or_last else "event"
    detail = [
        words.named(code, title) for code, title in ((event.place, event.place_title), (event.performer, event.performer_title))
        if code is not None
    ]
    title = event.title
    if said:
        title = Title("顾客评价", "The customer answered") if said.solicited else Title("顾客说", "The customer said")
    return Item(form, event.occurred_at, title, detail=tuple(detail), said=said, flaws=tuple(flaws))


def _gap_item(known: Known, flaw: Proved) -> Item:
    row = next(row for row in known.view.links if row["link"] == flaw.link)
    note = fill(Title("{took}，时限 {limit}", "{took}, limit {limit}"), took=duration(_taken(known, row), row["limit_unit"]),
                limit=limit(row["limit_seconds"], row["limit_unit"]))
    return Item("gap", None, None, flaws=(flaw,), note=note)


def _flaw_item(flaw: Proved) -> Item:
    return Item("flaw", flaw.at, flaw.title, flaws=(flaw,), note=flaw.proof)


def _dated(items: list[Item]) -> list[Item]:
    """The same lines with their local clock, and the date where it changes."""
    zone = zone_named(settings.COMPANY.company.zone)
    shown: date | None = None
    year = today().year
    dated = []
    for item in items:
        if item.at is None:
            dated.append(item)
            continue
        local = local_of_utc(item.at, zone)
        on = local.date()
        day = None if on == shown else words.day(on) if on.year == year else words.full_day(on)
        shown, year = on, on.year
        dated.append(Item(item.form, item.at, item.title, day, f"{local:%H:%M}", item.detail, item.said, item.flaws, item.note))
    return dated


# What broke


def _proved(known: Known, row: Mapping[str, Any]) -> Proved:
    view = known.view
    event = next((one for one in view.events if one.id == row["occurrence"]), None) or next(
        (one for one in view.events if row["primitive"] in EVENT_PROVES and one.occurred_at == row["occurred_at"]), None)
    said = known.said.get(event.id) if event else None
    return Proved(
        id=row["flaw_id"], rule=row["rule"], title=view.rule_titles.get(row["rule"], same(row["rule"])), primitive=row["primitive"],
        post=row["post"], post_title=view.post_titles.get(row["post"], same(row["post"])) if row["post"] else None,
        at=row["occurred_at"], proof=_proof(known, row, event, said), solicited=bool(said and said.solicited),
        link=row["link"] or (row["rule"] if row["primitive"] == "link" else None), event_id=event.id if event else None,
    )


EVENT_PROVES = ("forbidden", "feedback", "exclusive", "order", "evidence", "price")


def _proof(known: Known, row: Mapping[str, Any], event: TimelineEvent | None, said: Said | None) -> Title:
    """Which events prove a flaw, in words."""
    journey, steps = known.view.journey, known.view.step_titles
    match row["primitive"]:
        case "link":
            link = next((one for one in known.view.links if one["link"] in (row["link"], row["rule"])), None)
            if link is not None:
                start, end = steps.get(link["from_step"], same(link["from_step"])), steps.get(link["to_step"], same(link["to_step"]))
                text = (Title("{start} {from_at}，{end} {to_at}", "{start} {from_at}, {end} {to_at}") if link["to_at"]
                        else Title("{start} {from_at}，之后还没有{end}", "{start} {from_at}, and not yet {end}"))
                return fill(text, start=start, end=end, from_at=moment(link["from_at"]), to_at=moment(link["to_at"]))
        case "promise":
            text = (Title("承诺 {due}，实到 {at}", "promised {due}, arrived {at}") if journey["fulfilled_at"]
                    else Title("承诺 {due}，还没有到", "promised {due}, not there yet"))
            return fill(text, due=told(due_of(journey)), at=moment(journey["fulfilled_at"]))
        case "required":
            between = known.between.get(row["rule"], Between(None, None))
            if between.after and between.before:
                return fill(Title("“{after}”与“{before}”之间没有记录", "nothing recorded between “{after}” and “{before}”"),
                            after=between.after, before=between.before)
            if between.before:
                return fill(Title("“{before}”之前没有记录", "nothing recorded before “{before}”"), before=between.before)
            return Title("没有记录", "nothing recorded")
    if said is not None and said.score is not None:
        return fill(Title("{at} 打了 {score} 分，满分 {scale}", "scored {score} of {scale} on {at}"), at=moment(row["occurred_at"]),
                    score=f"{said.score:g}", scale=f"{said.scale:g}" if said.scale is not None else words.DASH)
    if event is not None:
        return fill(Title("{event}，{at}", "{event}, {at}"), event=event.title, at=moment(event.occurred_at))
    return moment(row["occurred_at"])


def _about(known: Known) -> list[tuple[str, Title, str, Title]]:
    """The journey's dimensions: name, title, code, what the code is called."""
    row = known.view.journey
    return [
        (name, DIMENSION_TITLES[name], row[name], words.named(row[name], value_title(known.names, name, row[name])))
        for name in DIMENSIONS if row[name] is not None
    ]


# Times in words


def moment(at: datetime | None) -> Title:
    """22 Oct 20:40 in the company's zone; with its year where that is not this one."""
    if at is None:
        return same(words.DASH)
    local = local_of_utc(at, zone_named(settings.COMPANY.company.zone))
    day = _day(local.date())
    return Title(f"{day.zh} {local:%H:%M}", f"{day.en} {local:%H:%M}")


def told(due: datetime | date | None) -> Title:
    """A due day, or instant, in words."""
    return _day(due) if isinstance(due, date) and not isinstance(due, datetime) else moment(due)


def _day(on: date) -> Title:
    return words.day(on) if on.year == today().year else words.full_day(on)

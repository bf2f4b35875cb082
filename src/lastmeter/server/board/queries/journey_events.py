"""The timeline of a journey: what happened in order, the gaps that broke a limit, each flaw with what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings

from lastmeter.diagnosis import words
from lastmeter.diagnosis.words import duration, fill, limit, same
from lastmeter.journeys.related import DESCRIBED
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server.board.queries.journey_known import Between, Item, Known, Proved, Said, moment, taken, told
from lastmeter.server.board.queries.states import due_of
from lastmeter.server.people.queries import today
from lastmeter.workspace.timeline import TimelineEvent


def items_of(known: Known, flaws: list[Proved]) -> list[Item]:
    """Events in order, the gaps that broke a limit before the event that ended them, flaws where they belong.

    What only describes the object did not happen at any time and is left out.
    """
    events = [event for event in known.view.events if event.type != DESCRIBED]
    at_event: dict[str, list[Proved]] = {}
    gaps: dict[str, list[Proved]] = {}
    alone: list[Proved] = []
    ends = {row["link"]: row for row in known.view.links}
    shown = {event.id for event in events}
    by_time = {(known.step_events.get(event.type), event.occurred_at): event.id for event in events}
    for flaw in flaws:
        row = ends.get(flaw.link or "")
        if flaw.primitive == "link" and row is not None:
            end = by_time.get((row["to_step"], row["to_at"]), "") if row["to_at"] else ""
            gaps.setdefault(end, []).append(flaw)
        elif flaw.event_id in shown:
            at_event.setdefault(str(flaw.event_id), []).append(flaw)
        else:
            alone.append(flaw)
    ordered: list[Item] = []
    waiting = sorted(alone, key=lambda flaw: (flaw.at is None, str(flaw.at)))
    for event in events:
        while waiting and waiting[0].at and event.occurred_at and waiting[0].at < event.occurred_at:
            ordered.append(_flaw_item(waiting.pop(0)))
        ordered += [_gap_item(known, flaw) for flaw in gaps.get(event.id, [])]
        ordered.append(_event_item(known, event, at_event.get(event.id, [])))
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
    detail = list(dict.fromkeys(detail))  # a warehouse is where it happened and who did it
    title = event.title
    if said:
        title = Title("顾客评价", "The customer answered") if said.solicited else Title("顾客说", "The customer said")
    return Item(form, event.occurred_at, title, detail=tuple(detail), said=said, flaws=tuple(flaws))


def _gap_item(known: Known, flaw: Proved) -> Item:
    row = next(row for row in known.view.links if row["link"] == flaw.link)
    note = fill(Title("{took}，时限 {limit}", "{took}, limit {limit}"), took=duration(taken(known, row), row["limit_unit"]),
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


def proved(known: Known, row: Mapping[str, Any]) -> Proved:
    """A row of the flaws with its title, its post and the events that prove it."""
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

"""The naive reading of a whole journey: what every fact row must say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.feedback import Feedback
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.primitives.promise import Promise
from tests.journeys.oracle import (
    count,
    cover,
    evidence,
    exclusive,
    occurring,
    order,
    price,
    promise,
    recurrence,
    required,
)
from tests.journeys.oracle import link as links
from tests.journeys.oracle.occurrence import BEFORE_ALL, Verdict, World, days, passed, seconds_between, step
from tests.journeys.oracle.slices import SliceEvents, SliceOfObject, followed, journey_ended, slices

DIMENSIONS = ("place", "performer", "product", "channel", "brand", "origin", "customer")


def read_all(blueprints: Sequence[Blueprint], world: World) -> dict[str, list[dict[str, Any]]]:
    """Rows of the four tables, of one kind of journey."""
    kind = blueprints[0].object_type
    ids = sorted({one.id for event in world.events for one in event.objects if one.type == kind})
    rows: dict[str, list[dict[str, Any]]] = {"journeys": [], "links": [], "flaws": [], "feedback": []}
    for journey_id in ids:
        every = [event for event in world.events if any((one.type, one.id) == (kind, journey_id) for one in event.objects)]
        parts: list[SliceOfObject | None] = [None]
        if blueprints[0].slice:
            parts = list(slices(blueprints, journey_id, every, world))
        for part in parts:
            for table, found in _Journey(journey_id, every, blueprints, world, part).rows().items():
                rows[table] += found
    return rows


def version_of(blueprints: Sequence[Blueprint], events: Sequence[Event]) -> Blueprint:
    """By the start the newest not after it; the oldest for earlier starts, the newest where no start is dated."""
    ordered = sorted(blueprints, key=lambda one: one.effective_from)
    starts = [(one, step(one, events, str(one.start))) for one in ordered]
    dated = [(one, start.local_on) for one, start in starts if start is not None and start.local_on is not None]
    if not dated:
        return ordered[-1]
    return ([one for one, on in dated if on >= one.effective_from] or [ordered[0]])[-1]


def version_on(blueprints: Sequence[Blueprint], day: date) -> Blueprint:
    """The newest version not after a day, or the oldest."""
    ordered = sorted(blueprints, key=lambda one: one.effective_from)
    return ([one for one in ordered if day >= one.effective_from] or [ordered[0]])[-1]


class _Journey:
    def __init__(
        self, object_id: str, every: list[Event], blueprints: Sequence[Blueprint], world: World, part: SliceOfObject | None
    ) -> None:
        self.object_id, self.every, self.world, self.part = object_id, every, world, part
        self.id = part.journey_id if part else object_id
        self.all = part.own if part else every
        self.events = [event for event in self.all if event in world.past()]
        self.blueprint = version_on(blueprints, part.period.first) if part else version_of(blueprints, self.events)
        if part:
            self.events = SliceEvents(self.events, part)
        self.verdicts = {rule.code: (rule, self.judge(rule)) for rule in self.blueprint.breakable if self.observed(rule)}
        self.ended = journey_ended(self.blueprint, self.events)
        self.started: Any = part.started if part else step(self.blueprint, self.events, str(self.blueprint.start))
        self.due_by, self.due = self._due()

    def judge(self, rule: Any) -> Verdict:
        judges: dict[str, Callable[..., Verdict]] = {
            "link": links.judge, "promise": promise.judge, "required": required.judge, "feedback": occurring.judge,
            "forbidden": cover.judge if getattr(rule, "without", None) else occurring.judge, "evidence": evidence.judge,
            "count": count.judge, "recurrence": recurrence.judge, "order": order.judge, "exclusive": exclusive.judge,
            "price": price.judge,
        }
        return judges[rule.TABLE](rule, self.blueprint, self.events, self.world)

    def observed(self, rule: Any) -> bool:
        return all(self.world.declared(group) for group in rule.needed(self.blueprint))

    def _due(self) -> tuple[str | None, Verdict | None]:
        promised = [(code, one) for code, (rule, one) in self.verdicts.items() if isinstance(rule, Promise) and one.due_at]
        if promised:
            return promised[0]
        if self.part:
            horizon = self.world.horizon(sorted(self.blueprint.event_types()))
            return self.part.grain, Verdict(None, due_at=self.part.ends, due_on=self.part.period.last, horizon=horizon)
        limits = [(code, one) for code, (rule, one) in self.verdicts.items() if isinstance(rule, Link) and one.due_at]
        return max(enumerate(limits), key=lambda item: (item[1][1].due_at, item[0]))[1] if limits else (None, None)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        cohort = self.cohort()
        journey = cohort | self.journey(cohort)
        return {"journeys": [journey], "links": [cohort | row for row in self.links()],
                "flaws": [cohort | row for row in self.flaws()],
                "feedback": [cohort | row for row in self.feedback(journey)]}

    def cohort(self) -> dict[str, Any]:
        due = self.due
        on = due.due_on if due else None
        row: dict[str, Any] = {
            "journey_kind": self.blueprint.kind, "journey_id": self.id, "due_on": on,
            "due_month": f"{on:%Y-%m}" if on else None, "due_week": f"{on:%G-W%V}" if on else None,
            "counted": bool(self.started and due and passed(due.due_at, due.horizon)
                            and not (self.ended and self.ended.state == "cancelled")),
        }
        row |= {name: self.dimension(name) for name in DIMENSIONS}
        return row | {"cluster": row["performer"] or row["place"]}

    def dimension(self, name: str) -> str | None:
        one = next((one for one in self.blueprint.dimensions if one.name == name), None)
        if one is None:
            return None
        if one.step:
            event = step(self.blueprint, self.events, one.step)
            column = str(one.column)
            value = (getattr(event, column, None) or event.attributes.get(column)) if event else None
            return None if value is None else str(value)
        kind = str(one.object_type)
        named = [other.id for event in self.every for other in event.objects if other.type == kind]
        held = self.object_id if kind == self.blueprint.object_type else min(named, default=None)
        return held if not one.fact else self.described(kind, held, one.attribute, one.related)

    def described(self, kind: str, name: str | None, attribute: str | None, related: str | None) -> str | None:
        told = [event for event in self.world.past() if event.type == "object.described"
                and (event.objects[0].type, event.objects[0].id) == (kind, name)]
        if related:
            return min((one.id for event in told for one in event.objects[1:] if one.type == related), default=None)
        said = [event for event in told if event.attributes.get(str(attribute)) is not None]
        final = max(said, default=None, key=lambda event: (event.occurred_at or BEFORE_ALL, event.id, event.source))
        return None if final is None else str(final.attributes[str(attribute)])

    def journey(self, cohort: dict[str, Any]) -> dict[str, Any]:
        setter, verdict = self.verdicts.get(str(self.due_by), (None, None))
        lead = verdict if isinstance(setter, Promise) else None
        outcome = lead.outcome if lead else "none"
        fulfilled = self.fulfilled()
        flaws = sum(len(verdict.flaws) for _, verdict in self.verdicts.values())
        solicited = sum(len(verdict.flaws) for rule, verdict in self.verdicts.values()
                        if isinstance(rule, Feedback) and rule.solicited)
        months = sorted(event.month for event in self.all if event.occurred_at)
        state, next_due = self.state()
        value, currency = self.value()
        return {
            "blueprint_version": self.blueprint.version, "blueprint_digest": self.blueprint.digest, "state": state,
            "started_at": self.started and self.started.occurred_at, "started_on": self.started and self.started.local_on,
            "started_month": f"{self.started.local_on:%Y-%m}" if self.started and self.started.local_on else None,
            "ended_at": self.ended and self.ended.event.occurred_at, "ended_on": self.ended and self.ended.event.local_on,
            "due_at": self.due.due_at if self.due else None, "due_by": self.due_by, "promise": outcome,
            "fulfilled_at": fulfilled and fulfilled.occurred_at, "fulfilled_on": fulfilled and fulfilled.local_on,
            "fulfilled_month": f"{fulfilled.local_on:%Y-%m}" if fulfilled and fulfilled.local_on else None,
            "arrived_late": {"missed": True, "kept": False}.get(str(outcome)) if fulfilled else None,
            "promise_excess_seconds": self.excess(lead, fulfilled),
            "duration_seconds": seconds_between(self.started, fulfilled) if self.started and fulfilled else None,
            "perfect": (flaws == solicited) if cohort["counted"] else None,
            "flaw_count": flaws, "solicited_flaw_count": solicited,
            "undecided_count": sum(verdict.undecided for _, verdict in self.verdicts.values()),
            "event_count": sum(event.type != "object.described" for event in self.events),
            "rules_observed": len(self.verdicts), "rules_total": len(self.blueprint.breakable),
            "coverage": ",".join(self.verdicts), "score": self.score(), "value_minor": value, "currency": currency,
            "first_month": months[0] if months else None, "last_month": months[-1] if months else None,
            "next_due_at": next_due,
        }

    def fulfilled(self) -> Event | None:
        observed = {code: rule for code, (rule, _) in self.verdicts.items()}
        lead = observed.get(self.due_by) if self.due_by else None
        if isinstance(lead, Promise):
            return self.verdicts[lead.code][1].reached
        steps = [one.step for one in self.blueprint.promises]
        steps += [one.step for one in self.blueprint.endings if one.state == "completed"]
        return step(self.blueprint, self.events, steps[0]) if steps else None

    def excess(self, lead: Verdict | None, fulfilled: Event | None) -> float | None:
        if lead is None:
            return None
        if lead.outcome != "missed" or fulfilled is not None:
            return lead.excess
        assert lead.horizon is not None
        assert lead.due_at is not None
        over = lead.horizon - lead.due_at
        return days(over // timedelta(days=1) + 1) if lead.by_day else over / timedelta(seconds=1)

    def state(self) -> tuple[str, datetime | None]:
        """The state, and when the row may change without an event."""
        horizon = self.world.horizon(sorted(self.blueprint.event_types()))
        waits = [verdict.pending for _, verdict in self.verdicts.values() if verdict.pending]
        if self.due and self.due.due_at and not passed(self.due.due_at, self.due.horizon):
            waits.append(self.due.due_at)
        waits += [event.occurred_at for event in self.all if event.occurred_at and event.occurred_at > self.world.at]
        state = self.ended.state if self.ended else "open" if self.started else "unstarted"
        if self.part and self.part.ends > self.world.at:
            waits.append(self.part.ends)
        limit = None if self.part else self.blueprint.head.abandoned_after_days
        stirs = [event.occurred_end or event.occurred_at for event in self.events if event.type != "object.described"]
        dated = [moment for moment in stirs if moment]
        if state == "open" and limit and dated:
            silent = max(dated) + timedelta(days=limit)
            if not self.due or self.due.due_at is None or self.due.due_at > silent:
                if passed(silent, horizon):
                    state = "abandoned"
                else:
                    waits.append(silent)
        return state, min(waits, default=None)

    def score(self) -> float | None:
        asked = {event for rule in self.blueprint.feedback if rule.solicited for event in rule.event}
        shares = sorted(share for event in self.events if event.type in asked and (share := _share(event)) is not None)
        return sum(shares) / len(shares) if shares else None

    def value(self) -> tuple[int | None, str | None]:
        one = self.blueprint.value
        paid = [event for event in self.events if one and event.type in one.event and one.attribute in event.attributes]
        if one is None or not paid:
            return None, None
        currencies = {event.attributes.get(f"{one.attribute}_currency") for event in paid} - {None}
        if len(currencies) > 1:
            return None, None
        return sum(event.attributes[one.attribute] for event in paid), next(iter(currencies), None)

    def links(self) -> list[dict[str, Any]]:
        rows = []
        for position, one in enumerate(self.blueprint.links):
            verdict = self.judge(one)
            if verdict.outcome is None:
                continue
            start = step(self.blueprint, self.events, one.from_step)
            assert start is not None
            end = followed(self.blueprint, self.events, one.to_step, start.occurred_at)
            rows.append({
                "link": one.code, "position": position, "from_step": one.from_step, "to_step": one.to_step,
                "from_at": start.occurred_at, "to_at": end and end.occurred_at, "from_on": start.local_on,
                "to_on": end and end.local_on, "seconds": seconds_between(start, end) if end else None,
                "limit_seconds": one.limit.seconds if one.limit else None, "limit_unit": one.limit.unit if one.limit else None,
                "excess_seconds": verdict.excess, "outcome": verdict.outcome, "post": one.post,
                "working_seconds": links.worked(one, self.blueprint, start, end),
            })
        return rows

    def flaws(self) -> list[dict[str, Any]]:
        rows = []
        for rule, verdict in self.verdicts.values():
            for flaw in verdict.flaws:
                parts = [self.blueprint.kind, self.id, rule.code, str(flaw.get("source", "")), str(flaw["occurrence"])]
                digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
                rows.append({"flaw_id": digest, "rule": rule.code, "primitive": rule.TABLE, "post": rule.post,
                             **{key: value for key, value in flaw.items() if key != "source"}})
        return rows

    def feedback(self, journey: dict[str, Any]) -> list[dict[str, Any]]:
        solicited: dict[str, bool] = {}
        for rule in self.blueprint.feedback:
            for event_type in rule.event:
                solicited.setdefault(event_type, rule.solicited)
        return [{
            "event_id": event.id, "source": event.source, "occurred_at": event.occurred_at, "occurred_on": event.local_on,
            "occurred_month": f"{event.local_on:%Y-%m}" if event.local_on else None,
            "score": event.attributes.get("score"), "scale": event.attributes.get("scale"), "score_share": _share(event),
            "said": event.attributes.get("said"), "solicited": solicited[event.type],
            "arrived_late": journey["arrived_late"], "promise": journey["promise"],
        } for event in self.events if event.type in solicited]


def _share(event: Event) -> float | None:
    score, scale = event.attributes.get("score"), event.attributes.get("scale")
    return None if score is None or scale is None or scale == 1 else (score - 1) / (scale - 1)

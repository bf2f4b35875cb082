"""The SELECTs that make the fact tables from `judged` and `happened`, columns and types as `facts.TABLES` has them.

Beside them what the incremental build keeps for itself: `deadlines`, when a row may change without an event, by the
horizon that it waits for; `reaches`, which described objects its dimensions read.
"""

from __future__ import annotations

from lastmeter.journeys import sql
from lastmeter.journeys.facts import COHORT, TABLES
from lastmeter.journeys.grammar import Columns, Rule
from lastmeter.journeys.judging import SCORE_SHARE, deadline_needs, month_of
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.related import described_types, object_of
from lastmeter.journeys.scope import Scope

KEPT: dict[str, dict[str, str]] = {
    "deadlines": {"journey_kind": "VARCHAR", "journey_id": "VARCHAR", "needs": "VARCHAR", "due_at": "TIMESTAMP"},
    "reaches": {"journey_kind": "VARCHAR", "journey_id": "VARCHAR", "object_type": "VARCHAR", "object_id": "VARCHAR"},
}
"""Tables that never leave this room."""

INSIDE: dict[str, str] = {"month_bits": "BIGINT", "overdue": "STRUCT(needs VARCHAR, by_day BOOLEAN)"}
"""Columns of `journeys` that never leave this room: months to read again; what an overdue promise is measured by."""

STORED: dict[str, dict[str, str]] = {**TABLES, "journeys": TABLES["journeys"] | INSIDE, **KEPT}


def queries(scope: Scope) -> dict[str, str]:
    """Name of each stored table -> its SELECT."""
    return {"journeys": _journeys(scope), "links": _links(scope), "flaws": _flaws(scope), "feedback": _feedback(scope),
            "deadlines": _deadlines(scope), "reaches": _reaches(scope)}


def _typed(table: str, expressions: Columns) -> str:
    """The table's columns in their order and types."""
    kinds = STORED[table]
    return sql.columns({name: f"({expressions[name]})::{kind}" for name, kind in kinds.items()})


def _cohort(scope: Scope) -> Columns:
    """Cohort columns over `judged`."""
    made = {"journey_kind": sql.text(scope.blueprint.kind), "cluster": "coalesce(judged.performer, judged.place)"}
    return {name: made.get(name, f"judged.{name}") for name in COHORT}


def _journeys(scope: Scope) -> str:
    codes = [rule.code for rule in scope.observed]
    expressions = _cohort(scope) | {
        "blueprint_version": sql.text(scope.blueprint.version), "blueprint_digest": sql.text(scope.blueprint.digest),
        "state": "state", "started_at": "started.moment", "started_on": 'started."on"',
        "started_month": month_of('started."on"'), "ended_at": "ended.moment", "ended_on": 'ended."on"',
        "due_at": "due_at", "due_by": "due_by", "promise": "promise",
        "fulfilled_at": "fulfilled.moment", "fulfilled_on": 'fulfilled."on"',
        "fulfilled_month": month_of('fulfilled."on"'), "arrived_late": "arrived_late",
        "promise_excess_seconds": "promise_excess_seconds", "duration_seconds": "duration_seconds", "perfect": "perfect",
        "flaw_count": "flaw_count", "solicited_flaw_count": "solicited_flaw_count", "undecided_count": "undecided_count",
        "event_count": "events", "rules_observed": str(len(codes)), "rules_total": str(len(scope.blueprint.breakable)),
        "coverage": sql.text(",".join(codes)), "score": "list_avg(list_sort(scores))",
        "value_minor": "CASE WHEN currency_first IS NOT DISTINCT FROM currency_last THEN paid END",
        "currency": "CASE WHEN currency_first = currency_last THEN currency_first END",
        "first_month": month_of('first_at'), "last_month": month_of('last_at'),
        "next_due_at": f"least({', '.join(f'deadline_{place}' for place in range(len(deadline_needs(scope))))})",
        "month_bits": "month_bits",
        "overdue": "CASE WHEN promise = 'missed' AND fulfilled IS NULL THEN {'needs': horizon_needs, 'by_day': by_day} END",
    }
    return f"SELECT {_typed('journeys', expressions)} FROM judged"


def _links(scope: Scope) -> str:
    selects = [_link(scope, place, link) for place, link in enumerate(scope.blueprint.links)]
    return "\nUNION ALL ".join(selects) or _nothing("links")


def _link(scope: Scope, place: int, link: Link) -> str:
    p, start, end = scope.prefix(link), scope.step(link.from_step), scope.reached(link, link.to_step)
    expressions = _cohort(scope) | {
        "link": sql.text(link.code), "position": str(place),
        "from_step": sql.text(link.from_step), "to_step": sql.text(link.to_step),
        "from_at": f"{start}.moment", "to_at": f"{end}.moment", "from_on": f'{start}."on"', "to_on": f'{end}."on"',
        "seconds": f"{p}_seconds", "limit_seconds": str(link.limit.seconds) if link.limit else "NULL",
        "limit_unit": sql.text(link.limit.unit if link.limit else None), "excess_seconds": f"{p}_excess",
        "outcome": f"{p}_outcome", "post": sql.text(link.post), "working_seconds": f"{p}_working_seconds",
    }
    return f"SELECT {_typed('links', expressions)} FROM judged WHERE {p}_outcome IS NOT NULL"


def _flaws(scope: Scope) -> str:
    return "\nUNION ALL ".join(_flaws_of(scope, rule) for rule in scope.observed) or _nothing("flaws")


def _flaws_of(scope: Scope, rule: Rule) -> str:
    kind, code = sql.text(scope.blueprint.kind), sql.text(rule.code)
    parts = f"concat_ws(chr(31), {kind}, judged.journey_id, {code}, anchor, occurrence)"
    expressions = _cohort(scope) | {
        "flaw_id": f"left(sha256({parts}), 32)", "rule": code, "primitive": sql.text(rule.TABLE),
        "occurrence": "occurrence", "occurred_at": "occurred_at", "occurred_on": "occurred_on",
        "post": sql.text(rule.post), "link": "link", "excess_seconds": "excess_seconds",
    }
    return f"SELECT {_typed('flaws', expressions)} FROM ({rule.flaw_rows(scope)}) AS judged"


def _feedback(scope: Scope) -> str:
    solicited = {event: rule.solicited for rule in reversed(scope.blueprint.feedback) for event in rule.event}
    if not solicited:
        return _nothing("feedback")
    asked = sql.texts(sorted(event for event, is_solicited in solicited.items() if is_solicited))
    expressions = _cohort(scope) | {
        "event_id": "happened.id", "source": "happened.source", "occurred_at": "happened.moment",
        "occurred_on": 'happened."on"', "occurred_month": month_of('happened."on"'),
        "score": "attr_score", "scale": "attr_scale", "score_share": SCORE_SHARE, "said": "attr_said",
        "solicited": f"coalesce(happened.type IN {asked}, false)", "arrived_late": "arrived_late", "promise": "promise",
    }
    return (f"SELECT {_typed('feedback', expressions)} FROM happened JOIN judged USING (journey_id)"
            f" WHERE happened.type IN {sql.texts(sorted(solicited))}")


def _deadlines(scope: Scope) -> str:
    return "\nUNION ALL ".join(
        f"SELECT {sql.text(scope.blueprint.kind)} AS journey_kind, journey_id, {sql.text(needs)} AS needs,"
        f" deadline_{place} AS due_at FROM judged WHERE deadline_{place} IS NOT NULL"
        for place, needs in enumerate(deadline_needs(scope))
    )


def _reaches(scope: Scope) -> str:
    types = described_types(scope.blueprint)
    return "\nUNION ALL ".join(
        f"SELECT {sql.text(scope.blueprint.kind)} AS journey_kind, journey_id, {sql.text(kind)} AS object_type,"
        f" {object_of(scope.blueprint, kind, 'judged')} AS object_id FROM judged"
        f" WHERE {object_of(scope.blueprint, kind, 'judged')} IS NOT NULL"
        for kind in types
    ) or _nothing("reaches")


def _nothing(table: str) -> str:
    return f"SELECT {sql.columns({name: f'NULL::{kind}' for name, kind in STORED[table].items()})} WHERE false"

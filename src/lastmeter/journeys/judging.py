"""From what was seen of a journey to what holds of it: ending, verdicts, due date, state, deadlines. One row a journey.

Each function gives one level of columns; a level reads those before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Columns, Levels, Rule
from lastmeter.journeys.months import MONTH_BITS_SQL
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.journeys.related import description_joins, dimension_columns
from lastmeter.journeys.scope import Needs, Scope
from lastmeter.journeys.steps import ending_columns, interval
from lastmeter.journeys.working_limits import columns_found, looked_up

SCORE_SHARE = "((attr_score - 1) / (nullif(attr_scale, 1) - 1))"

def aggregates(scope: Scope) -> Columns:
    """What every journey is asked beside its steps and rules."""
    solicited = [event for rule in scope.blueprint.feedback if rule.solicited for event in rule.event]
    scored = solicited and {"score", "scale"} <= set(scope.attributes)
    return {
        "events": "count(*) FILTER (type <> 'object.described')",
        "first_at": "min(moment)",
        "last_at": "max(moment)",
        "month_bits": MONTH_BITS_SQL,
        "stirred_at": "max(coalesce(until, moment)) FILTER (type <> 'object.described')",
        "future_at": f"min(moment) FILTER (moment > {sql.instant(scope.at)})",
        "scores": f"list({SCORE_SHARE}) FILTER ({scope.is_type(solicited)} AND {SCORE_SHARE} IS NOT NULL)"
                  if scored else "NULL::DOUBLE[]",
        **_value(scope),
    }


def _value(scope: Scope) -> Columns:
    value = scope.blueprint.value
    if not value or value.attribute not in scope.attributes:
        return {"paid": "NULL::BIGINT", "currency_first": "NULL::VARCHAR", "currency_last": "NULL::VARCHAR"}
    paid = f"FILTER ({scope.is_type(value.event)} AND attr_{value.attribute} IS NOT NULL)"
    currency = scope.attribute(f"{value.attribute}_currency", "VARCHAR")
    return {"paid": f"sum(attr_{value.attribute}) {paid}", "currency_first": f"min({currency}) {paid}",
            "currency_last": f"max({currency}) {paid}"}


def judged(scope: Scope, months: tuple[str, str] | None = None) -> str:
    """The SELECT of `judged` over `seen` and `described`; `months`: only journeys that started from one to the other."""
    kept = {scope.step(step.code): [f"d_{name}" for name in scope.columns_read(step.code)] for step in scope.blueprint.steps}
    kept |= {column: [] for column in scope.followed()}
    steps = ", ".join(f"{interval(column, more)} AS {column}" for column, more in kept.items())
    replaced = f"REPLACE ({steps})" if steps else ""
    related = sql.columns(dimension_columns(scope.blueprint, scope.facts))
    chosen = _started_in(scope, months)
    query = (f"SELECT seen.* {replaced}, {related}{columns_found(scope)} FROM seen {description_joins(scope.blueprint)}"
             f" {looked_up(scope, chosen)} {chosen}")
    for level in [*_endings(scope), *_verdicts(scope), _due_by(scope), _due(scope), _counts(scope), _state(scope),
                  _deadlines(scope)]:
        query = f"SELECT *, {sql.columns(level)}\nFROM ({query})"
    return query


def month_of(day: str) -> str:
    """The month of a date or an instant: "2018-03"."""
    return f"left({day}::VARCHAR, 7)"


def started_month(scope: Scope) -> str:
    """The month of the local date on which a journey of `seen` started; '' where it did not or nobody knows when."""
    started_on = "slice_first" if scope.blueprint.slice else f'{scope.step(str(scope.blueprint.start))}."on"'
    return f"coalesce({month_of(started_on)}, '')"


def _started_in(scope: Scope, months: tuple[str, str] | None) -> str:
    return f"WHERE {started_month(scope)} BETWEEN {sql.text(months[0])} AND {sql.text(months[1])}" if months else ""


def _endings(scope: Scope) -> Levels:
    """`started`, the occurrence of the start; `ending`, the state of the ending that holds, and `ended`, its occurrence.

    A slice starts and ends with its period, where its object did not start or end in it.
    """
    state, ended = ending_columns(scope)
    start = scope.blueprint.start
    if not scope.blueprint.slice:
        return [{"started": scope.step(str(start)), "ending": state, "ended": ended}]
    begins = sql.struct({"moment": "slice_begins", "until": "NULL::TIMESTAMP", "on": "slice_first", "zone": "slice_zone",
                         "last": "slice_begins", "last_on": "slice_first", "coarse": "false"})
    ends = sql.struct({"k": "slice_ends", "ord": "2147483647::INTEGER", "moment": "slice_ends", "until": "NULL::TIMESTAMP",
                       "last": "slice_ends", "on": "slice_last", "last_on": "slice_last", "zone": "slice_zone"})
    begun = f"CASE WHEN NOT asleep THEN {begins} END"
    over = f"started IS NOT NULL AND slice_ends <= {sql.instant(scope.at)}"
    return [
        {"started": f"CASE WHEN object_start IS NULL THEN NULL WHEN opens THEN object_start ELSE {begins} END" if start else begun},
        {"ending": f"CASE WHEN closes AND object_ending IS NOT NULL THEN object_ending WHEN {over} THEN 'completed' END",
         "ended": f"CASE WHEN closes AND object_ending IS NOT NULL THEN object_ended WHEN {over} THEN {ends} END"},
    ]


def _verdicts(scope: Scope) -> Levels:
    """Each observed rule's verdict, and every link's: one that is not observed is measured all the same."""
    verdicts = [rule.verdict(scope) for rule in dict.fromkeys([*scope.observed, *scope.blueprint.links])]
    merged = [dict(pair for level in levels for pair in level.items()) for levels in zip_longest(*verdicts, fillvalue={})]
    return [level for level in merged if level]


def _due_by(scope: Scope) -> Columns:
    """`due_by`: the first promise that was made, the last limit only where there is none; `fulfilled` of that promise."""
    promises, limits = _promises(scope), _limits(scope)
    cases = [f"WHEN {scope.prefix(one)}_due_at IS NOT NULL THEN {sql.text(one.code)}" for one in promises]
    deadlines = [
        f"CASE WHEN {due} IS NOT NULL THEN {sql.struct({'k': due, 'place': str(place), 'code': sql.text(one.code)})} END"
        for place, one in enumerate(limits) for due in [f"{scope.prefix(one)}_due_at"]
    ]
    last = f"list_max([{', '.join(deadlines)}]).code" if deadlines else sql.text(scope.blueprint.slice)
    return {"due_by": f"CASE {' '.join(cases)} ELSE {last} END" if cases else last, "fulfilled": _fulfilled(scope, promises)}


def _due(scope: Scope) -> Columns:
    """When it is due, up to when that is judged, and what became of the promise."""
    promises, sliced = _promises(scope), scope.blueprint.slice
    setters: list[Rule] = [*promises, *_limits(scope)]
    by_day = {one.code: f"{scope.prefix(one)}_made.day IS NOT NULL" for one in promises}
    return {
        "due_at": _picked(_fields(scope, setters, "due_at"), "slice_ends" if sliced else "NULL::TIMESTAMP"),
        "due_on": _picked(_fields(scope, setters, "due_on"), "slice_last" if sliced else "NULL::DATE"),
        "horizon": _picked({one.code: scope.horizon(one) for one in setters}, _silence(scope) if sliced else "NULL::TIMESTAMP"),
        "horizon_needs": _picked({one.code: sql.text(scope.needs(one)) for one in setters},
                                 sql.text(scope.all_needs() if sliced else None)),
        "by_day": _picked(by_day, "false"),
        "promise": _picked(_fields(scope, promises, "outcome"), "'none'"),
        "promise_excess_seconds": _picked(_fields(scope, promises, "excess"), "NULL::DOUBLE"),
        "duration_seconds": f"""CASE WHEN started.coarse OR fulfilled.coarse
            THEN (fulfilled."on" - started."on") * 86400.0
            ELSE {sql.seconds_between('started.moment', 'fulfilled.moment')} END""",
    }


def _promises(scope: Scope) -> list[Promise]:
    return [rule for rule in scope.observed if isinstance(rule, Promise)]


def _silence(scope: Scope) -> str:
    """Up to when all sources are known."""
    return sql.instant(scope.sources.horizon(scope.all_needs()))


def _limits(scope: Scope) -> list[Link]:
    """The links whose limits may set when a journey is due: none of a slice's, which is due when its period ends."""
    return [] if scope.blueprint.slice else [rule for rule in scope.observed if isinstance(rule, Link)]


def _fields(scope: Scope, rules: Sequence[Rule], field: str) -> Columns:
    return {one.code: f"{scope.prefix(one)}_{field}" for one in rules}


def _picked(by_code: Mapping[str, str], otherwise: str) -> str:
    """What belongs to the rule that set when the journey is due."""
    cases = " ".join(f"WHEN {sql.text(code)} THEN {expression}" for code, expression in by_code.items())
    return f"CASE due_by {cases} ELSE {otherwise} END" if cases else otherwise


def _fulfilled(scope: Scope, promises: Sequence[Promise]) -> str:
    """The promised step, or the step that completes a journey to which nothing was promised."""
    blueprint = scope.blueprint
    steps = [one.step for one in blueprint.promises]
    steps += [ending.step for ending in blueprint.endings if ending.state == "completed"]
    if not steps:
        return "CASE WHEN false THEN started END"
    return _picked({one.code: _occurrence(scope.reached(one, one.step)) for one in promises}, _occurrence(scope.step(steps[0])))


def _occurrence(column: str) -> str:
    """When a step was reached, in the same type for every step."""
    fields = {name: f'{column}."{name}"' for name in ("moment", "on", "coarse")}
    return f"CASE WHEN {column} IS NOT NULL THEN {sql.struct(fields)} END"


def _counts(scope: Scope) -> Columns:
    """Whether it counts, how many flaws it has, and until when it may be silent."""
    days = scope.blueprint.head.abandoned_after_days
    silent = f"greatest(stirred_at, started.moment) + INTERVAL {days} DAY" if days and not scope.blueprint.slice else "NULL::TIMESTAMP"
    solicited = [rule for rule in scope.blueprint.feedback if rule.solicited and rule in scope.observed]
    return {
        "due_month": month_of("due_on"),
        "due_week": "strftime(due_on, '%G-W%V')",
        "counted": """coalesce(started IS NOT NULL AND due_at <= horizon
            AND ending IS DISTINCT FROM 'cancelled', false)""",
        "arrived_late": "CASE WHEN fulfilled IS NULL THEN NULL WHEN promise = 'missed' THEN true"
                        " WHEN promise = 'kept' THEN false END",
        "flaw_count": _sum(scope, scope.observed, "flaws"),
        "solicited_flaw_count": _sum(scope, solicited, "flaws"),
        "undecided_count": _sum(scope, scope.observed, "undecided"),
        "silent_until": f"CASE WHEN started IS NOT NULL AND ending IS NULL AND (due_at IS NULL OR due_at > {silent})"
                        f" THEN {silent} END",
    }


def _state(scope: Scope) -> Columns:
    """Its state, and whether it was perfect."""
    return {
        "state": f"""CASE WHEN ending IS NOT NULL THEN ending WHEN started IS NULL THEN 'unstarted'
            WHEN silent_until <= {_silence(scope)} THEN 'abandoned' ELSE 'open' END""",
        "perfect": "CASE WHEN counted THEN flaw_count = solicited_flaw_count END",
    }


def _sum(scope: Scope, rules: Sequence[Rule], field: str) -> str:
    return f"({' + '.join(['0', *_fields(scope, rules, field).values()])})::INTEGER"


def _deadlines(scope: Scope) -> Columns:
    """`deadline_<n>`, one for each horizon of `deadline_needs`: when the row may change without an event."""
    pending: dict[Needs, list[str]] = {needs: [] for needs in deadline_needs(scope)}
    for rule in scope.observed:
        pending[scope.needs(rule)].append(f"{scope.prefix(rule)}_pending")
    setters: list[Rule] = [*_promises(scope), *_limits(scope)]
    for rule in setters:
        later = f"due_at > coalesce({scope.horizon(rule)}, TIMESTAMP '-infinity')"
        pending[scope.needs(rule)].append(f"CASE WHEN due_by = {sql.text(rule.code)} AND {later} THEN due_at END")
    if scope.blueprint.slice:
        unknown = f"due_at > coalesce({_silence(scope)}, TIMESTAMP '-infinity')"
        pending[scope.all_needs()].append(f"CASE WHEN due_by = {sql.text(scope.blueprint.slice)} AND {unknown} THEN due_at END")
        pending[""].append(f"CASE WHEN slice_ends > {sql.instant(scope.at)} THEN slice_ends END")
    pending[scope.all_needs()].append("CASE WHEN state = 'open' THEN silent_until END")
    pending[""].append("future_at")
    return {f"deadline_{place}": f"least({', '.join(['NULL::TIMESTAMP', *expressions])})"
            for place, expressions in enumerate(pending.values())}


def deadline_needs(scope: Scope) -> list[Needs]:
    """The horizons that rows of this scope wait for, in the order of their `deadline_` columns."""
    return sorted({"", scope.all_needs(), *(scope.needs(rule) for rule in scope.observed)})

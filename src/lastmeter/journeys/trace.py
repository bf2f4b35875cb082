"""The one reading of a blueprint: from effective events to fact rows, in SQL.

Stages, all in the snapshot's own DuckDB, each a pure function of the one before:

    effective   the journal's events
    traced      every event beside every journey that it names, with its interval
    seen        one hash aggregate a journey: which occurrence holds for each step, and what the rules ask for
    judged      one row a journey: its ending, the verdict of each rule, when it falls due, its dimensions
    facts       the four tables, and the two that the incremental build keeps for itself

Where several occurrences could hold for a step, the order is start, then the blueprint's order, then id: interval
order is not transitive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import duckdb

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Columns, OccurrenceRule
from lastmeter.journeys.judging import aggregates as journey_aggregates
from lastmeter.journeys.judging import judged
from lastmeter.journeys.related import related_objects
from lastmeter.journeys.scope import Scope
from lastmeter.journeys.sections import Step
from lastmeter.journeys.slices import followed_sql, lives_sql, sliced_sql, slices_sql
from lastmeter.journeys.steps import KEPT_OF_OCCURRENCE, last_of
from lastmeter.journeys.working_limits import check_covered, define_lines

EVENT_COLUMNS: Columns = {
    "source": "source",
    "id": "id",
    "moment": "occurred_at",
    "until": "occurred_end",
    "last": last_of("occurred_end", "occurred_at"),
    "on": "local_on",
    "precision": "precision",
    "zone": "zone",
    "performer": "performer",
    "place": "place",
    "channel": "channel",
}
"""An event's interval is [moment, until), an instant where `until` is NULL; `last` is the last instant at which it may
have occurred."""

SPOKEN = {"score": "DOUBLE", "scale": "DOUBLE", "said": "VARCHAR"}
"""Attributes of feedback."""

VERSIONS_RULE = """By the journey's start the newest version not after it holds; the oldest also for what started
before it, the newest where no start is dated. A slice starts with its first day."""


def traced_sql(scope: Scope, effective: str, members: str | None = None) -> str:
    """The SELECT of `traced`. An event after `at` has no type, so that nothing counts it; only its time is kept.

    members: SQL of the `journey_id`s to read, if not all.
    """
    kind = sql.text(scope.blueprint.object_type)
    typed = f"CASE WHEN occurred_at > {sql.instant(scope.at)} THEN NULL ELSE type END"
    columns = sql.columns({"type": typed, **EVENT_COLUMNS, "object_type": "object_type", "object_id": "object_id",
                           "objects": "objects", **{f"attr_{name}": f'"attr_{name}"' for name in sorted(scope.attributes)}})
    only = f"WHERE journey_id IN ({members})" if members else ""
    return f"""SELECT * FROM (
        SELECT object_id AS journey_id, {columns} FROM {effective} WHERE object_type = {kind}
        UNION ALL
        SELECT named AS journey_id, {columns} FROM (
            SELECT *, unnest(list_distinct([other.id FOR other IN objects IF other.type = {kind}])) AS named
            FROM {effective} WHERE objects IS NOT NULL
        ) WHERE object_type <> {kind} OR object_id <> named
    ) {only}"""


def seen_sql(scope: Scope) -> str:
    """The SELECT of `seen`, one row a journey: one hash aggregate over `traced`.

    `repeated` says that a step has several occurrences, or that a rule needs all of its events, so that the row must be
    read by an exact scope.
    """
    asked: Columns = {scope.step(step.code): _holding(scope, step) for step in scope.blueprint.steps}
    for rule in scope.observed:
        asked |= rule.aggregates(scope)
    asked |= journey_aggregates(scope)
    if not scope.blueprint.slice:
        asked |= related_objects(scope.blueprint)
    counts = [f"count(*) FILTER ({scope.is_type(step.event)})" for step in scope.blueprint.steps]
    unclear = "".join(f" OR {condition}" for rule in scope.observed if (condition := rule.unclear(scope)))
    asked["repeated"] = f"greatest({', '.join(['0', *counts])}) > 1{unclear}"
    return f"SELECT journey_id,\n{sql.columns(asked)}\nFROM traced GROUP BY journey_id"


def happened_sql(scope: Scope) -> str:
    """The SELECT of `happened`: the events that are flaws or feedback by themselves."""
    types = dict.fromkeys(event for rule in scope.blueprint.of(OccurrenceRule) for event in rule.flaw_events())
    said = sql.columns({f"attr_{name}": scope.attribute(name, kind) for name, kind in SPOKEN.items()})
    return f'SELECT journey_id, type, source, id, moment, "on", {said} FROM traced WHERE type IN {sql.texts(types)}'


def versions_sql(scopes: Sequence[Scope]) -> str:
    """The SELECT of `versions` (journey_id, version) over `traced`; see VERSIONS_RULE."""
    newest = range(len(scopes) - 1, -1, -1)
    if scopes[0].blueprint.slice:
        holds = " ".join(f"WHEN slice_first >= DATE '{scopes[place].blueprint.effective_from}' THEN {place}" for place in newest)
        return f"SELECT journey_id, CASE {holds} ELSE 0 END AS version FROM slices"
    starts = {f"on_{place}": _holding(replace(scope, exact=True), scope.blueprint.step(str(scope.blueprint.start)))
              for place, scope in enumerate(scopes)}
    known = ", ".join(f'on_{place}."on"' for place in newest)
    holds = " ".join(f"WHEN on_{place}.\"on\" >= DATE '{scopes[place].blueprint.effective_from}' THEN {place}"
                     for place in newest)
    return f"""
        SELECT journey_id, CASE WHEN coalesce({known}) IS NULL THEN {len(scopes) - 1} {holds} ELSE 0 END AS version
        FROM (SELECT journey_id, {sql.columns(starts)} FROM traced GROUP BY journey_id)"""


def _holding(scope: Scope, step: Step) -> str:
    """The occurrence that holds for a step, with the columns that dimensions read from it."""
    fields = {name: sql.quoted(name) for name in KEPT_OF_OCCURRENCE}
    fields |= {f"d_{name}": _event_column(scope, name) for name in scope.columns_read(step.code)}
    return scope.holding(fields, step.event, last=step.take == "last")


def _event_column(scope: Scope, name: str) -> str:
    if name in EVENT_COLUMNS:
        return sql.quoted(name)
    return f"{scope.attribute(name, 'VARCHAR')}::VARCHAR"


def trace_kind(
    duck: duckdb.DuckDBPyConnection, scopes: Sequence[Scope], *, effective: str, members: str | None = None
) -> Iterator[Scope]:
    """Trace one kind of journey, version by version: when a scope is yielded, its `seen` and `happened` are made.

    members: SQL of the ids of the objects to read, if not all.
    """
    reading = _Whole(effective, members)
    if scopes[0].blueprint.slice:
        newest = scopes[-1]
        duck.execute(f"CREATE OR REPLACE TEMP TABLE slices AS {slices_sql(newest, lives_sql(newest, reading.whole(newest)))}")
    if len(scopes) > 1:
        duck.execute(f"CREATE OR REPLACE TEMP VIEW traced AS {reading.traced(scopes[0])}")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE versions AS {versions_sql(scopes)}")
    for place, scope in enumerate(scopes):
        chosen = f"SELECT journey_id FROM versions WHERE version = {place}" if len(scopes) > 1 else None
        duck.execute(f"CREATE OR REPLACE TEMP VIEW traced AS {reading.traced(scope, chosen)}")
        _see(duck, scope, reading)
        duck.execute(f"CREATE OR REPLACE TEMP TABLE happened AS {happened_sql(scope)}")
        yield scope


class _Whole(NamedTuple):
    """The effective events of one kind of journey, of the `members` among its objects (SQL of their ids) or of all."""

    effective: str
    members: str | None

    def whole(self, scope: Scope) -> str:
        """Every event beside every object that it names."""
        return traced_sql(scope, self.effective, self.members)

    def traced(self, scope: Scope, chosen: str | None = None) -> str:
        """Every event beside its journey, of the `chosen` (SQL of their ids) or of all."""
        if scope.blueprint.slice:
            return sliced_sql(scope, self.whole(scope), chosen)
        return traced_sql(scope, self.effective, chosen or self.members)

    def seen(self, scope: Scope) -> str:
        """One row a journey, over `traced`."""
        return followed_sql(scope, seen_sql(scope), self.whole(scope)) if scope.blueprint.slice else seen_sql(scope)


def _see(duck: duckdb.DuckDBPyConnection, scope: Scope, reading: _Whole) -> None:
    """Make `seen`; the few journeys with a repeated step once more, exactly."""
    duck.execute(f"CREATE OR REPLACE TEMP TABLE seen AS {reading.seen(scope)}")
    duck.execute("CREATE OR REPLACE TEMP TABLE repeats AS SELECT journey_id FROM seen WHERE repeated")
    if duck.execute("SELECT count(*) FROM repeats").fetchall() == [(0,)]:
        return
    again = f"WITH traced AS ({reading.traced(scope, 'SELECT journey_id FROM repeats')})"
    duck.execute("DELETE FROM seen WHERE repeated")
    duck.execute(f"INSERT INTO seen {again} {reading.seen(replace(scope, exact=True))}")


def kind_sql(scope: Scope) -> list[str]:
    """All SQL by which a scope is read, but for the objects to read."""
    reading = _Whole("effective", None)
    told = [reading.traced(scope), reading.seen(scope), happened_sql(scope)]
    return [*told, slices_sql(scope, lives_sql(scope, ""))] if scope.blueprint.slice else told


def judge(duck: duckdb.DuckDBPyConnection, scope: Scope, months: tuple[str, str]) -> None:
    """Make the table `judged` from `seen` and `described`, of the journeys that started in a range of months.

    Raises:
        LastMeterError: `calendar.year_missing`, where a working limit needs a year that its calendar does not cover.
    """
    define_lines(duck, scope)
    duck.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged(scope, months)}")
    check_covered(duck, scope)

"""Period slices: one object makes one journey a week, month, quarter or year, "T17/2026-03".

The slices of an object run from that of its start (of its first event, where the blueprint names no start) to that of its
ending, or of `at`. An event belongs to the slice of its local date; what comes before the first slice or at an unknown time
belongs to the first, what comes after the last one to the last. A slice without any event is a journey all the same.

Where slices begin and end is read by the newest version of a blueprint; a slice is judged by the version that holds on its
first day. A slice reads its own events, but a link or a promise that begins in it is followed to its end, wherever that is:
its end is the first occurrence of the step that does not surely come before its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Columns
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.journeys.related import related_objects
from lastmeter.journeys.scope import Scope
from lastmeter.journeys.steps import KEPT_OF_OCCURRENCE, ending_columns, interval, last_of

CODES = {"week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}

OF_OBJECT = ("object_id", "slice_first", "slice_last", "slice_ends", "slice_begins", "slice_zone", "opens", "closes", "asleep",
             "object_start", "object_ending", "object_ended")
"""Columns of `slices` that a journey keeps, beside those of related objects."""


def object_of_slice(journey_id: str) -> str:
    """SQL of the object of a slice: all before the last stroke."""
    return f"regexp_replace({journey_id}, '/[^/]*$', '')"


def lives_sql(scope: Scope, whole: str) -> str:
    """The SELECT of one row an object: when it began and ended, and which objects its events name.

    whole: SQL of all events beside the object that they name as `journey_id`.
    """
    exact, blueprint = replace(scope, exact=True), scope.blueprint
    asked: Columns = {}
    codes = dict.fromkeys([*([blueprint.start] if blueprint.start else []), *(one.step for one in blueprint.endings)])
    for code in codes:
        step = blueprint.step(code)
        asked[scope.step(code)] = exact.holding(
            {name: sql.quoted(name) for name in KEPT_OF_OCCURRENCE}, step.event, last=step.take == "last")
    stirs, comes = "FILTER (type <> 'object.described')", "FILTER (type IS NULL)"
    asked |= {"slice_zone": f"coalesce(min(zone) {stirs}, min(zone) {comes}, min(zone))", "stirred_on": f'max("on") {stirs}',
              "first_on": f'coalesce(min("on") {stirs}, min("on") {comes}, min("on"))', "asleep": f'max("on") {stirs} IS NULL'}
    asked |= related_objects(blueprint)
    steps = ", ".join(f"{interval(scope.step(code), ())} AS {scope.step(code)}" for code in codes)
    replaced = f"REPLACE ({steps})" if steps else ""
    state, ended = ending_columns(scope)
    start = f"{scope.step(blueprint.start)}" if blueprint.start else "NULL"
    return f"""SELECT *, {state} AS object_ending, {ended} AS object_ended, {start} AS object_start
        FROM (SELECT * {replaced} FROM (
            SELECT journey_id AS object_id, {sql.columns(asked)} FROM ({whole}) GROUP BY journey_id))"""


def slices_sql(scope: Scope, lives: str) -> str:
    """The SELECT of one row a slice, of the objects of which anything is known at a known time.

    An object that is asleep (all that it did lies after `at`, or is only described) has one slice, which has not started:
    without a row the next build would not know where its events lie.
    """
    grain, blueprint = str(scope.blueprint.slice), scope.blueprint
    began = 'coalesce(object_start."on", first_on)' if blueprint.start else "first_on"
    until = sql.local_date(sql.instant(scope.at), "slice_zone")
    if days := blueprint.head.abandoned_after_days:
        until = f"least({until}, stirred_on + {days})"
    if blueprint.start:
        until = f"CASE WHEN object_start IS NULL THEN {began} ELSE {until} END"
    last = f"CASE WHEN asleep THEN {began} WHEN object_ending IS NOT NULL THEN coalesce(object_ended.\"on\", stirred_on) ELSE {until} END"
    first_slice, last_slice = _trunc(grain, began), f"greatest({_trunc(grain, began)}, {_trunc(grain, last)})"
    step = f"INTERVAL {3 if grain == 'quarter' else 1} {'MONTH' if grain == 'quarter' else grain.upper()}"
    code = ("year(slice_first)::VARCHAR || '-Q' || quarter(slice_first)::VARCHAR" if grain == "quarter"
            else f"strftime(slice_first, '{CODES[grain]}')")
    return f"""
        SELECT *, object_id || '/' || {code} AS journey_id, {_midnight('slice_first')} AS slice_begins,
            {_midnight('slice_last + 1')} AS slice_ends, slice_first = first_slice AS opens, slice_first = last_slice AS closes
        FROM (SELECT *, (slice_first + {step} - INTERVAL 1 DAY)::DATE AS slice_last FROM (
            SELECT *, unnest(generate_series(first_slice::TIMESTAMP, last_slice::TIMESTAMP, {step}))::DATE AS slice_first
            FROM (SELECT *, {first_slice} AS first_slice, {last_slice} AS last_slice FROM ({lives}) WHERE {began} IS NOT NULL)))"""


def sliced_sql(scope: Scope, whole: str, chosen: str | None) -> str:
    """The SELECT of `traced`: each event in its slice, and for each slice a row without a type, so that none is empty.

    chosen: SQL of the `journey_id`s of the slices to read, if not all.
    """
    on = _trunc(str(scope.blueprint.slice), 'whole."on"')
    only = f"WHERE journey_id IN ({chosen})" if chosen else ""
    return f"""SELECT * FROM (
        SELECT whole.* REPLACE (slices.journey_id AS journey_id) FROM ({whole}) AS whole
        JOIN slices ON whole.journey_id = slices.object_id
            AND slices.slice_first = coalesce(least(greatest({on}, first_slice), last_slice), first_slice)
        UNION ALL BY NAME SELECT journey_id FROM slices
    ) {only}"""


def followed_sql(scope: Scope, seen: str, whole: str) -> str:
    """The SELECT of `seen` with what a slice knows of its object, and `<p>_reached` of each link and promise."""
    steps = dict.fromkeys(step for _, step, _ in _followed(scope))
    lists = {f"all_{code}": _occurrences(scope, code) for code in steps}
    reached = {f"{scope.prefix(rule)}_reached": _first(f"all_{step}", since) for rule, step, since in _followed(scope)}
    related = list(related_objects(scope.blueprint))
    kept = ", ".join(f"slices.{name}" for name in (*OF_OBJECT, *related))
    if not lists:
        return f"SELECT seen.*, {kept} FROM ({seen}) AS seen JOIN slices USING (journey_id)"
    return f"""SELECT seen.*, {kept}, {sql.columns(reached)} FROM ({seen}) AS seen JOIN slices USING (journey_id)
        JOIN (SELECT journey_id AS object_id, {sql.columns(lists)} FROM ({whole}) GROUP BY journey_id) AS followed
            ON followed.object_id = slices.object_id"""


def _followed(scope: Scope) -> Sequence[tuple[Link | Promise, str, str]]:
    """Each link and promise with the step that ends it and the instant of its beginning."""
    links = [(link, link.to_step, f"{scope.step(link.from_step)}.moment") for link in scope.blueprint.links]
    promises = [(one, one.step, f"{scope.prefix(one)}_made.said") for one in scope.observed if isinstance(one, Promise)]
    return [*links, *promises]


def _occurrences(scope: Scope, code: str) -> str:
    step = scope.blueprint.step(code)
    rank = scope.rank(step.event)
    fields: Mapping[str, str] = {
        "k": "coalesce(moment, TIMESTAMP 'infinity')", "rank": rank, "id": "id", "source": "source",
        **{name: sql.quoted(name) for name in KEPT_OF_OCCURRENCE}, "last": last_of("until", "moment")}
    return f"list_sort(list({sql.struct(fields)}) FILTER ({scope.is_type(step.event)}))"


def _first(occurrences: str, since: str) -> str:
    """The first that does not surely come before an instant."""
    return f"list_filter({occurrences}, lambda x: coalesce(x.last >= {since}, true))[1]"


def _trunc(grain: str, day: str) -> str:
    return f"date_trunc('{grain}', {day})::DATE"


def _midnight(day: str) -> str:
    return f"timezone(slice_zone, ({day})::TIMESTAMP)::TIMESTAMP"

"""Whose are they: the objects that belong to the people who are to be erased.

A review names only its order, a scan only its parcel; so erasure follows objects. From an object it goes on to whatever
is said about it (the primary objects of events that name it) and to what its own events name. It stops at an object
that also has to do with somebody else's: a seller is named with other orders, a delivery run with other parcels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb
import pyarrow as pa

CLOSURE = "lm_closure"
"""Table (type, id) of the objects to erase."""


class Thing(NamedTuple):
    """An object: its type and id."""

    type: str
    id: str


class Closure(NamedTuple):
    """The objects that are erased, and those next to them that other people's objects share."""

    objects: frozenset[Thing]
    shared: frozenset[Thing]


# (type, id) of all objects of an event, the primary one first.
_NAMED = """list_prepend({'type': object_type, 'id': object_id},
    coalesce(objects, []::STRUCT("type" VARCHAR, id VARCHAR)[]))"""


def find_closure(duck: duckdb.DuckDBPyConnection, events: str, start: Iterable[Thing]) -> Closure:
    """Everything that belongs to the objects in `start`, by the events of a table or view; makes the table CLOSURE."""
    inside = set(start)
    shared: set[Thing] = set()
    frontier = inside
    while frontier:
        _table(duck, "lm_frontier", frontier)
        _table(duck, CLOSURE, inside)
        candidates = _next_to(duck, events) - shared
        _table(duck, "lm_candidates", candidates)
        refused = _shared_with_others(duck, events) if candidates else set()
        shared |= refused
        frontier = candidates - refused
        inside = inside | frontier
    _table(duck, CLOSURE, inside)
    return Closure(frozenset(inside), frozenset(shared))


def naming(events: str, objects: str) -> str:
    """SQL of (source, id) of the events that name an object of a table (type, id)."""
    return f"""SELECT DISTINCT source, id FROM (SELECT source, id, unnest({_NAMED}) AS o FROM {events})
        WHERE (o.type, o.id) IN (SELECT (w.type, w.id) FROM {objects} AS w)"""


def _next_to(duck: duckdb.DuckDBPyConnection, events: str) -> set[Thing]:
    """Primary objects of the events that name the frontier, and what events of the closure's own objects name."""
    return _things(
        duck,
        f"""
        WITH near AS (SELECT e.* FROM {events} AS e SEMI JOIN ({naming(events, "lm_frontier")}) AS n USING (source, id))
        SELECT DISTINCT type, id FROM (
            SELECT object_type AS type, object_id AS id FROM near
            UNION ALL
            SELECT o.type, o.id FROM (
                SELECT unnest(objects) AS o FROM near
                WHERE (object_type, object_id) IN (SELECT (c.type, c.id) FROM {CLOSURE} AS c)))
        WHERE (type, id) NOT IN (SELECT (c.type, c.id) FROM {CLOSURE} AS c)""",
    )


def _shared_with_others(duck: duckdb.DuckDBPyConnection, events: str) -> set[Thing]:
    """Candidates named together with an object outside of the closure that is of a type inside of it."""
    return _things(
        duck,
        f"""
        WITH near AS (
            SELECT row_number() OVER () AS event, {_NAMED} AS named
            FROM {events} AS e SEMI JOIN ({naming(events, "lm_candidates")}) AS n USING (source, id)),
        pairs AS (SELECT event, unnest(named) AS o FROM near),
        others AS (
            SELECT event, o.type AS type, o.id AS id FROM pairs
            WHERE o.type IN (SELECT c.type FROM {CLOSURE} AS c)
            AND (o.type, o.id) NOT IN (SELECT (c.type, c.id) FROM {CLOSURE} AS c))
        SELECT DISTINCT p.o.type, p.o.id FROM pairs AS p JOIN others AS x ON p.event = x.event
        WHERE (p.o.type, p.o.id) IN (SELECT (w.type, w.id) FROM lm_candidates AS w)
        AND (p.o.type, p.o.id) <> (x.type, x.id)""",
    )


def _things(duck: duckdb.DuckDBPyConnection, query: str) -> set[Thing]:
    return {Thing(*row) for row in duck.execute(query).fetchall()}


def _table(duck: duckdb.DuckDBPyConnection, name: str, things: Iterable[Thing]) -> None:
    listed = sorted(things)
    duck.register(
        "lm_things",
        pa.table(
            {
                "type": pa.array([thing.type for thing in listed], pa.string()),
                "id": pa.array([thing.id for thing in listed], pa.string()),
            }
        ),
    )
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM lm_things")
    duck.unregister("lm_things")

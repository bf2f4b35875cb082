"""Dimensions by objects: which object of each type a journey is about, and what is described of it.

Of several objects of one type the smallest id holds, so that the choice depends on no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lastmeter.journeys import sql
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.grammar import Columns
from lastmeter.journeys.months import MONTH_BITS_SQL
from lastmeter.journeys.sections import DIMENSION_NAMES, Dimension

DESCRIBED = "object.described"
Facts = tuple[tuple[str, str], ...]
"""(object type, fact): an attribute's name, or `>type` for a relation."""


def object_types(blueprint: Blueprint) -> list[str]:
    """The types of related objects that the dimensions start from, the journey's own left out."""
    types = {one.object_type for one in blueprint.dimensions if one.object_type}
    return sorted(types - {blueprint.object_type})


def related_objects(blueprint: Blueprint) -> Columns:
    """Aggregates over `traced`: `related_<type>`, the smallest id of that type which the journey's events name."""
    columns = {}
    for kind in object_types(blueprint):
        name = sql.text(kind)
        others = f"list_min([other.id FOR other IN objects IF other.type = {name}])"
        columns[f"related_{kind}"] = f"min(least(CASE WHEN object_type = {name} THEN object_id END, {others}))"
    return columns


def object_of(blueprint: Blueprint, object_type: str, table: str = "seen") -> str:
    """The column with the id of the journey's object of that type."""
    if object_type != blueprint.object_type:
        return f"{table}.related_{object_type}"
    return f"{table}.object_id" if blueprint.slice else f"{table}.journey_id"


def described_types(blueprint: Blueprint) -> list[str]:
    """The types of objects whose descriptions the dimensions read."""
    return sorted({one.object_type for one in blueprint.dimensions if one.object_type and one.fact})


def facts_read(blueprints: Iterable[Blueprint]) -> Facts:
    """(object type, fact) that the dimensions read from descriptions: ("customer", "state"), ("customer", ">person")."""
    return tuple(sorted({(one.object_type, one.fact) for blueprint in blueprints for one in blueprint.dimensions
                         if one.object_type and one.fact}))


def facts_of(facts: Facts, object_type: str) -> list[str]:
    """What is read from the descriptions of one type of object, in the order in which `described` holds it."""
    return [fact for kind, fact in facts if kind == object_type]


def dimension_columns(blueprint: Blueprint, facts: Facts) -> Columns:
    """Expression of each cohort dimension over `seen` and the joins of `description_joins`; NULL where none is given."""
    given = {one.name: _expression(blueprint, one, facts) for one in blueprint.dimensions}
    return {name: given.get(name, "NULL::VARCHAR") for name in DIMENSION_NAMES}


def _expression(blueprint: Blueprint, dimension: Dimension, facts: Facts) -> str:
    if dimension.step:
        return f"step_{dimension.step}.d_{dimension.column}"
    if dimension.fact:
        place = facts_of(facts, str(dimension.object_type)).index(dimension.fact) + 1
        return f"about_{dimension.object_type}.told[{place}]"
    return object_of(blueprint, str(dimension.object_type))


def description_joins(blueprint: Blueprint) -> str:
    """Joins of `seen` with `described`, one an object type."""
    return "\n".join(
        f"LEFT JOIN described AS about_{kind} ON about_{kind}.object_type = {sql.text(kind)}"
        f" AND about_{kind}.object_id = {object_of(blueprint, kind)}"
        for kind in described_types(blueprint)
    )


def described_objects_sql(blueprint: Blueprint) -> str:
    """The SELECT of the objects (object_type, object_id) whose descriptions the journeys of `seen` read."""
    return " UNION ".join(
        ["SELECT NULL::VARCHAR AS object_type, NULL::VARCHAR AS object_id WHERE false",
         *(f"SELECT {sql.text(kind)}, {object_of(blueprint, kind)} FROM seen" for kind in described_types(blueprint))])


def described_sql(facts: Facts, effective: str, at: datetime, attributes: Iterable[str]) -> str:
    """The SELECT of `described` (object_type, object_id, told, month_bits): what the last description says.

    `told` holds a value for each of `facts_of` the object's type, in their order. A relation to several objects of one
    type gives the smallest id that any description names. `month_bits` are the months of all descriptions of that
    object (see `months`).
    """
    attributes = set(attributes)
    selects = ["SELECT NULL::VARCHAR AS object_type, NULL::VARCHAR AS object_id, NULL::VARCHAR[] AS told,"
               " NULL::BIGINT AS month_bits WHERE false"]
    for kind in sorted({kind for kind, _ in facts}):
        values = ", ".join(_told(fact, attributes) for fact in facts_of(facts, kind))
        selects.append(f"""SELECT object_type, object_id, [{values}] AS told, {MONTH_BITS_SQL} AS month_bits
            FROM told WHERE object_type = {sql.text(kind)} GROUP BY object_type, object_id""")
    return f"""WITH told AS (SELECT *, occurred_at AS moment FROM {effective}
            WHERE type = '{DESCRIBED}' AND (occurred_at IS NULL OR occurred_at <= {sql.instant(at)}))
        SELECT * FROM ({' UNION ALL '.join(selects)}) WHERE list_min(told) IS NOT NULL"""


def _told(fact: str, attributes: set[str]) -> str:
    if fact.startswith(">"):
        return f"min(list_min([other.id FOR other IN objects IF other.type = {sql.text(fact[1:])}]))"
    if fact not in attributes:
        return "NULL::VARCHAR"
    key = sql.struct({"k": "coalesce(moment, TIMESTAMP '-infinity')", "id": "id", "source": "source"})
    return f'arg_max("attr_{fact}"::VARCHAR, {key})'


def described_times_sql(object_types: Iterable[str], effective: str, at: datetime) -> str:
    """The SELECT of when the next description after `at` will hold, and of the first and last month of descriptions."""
    return (f"SELECT min(occurred_at) FILTER (occurred_at > {sql.instant(at)}), strftime(min(occurred_at), '%Y-%m'),"
            f" strftime(max(occurred_at), '%Y-%m') FROM {effective}"
            f" WHERE type = '{DESCRIBED}' AND object_type IN {sql.texts(object_types)}")

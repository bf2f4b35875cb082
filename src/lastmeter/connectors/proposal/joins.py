"""Joins: an id column whose values are found among those of another table's id. Both then name the same kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.keys import Key
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import words_of
from lastmeter.kernel.titles import Title

_ASKED = 1_000
_INCLUDED = 0.9
# Exports cover different times, and samples are cut off: where the names agree, this much will do.
_INCLUDED_NAMED = 0.3
_MANY = 20


@dataclass(frozen=True, slots=True)
class Join:
    """`table.column` refers to `other.key`: the share of its different values that are found there."""

    table: str
    column: str
    other: str
    key: str
    share: float
    confidence: float
    reason: Title


def find_joins(tables: Sequence[Table], claims: Mapping[str, Mapping[str, Claim]], keys: Mapping[str, Key]) -> list[Join]:
    """The best join of each id column that is not its table's own key, to a table whose key is that one column."""
    joins = []
    for table in tables:
        for column in table.columns:
            if not _may_refer(column, claims[table.name][column.name]):
                continue
            found = [join for other in tables if other is not table and (join := _join(table, column, other, claims, keys))]
            if found:
                joins.append(max(found, key=lambda join: (join.confidence, join.share)))
    return joins


def _may_refer(column: Column, claim: Claim) -> bool:
    return claim.role in ("id", "performer") or (claim.role in ("attribute", "place",
        "personal") and column.distinct > _MANY and column.typical >= 4)


def _join(table: Table, column: Column, other: Table, claims: Mapping[str, Mapping[str, Claim]], keys: Mapping[str, Key]) -> Join | None:
    if len(keys[other.name].columns) != 1:
        return None
    key = keys[other.name].columns[0]
    if claims[other.name][key.name].role not in ("id", "performer", "personal", "attribute") or key is column:
        return None
    same = _same_name(table, column, other, key, claims)
    if column.name in {one.name for one in keys[table.name].columns} and len(keys[table.name].columns) == 1 and not _is_child(table,
        other, column, key, same=same):
        return None
    share = _included(table, column, other, key)
    plain = column.is_integer and key.is_integer and max((len(value) for value in key.sample), default=0) <= 6
    if same and share >= _INCLUDED_NAMED:
        sure = 0.95 if share >= _INCLUDED else 0.8
    elif not plain and share >= _INCLUDED and column.distinct >= _MANY:
        sure = 0.85 if column.typical >= 5 else 0.7
    else:
        return None
    reason = because("{share:.0%} 的值在 {other}.{key} 里找得到", "{share:.0%} of its values are found in {other}.{key}", share=share,
        other=other.name,
                     key=key.name)
    return Join(table.name, column.name, other.name, key.name, share, sure, reason)


def _is_child(table: Table, other: Table, column: Column, key: Column, *, same: bool) -> bool:
    """Where both columns are keys: which table refers to which. The one named after the object is its home."""
    home = set(words_of(key.name)) & _singulars(other.name)
    away = set(words_of(column.name)) & _singulars(table.name)
    if same and bool(home) != bool(away):
        return bool(home)
    return (table.rows, table.name) < (other.rows, other.name) and not (away and not home)


def _singulars(name: str) -> set[str]:
    words = set(words_of(name))
    return words | {word.removesuffix("s") for word in words}


def _same_name(table: Table, column: Column, other: Table, key: Column, claims: Mapping[str, Mapping[str, Claim]]) -> bool:
    one, two = claims[table.name][column.name], claims[other.name][key.name]
    return column.name.lower() == key.name.lower() or bool(one.kind and one.kind == two.kind)


def _included(table: Table, column: Column, other: Table, key: Column) -> float:
    """Share of up to a thousand different values of the column, the first by name, that the key has."""
    found = table.duck.execute(
        f"""WITH asked AS (SELECT value FROM (SELECT DISTINCT {column.cell} AS value FROM {table.relation} WHERE {column.cell} IS NOT NULL)
            ORDER BY md5(value) LIMIT {_ASKED})
        SELECT count(*) FILTER (value IN (SELECT {key.cell} FROM {other.relation})) / greatest(count(*), 1) FROM asked""").fetchall()
    return float(found[0][0])

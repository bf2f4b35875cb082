"""Figures by post and by department: each answers for its own part of the standard.

Links and flaws name the post of their rule. A figure made of flaws (perfect journeys, flaws per hundred) is measured for
each post on the journeys as it answers for them: only the flaws of its rules count, only the kinds of journey that have
one, and its coverage is that of its own rules. Any other figure belongs to the one post that owns the indicator.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import COLUMNS, Indicator, owner_of
from lastmeter.journeys.facts import Facts

POST, DEPARTMENT = "post", "department"
_KEYS = ["journey_kind", "journey_id"]
Measured = Callable[[Facts, Sequence[str]], list[Figure]]


def by_owner(indicator: Indicator, by: Sequence[str]) -> bool:
    """Whether these groups are posts or departments that no column of the indicator's table names."""
    return (POST in by or DEPARTMENT in by) and POST not in COLUMNS[indicator.table]


def department_of(facts: Facts) -> nw.Expr:
    """The department of the post of a row; null where it has none."""
    found = nw.lit(None, nw.String)
    for post, department in sorted(facts.departments.items()):
        found = nw.when(nw.col(POST) == post).then(nw.lit(department)).otherwise(found)
    return found


def figures_by_owner(facts: Facts, indicator: Indicator, by: Sequence[str], measured: Measured) -> list[Figure]:
    """The figures of each post or department, by further columns where wanted; `measured` measures facts by columns."""
    others = [name for name in by if name not in (POST, DEPARTMENT)]
    parts = _own_flaws(facts, indicator, by) if indicator.of_flaws else _owners(facts, indicator, by)
    figures = []
    for part in parts:
        for figure in measured(part.facts, others):
            keys = {name: part.keys.get(name, figure.keys.get(name)) for name in by}
            figures.append(_own_coverage(msgspec.structs.replace(figure, keys=keys), part, indicator))
    return [figure for figure in figures if figure.population]


@dataclass(frozen=True, slots=True)
class _Part:
    """The facts as one post or department answers for them; `rules` code to primitive, None where all count."""

    keys: Mapping[str, str | None]
    facts: Facts
    rules: Mapping[str, str] | None = None


def _owners(facts: Facts, indicator: Indicator, by: Sequence[str]) -> Iterator[_Part]:
    """One part for each post that owns the indicator: a blueprint's owner answers for its kind of journey alone."""
    if not indicator.owner.startswith("rule:") or not facts.blueprints:
        yield _Part(_keys(facts, owner_of(indicator, facts), by), facts)
        return
    kinds: dict[tuple[str | None, ...], list[str]] = {}
    keys: dict[tuple[str | None, ...], Mapping[str, str | None]] = {}
    for kind in sorted(facts.blueprints):
        found = _keys(facts, owner_of(indicator, replace(facts, blueprints={kind: facts.blueprints[kind]})), by)
        kinds.setdefault(tuple(found.values()), []).append(kind)
        keys[tuple(found.values())] = found
    for each, members in kinds.items():
        yield _Part(keys[each], _of_kinds(facts, members))


def _own_flaws(facts: Facts, indicator: Indicator, by: Sequence[str]) -> Iterator[_Part]:
    """One part for each post, or department, that has rules of the primitives that the indicator is about."""
    members: dict[tuple[str | None, ...], list[tuple[str, Any]]] = {}
    keys: dict[tuple[str | None, ...], Mapping[str, str | None]] = {}
    for kind, blueprint in sorted(facts.blueprints.items()):
        for rule in blueprint.rules():
            if rule.post and (not indicator.needs or rule.primitive in indicator.needs):
                found = _keys(facts, str(rule.post), by)
                members.setdefault(tuple(found.values()), []).append((kind, rule))
                keys[tuple(found.values())] = found
    for each, rules in members.items():
        if None not in each:
            own = {rule.code: rule.primitive for _, rule in rules}
            yield _Part(keys[each], _answered_by(facts, rules), own)


def _keys(facts: Facts, post: str | None, by: Sequence[str]) -> Mapping[str, str | None]:
    both = {POST: post, DEPARTMENT: facts.departments.get(post) if post else None}
    return {name: both[name] for name in by if name in both}


def _answered_by(facts: Facts, rules: Sequence[tuple[str, Any]]) -> Facts:
    """Facts in which journeys have only the flaws of these rules (kind of journey, rule), and only those kinds remain."""
    own = _any_of((kind, rule.code) for kind, rule in rules)
    asked = _any_of((kind, rule.code) for kind, rule in rules if getattr(rule, "solicited", False))
    facts = _of_kinds(facts, {kind for kind, _ in rules})
    flaws = facts.flaws.filter(own)
    marked = flaws.with_columns(nw.when(asked).then(nw.lit(1)).otherwise(nw.lit(0)).alias("asked"))
    counts = marked.group_by(*_KEYS).agg(
        nw.len().cast(nw.Int64).alias("own_flaws"), nw.col("asked").sum().cast(nw.Int64).alias("own_solicited"),
    )
    flawed, solicited = nw.col("own_flaws").fill_null(0), nw.col("own_solicited").fill_null(0)
    journeys = facts.journeys.join(counts, on=_KEYS, how="left").with_columns(
        flawed.alias("flaw_count"), solicited.alias("solicited_flaw_count"),
        nw.when(nw.col("counted")).then(flawed == solicited).alias("perfect"),
    ).drop("own_flaws", "own_solicited")
    return replace(facts, journeys=journeys, flaws=flaws)


def _any_of(rules: Iterable[tuple[str, str]]) -> nw.Expr:
    """Rows of flaws of one of these (kind of journey, rule)."""
    by_kind: dict[str, set[str]] = {}
    for kind, code in rules:
        by_kind.setdefault(kind, set()).add(code)
    found = nw.lit(value=False)
    for kind, codes in sorted(by_kind.items()):
        found = found | ((nw.col("journey_kind") == kind) & nw.col("rule").is_in(sorted(codes)))
    return found


def _of_kinds(facts: Facts, kinds: Collection[str]) -> Facts:
    only = nw.col("journey_kind").is_in(sorted(kinds))
    return replace(
        facts, journeys=facts.journeys.filter(only), links=facts.links.filter(only), flaws=facts.flaws.filter(only),
        feedback=facts.feedback.filter(only), blueprints={kind: facts.blueprints[kind] for kind in kinds},
    )


def _own_coverage(figure: Figure, part: _Part, indicator: Indicator) -> Figure:
    """A part's figure under the coverage of its own rules; none of them observed is no figure."""
    if part.rules is None:
        return figure
    seen = [code for code in figure.rules.split(",") if code in part.rules]
    silent = not seen or any(need not in {part.rules[code] for code in seen} for need in indicator.needs)
    blank: dict[str, Any] = {"value": None, "hits": None, "low": None, "high": None} if silent else {}
    return msgspec.structs.replace(
        figure, rules=",".join(seen), rules_observed=len(seen), rules_total=len(part.rules), **blank
    )

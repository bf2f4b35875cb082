"""What a build reads, and whether it reads as the build before did."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lastmeter.journeys import trace
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.fact_rows import queries
from lastmeter.journeys.judging import deadline_needs, judged
from lastmeter.journeys.related import Facts, facts_read
from lastmeter.journeys.scope import Needs, Scope, Sources
from lastmeter.journeys.snapshot import Snapshot

_ANY_DAY = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class _KnownTo:
    name: str
    event_types: frozenset[str]
    watermark: datetime | None


@dataclass(frozen=True)
class Plan:
    """The snapshot, and a scope for each blueprint version, by kind, the oldest version first."""

    snapshot: Snapshot
    sources: Sources
    scopes: dict[str, list[Scope]]

    @property
    def at(self) -> datetime:
        """As of when."""
        return self.sources.at

    def all_scopes(self) -> list[Scope]:
        """Of all kinds."""
        return [scope for scopes in self.scopes.values() for scope in scopes]

    def object_types(self) -> dict[str, str]:
        """Kind -> the object type that makes its journeys."""
        return {kind: scopes[0].blueprint.object_type for kind, scopes in self.scopes.items()}

    def horizons(self) -> dict[Needs, datetime | None]:
        """Up to when absence is judged, by the sources that it waits for."""
        needs = {needs for scope in self.all_scopes() for needs in deadline_needs(scope)} | {""}
        return {one: self.sources.horizon(one) for one in sorted(needs)}

    def facts_read(self) -> Facts:
        """(object type, fact) that dimensions read from descriptions."""
        return facts_read(scope.blueprint for scope in self.all_scopes())

    def described_types(self) -> list[str]:
        """The object types of `facts_read`."""
        return sorted({object_type for object_type, _ in self.facts_read()})

    def attributes(self) -> set[str]:
        """Registered attributes that any blueprint reads."""
        return {name for scope in self.all_scopes() for name in scope.attributes}

    def readings(self) -> dict[str, str]:
        """Kind -> a fingerprint of how it is read, whatever the time and the watermarks.

        It is the hash of the SQL itself: blueprints, declared event types, registered attributes and the templates of
        this version of the library all show in it, and what does not show changes no row.
        """
        return {kind: _fingerprint(scopes) for kind, scopes in self.scopes.items()}


def plan(snapshot: Snapshot, blueprints: Sequence[Blueprint], at: datetime) -> Plan:
    """What a build at `at` reads."""
    sources = Sources(at, snapshot.sources())
    attributes = snapshot.attributes()
    facts = facts_read(blueprints)
    scopes: dict[str, list[Scope]] = {}
    for blueprint in sorted(blueprints, key=lambda one: (one.kind, one.effective_from)):
        known = {name: kind for name, kind in attributes.items() if name in blueprint.attributes_read()}
        scopes.setdefault(blueprint.kind, []).append(Scope(blueprint, sources, known, facts))
    return Plan(snapshot, sources, scopes)


def _fingerprint(scopes: Sequence[Scope]) -> str:
    parts = [trace.VERSIONS_RULE]
    for scope in scopes:
        states = [_KnownTo(state.name, state.event_types, _ANY_DAY) for state in scope.sources.states]
        timeless = Scope(scope.blueprint, Sources(_ANY_DAY, states), scope.attributes, scope.facts)
        parts += [str(scope.blueprint.effective_from), *trace.kind_sql(timeless), judged(timeless), *queries(timeless).values(),
                  str(scope.facts)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

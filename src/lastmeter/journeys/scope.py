"""What one reading of a blueprint stands on: `at`, which rules are observed, and up to when each may judge absence.

A rule is judged up to its horizon: the earliest of `at` and the watermarks of the sources that declare the events which
could still avert the flaw. So a nightly feed raises no false flaws. A rule whose events no source declares is not
observed, and never a flaw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from lastmeter.journeys import sql
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.grammar import Declaration, Rule
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.journeys.snapshot import SourceState

Needs = str
"""Names of sources, comma separated: whose watermarks, beside `at`, make a horizon. '' is `at` alone."""


@dataclass(frozen=True)
class Sources:
    """Which source declares what, and up to when it is known, as of `at`."""

    at: datetime
    states: Sequence[SourceState]

    def declared(self) -> frozenset[str]:
        """Every event type that some source declares."""
        return frozenset().union(*(state.event_types for state in self.states))

    def needs(self, types: Iterable[str]) -> Needs:
        """The sources that declare any of these types."""
        wanted = set(types)
        return ",".join(sorted(state.name for state in self.states if state.event_types & wanted))

    def horizon(self, needs: Needs) -> datetime | None:
        """Up to when absence is known for these sources; None if one of them has said nothing yet."""
        names = set(needs.split(",")) - {""}
        marks = [state.watermark for state in self.states if state.name in names]
        known = [mark for mark in marks if mark is not None]
        return None if len(known) < len(marks) else min([self.at, *known])


@dataclass(frozen=True)
class Scope:
    """One blueprint version, read at `at`. Names the columns that the primitives share.

    facts: what all blueprints read from descriptions (`related.facts_read`).
    exact: break ties in time by rank and id. It costs three times as much, and is needed only where a step has several
    occurrences; elsewhere any reading gives the same.
    """

    blueprint: Blueprint
    sources: Sources
    attributes: Mapping[str, str]
    facts: tuple[tuple[str, str], ...] = ()
    exact: bool = False

    @property
    def at(self) -> datetime:
        """Events after it do not count."""
        return self.sources.at

    @cached_property
    def observed(self) -> tuple[Rule, ...]:
        """The rules that have data, in blueprint order."""
        declared = self.sources.declared()
        return tuple(
            rule for rule in self.blueprint.breakable
            if all(declared.intersection(group) for group in rule.needed(self.blueprint))
            and all(name in self.attributes for name in rule.needed_attributes())
        )

    def needs(self, rule: Rule) -> Needs:
        """The sources up to whose watermarks the rule judges absence."""
        return self.sources.needs(rule.averting(self.blueprint))

    def horizon(self, rule: Rule) -> str:
        """The rule's horizon as SQL; NULL where absence cannot be judged."""
        observed = rule in self.observed
        return sql.instant(self.sources.horizon(self.needs(rule)) if observed else None)

    def all_needs(self) -> Needs:
        """All sources that declare anything of this blueprint: silence is judged by them."""
        return self.sources.needs(self.blueprint.event_types())

    def prefix(self, declaration: Declaration) -> str:
        """How the columns of a declaration start."""
        return f"r{self.blueprint.declarations.index(declaration)}"

    def step(self, code: str) -> str:
        """The column with the occurrence that holds for a step (fields of `trace.OCCURRENCE`); NULL: not reached."""
        return f"step_{code}"

    def reached(self, rule: Rule, step: str) -> str:
        """The column with the occurrence of the step that ends a link or fulfils a promise; slices follow it further."""
        return f"{self.prefix(rule)}_reached" if self.blueprint.slice else self.step(step)

    def followed(self) -> list[str]:
        """The columns with occurrences that a slice follows beyond its end."""
        rules = [*self.blueprint.links, *(rule for rule in self.observed if isinstance(rule, Promise))]
        return [f"{self.prefix(rule)}_reached" for rule in rules] if self.blueprint.slice else []

    @property
    def ending(self) -> str:
        """The column with the state in which the journey, or the object of a slice, ended."""
        return "object_ending" if self.blueprint.slice else "ending"

    @property
    def ended(self) -> str:
        """The column with the occurrence of that ending."""
        return "object_ended" if self.blueprint.slice else "ended"

    def order(self, step: str) -> int:
        """The step's place in the blueprint: ties in time break by it."""
        return [one.code for one in self.blueprint.steps].index(step)

    def columns_read(self, step: str) -> list[str]:
        """The columns of the step's event that dimensions read."""
        return sorted({one.column for one in self.blueprint.dimensions if one.step == step and one.column})

    def is_type(self, events: Sequence[str]) -> str:
        """A condition on the event's type."""
        return f"type IN {sql.texts(events)}"

    def holding(self, fields: Mapping[str, str], events: Sequence[str], *, last: bool = False, where: str = "") -> str:
        """Aggregate: `fields` of the one occurrence among several that holds, the first or the last dated one.

        The order is start, then the order of `events`, then id.
        """
        moment = f"coalesce(moment, TIMESTAMP '{'-' if last else ''}infinity')"
        key = sql.struct({"k": moment, "rank": self.rank(events), "id": "id", "source": "source"}) if self.exact else moment
        chosen = f"{'arg_max' if last else 'arg_min'}({sql.struct(fields)}, {key})"
        return f"{chosen} FILTER ({self.is_type(events)}{f' AND {where}' if where else ''})"

    def rank(self, events: Sequence[str]) -> str:
        """The event type's place among several of one step."""
        if len(events) == 1:
            return "0"
        return "CASE type " + " ".join(f"WHEN {sql.text(name)} THEN {place}" for place, name in enumerate(events)) + " END"

    def attribute(self, name: str, kind: str) -> str:
        """The attribute's column, or a NULL of the type where no source declares it."""
        return f'"attr_{name}"' if name in self.attributes else f"NULL::{kind}"

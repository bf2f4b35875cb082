"""Forbidden acts: every occurrence of the event is one flaw, or only those that nothing covered ("never without ...").

Cover is tested on intervals: an act is covered if an event of `without` surely came before it or with it, a flaw if none
possibly did, else undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lastmeter.journeys.grammar import Columns, Events, Levels, OccurrenceRule
from lastmeter.journeys.intervals import ALWAYS, FIELDS, exists, occurrences
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Forbidden(OccurrenceRule):
    """`event` must not occur; with `without` not unless an event of that came before it in the journey."""

    TABLE: ClassVar[str] = "forbidden"
    TITLE: ClassVar[Title] = Title("禁止", "forbidden")
    REMEDY: ClassVar[Title] = Title("杜绝“{cause}”", "Stop “{cause}”")

    without: Events | None = None

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """The act, and what would cover it."""
        return [*super().needed(blueprint), *([self.without] if self.without else [])]

    def flaw_events(self) -> tuple[str, ...]:
        """With `without` no event is a flaw by itself."""
        return () if self.without else super().flaw_events()

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """Cover that is not known yet."""
        return self.without or ()

    def aggregates(self, scope: Scope) -> Columns:
        """How often it occurred; with `without` the acts and their cover."""
        if not self.without:
            return super().aggregates(scope)
        p, read = scope.prefix(self), "" if scope.exact else " AND false"
        return {f"{p}_acts": occurrences(scope.is_type(self.event) + read),
                f"{p}_cover": occurrences(scope.is_type(self.without) + read)}

    def unclear(self, scope: Scope) -> str | None:
        """Where not every act surely came after the first cover."""
        if not self.without:
            return None
        acts, cover = f"FILTER ({scope.is_type(self.event)})", f"FILTER ({scope.is_type(self.without)})"
        covered = f"coalesce(min({FIELDS['hi']}) {cover} <= min({FIELDS['lo']}) {acts}, false)"
        return f"(count(*) {acts} > 0 AND NOT {covered})"

    def verdict(self, scope: Scope) -> Levels:
        """The usual; with `without` beside it `_bare`, the acts that surely nothing covered, `_found`, those judged."""
        if not self.without:
            return super().verdict(scope)
        p, horizon = scope.prefix(self), scope.horizon(self)
        sure, possible = exists(f"{p}_cover", "x.hi <= act.lo"), exists(f"{p}_cover", "x.lo <= act.hi")
        elements = "{'id': act.id, 'source': act.source, 'moment': act.moment, 'on': act.\"on\", 'until': act.until," \
                   " 'excess': NULL::DOUBLE}"
        bare = f"list_filter({p}_acts, lambda act: act.until IS NOT NULL AND NOT ({possible}))"
        doubtful = f"list_filter({p}_acts, lambda act: NOT ({sure}) AND (act.until IS NULL OR {possible}))"
        waiting = f"list_filter({p}_bare, lambda act: act.until > coalesce({horizon}, {ALWAYS}))"
        return [
            {f"{p}_bare": f"list_transform({bare}, lambda act: {elements})",
             f"{p}_undecided": f"len({doubtful})::INTEGER"},
            {f"{p}_found": f"list_filter({p}_bare, lambda act: act.until <= {horizon})",
             f"{p}_pending": f"list_min(list_transform({waiting}, lambda act: act.until))"},
            {f"{p}_flaws": f"len({p}_found)::INTEGER"},
        ]

    def flaw_rows(self, scope: Scope) -> str:
        """One for every occurrence, or every one without cover, at its own time."""
        return self.each(scope) if self.without else super().flaw_rows(scope)

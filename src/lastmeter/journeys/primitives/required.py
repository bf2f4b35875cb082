"""Required acts: an event that must occur, after one step, before another, or at all.

Tested on intervals: kept if some occurrence surely lies right, a flaw if none possibly does, else undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from lastmeter.journeys.grammar import Code, Columns, Events, Levels, Rule
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Required(Rule):
    """`event` must occur after step `after` (where that is reached) and before step `before`.

    Judged when `before` is reached, without it when the journey is completed or returned.
    """

    TABLE: ClassVar[str] = "required"
    TITLE: ClassVar[Title] = Title("必做", "required")
    REMEDY: ClassVar[Title] = Title("“{cause}”每次都要做到", "Make sure of “{cause}”, every time")

    event: Events
    after: Code | None = None
    before: Code | None = None

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {key: step for key, step in (("after", self.after), ("before", self.before)) if step}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """The act, and the steps that it stands between."""
        return [self.event, *(blueprint.step(step).event for step in self.step_references().values())]

    def titled_events(self) -> tuple[str, ...]:
        """The act."""
        return self.event

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """The act itself."""
        return self.event

    def aggregates(self, scope: Scope) -> Columns:
        """When the act occurred; where it stands between no steps, whether it did."""
        acts = "list({'moment': moment, 'last': last})" if self.step_references() else "any_value(true)"
        return {f"{scope.prefix(self)}_acts": f"{acts} FILTER ({scope.is_type(self.event)})"}

    def verdict(self, scope: Scope) -> Levels:
        """`_at`, `_on`, `_until` of the step or ending at which it is judged; `_outcome` beside the usual."""
        p = scope.prefix(self)
        sure, possible = [], []
        if self.before:
            before = scope.step(self.before)
            sure.append(f"act.last <= {before}.moment")
            possible.append(f"coalesce(act.moment <= {before}.last, true)")
        if self.after:
            after = scope.step(self.after)
            sure.append(f"act.moment >= {after}.last")
            possible.append(f"coalesce(act.last >= {after}.moment, true)")
        owed = f"{scope.step(self.after)} IS NOT NULL" if self.after else "true"
        judged = scope.step(self.before) if self.before else "(CASE WHEN ending <> 'cancelled' THEN ended END)"
        outcome = f"""CASE WHEN NOT ({owed}) OR {judged} IS NULL THEN 'none'
            WHEN {_some(p, sure)} THEN 'kept'
            WHEN {_some(p, possible)} OR {p}_until IS NULL THEN 'undecided'
            WHEN {p}_until <= {scope.horizon(self)} THEN 'missed' ELSE 'open' END"""
        return [
            {f"{p}_at": f"{judged}.moment", f"{p}_on": f'{judged}."on"',
             f"{p}_until": f"coalesce({judged}.until, {judged}.moment)"},
            {f"{p}_outcome": outcome},
            {f"{p}_flaws": f"({p}_outcome = 'missed')::INTEGER", f"{p}_undecided": f"({p}_outcome = 'undecided')::INTEGER",
             f"{p}_pending": f"CASE WHEN {p}_outcome = 'open' THEN {p}_until END"},
        ]

    def flaw_rows(self, scope: Scope) -> str:
        """One where the act is missing; it came to be a flaw with the step that it should have preceded."""
        p = scope.prefix(self)
        return self.once(scope, at=f"{p}_at", on=f"{p}_on")


def _some(p: str, conditions: list[str]) -> str:
    if not conditions:
        return f"{p}_acts IS NOT NULL"
    return f"len(list_filter({p}_acts, lambda act: {' AND '.join(conditions)})) > 0"

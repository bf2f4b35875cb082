"""Promises: by when the customer was told that a step would be reached.

A promised day is kept until it ends in its place's zone, an exact time up to and including it. Late only if surely
late, kept only if surely kept, else undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Code, Columns, Levels, Rule
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Promise(Rule):
    """The attributes `promised_<name>_on` and `_at` of the events of step `on` say by when `step` is promised."""

    TABLE: ClassVar[str] = "promise"
    TITLE: ClassVar[Title] = Title("承诺", "promise")
    REMEDY: ClassVar[Title] = Title("守住“{cause}”，或改成守得住的承诺", "Keep “{cause}”, or promise what can be kept")

    on: Code
    name: Code
    step: Code

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"on": self.on, "step": self.step}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """The step that carries it and the step that was promised."""
        return [blueprint.step(self.on).event, blueprint.step(self.step).event]

    def needed_attributes(self) -> list[str]:
        """The promised time."""
        return [f"promised_{self.name}_at"]

    def attributes_read(self) -> list[str]:
        """The promised day, where it was one, and the promised time."""
        return [f"promised_{self.name}_on", f"promised_{self.name}_at"]

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:
        """The step itself, or a cancellation."""
        return (*blueprint.step(self.step).event, *blueprint.ending_events("cancelled"))

    def aggregates(self, scope: Scope) -> Columns:
        """The promise that holds: the last one made."""
        events = scope.blueprint.step(self.on).event
        day = scope.attribute(f"promised_{self.name}_on", "DATE")
        promised = scope.attribute(f"promised_{self.name}_at", "TIMESTAMP")
        made = scope.holding({"day": day, "moment": promised, "zone": "zone", "said": "moment"}, events, last=True,
                             where=f"{promised} IS NOT NULL")
        return {f"{scope.prefix(self)}_made": made}

    def verdict(self, scope: Scope) -> Levels:
        """`_due_at`, `_due_on`; `_outcome`, `_excess` (NULL while it is overdue and open) beside the usual."""
        p, step = scope.prefix(self), scope.reached(self, self.step)
        made = f"{p}_made"
        last = f"CASE WHEN {made}.day IS NULL THEN {made}.moment ELSE {made}.moment - INTERVAL 1 MICROSECOND END"
        outcome = f"""CASE WHEN {made} IS NULL THEN 'none'
            WHEN {step} IS NOT NULL THEN CASE WHEN {step}.moment > {last} THEN 'missed'
                WHEN {step}.last <= {last} THEN 'kept' ELSE 'undecided' END
            WHEN {scope.ending} = 'cancelled' THEN 'none'
            WHEN {p}_due_at <= {scope.horizon(self)} THEN 'missed' ELSE 'open' END"""
        excess = f"""CASE WHEN {made}.day IS NOT NULL OR {step}.coarse THEN ({step}."on" - {p}_due_on) * 86400.0
            ELSE {sql.seconds_between(f'{p}_due_at', f'{step}.moment')} END"""
        return [
            {f"{p}_due_at": f"{made}.moment",
             f"{p}_due_on": f"coalesce({made}.day, {sql.local_date(f'{made}.moment', f'{made}.zone')})"},
            {f"{p}_outcome": outcome, f"{p}_excess": excess},
            {f"{p}_flaws": f"({p}_outcome = 'missed')::INTEGER", f"{p}_undecided": f"({p}_outcome = 'undecided')::INTEGER",
             f"{p}_pending": f"CASE WHEN {p}_outcome = 'open' THEN {p}_due_at END"},
        ]

    def flaw_rows(self, scope: Scope) -> str:
        """One where it is missed; it came to be a flaw when the promised time had passed."""
        p = scope.prefix(self)
        on = f"CASE WHEN {p}_made.day IS NULL THEN {p}_due_on ELSE {p}_due_on + 1 END"
        return self.once(scope, at=f"{p}_due_at", on=on, excess=f"{p}_excess")

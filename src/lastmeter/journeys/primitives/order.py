"""Forbidden orders: two steps of which one must not come before the other.

Tested on intervals: a flaw only if surely the wrong way round, kept only if surely right or at the same instant, else
undecided. Where one of the two never comes there is no order: that it must come is a `required` act.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import ValidationInfo, field_validator

from lastmeter.journeys.grammar import Code, Declaration, Levels, Mistake, Rule, wrong
from lastmeter.journeys.graph import reached
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Order(Rule):
    """Step `then` must not come before step `first`."""

    TABLE: ClassVar[str] = "order"
    TITLE: ClassVar[Title] = Title("次序", "order of steps")
    REMEDY: ClassVar[Title] = Title("按次序来：“{cause}”", "Keep to the order: “{cause}”")

    first: Code
    then: Code

    @field_validator("then")
    @classmethod
    def _another(cls, then: str, given: ValidationInfo) -> str:
        if then == given.data.get("first"):
            raise wrong("order_same_step", "“first”和“then”是同一个环节；写两个不同的环节",
                        "“first” and “then” are the same step; name two different ones")
        return then

    @classmethod
    def mistakes(cls, declared: Mapping[int, Declaration], *, sliced: bool) -> list[Mistake]:  # noqa: ARG003
        """Orders that form a circle, so that no journey can keep them all: noted at the one that closes it."""
        after: dict[str, set[str]] = {}
        found = []
        for number, order in declared.items():
            if not isinstance(order, Order):
                continue
            if order.first in reached(after, order.then):
                found.append(Mistake(
                    number, "then", "order_circle",
                    Title(f"各条次序绕成了圈：按前面的次序，“{order.then}”已须先于“{order.first}”。",
                          f"The orders form a circle: those above already put “{order.then}” before “{order.first}”."),
                    Title("删掉其中一条，或对调“first”和“then”。", "Leave one of them out, or swap “first” and “then”.")))
            else:
                after.setdefault(order.first, set()).add(order.then)
        return found

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"first": self.first, "then": self.then}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """Both steps."""
        return [blueprint.step(self.first).event, blueprint.step(self.then).event]

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing: it is judged when both have come."""
        return ()

    def verdict(self, scope: Scope) -> Levels:
        """`_outcome` beside the usual."""
        p, first, then = scope.prefix(self), scope.step(self.first), scope.step(self.then)
        outcome = f"""CASE WHEN {first} IS NULL OR {then} IS NULL THEN 'none'
            WHEN {then}.last < {first}.moment THEN 'breached'
            WHEN {first}.last <= {then}.moment THEN 'kept' ELSE 'undecided' END"""
        return [{f"{p}_outcome": outcome},
                {f"{p}_flaws": f"({p}_outcome = 'breached')::INTEGER",
                 f"{p}_undecided": f"({p}_outcome = 'undecided')::INTEGER", f"{p}_pending": "NULL::TIMESTAMP"}]

    def flaw_rows(self, scope: Scope) -> str:
        """One where it is broken, at the time of the step that came too early."""
        then = scope.step(self.then)
        return self.once(scope, at=f"{then}.moment", on=f'{then}."on"')


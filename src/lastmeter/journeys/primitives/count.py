"""Counts: how often an event must or may occur, such as three confirmations of a draft.

Tested on intervals: an occurrence counts surely if it surely lies between the steps, else possibly. Too few is a flaw if
even the possible ones are too few, too many if the sure ones are; else it is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from lastmeter.journeys.event_value import EventValue
from lastmeter.journeys.grammar import Code, Columns, Events, Levels, Rule, wrong
from lastmeter.journeys.intervals import exists, key, occurrences, step_bounds
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope

_Times = Annotated[int, Field(ge=0, le=100_000)]


class Count(Rule):
    """`event` occurs `at_least` and `at_most` so often, after step `after` (where that is reached) and before `before`.

    With `distinct`, occurrences with the same value of an attribute (or of `performer`, `place`, `channel`) count once,
    and one without a value counts possibly. Too few is judged when `before` is reached, without it when the journey is
    completed or returned; too many as soon as it is so, with `before` when that is reached.
    """

    TABLE: ClassVar[str] = "count"
    TITLE: ClassVar[Title] = Title("次数", "count")
    REMEDY: ClassVar[Title] = Title("“{cause}”的次数要做够、不超", "Do “{cause}” as often as agreed")

    event: Events
    at_least: _Times | None = None
    at_most: _Times | None = Field(default=None, validate_default=True)
    after: Code | None = None
    before: Code | None = None
    distinct: Code | None = None

    @field_validator("at_most")
    @classmethod
    def _possible(cls, at_most: int | None, given: ValidationInfo) -> int | None:
        at_least = given.data.get("at_least")
        if at_most is None and at_least is None and "at_least" in given.data:
            raise wrong("count_missing", "写上 at_least 或 at_most，或两个都写", "Write at_least or at_most, or both")
        if at_most is not None and at_least is not None and at_least > at_most:
            raise wrong("count_contradictory",
                        "at_least（{least}）大于 at_most（{most}），没有次数能同时满足；改小 at_least 或改大 at_most",
                        "at_least ({least}) is above at_most ({most}), so no count fits; lower at_least or raise at_most",
                        least=str(at_least), most=str(at_most))
        return at_most

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {name: step for name, step in (("after", self.after), ("before", self.before)) if step}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """What is counted, and the steps that it stands between."""
        return [self.event, *(blueprint.step(step).event for step in self.step_references().values())]

    def needed_attributes(self) -> list[str]:
        """The attribute that tells occurrences apart."""
        return EventValue(self.distinct).attributes if self.distinct else []

    def titled_events(self) -> tuple[str, ...]:
        """What is counted."""
        return self.event

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """Another occurrence."""
        return self.event

    def aggregates(self, scope: Scope) -> Columns:
        """The occurrences; `_fits`: they need not be looked at, for all of them count and they are neither too few nor too many."""
        p, acts = scope.prefix(self), scope.is_type(self.event)
        if not self._counts_all():
            value = {"value": EventValue(self.distinct).sql(scope)} if self.distinct else None
            return {f"{p}_acts": occurrences(acts, value), f"{p}_fits": "false"}
        return {f"{p}_acts": occurrences(acts + ("" if scope.exact else " AND false")), f"{p}_fits": f"NOT {self.unclear(scope)}"}

    def unclear(self, scope: Scope) -> str | None:
        """Where all occurrences count: if they are too few or too many."""
        acts = f"count(*) FILTER ({scope.is_type(self.event)})"
        over = "" if self.at_most is None else f" OR {acts} > {self.at_most}"
        return f"({acts} < {self.at_least or 0}{over})" if self._counts_all() else None

    def _counts_all(self) -> bool:
        return not (self.after or self.before or self.distinct)

    def verdict(self, scope: Scope) -> Levels:
        """`_least` and `_most` it may be; `_outcome`, `_at`, `_on` of the flaw, beside the usual."""
        p = scope.prefix(self)
        owed = f"{scope.step(self.after)} IS NOT NULL" if self.after else "true"
        judged = scope.step(self.before) if self.before else "(CASE WHEN ending <> 'cancelled' THEN ended END)"
        few = f"{judged} IS NOT NULL" if self.at_least is not None else "false"
        many = "false" if self.at_most is None else f"{judged} IS NOT NULL" if self.before else "true"
        at_least, at_most = self.at_least or 0, 2**31 if self.at_most is None else self.at_most
        until = f"coalesce({judged}.until, {judged}.moment)"
        outcome = f"""CASE WHEN {p}_fits THEN 'kept'
            WHEN NOT ({owed}) THEN 'none'
            WHEN {many} AND {p}_least > {at_most} THEN 'over'
            WHEN {many} AND {p}_most > {at_most} THEN 'undecided'
            WHEN NOT ({few}) OR {p}_least >= {at_least} THEN 'kept'
            WHEN {p}_most >= {at_least} OR {until} IS NULL THEN 'undecided'
            WHEN {until} <= {scope.horizon(self)} THEN 'under' ELSE 'open' END"""
        return [
            self._within(scope),
            {f"{p}_least": self._least(p), f"{p}_most": self._most(p), f"{p}_one_over": self._one_over(p)},
            {f"{p}_outcome": outcome},
            {f"{p}_at": f"CASE {p}_outcome WHEN 'under' THEN {judged}.moment WHEN 'over' THEN {p}_one_over.moment END",
             f"{p}_on": f"CASE {p}_outcome WHEN 'under' THEN {judged}.\"on\" WHEN 'over' THEN {p}_one_over.\"on\" END",
             f"{p}_flaws": f"({p}_outcome IN ('over', 'under'))::INTEGER",
             f"{p}_undecided": f"({p}_outcome = 'undecided')::INTEGER",
             f"{p}_pending": f"CASE WHEN {p}_outcome = 'open' THEN {until} END"},
        ]

    def _within(self, scope: Scope) -> Columns:
        """`_sure` and `_possible`: the occurrences that surely, and those that possibly, lie between the steps."""
        p, sure, possible = scope.prefix(self), ["true"], ["true"]
        if self.after:
            low, high = step_bounds(scope.step(self.after))
            sure.append(f"x.lo >= {high}")
            possible.append(f"x.hi >= {low}")
        if self.before:
            low, high = step_bounds(scope.step(self.before))
            sure.append(f"x.hi <= {low}")
            possible.append(f"x.lo <= {high}")
        return {f"{p}_sure": f"list_filter({p}_acts, lambda x: {' AND '.join(sure)})",
                f"{p}_possible": f"list_filter({p}_acts, lambda x: {' AND '.join(possible)})"}

    def _least(self, p: str) -> str:
        if not self.distinct:
            return f"len({p}_sure)"
        return f"greatest({_values(f'{p}_sure')}, least(1, len({p}_sure)))"

    def _most(self, p: str) -> str:
        if not self.distinct:
            return f"len({p}_possible)"
        return f"{_values(f'{p}_possible')} + len(list_filter({p}_possible, lambda x: x.value IS NULL))"

    def _one_over(self, p: str) -> str:
        """The occurrence with which it became too many: the first new value beyond those allowed."""
        new = "true"
        if self.distinct:
            earlier = exists(f"{p}_sure", f"y.value = x.value AND {key('y')} < {key('x')}", "y")
            new = f"x.value IS NOT NULL AND NOT ({earlier})"
        element = f"{{'key': {key('x')}, 'moment': x.moment, 'on': x.\"on\"}}"
        elements = f"list_transform(list_filter({p}_sure, lambda x: {new}), lambda x: {element})"
        return f"list_sort({elements})[{(self.at_most or 0) + 1}]"

    def flaw_rows(self, scope: Scope) -> str:
        """One: too few with the step that it should have preceded, too many with the first that was too many."""
        p = scope.prefix(self)
        return self.once(scope, at=f"{p}_at", on=f"{p}_on")


def _values(events: str) -> str:
    """How many different values they have."""
    return f"len(list_distinct(list_transform({events}, lambda x: x.value)))"

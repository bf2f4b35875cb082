"""Links: the stretch between two steps, with a limit and an accountable post.

Hours compare intervals: late only if surely late, kept only if surely kept, else undecided. Days compare local dates.
Working limits compare alike: with the instant at which so many working hours have passed, with the date of the last
working day. What is later than that is late, also before work begins again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Code, Levels, OptionalLimit, Rule
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Link(Rule):
    """From `from_step` to `to_step` within `limit`, if there is one."""

    TABLE: ClassVar[str] = "link"
    TITLE: ClassVar[Title] = Title("链路", "link")
    REMEDY: ClassVar[Title] = Title("让“{cause}”回到时限内", "Bring “{cause}” back within its limit")

    from_step: Code = Field(alias="from")
    to_step: Code = Field(alias="to")
    limit: OptionalLimit = None
    calendar: Code | None = None

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"from": self.from_step, "to": self.to_step}

    def is_rule(self) -> bool:
        """A link without a limit is measured only."""
        return self.limit is not None

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """Both steps."""
        return [blueprint.step(self.from_step).event, blueprint.step(self.to_step).event]

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:
        """The step itself, or an ending that makes it moot."""
        return (*blueprint.step(self.to_step).event, *blueprint.ending_events())

    def verdict(self, scope: Scope) -> Levels:
        """`_due_at`, `_due_on`; `_outcome`, `_seconds`; `_excess` beside the usual."""
        p, start, end = scope.prefix(self), scope.step(self.from_step), scope.reached(self, self.to_step)
        skipped = f"({scope.ended}.k, {scope.ended}.ord) > (coalesce({start}.moment, TIMESTAMP 'infinity'), {scope.order(self.from_step)})"
        seconds = f"""CASE WHEN {start}.coarse OR {end}.coarse THEN ({end}."on" - {start}."on") * 86400.0
            ELSE {sql.seconds_between(f'{start}.moment', f'{end}.moment')} END"""
        outcome = f"""CASE WHEN {start} IS NULL THEN NULL
            WHEN {end} IS NULL THEN CASE WHEN {scope.ended} IS NOT NULL AND {skipped} THEN 'skipped'
                WHEN {p}_due_at <= {scope.horizon(self)} THEN 'overdue' ELSE 'open' END
            {self._reached(p, start, end)} END"""
        return [*self._deadline(scope), {
            f"{p}_seconds": seconds, f"{p}_working_seconds": self._worked(p), f"{p}_outcome": outcome,
        }, {
            f"{p}_excess": self._excess(p, start, end),
            f"{p}_flaws": f"coalesce({p}_outcome IN ('late', 'overdue'), false)::INTEGER",
            f"{p}_undecided": f"coalesce({p}_outcome = 'undecided', false)::INTEGER",
            f"{p}_pending": f"CASE WHEN {p}_outcome = 'open' THEN {p}_due_at END",
        }]

    def _deadline(self, scope: Scope) -> Levels:
        p, start = scope.prefix(self), scope.step(self.from_step)
        if not self.limit:
            return [{f"{p}_due_on": "NULL::DATE", f"{p}_due_at": "NULL::TIMESTAMP"}, {}]
        if self.limit.unit == "working_days":
            return [{}, {f"{p}_due_at": sql.day_end(f"{p}_due_on", f"{start}.zone")}]
        if self.limit.unit == "working_hours":
            return [{}, {f"{p}_due_on": sql.local_date(f"{p}_due_at", f"{start}.zone")}]
        if self.limit.unit == "days":
            return [{f"{p}_due_on": f"{start}.last_on + {self.limit.amount}"},
                    {f"{p}_due_at": sql.day_end(f"{p}_due_on", f"{start}.zone")}]
        return [{f"{p}_due_at": f"coalesce({start}.until, {start}.moment) + INTERVAL {self.limit.amount} HOUR"},
                {f"{p}_due_on": sql.local_date(f"{p}_due_at", f"{start}.zone")}]

    def _reached(self, p: str, start: str, end: str) -> str:
        if not self.limit:
            return "ELSE 'unlimited'"
        match self.limit.unit:
            case "days":
                late = f'{end}."on" - {start}.last_on > {self.limit.amount}'
                kept = f'{end}.last_on - {start}."on" <= {self.limit.amount}'
            case "hours":
                late = f"{end}.moment > {start}.last + INTERVAL {self.limit.amount} HOUR"
                kept = f"{end}.last <= {start}.moment + INTERVAL {self.limit.amount} HOUR"
            case "working_days":
                late, kept = f'{end}."on" > {p}_due_on', f"{end}.last_on <= {p}_kept_by"
            case "working_hours":
                late, kept = f"{end}.moment > {p}_due_at", f"{end}.last <= {p}_kept_by"
        return f"WHEN {late} THEN 'late' WHEN {kept} THEN 'kept' ELSE 'undecided'"

    def _worked(self, p: str) -> str:
        """Working time between the steps: microseconds of the calendar as seconds, its days as 86,400."""
        if not self.limit or not self.limit.is_working:
            return "NULL::DOUBLE"
        return f"({p}_done - {p}_began) {'* 86400.0' if self.limit.unit == 'working_days' else '/ 1e6'}"

    def _excess(self, p: str, start: str, end: str) -> str:
        if not self.limit:
            return "NULL::DOUBLE"
        above = f"{p}_working_seconds" if self.limit.is_working else f"{p}_seconds"
        if self.limit.unit == "days":
            above = f'({end}."on" - {start}."on") * 86400.0'
        return f"CASE {p}_outcome WHEN 'kept' THEN 0.0 WHEN 'late' THEN {above} - {self.limit.seconds} END"

    def flaw_rows(self, scope: Scope) -> str:
        """One where it is late or overdue; it came to be a flaw when the limit ran out."""
        p = scope.prefix(self)
        on = f"{p}_due_on + 1" if self.limit and self.limit.unit in ("days", "working_days") else f"{p}_due_on"
        return self.once(scope, at=f"{p}_due_at", on=on, link=sql.text(self.code), excess=f"{p}_excess")

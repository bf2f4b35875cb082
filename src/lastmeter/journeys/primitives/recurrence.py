"""Recurrences: an event that must come again and again, such as a report every two weeks.

The occurrences stand in order of the last instant at which each may have come. A gap that one begins is kept if the next
surely comes within `every` of it, and a flaw if surely none of the later ones does; else it is undecided. Hours compare
instants, days local dates. Each gap is judged when it could have been closed by, up to which the sources must be known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from lastmeter.journeys import sql
from lastmeter.journeys.grammar import Code, Columns, Declaration, Events, Levels, Mistake, Rule, TimeSpan
from lastmeter.journeys.intervals import ALWAYS, NEVER, exists, occurrences
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Recurrence(Rule):
    """From step `from_step` on no stretch longer than `every` is without `event`, until step `until` or the ending.

    In a slice the period begins it where there is no `from_step`, and ends it: each period is judged by itself.

    Each gap that is too long is one flaw; its occurrence is the event that began it, '' where that is the step.
    """

    TABLE: ClassVar[str] = "recurrence"
    TITLE: ClassVar[Title] = Title("定期", "recurrence")
    REMEDY: ClassVar[Title] = Title("“{cause}”要按期，不要间断", "Keep “{cause}” coming on time")

    event: Events
    every: TimeSpan
    from_step: Code | None = Field(default=None, alias="from")
    until: Code | None = None

    @classmethod
    def mistakes(cls, declared: Mapping[int, Declaration], *, sliced: bool) -> list[Mistake]:
        """Only a period begins by itself; elsewhere nobody would know when the first is due."""
        return [] if sliced else [
            Mistake(number, "from", "key_missing", Title("“recurrence”缺少“from”。", "“recurrence” lacks “from”."),
                    Title("在这一节里加一行 from = ...。", "Add a line from = ... to this section."))
            for number, one in declared.items() if isinstance(one, Recurrence) and not one.from_step]

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {key: step for key, step in (("from", self.from_step), ("until", self.until)) if step}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """What recurs, and the steps between which it does."""
        return [self.event, *(blueprint.step(step).event for step in self.step_references().values())]

    def titled_events(self) -> tuple[str, ...]:
        """What recurs."""
        return self.event

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:
        """Another occurrence, or what ends the duty."""
        until = blueprint.step(self.until).event if self.until else ()
        return (*self.event, *until, *blueprint.ending_events())

    def aggregates(self, scope: Scope) -> Columns:
        """The occurrences."""
        return {f"{scope.prefix(self)}_acts": occurrences(scope.is_type(self.event))}

    def verdict(self, scope: Scope) -> Levels:
        """`_points`, start, occurrences and end in order; `_gaps` that are not kept, with when each is judged; `_found`,
        those that are flaws; beside the usual.
        """
        p, horizon = scope.prefix(self), scope.horizon(self)
        start = scope.step(self.from_step) if self.from_step else "started"
        judged = f"coalesce(gap.due <= {horizon}, false)"
        waiting = f"list_filter({p}_gaps, lambda gap: NOT {judged})"
        undated = f"({start} IS NOT NULL AND {start}.moment IS NULL)"
        return [
            {f"{p}_end": self._end(scope)},
            {f"{p}_points": self._points(p, start)},
            {f"{p}_gaps": f"list_filter({self._all_gaps(p)}, lambda gap: gap.ends_later AND NOT gap.kept)"},
            {f"{p}_found": f"list_filter({p}_gaps, lambda gap: {judged} AND gap.late)",
             f"{p}_undecided": f"coalesce(len(list_filter({p}_gaps, lambda gap: {judged} AND NOT gap.late)), 0)::INTEGER"
                               f" + {undated}::INTEGER",
             f"{p}_pending": f"list_min(list_transform({waiting}, lambda gap: gap.due))"},
            {f"{p}_flaws": f"coalesce(len({p}_found), 0)::INTEGER"},
        ]

    def _end(self, scope: Scope) -> str:
        """What closes the last gap: step `until`, or the journey's ending."""
        ended = _point("ended", 2)
        if not self.until:
            return f"CASE WHEN ended IS NOT NULL THEN {ended} END"
        until = scope.step(self.until)
        return f"CASE WHEN {until} IS NOT NULL THEN {_point(until, 2)} WHEN ended IS NOT NULL THEN {ended} END"

    def _points(self, p: str, start: str) -> str:
        """NULL where the duty has not begun, or nobody knows when."""
        acts = f"list_filter({p}_acts, lambda x: x.hi >= {start}.last)"
        listed = f"list_transform({acts}, lambda x: {_point('x', 1, 'x.id', 'x.source')})"
        end = f"CASE WHEN {p}_end IS NULL THEN [] ELSE [{p}_end] END"
        return f"""CASE WHEN {start}.moment IS NOT NULL
            THEN list_sort(list_concat([{_point(start, 0)}], {listed}, {end})) END"""

    def _all_gaps(self, p: str) -> str:
        """For each point but the end: whether what follows surely or possibly comes in time, and when that is judged.

        `ends_later`: it does not come after the end.
        """
        rest, following = f"{p}_points[i + 1:]", f"{p}_points[i + 1]"
        amount, allowed = self.every.amount, self.every.seconds
        if self.every.unit == "days":
            due_on = f"e.last_on + {amount}"
            kept = f'{following}.last_on - e."on" <= {amount}'
            in_time = f'coalesce(x."on" - e.last_on <= {amount}, true)'
            due, on = sql.day_end(due_on, "e.zone"), f"{due_on} + 1"
            seconds = f'(list_min(list_transform({rest}, lambda x: x."on")) - e."on") * 86400.0'
        else:
            kept = f"{following}.hi <= e.moment + INTERVAL {amount} HOUR"
            in_time = f"x.lo <= e.last + INTERVAL {amount} HOUR"
            due = f"e.until + INTERVAL {amount} HOUR"
            on = sql.local_date(f"({due})", "e.zone")
            seconds = sql.seconds_between("e.moment", f"list_min(list_transform({rest}, lambda x: x.moment))")
        gap = {"id": "e.id", "source": "e.source", "ends_later": f"e.rank < 2 AND e.hi <= coalesce({p}_end.hi, {NEVER})",
               "kept": f"coalesce({kept}, false)", "late": f"NOT ({exists(rest, in_time)})",
               "due": due, "moment": due, "on": on, "excess": f"{seconds} - {allowed}"}
        return f"list_transform({p}_points, lambda e, i: {sql.struct(gap)})"

    def flaw_rows(self, scope: Scope) -> str:
        """One for every gap that is too long; it came to be a flaw when the next was due."""
        return self.each(scope)


def _point(one: str, rank: int, event_id: str = "''", source: str = "''") -> str:
    """An element of `_points`: they sort by `hi`, `rank`, `id`, `source`."""
    return sql.struct({
        "hi": f"coalesce({one}.last, {NEVER})", "rank": str(rank), "id": event_id, "source": source,
        "lo": f"coalesce({one}.moment, {ALWAYS})", "moment": f"{one}.moment", "last": f"{one}.last",
        "until": f"coalesce({one}.until, {one}.moment)", "on": f'{one}."on"', "last_on": f"{one}.last_on",
        "zone": f"{one}.zone",
    })

"""The events of one journey as a list of intervals, in SQL: for rules that look at several occurrences of an event.

An element has `id`, `source`, `moment`, `last`, `until` (exclusive; of an instant the instant itself), `on`, `last_on`, `zone`
and, never NULL, `lo` and `hi`: the first and the last instant at which it may have occurred (infinite where unknown).
Of two events, `x` surely comes before `y` or with it if `x.hi <= y.lo`, and possibly if `x.lo <= y.hi`.
"""

from __future__ import annotations

from collections.abc import Mapping

ALWAYS, NEVER = "TIMESTAMP '-infinity'", "TIMESTAMP 'infinity'"

FIELDS: Mapping[str, str] = {
    "id": "id",
    "source": "source",
    "moment": "moment",
    "until": "coalesce(until, moment)",
    "last": "last",
    "on": '"on"',
    "last_on": "CASE precision WHEN 'month' THEN last_day(\"on\") ELSE \"on\" END",
    "zone": "zone",
    "lo": f"coalesce(moment, {ALWAYS})",
    "hi": f"coalesce(last, {NEVER})",
}
"""Fields of an element, over the columns of `traced`."""

KEY = "{{'k': coalesce({one}.moment, TIMESTAMP 'infinity'), 'id': {one}.id, 'source': {one}.source}}"
"""What puts events in order: start, then id; undated ones after all dated."""


def occurrences(condition: str, more: Mapping[str, str] | None = None) -> str:
    """Aggregate: the list of the journey's events of a condition, [] where there are none; `more` fields beside the usual."""
    fields = {**FIELDS, **(more or {})}
    element = ", ".join(f"'{name}': {expression}" for name, expression in fields.items())
    return f"coalesce(list({{{element}}}) FILTER ({condition}), [])"


def step_bounds(step: str) -> tuple[str, str]:
    """`lo` and `hi` of a step's occurrence (a column of `judged`); of one that was not reached they are infinite."""
    return f"coalesce({step}.moment, {ALWAYS})", f"coalesce({step}.last, {NEVER})"


def exists(events: str, condition: str, name: str = "x") -> str:
    """Whether some element, called `name` in the condition, fulfils it."""
    return f"len(list_filter({events}, lambda {name}: {condition})) > 0"


def key(one: str) -> str:
    """The element's place in the order of events, as a value that compares."""
    return KEY.format(one=one)

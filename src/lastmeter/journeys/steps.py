"""The occurrence of a step, in SQL: what is kept of it, its interval, and which ending holds."""

from __future__ import annotations

from collections.abc import Iterable

from lastmeter.journeys import sql
from lastmeter.journeys.primitives.ending import STATES
from lastmeter.journeys.scope import Scope

LAST = "CASE WHEN {until} IS NULL THEN {moment} ELSE {until} - INTERVAL 1 MICROSECOND END"

KEPT_OF_OCCURRENCE = ("moment", "until", "on", "precision", "zone")
"""What the aggregate keeps of the occurrence that holds for a step; `interval` adds what follows from it."""

ENDED = {"moment": "TIMESTAMP", "until": "TIMESTAMP", "last": "TIMESTAMP", "on": "DATE", "last_on": "DATE", "zone": "VARCHAR"}
"""What is kept of an ending, beside its place `k`, `ord` among endings and steps."""


def last_of(until: str, moment: str) -> str:
    """The last instant of an interval."""
    return LAST.format(until=until, moment=moment)


def interval(column: str, more: Iterable[str]) -> str:
    """An occurrence with what follows from its interval: the last instant and the last local date on which it may have
    occurred, and whether only whole days can be told (`coarse`). `more`: further fields that it keeps.
    """
    last_on = f"CASE {column}.precision WHEN 'month' THEN last_day({column}.\"on\") ELSE {column}.\"on\" END"
    fields = {name: f'{column}."{name}"' for name in ("moment", "until", "on", "zone")}
    fields |= {"last": last_of(f"{column}.until", f"{column}.moment"), "last_on": last_on,
               "coarse": f"{column}.precision IN ('day', 'month')"}
    fields |= {name: f"{column}.{name}" for name in more}
    return f"CASE WHEN {column} IS NOT NULL THEN {sql.struct(fields)} END"


def ending_columns(scope: Scope) -> tuple[str, str]:
    """Over the steps as intervals: the state of the ending that holds, and its occurrence."""
    states, occurrences = [], []
    for state in STATES:
        steps = [ending.step for ending in scope.blueprint.endings if ending.state == state]
        if steps:
            reached = " OR ".join(f"{scope.step(step)} IS NOT NULL" for step in steps)
            states.append(f"WHEN {reached} THEN '{state}'")
            occurrences.append(f"WHEN {reached} THEN list_min([{', '.join(_ended(scope, step) for step in steps)}])")
    if not states:
        return "NULL::VARCHAR", _ended(scope, None)
    return f"CASE {' '.join(states)} END", f"CASE {' '.join(occurrences)} END"


def _ended(scope: Scope, step: str | None) -> str:
    """The ending at a step; NULL, of the same type, if it was not reached."""
    column = scope.step(step) if step else None
    fields = {"k": f"coalesce({column}.moment, TIMESTAMP 'infinity')" if column else "NULL::TIMESTAMP",
              "ord": f"{scope.order(step) if step else 0}::INTEGER"}
    fields |= {name: f'{column}."{name}"' if column else f"NULL::{kind}" for name, kind in ENDED.items()}
    return f"CASE WHEN {f'{column} IS NOT NULL' if column else 'false'} THEN {sql.struct(fields)} END"

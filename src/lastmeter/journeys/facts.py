"""The fact tables: their columns, and how the rooms above read them.

`Facts` holds the four tables as narwhals frames, lazy, on whatever engine they live in (DuckDB in production, Polars
beside it in tests). Indicators, diagnosis and charts take a `Facts` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw

Frame = nw.LazyFrame[Any]

COHORT: dict[str, str] = {
    "journey_kind": "VARCHAR", "journey_id": "VARCHAR", "due_on": "DATE", "due_month": "VARCHAR", "due_week": "VARCHAR",
    "counted": "BOOLEAN", "place": "VARCHAR", "performer": "VARCHAR", "product": "VARCHAR", "channel": "VARCHAR",
    "brand": "VARCHAR", "origin": "VARCHAR", "customer": "VARCHAR", "cluster": "VARCHAR",
}

TABLES: dict[str, dict[str, str]] = {
    "journeys": COHORT | {
        "blueprint_version": "VARCHAR", "blueprint_digest": "VARCHAR", "state": "VARCHAR",
        "started_at": "TIMESTAMP", "started_on": "DATE", "started_month": "VARCHAR",
        "ended_at": "TIMESTAMP", "ended_on": "DATE", "due_at": "TIMESTAMP", "due_by": "VARCHAR", "promise": "VARCHAR",
        "fulfilled_at": "TIMESTAMP", "fulfilled_on": "DATE", "fulfilled_month": "VARCHAR", "arrived_late": "BOOLEAN",
        "promise_excess_seconds": "DOUBLE", "duration_seconds": "DOUBLE", "perfect": "BOOLEAN",
        "flaw_count": "INTEGER", "solicited_flaw_count": "INTEGER", "undecided_count": "INTEGER", "event_count": "INTEGER",
        "rules_observed": "INTEGER", "rules_total": "INTEGER", "coverage": "VARCHAR", "score": "DOUBLE",
        "value_minor": "BIGINT", "currency": "VARCHAR", "first_month": "VARCHAR", "last_month": "VARCHAR",
        "next_due_at": "TIMESTAMP",
    },
    "links": COHORT | {
        "link": "VARCHAR", "position": "INTEGER", "from_step": "VARCHAR", "to_step": "VARCHAR",
        "from_at": "TIMESTAMP", "to_at": "TIMESTAMP", "from_on": "DATE", "to_on": "DATE", "seconds": "DOUBLE",
        "limit_seconds": "DOUBLE", "limit_unit": "VARCHAR", "excess_seconds": "DOUBLE", "outcome": "VARCHAR",
        "post": "VARCHAR", "working_seconds": "DOUBLE",
    },
    "flaws": COHORT | {
        "flaw_id": "VARCHAR", "rule": "VARCHAR", "primitive": "VARCHAR", "occurrence": "VARCHAR",
        "occurred_at": "TIMESTAMP", "occurred_on": "DATE", "post": "VARCHAR", "link": "VARCHAR",
        "excess_seconds": "DOUBLE",
    },
    "feedback": COHORT | {
        "event_id": "VARCHAR", "source": "VARCHAR", "occurred_at": "TIMESTAMP", "occurred_on": "DATE",
        "occurred_month": "VARCHAR", "score": "DOUBLE", "scale": "DOUBLE", "score_share": "DOUBLE", "said": "VARCHAR",
        "solicited": "BOOLEAN", "arrived_late": "BOOLEAN", "promise": "VARCHAR",
    },
}

HAPPENINGS: dict[str, str] = {
    "source": "VARCHAR", "event_id": "VARCHAR", "type": "VARCHAR", "occurred_at": "TIMESTAMP", "occurred_on": "DATE",
    "occurred_month": "VARCHAR", "object_type": "VARCHAR", "object_id": "VARCHAR", "performer": "VARCHAR",
    "place": "VARCHAR", "channel": "VARCHAR", "customer": "VARCHAR", "product": "VARCHAR", "cluster": "VARCHAR",
    "outcome": "VARCHAR", "measured": "DOUBLE", "against": "DOUBLE",
}
"""Columns of `Facts.happenings`: events of the types that indicators ask for, whatever journey they concern."""

DIMENSIONS = ("place", "performer", "product", "channel", "brand", "origin")


@dataclass(frozen=True, slots=True)
class Facts:
    """The four fact tables of a workspace (or of one kind of journey), as of `at`.

    `blueprints` are the newest blueprint of each kind, for titles, owners and the order of links
    (`lastmeter.journeys.blueprint.Blueprint`); `watermarks` say up to when each source is known. `peaks` are the
    declared peaks, first and last local date: they are judged, but are no part of what counts as usual.
    `happenings` (columns `HAPPENINGS`) is None where nobody made it; `told` are the types of it that a source tells of.
    `departments` gives the department of each post that has one, `areas` the post that answers for an area (service, it,
    goods ...) for which no blueprint has a rule.
    """

    journeys: Frame
    links: Frame
    flaws: Frame
    feedback: Frame
    at: datetime
    blueprints: Mapping[str, Any] = field(default_factory=dict)
    watermarks: Mapping[str, datetime] = field(default_factory=dict)
    peaks: Sequence[tuple[date, date]] = ()
    happenings: Frame | None = None
    told: frozenset[str] = frozenset()
    departments: Mapping[str, str] = field(default_factory=dict)
    areas: Mapping[str, str] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Facts:
        """The same facts, of one kind of journey only."""
        only = nw.col("journey_kind") == kind
        return replace(
            self, journeys=self.journeys.filter(only), links=self.links.filter(only), flaws=self.flaws.filter(only),
            feedback=self.feedback.filter(only),
            blueprints={kind: self.blueprints[kind]} if kind in self.blueprints else {},
        )

    def where(self, **values: str | list[str]) -> Facts:
        """The same facts, narrowed on cohort columns: `facts.where(place="SP")`."""
        facts = self
        for column, wanted in values.items():
            only = nw.col(column).is_in([wanted] if isinstance(wanted, str) else list(wanted))
            facts = replace(
                facts,
                journeys=facts.journeys.filter(only), links=facts.links.filter(only),
                flaws=facts.flaws.filter(only), feedback=facts.feedback.filter(only),
                happenings=facts._happenings_where(column, only),
            )
        return facts

    def _happenings_where(self, column: str, only: nw.Expr) -> Frame | None:
        """Happenings know some dimensions only; where they do not know one, none of them is known to belong."""
        if self.happenings is None:
            return None
        none = nw.col("event_id").is_null() & nw.lit(value=False)
        return self.happenings.filter(only if column in HAPPENINGS else none)

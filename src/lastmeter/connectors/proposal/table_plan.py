"""A mapping in the making: what a table's rows tell of, before it is written as TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lastmeter.connectors.proposal.claims import Claim
from lastmeter.connectors.proposal.keys import Key
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.kernel.titles import Title


@dataclass
class EventPlan:
    """One `[[table.event]]` in the making; `notes` are comments by the key beside which they stand."""

    type: str
    at: Column | None
    claim: Claim | None = None
    objects: dict[str, tuple[str, bool]] = field(default_factory=dict)
    when: dict[str, list[str]] = field(default_factory=dict)
    undated: bool = False
    performer: str | None = None
    place: str | None = None
    channel: str | None = None
    zone_column: str | None = None
    attributes: dict[str, dict[str, object]] = field(default_factory=dict)
    promises: dict[str, dict[str, object]] = field(default_factory=dict)
    notes: dict[str, Title] = field(default_factory=dict)


@dataclass
class TablePlan:
    """One `[[table]]` in the making. `left` are the columns that no event reads, with the reason."""

    table: Table
    key: Key
    claims: Mapping[str, Claim]
    object: str
    events: list[EventPlan] = field(default_factory=list)
    revision: str | None = None
    layout: Title | None = None
    left: dict[str, Title] = field(default_factory=dict)
    unsure: list[tuple[str, float, Title]] = field(default_factory=list)

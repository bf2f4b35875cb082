"""What the build asks of the journal. `lastmeter.journal.Snapshot` answers it; tests answer it from a list of events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import duckdb


class SourceState(Protocol):
    """What the journal knows of a source."""

    @property
    def name(self) -> str:
        """As in `sources/NAME.toml`."""

    @property
    def event_types(self) -> frozenset[str]:
        """What it declares that it tells of."""

    @property
    def watermark(self) -> datetime | None:
        """Up to when it is known to be complete; None before it said anything."""


class Snapshot(Protocol):
    """The journal at one moment, read with a DuckDB of its own."""

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        """Where `define_events` and `define_touched` make their tables."""

    @property
    def manifest_number(self) -> int:
        """Grows with every change of the sealed journal."""

    def define_events(
        self, name: str, *, at: datetime | None = None, months: Collection[str] | None = None, objects: str | None = None
    ) -> None:
        """Make `name`: the effective events, of some months (undated ones always), naming objects of a table."""

    def define_touched(self, name: str, *, since: int) -> None:
        """Make `name` (object_type, object_id, month): what may have changed since a manifest number."""

    def sources(self) -> Sequence[SourceState]:
        """Every source."""

    def attributes(self) -> Mapping[str, str]:
        """Registered attributes and their types."""

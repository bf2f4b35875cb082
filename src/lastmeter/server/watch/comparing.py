"""Two states of the fact tables side by side: which flaws came, which went, of which something else is said now.

Where both stand on the same base only the tails and what became dirty between them are read, so that it costs little
however long the history is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.fact_files import Manifest, held, held_base, held_dirty, held_tail, hold_files, read_manifest
from lastmeter.journeys.readers import let_go

Row = dict[str, Any]
COLUMNS: dict[str, pa.DataType] = {
    **dict.fromkeys(("flaw_id", "journey_kind", "journey_id", "rule", "primitive", "post", "occurrence", "place", "performer", "brand"),
                    pa.string()),
    "occurred_at": pa.timestamp("us"), "excess_seconds": pa.float64(),
}
_LISTED = ", ".join(COLUMNS)
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows with `COLUMNS`, by flaw id: new ones, those that are there no more, those with other values than before."""

    come: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)


class Kept:
    """The fact tables of a manifest, kept from being swept until it is let go."""

    def __init__(self, manifest: Manifest, descriptors: list[int]) -> None:
        self.manifest = manifest
        self._descriptors = descriptors

    @classmethod
    def current(cls, folder: Path) -> Kept | None:
        """What holds now; None before the first build."""
        for _attempt in range(_ATTEMPTS):
            manifest = read_manifest(folder)
            if manifest is None:
                return None
            if kept := cls.of(folder, manifest):
                return kept
        return None

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> Kept | None:
        """What a manifest names; None where some of it is gone."""
        try:
            return cls(manifest, hold_files(folder, manifest))
        except FileNotFoundError:
            return None

    def let_go(self) -> None:
        """It may be swept."""
        let_go(self._descriptors)
        self._descriptors = []


def between(folder: Path, last: Manifest, now: Manifest) -> Difference:
    """What differs between two states whose files are both there."""
    if (last.base, last.tail) == (now.base, now.tail):
        return Difference()
    duck = open_duckdb()
    try:
        if last.base == now.base:
            fresh = f"{held_dirty(folder, now, 'flaws')} ANTI JOIN {held_dirty(folder, last, 'flaws')} USING (journey_kind, journey_id)"
            before = (f"(SELECT {_LISTED} FROM {held_tail(folder, last, 'flaws')} UNION ALL SELECT {_LISTED}"
                      f" FROM {held_base(folder, now, 'flaws')} SEMI JOIN (SELECT * FROM {fresh}) USING (journey_kind, journey_id))")
            return _differences(duck, before, held_tail(folder, now, "flaws"))
        return _differences(duck, held(folder, last, "flaws"), held(folder, now, "flaws"))
    finally:
        duck.close()


def from_known(folder: Path, known: pa.Table, now: Manifest) -> Difference:
    """What differs from a table of known flaws (`COLUMNS`), where the fact tables compared last are gone."""
    duck = open_duckdb()
    try:
        duck.register("known", known)
        return _differences(duck, "known", held(folder, now, "flaws"))
    finally:
        duck.close()


def all_since(folder: Path, now: Manifest, since: datetime) -> list[Row]:
    """The flaws that occurred at `since` or later, and those of unknown time."""
    duck = open_duckdb()
    try:
        return _rows(duck, f"SELECT {_LISTED} FROM {held(folder, now, 'flaws')}"
                           f" WHERE occurred_at >= TIMESTAMP '{since}' OR occurred_at IS NULL ORDER BY flaw_id")
    finally:
        duck.close()


def _differences(duck: duckdb.DuckDBPyConnection, before: str, after: str) -> Difference:
    for name, rows in (("before", before), ("after", after)):
        duck.execute(f"CREATE TEMP TABLE flaws_{name} AS SELECT {_LISTED} FROM {rows}")
    return Difference(
        come=_rows(duck, "SELECT * FROM flaws_after ANTI JOIN flaws_before USING (flaw_id) ORDER BY flaw_id"),
        gone=_rows(duck, "SELECT * FROM flaws_before ANTI JOIN flaws_after USING (flaw_id) ORDER BY flaw_id"),
        changed=_rows(duck, "SELECT * FROM (SELECT * FROM flaws_after EXCEPT SELECT * FROM flaws_before)"
                            " SEMI JOIN flaws_before USING (flaw_id) ORDER BY flaw_id"),
    )


def _rows(duck: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found: Sequence[Row] = duck.sql(query).to_arrow_table().to_pylist()
    return list(found)

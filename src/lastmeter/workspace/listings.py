"""What the journal holds, as tables: effective events, rows set aside, imports."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyarrow as pa

from lastmeter.journal import BatchRow, Journal, rejected


def events(journal: Journal) -> pa.Table:
    """Every effective event; texts and names are tokens."""
    with journal.snapshot() as snapshot:
        snapshot.define_events("exported")
        return snapshot.duck.sql("SELECT * FROM exported ORDER BY source, id").to_arrow_table()


def set_aside(journal: Journal) -> pa.Table:
    """Rows that imports could not take, with the reason, and as they came."""
    with journal.store.reading() as connection:
        rows = rejected.read(connection)
    return _table(
        ("batch", "file", "row", "column", "code", "reason_zh", "reason_en", "raw"),
        ({
            "batch": row.batch, "file": row.file, "row": row.row, "column": row.column, "code": row.code,
            "reason_zh": row.reason.say("zh", **row.places), "reason_en": row.reason.say("en", **row.places),
            "raw": row.raw,
        } for row in rows),
    )


def batches(journal: Journal) -> pa.Table:
    """Every import with its state and counts."""
    names = [field.name for field in dataclasses.fields(BatchRow)]
    return _table(names, (dataclasses.asdict(batch) for batch in journal.batches()))


def _table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> pa.Table:
    """A table that has its columns even where it has no row."""
    kept = list(rows)
    return pa.table({name: [row[name] for row in kept] for name in columns})


LISTINGS: dict[str, Callable[[Journal], pa.Table]] = {"events": events, "rejected": set_aside, "batches": batches}

"""Rows that come one by one (a webhook) through a source's mapping: the same reading as that of its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.connectors.derive import Derivation
from lastmeter.connectors.kinds import Chunk
from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.mapping import Table
from lastmeter.connectors.recognise import table_of
from lastmeter.journal import Draft, Event, ObjectRef, Rejection
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.vault import Kind
from lastmeter.kernel.errors import LastMeterError

Tokens = Callable[[Kind, Sequence[str | None]], list[str | None]]


@dataclass(frozen=True, slots=True)
class Told:
    """What rows told: events, the row of each (from 1), and what was wrong with the others."""

    drafts: list[Draft]
    rows: list[int]
    rejections: list[Rejection]


def flat(value: Mapping[str, Any]) -> dict[str, str | None]:
    """A JSON object as a row of text cells: `order.id`; lists are one cell; what is empty has its column and no cell."""
    found: dict[str, str | None] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            found |= {f"{key}.{name}": cell for name, cell in flat(inner).items()}
        elif isinstance(inner, str):
            found[key] = inner or None
        else:
            found[key] = None if inner is None else json.dumps(inner, ensure_ascii=False)
    return found


def table_for(mapping: SourceMapping, name: str, columns: Sequence[str], table: str | None) -> Table:
    """The table of the mapping that rows with these columns belong to; the one of that name where it is named.

    Raises:
        LastMeterError: `import.column_missing`, `import.table_unknown`, `import.table_ambiguous`.
    """
    named = next((one for one in mapping.table if one.name == table), None)
    # What a message leaves out is empty: of the table that was named, only the key must be there.
    if named is not None and all(column in columns for column in named.key):
        return named
    return table_of(mapping, name, columns)


def events_of_rows(
    mapping: SourceMapping, table: Table, rows: Sequence[Mapping[str, str | None]], tokens: Tokens, at: datetime
) -> Told:
    """The events of rows, what is personal replaced by `tokens`; nothing is said of cells that a message leaves out."""
    with open_duckdb() as duck:
        derivation = Derivation(duck, mapping, table, mapping.source.name, at)
        cells = {f"c{number}": pa.array([row.get(column) for row in rows], pa.string())
                 for number, column in enumerate(derivation.columns)}
        chunk = Chunk(0, pa.table({**cells, "row": pa.array(range(1, len(rows) + 1), pa.int64())}))
        derivation.run(chunk, _Taking(tokens))
        found = duck.sql("SELECT * EXCLUDE (fault) FROM drafts WHERE fault IS NULL ORDER BY row").to_arrow_table().to_pylist()
        rejections = [one for part in derivation.rejections(chunk) for one in part]
    types = mapping.attribute_types()
    drafts: list[Draft] = []
    numbers: list[int] = []
    for row in found:
        try:
            drafts.append(Draft(event=_event(row), types=types))
        except LastMeterError as error:
            rejections.append(Rejection(mapping.source.name, row["row"], None, error.code, error.title, error.places))
        else:
            numbers.append(row["row"])
    return Told(drafts, numbers, rejections)


@dataclass(frozen=True, slots=True)
class _Taking:
    """What the derivation asks of a batch. Nothing counts as known: a message that is silent of a time takes nothing back."""

    vault: Tokens

    def tokens(self, kind: Any, values: pa.Array) -> pa.Array:
        return pa.array(self.vault(kind, values.to_pylist()), pa.string())

    def known(self, duck: duckdb.DuckDBPyConnection, relation: str) -> npt.NDArray[np.bool_]:
        count = duck.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
        return np.zeros(count, np.bool_)


def _event(row: Mapping[str, Any]) -> Event:
    objects = [ObjectRef(row["object_type"], row["object_id"]), *(ObjectRef(one["type"], one["id"]) for one in row["objects"] or [])]
    return Event(
        source=row["source"], id=row["id"], type=row["type"], occurred_at=row["occurred_at"], objects=tuple(objects),
        precision=row["precision"], zone=row["zone"], performer=row["performer"], place=row["place"], channel=row["channel"],
        revision=row["revision"] or 0,
        attributes={name.removeprefix("attr_"): value for name, value in row.items() if name.startswith("attr_") and value is not None},
    )

"""What a proposed mapping makes of the files: the first events, counts by type, what would be set aside. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.connectors.derive import ARRIVALS, Derivation
from lastmeter.connectors.kinds import Chunk
from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.proposal.reading import Table
from lastmeter.journal.engine import open_duckdb
from lastmeter.kernel.titles import Title

_SHOWN = 5


@dataclass
class Preview:
    """`events` are the first of each table in time, as plain values; personal ones are not shown. `rejected` counts rows and
    events that would be set aside, by table, column and reason.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    by_type: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reasons: dict[tuple[str, str, str], Title] = field(default_factory=dict)
    repeated: int = 0
    rows: int = 0

    @property
    def rejected_rows(self) -> int:
        """How many rows or events would be set aside."""
        return sum(self.rejected.values())


class _NoJournal:
    """What a derivation asks of a batch, where there is no journal: every value gets the same mark, nothing was known."""

    def tokens(self, kind: str, values: pa.Array) -> pa.Array:  # noqa: ARG002
        return pa.array([None if value is None else "***" for value in values.to_pylist()], pa.string())

    def known(self, duck: duckdb.DuckDBPyConnection, relation: str) -> npt.NDArray[np.bool_]:
        rows = duck.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
        return np.zeros(rows, np.bool_)


def preview(mapping: SourceMapping, tables: Mapping[str, Table], *, at: datetime) -> Preview:
    """Run the mapping over the rows that were looked at."""
    found = Preview()
    for declared in mapping.table:
        if declared.name not in tables:
            continue
        table = tables[declared.name]
        columns = declared.columns()
        cells = ", ".join(f"{table.column(column).cell} AS c{number}" for number, column in enumerate(columns))
        rows = table.duck.sql(f"SELECT {cells}, row FROM {table.relation} ORDER BY row").to_arrow_table()
        found.rows += rows.num_rows
        with open_duckdb() as duck:
            derivation = Derivation(duck, mapping, declared, table.files[0], at)
            chunk = Chunk(0, rows)
            derivation.run(chunk, _NoJournal())
            _count(duck, found)
            _show(duck, found, declared.name)
            for rejections in derivation.rejections(chunk):
                for one in rejections:
                    key = (declared.name, one.column or "", one.code)
                    found.rejected[key] += 1
                    found.reasons[key] = Title(one.reason.say("zh", **one.places), one.reason.say("en", **one.places))
    return found


def _count(duck: duckdb.DuckDBPyConnection, found: Preview) -> None:
    for kind, count, ids in duck.execute(f"SELECT type, count(*), count(DISTINCT id) FROM {ARRIVALS} GROUP BY 1 ORDER BY 1").fetchall():
        found.by_type[kind] += ids
        found.repeated += count - ids


def _show(duck: duckdb.DuckDBPyConnection, found: Preview, table: str) -> None:
    rows = duck.execute(
        f"""SELECT type, occurred_at, precision, zone, object_type, object_id, performer, place
        FROM {ARRIVALS} ORDER BY occurred_at NULLS LAST, id LIMIT {_SHOWN}""").fetchall()
    names = ("type", "occurred_at", "precision", "zone", "object_type", "object_id", "performer", "place")
    found.events += [{"table": table, **dict(zip(names, row, strict=True))} for row in rows]

"""Tiny hand-made fact tables: say the columns that matter, on DuckDB or on Polars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa

from lastmeter.indicators.indicator import COLUMNS, Indicator
from lastmeter.journeys.facts import Facts

Engine = Literal["duckdb", "polars"]
ENGINES: tuple[Engine, ...] = ("duckdb", "polars")
AT = datetime(2024, 7, 1)
Row = Mapping[str, Any]

_ARROW = {
    "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"),
    "DOUBLE": pa.float64(), "INTEGER": pa.int32(), "BIGINT": pa.int64(),
}


@dataclass(frozen=True)
class Rule:
    code: str
    title: str
    primitive: str
    post: str | None


@dataclass(frozen=True)
class StubBlueprint:
    """As much of a blueprint as indicators look at."""

    all_rules: tuple[Rule, ...]

    def rules(self) -> tuple[Rule, ...]:
        return self.all_rules


def facts_of(
    engine: Engine, *, journeys: Iterable[Row] = (), links: Iterable[Row] = (), flaws: Iterable[Row] = (),
    feedback: Iterable[Row] = (), at: datetime = AT, blueprints: Mapping[str, Any] | None = None,
    watermarks: Mapping[str, datetime] | None = None, happenings: Iterable[Row] = (), told: Iterable[str] = (),
    departments: Mapping[str, str] | None = None, areas: Mapping[str, str] | None = None,
) -> Facts:
    tables = {"journeys": list(journeys), "links": list(links), "flaws": list(flaws), "feedback": list(feedback),
              "happenings": list(happenings)}
    duck = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    frames = {
        name: nw.from_native(pl.DataFrame(rows).lazy()) if engine == "polars" else _in_duckdb(duck, name, rows)
        for name, rows in ((name, arrow_rows(name, rows)) for name, rows in tables.items())
    }
    return Facts(
        frames["journeys"], frames["links"], frames["flaws"], frames["feedback"], at, blueprints or {}, watermarks or {},
        happenings=frames["happenings"], told=frozenset(told), departments=departments or {}, areas=areas or {},
    )


def example_facts(engine: Engine, indicator: Indicator) -> Facts:
    """An indicator's own example as facts; each row a journey of its own unless it says otherwise."""
    assert indicator.example is not None
    beside = {name: getattr(indicator.example, name) for name in ("flaws", "feedback", "happenings")}
    return facts_of(engine, told=indicator.events, **beside | {indicator.table: _numbered(indicator.example.rows)})


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [{**({} if "type" in row else {"journey_id": f"j{number}"}), **row} for number, row in enumerate(rows, 1)]


def _in_duckdb(duck: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> nw.LazyFrame[Any]:
    duck.register("arrow_rows", rows)
    duck.execute(f"CREATE TABLE {table} AS SELECT * FROM arrow_rows")
    return nw.from_native(duck.table(table))


def arrow_rows(table: str, rows: Sequence[Row]) -> pa.Table:
    columns = COLUMNS[table]
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{table} has no {unknown}"
    usual: dict[str, Any] = {"journey_kind": "order", "state": "completed", "due_on": date(2024, 5, 20)}
    if table == "happenings":
        usual = {"event_id": "e", "occurred_on": date(2024, 5, 21)}
    if table == "feedback":
        usual = usual | {"event_id": "e", "occurred_on": date(2024, 5, 21)}
    if table == "journeys":
        usual = usual | {"started_on": date(2024, 5, 1), "fulfilled_on": date(2024, 5, 10)}
    filled = [{**{name: usual.get(name) for name in columns}, **row} for row in rows]
    return pa.table({
        name: pa.array([_instant(row[name], kind) for row in filled], type=_ARROW[kind])
        for name, kind in columns.items()
    })


def _instant(value: Any, kind: str) -> Any:
    if isinstance(value, str) and kind == "TIMESTAMP":
        return datetime.fromisoformat(value)
    if isinstance(value, str) and kind == "DATE":
        return date.fromisoformat(value)
    return value

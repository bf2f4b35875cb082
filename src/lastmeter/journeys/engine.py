"""The fact tables for readers: DuckDB views over base and tail, as lazy narwhals frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys import sql
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.fact_files import Manifest, damaged, held, hold_files, read_manifest
from lastmeter.journeys.facts import TABLES, Facts
from lastmeter.journeys.happenings import Manifest as Happenings
from lastmeter.journeys.happenings import happenings_sql, hold_happenings, read_happenings
from lastmeter.journeys.readers import let_go
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_READ = (*TABLES, "happenings")
_ATTEMPTS = 20


@contextmanager
def open_facts(folder: Path, blueprints: Sequence[Blueprint]) -> Iterator[Facts]:
    """The fact tables as the last build left them, lazy, on a private in-memory DuckDB.

    Raises:
        LastMeterError: `facts.not_built`, `facts.damaged`.
    """
    with _held(folder) as (manifest, happened):
        duck = open_duckdb()
        try:
            define_tables(duck, folder, manifest, happened)
            frames: dict[str, nw.LazyFrame[Any]] = {name: nw.from_native(duck.table(name)) for name in _READ}
            yield _facts(manifest, happened, blueprints, frames)
        finally:
            duck.close()


def polars_facts(folder: Path, blueprints: Sequence[Blueprint]) -> Facts:
    """The same facts as Polars lazy frames: tests compare the engines. Needs the extra `notebook`."""
    import polars as pl

    with _held(folder) as (manifest, happened):
        duck = open_duckdb()
        try:
            define_tables(duck, folder, manifest, happened)
            frames: dict[str, nw.LazyFrame[Any]] = {}
            for name in _READ:
                table = pl.from_arrow(duck.table(name).to_arrow_table())
                frames[name] = nw.from_native(pl.DataFrame(table).lazy())
            return _facts(manifest, happened, blueprints, frames)
        finally:
            duck.close()


def define_tables(duck: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, happened: Happenings | None) -> None:
    """Make a view of each table. An overdue promise is measured here, up to the horizon of its sources at the build."""
    for name, columns in TABLES.items():
        chosen = {column: sql.quoted(column) for column in columns}
        if name == "journeys":
            chosen["promise_excess_seconds"] = f"coalesce(promise_excess_seconds, {_overdue_seconds(manifest)})"
        duck.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {sql.columns(chosen)} FROM {held(folder, manifest, name)}")
    duck.execute(f"CREATE OR REPLACE VIEW happenings AS SELECT * FROM {happenings_sql(folder, happened)}")


def _overdue_seconds(manifest: Manifest) -> str:
    """Seconds since an overdue promise ran out; whole days begun where it was a day."""
    cases = " ".join(f"WHEN {sql.text(needs)} THEN {sql.instant(horizon)}" for needs, horizon in manifest.horizons.items())
    seconds = sql.seconds_between("due_at", f"CASE overdue.needs {cases} END")
    return f"CASE WHEN overdue.by_day THEN (floor({seconds} / 86400) + 1) * 86400.0 ELSE {seconds} END"


def _facts(
    manifest: Manifest, happened: Happenings | None, blueprints: Sequence[Blueprint], frames: dict[str, nw.LazyFrame[Any]]
) -> Facts:
    newest = {one.kind: one for one in sorted(blueprints, key=lambda one: one.effective_from)}
    watermarks = {name: mark for name, mark in manifest.watermarks.items() if mark is not None}
    return Facts(
        frames["journeys"], frames["links"], frames["flaws"], frames["feedback"], manifest.at, newest, watermarks,
        happenings=frames["happenings"], told=frozenset(happened.told if happened else ()),
    )


@contextmanager
def _held(folder: Path) -> Iterator[tuple[Manifest, Happenings | None]]:
    """What holds now; its files stay until the end of the block, whatever is built meanwhile."""
    held: list[int] = []
    for attempt in range(_ATTEMPTS):
        manifest, happened = _manifest(folder), read_happenings(folder)
        try:
            held += hold_files(folder, manifest)
            held += hold_happenings(folder, happened)
            break
        except FileNotFoundError as error:
            # Two builds came between reading the manifest and holding its files: there is a newer one.
            let_go(held)
            held = []
            if attempt == _ATTEMPTS - 1:
                raise damaged(folder) from error
    try:
        yield manifest, happened
    finally:
        let_go(held)


def _manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest is None:
        raise LastMeterError(
            "facts.not_built", Title("事实表还没有建立", "The fact tables have not been built"),
            Title("先运行 lastmeter build", "Run lastmeter build first"),
        )
    return manifest

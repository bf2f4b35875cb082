"""The build: from the journal's snapshot to fact tables, whole or only what may have changed.

A fact row is a pure function of (the journey's effective events, its blueprint version, `at`, the watermarks of the
sources), so a journey needs to be traced again only if one of these changed. `dirty` finds those journeys; here they
are traced, written to the tail, and made to hold by one swap of the manifest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lastmeter.journeys import fact_files, sql
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.dirty import find_dirty, read_dirty, why_full
from lastmeter.journeys.fact_files import COLUMNS, KEYS, GenerationWriter, Manifest, held_dirty, held_tail
from lastmeter.journeys.fact_rows import STORED, queries
from lastmeter.journeys.judging import started_month
from lastmeter.journeys.reading import Plan, plan
from lastmeter.journeys.related import described_objects_sql, described_sql, described_times_sql
from lastmeter.journeys.scope import Scope
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.journeys.trace import judge, trace_kind

SLICE_JOURNEYS = 250_000
"""Journeys judged and written at a time: more takes more memory and is hardly faster."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: journeys in all, those traced now, why it was a full one ('' if it was not), seconds of the wall.

    `tail_share`: journeys in the tail for each in the base; above `merge.MERGE_ABOVE` a merge pays.
    """

    journeys: int
    dirty: int
    full: str
    seconds: float
    tail_share: float


def build(
    snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path, *, at: datetime, full: bool = False
) -> BuildReport:
    """Make the fact tables in `folder` say what the journal says at `at`; incrementally where that is possible.

    Raises:
        LastMeterError: `facts.damaged` (not with `full`), `journal.disk_full`, `journal.not_writable`.
    """
    began = time.perf_counter()
    reads = plan(snapshot, blueprints, at)
    with fact_files.locked(folder):
        old = None if full else fact_files.read_manifest(folder)
        reason = "asked" if full else why_full(reads, old)
        before = fact_files.generations_held(folder)
        if old is None or reason:
            manifest, traced = _build_all(reads, folder)
        else:
            manifest, traced = _build_dirty(reads, folder, old)
        fact_files.publish(folder, replace(manifest, previous=before))
    return BuildReport(manifest.journeys, traced, reason, time.perf_counter() - began, manifest.tail_share)


def _build_all(reads: Plan, folder: Path) -> tuple[Manifest, int]:
    duck = reads.snapshot.duck
    reads.snapshot.define_events("effective")
    writer = GenerationWriter(duck, folder)
    duck.execute(f"CREATE OR REPLACE TEMP TABLE described AS {_described(reads, 'effective')}")
    writer.write("described", "SELECT * FROM described")
    journeys = 0
    for scopes in reads.scopes.values():
        for scope in trace_kind(duck, scopes, effective="effective"):
            for months in _slices(reads, scope):
                judge(duck, scope, months)
                written = {table: writer.write(table, query) for table, query in queries(scope).items()}
                journeys += written["journeys"]
    _drop(reads)
    times = duck.execute(described_times_sql(reads.described_types(), "effective", reads.at)).fetchall()[0]
    manifest = _manifest(reads, writer, described_next=times[0], described_months=times[1:])
    return replace(manifest, base=writer.close(), base_journeys=journeys, journeys=journeys), journeys


def _build_dirty(reads: Plan, folder: Path, old: Manifest) -> tuple[Manifest, int]:
    duck = reads.snapshot.duck
    dirty = find_dirty(reads, folder, old)
    times = duck.execute(described_times_sql(reads.described_types(), "descriptions", reads.at)).fetchall()[0]
    upcoming = [moment for moment in (old.described_next, times[0]) if moment]
    months = sorted(month for month in (*old.described_months, *times[1:]) if month)
    writer = GenerationWriter(duck, folder)
    manifest = replace(
        _manifest(reads, writer, described_next=min(upcoming, default=None),
                  described_months=(months[0], months[-1]) if months else (None, None)),
        base=old.base, tail=old.tail, base_journeys=old.base_journeys, tail_journeys=old.tail_journeys,
        journeys=old.journeys,
    )
    changed = duck.execute("SELECT count(*) FROM changed_objects").fetchall()[0][0]
    if not dirty and not changed:
        return manifest, 0
    before = read_dirty(reads, folder, old, "events_to_read")
    duck.execute("CREATE OR REPLACE TEMP TABLE dirty_events AS SELECT * FROM events_to_read")
    _trace_dirty(reads, folder, old)
    for table in COLUMNS:
        _write_tail(writer, folder, old, table)
    traced = duck.execute("SELECT count(*) FROM new_journeys").fetchall()[0][0]
    tail = duck.execute(f"SELECT count(*) FROM {held_tail(folder, old, 'journeys')} ANTI JOIN dirty"
                        " USING (journey_kind, journey_id)").fetchall()[0][0]
    _drop(reads)
    return replace(manifest, tail=writer.close(), tail_journeys=tail + traced, journeys=old.journeys - before + traced), dirty


def _trace_dirty(reads: Plan, folder: Path, old: Manifest) -> None:
    """Make `new_<table>`: the rows of dirty journeys."""
    duck = reads.snapshot.duck
    for table, columns in STORED.items():
        typed = sql.columns({name: f"NULL::{kind}" for name, kind in columns.items()})
        duck.execute(f"CREATE OR REPLACE TEMP TABLE new_{table} AS SELECT {typed} WHERE false")
    for kind, scopes in reads.scopes.items():
        members = f"SELECT object_id FROM dirty_members WHERE journey_kind = {sql.text(kind)}"
        for scope in trace_kind(duck, scopes, effective="dirty_events", members=members):
            duck.execute(f"CREATE OR REPLACE TEMP TABLE described AS {_described_now(folder, old, scope)}")
            for months in _slices(reads, scope):
                judge(duck, scope, months)
                for table, query in queries(scope).items():
                    duck.execute(f"INSERT INTO new_{table} {query}")


def _write_tail(writer: GenerationWriter, folder: Path, old: Manifest, table: str) -> None:
    """The tail of a table: what the old one had of other journeys, and the new rows; and once, whose rows those are."""
    keys = ", ".join(KEYS[table])
    changed, new, listed = ("changed_objects", "(SELECT * FROM told SEMI JOIN changed_objects USING (object_type, object_id))",
                            "dirty_objects") if table == "described" else ("dirty", f"new_{table}", "dirty")
    writer.write(table, f"SELECT * FROM {held_tail(folder, old, table)} ANTI JOIN {changed} USING ({keys})"
                        f" UNION ALL SELECT * FROM {new}")
    if listed not in writer.files:
        writer.write(listed, f"SELECT {keys} FROM {held_dirty(folder, old, table)} UNION SELECT {keys} FROM {changed}")


def _described_now(folder: Path, old: Manifest, scope: Scope) -> str:
    """What is described of the objects that `seen` reads: as before, or changed."""
    return f"""WITH wanted AS ({described_objects_sql(scope.blueprint)})
        SELECT * FROM {fact_files.held(folder, old, 'described')}
        SEMI JOIN wanted USING (object_type, object_id) ANTI JOIN changed_objects USING (object_type, object_id)
        UNION ALL SELECT * FROM told SEMI JOIN changed_objects USING (object_type, object_id)"""


def _described(reads: Plan, effective: str) -> str:
    return described_sql(reads.facts_read(), effective, reads.at, reads.attributes())


def _slices(reads: Plan, scope: Scope) -> Iterator[tuple[str, str]]:
    """Ranges of start months that hold about `SLICE_JOURNEYS` journeys each, in order of time."""
    counts = reads.snapshot.duck.execute(
        f"SELECT {started_month(scope)} AS month, count(*) FROM seen GROUP BY month ORDER BY month").fetchall()
    first, journeys = None, 0
    for place, (month, number) in enumerate(counts):
        first, journeys = first if first is not None else month, journeys + number
        if journeys >= SLICE_JOURNEYS or place == len(counts) - 1:
            yield first, month
            first, journeys = None, 0


def _manifest(
    reads: Plan, writer: GenerationWriter, *, described_next: datetime | None, described_months: Sequence[str | None]
) -> Manifest:
    return Manifest(
        generation=writer.generation, journal=reads.snapshot.manifest_number, at=reads.at, readings=reads.readings(),
        horizons=reads.horizons(), watermarks={state.name: state.watermark for state in reads.sources.states},
        described_next=described_next, described_months=list(described_months),
    )


def _drop(reads: Plan) -> None:
    """Give the memory back that the stages took."""
    for table in ("seen", "slices", "happened", "judged", "described", "dirty_events", *(f"new_{table}" for table in STORED)):
        reads.snapshot.duck.execute(f"DROP TABLE IF EXISTS {table}")

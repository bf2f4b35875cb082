"""Proof that the fact tables equal the journal: a full build in a scratch folder, compared row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.build import build
from lastmeter.journeys.fact_files import COLUMNS, KEYS, Manifest, held, read_manifest
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Rows that differ, by table and in all; up to ten examples (table, key) of each table."""

    differences: int
    journeys: int
    by_table: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[str, str]] = field(default_factory=list)


def verify(snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path) -> VerifyReport:
    """Compare the fact tables in `folder` with a full build of the snapshot at the same `at`.

    Events that the journal took since the last build show as differences: build first.

    Raises:
        LastMeterError: `facts.not_built`.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise LastMeterError("facts.not_built", Title("事实表还没有建立", "The fact tables have not been built"),
                             Title("先运行 lastmeter build", "Run lastmeter build first"))
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=folder.parent) as scratch:
        report = build(snapshot, blueprints, Path(scratch), at=manifest.at, full=True)
        fresh = read_manifest(Path(scratch))
        assert fresh is not None  # noqa: S101
        by_table, examples = _compare(snapshot, folder, manifest, Path(scratch), fresh)
    return VerifyReport(sum(by_table.values()), report.journeys, by_table, examples)


def _compare(
    snapshot: Snapshot, folder: Path, manifest: Manifest, scratch: Path, fresh: Manifest
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    by_table, examples = {}, []
    for table in COLUMNS:
        key = KEYS[table][1]
        built, truth = held(folder, manifest, table), held(scratch, fresh, table)
        snapshot.duck.execute(f"""
            CREATE OR REPLACE TEMP TABLE differing AS
            (SELECT * FROM {built} EXCEPT ALL SELECT * FROM {truth})
            UNION ALL (SELECT * FROM {truth} EXCEPT ALL SELECT * FROM {built})
        """)
        by_table[table] = snapshot.duck.execute("SELECT count(*) FROM differing").fetchall()[0][0]
        rows = snapshot.duck.execute(f"SELECT DISTINCT {key} FROM differing ORDER BY {key} LIMIT 10").fetchall()
        examples += [(table, row[0]) for row in rows]
    return by_table, examples

"""Merging the tail into the base: a job of its own, for it costs seconds. Nothing becomes dirty by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys import fact_files
from lastmeter.journeys.fact_files import COLUMNS, GenerationWriter

MERGE_ABOVE = 0.05
"""Tail for each row of the base above which every reader pays more than a merge costs."""


def merge(folder: Path, *, above: float = MERGE_ABOVE) -> bool:
    """Write base and tail as one new base if the tail is larger than a share of the base; whether it did."""
    with fact_files.locked(folder):
        manifest = fact_files.read_manifest(folder)
        if manifest is None or not manifest.tail or manifest.tail_share <= above:
            return False
        duck = open_duckdb()
        try:
            writer = GenerationWriter(duck, folder)
            for table in COLUMNS:
                writer.write(table, f"SELECT * FROM {fact_files.held(folder, manifest, table)}")
        finally:
            duck.close()
        fact_files.publish(folder, replace(
            manifest, generation=writer.generation, base=writer.close(), tail={}, base_journeys=manifest.journeys,
            tail_journeys=0, previous=sorted(manifest.generations()),
        ))
        return True

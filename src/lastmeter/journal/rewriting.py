"""Rewriting segments by verdicts on single statements: what publishing, undo and erasure have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa

from lastmeter.journal.digest import Digester, version_id_sql
from lastmeter.journal.engine import count
from lastmeter.journal.keys import Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import MONTH_NUMBER, SegmentWriter, select_segments

Action = Literal["drop", "version", "keep"]
VERDICTS = "lm_verdicts"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with the rows of one statement: drop it, make it a later version, or keep it under another batch."""

    hash: int
    digest: int
    action: Action
    revision: int | None = None
    batch: int | None = None


def declare(duck: duckdb.DuckDBPyConnection, verdicts: Sequence[Verdict]) -> None:
    """The table of verdicts that `rewrite` goes by."""
    table = pa.table(
        {
            "hash": pa.array([v.hash for v in verdicts], pa.uint64()),
            "digest": pa.array([v.digest for v in verdicts], pa.uint64()),
            "action": pa.array([v.action for v in verdicts], pa.string()),
            "new_revision": pa.array([v.revision for v in verdicts], pa.int64()),
            "new_batch": pa.array([v.batch for v in verdicts], pa.int64()),
        }
    )
    duck.register("lm_verdicts_arrow", table)
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {VERDICTS} AS SELECT * FROM lm_verdicts_arrow")
    duck.unregister("lm_verdicts_arrow")


def judged(
    duck: duckdb.DuckDBPyConnection,
    name: str,
    folder: Path,
    segment: Segment,
    digester: Digester,
    attributes: Mapping[str, str],
) -> int:
    """A table of a segment's rows with `month`, `hash`, `digest` and the verdict on each; how many rows have one."""
    held = {attribute: attributes[attribute] for attribute in sorted(segment.attributes)}
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name} AS
        SELECT r.*, v.action, v.new_revision, v.new_batch FROM (
            SELECT *, {MONTH_NUMBER} AS month, {digester.identity_sql(stated=False)} AS hash,
                {digester.digest_sql(held, stated=False)} AS digest
            FROM ({select_segments(folder, [segment], held)})) AS r
        LEFT JOIN {VERDICTS} AS v ON r.hash = v.hash AND r.digest = v.digest"""
    )
    return count(duck, f"{name} WHERE action IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a rewrite replaced by what, and how many rows became later versions."""

    gone: list[Segment]
    come: list[Segment]
    versions: int


def rewrite(
    duck: duckdb.DuckDBPyConnection,
    folder: Path,
    segments: Sequence[Segment],
    digester: Digester,
    attributes: Mapping[str, str],
    writer: SegmentWriter,
) -> Rewritten:
    """Write anew the segments that the declared verdicts concern; the others stay as they are."""
    gone: list[Segment] = []
    come: list[Segment] = []
    versions = 0
    for segment in segments:
        if not judged(duck, "lm_judged", folder, segment, digester, attributes):
            continue
        gone.append(segment)
        versions += _split(duck)
        if segment.kind == "events":
            come += writer.months(duck, "lm_stay")
        else:
            come += writer.corrections(duck, "lm_stay")
        come += writer.corrections(duck, "lm_move")
    duck.execute("DROP TABLE IF EXISTS lm_judged; DROP TABLE IF EXISTS lm_stay; DROP TABLE IF EXISTS lm_move")
    return Rewritten(gone, come, versions)


def _split(duck: duckdb.DuckDBPyConnection) -> int:
    """The judged rows that stay as they are or under another batch, and those that move as later versions; how many."""
    # A row that is a later version already stays one.
    move = "(action = 'version' AND id[-17] <> '~')"
    rows = """SELECT * EXCLUDE (revision, batch, action, new_revision, new_batch),
        coalesce(new_revision, revision) AS revision, coalesce(new_batch, batch) AS batch FROM lm_judged"""
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE lm_stay AS {rows} WHERE action IS NULL OR NOT (action = 'drop' OR {move})"
    )
    duck.execute(f"CREATE OR REPLACE TEMP TABLE lm_move AS {rows} WHERE {move}")
    duck.execute(f"UPDATE lm_move SET id = {version_id_sql()}, corrects = coalesce(corrects, id)")
    return count(duck, "lm_move")


def without(keys: Keys, dropped: Keys) -> Keys:
    """These keys less the statements (hash and digest) that are dropped."""
    return keys.chosen(~dropped.has_pair(np.asarray(keys.hashes), np.asarray(keys.digests)))

"""Rewriting segments by verdicts on single statements: what publishing, undo and erasure have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.journal.digest import Digester, version_id_sql
from lastmeter.journal.engine import count
from lastmeter.journal.keys import Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import MONTH_NUMBER, SegmentWriter, select_segments

VERDICTS = "lm_verdicts"


def declare(
    duck: duckdb.DuckDBPyConnection, *, drop: Keys, version: Keys | None = None, keep: Kept | None = None
) -> None:
    """The table of verdicts that `rewrite` goes by: statements whose rows go, become later versions, or change owner."""
    moved = version or Keys.none()
    kept = keep or Kept(Keys.none(), np.empty(0, np.int64))
    parts = [
        pa.table(
            {
                "hash": keys.hashes,
                "digest": keys.digests,
                "action": pa.array([action] * len(keys), pa.string()),
                "new_revision": pa.array(keys.revisions if action == "keep" else [None] * len(keys), pa.int64()),
                "new_batch": pa.array(batches, pa.int64()),
            }
        )
        for action, keys, batches in (
            ("drop", drop, [None] * len(drop)),
            ("version", moved, [None] * len(moved)),
            ("keep", kept.keys, kept.batches),
        )
    ]
    duck.register("lm_verdicts_arrow", pa.concat_tables(parts))
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {VERDICTS} AS SELECT * FROM lm_verdicts_arrow")
    duck.unregister("lm_verdicts_arrow")


@dataclass(frozen=True, slots=True)
class Kept:
    """Statements whose rows stay, with another revision (in the keys) and, where it is not -1, another batch."""

    keys: Keys
    batches: npt.NDArray[np.int64]


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
        stay = writer.months(duck, "lm_stay") if segment.kind == "events" else writer.corrections(duck, "lm_stay")
        # What was rewritten is no newer than it was: nobody has to look at the rows that stayed.
        come += [
            replace(new, state=segment.state, manifest=segment.manifest, batch=segment.batch)
            for new in [*stay, *writer.corrections(duck, "lm_move")]
        ]
    duck.execute("DROP TABLE IF EXISTS lm_judged; DROP TABLE IF EXISTS lm_stay; DROP TABLE IF EXISTS lm_move")
    return Rewritten(gone, come, versions)


def _split(duck: duckdb.DuckDBPyConnection) -> int:
    """The judged rows that stay as they are or under another batch, and those that move as later versions; how many."""
    # A row that is a later version already stays one.
    move = "(action = 'version' AND id[-17] <> '~')"
    rows = """SELECT * EXCLUDE (revision, batch, action, new_revision, new_batch),
        coalesce(new_revision, revision) AS revision, coalesce(nullif(new_batch, -1), batch) AS batch FROM lm_judged"""
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE lm_stay AS {rows} WHERE action IS NULL OR NOT (action = 'drop' OR {move})"
    )
    duck.execute(f"CREATE OR REPLACE TEMP TABLE lm_move AS {rows} WHERE {move}")
    duck.execute(f"UPDATE lm_move SET id = {version_id_sql()}, corrects = coalesce(corrects, id)")
    return count(duck, "lm_move")


def without(keys: Keys, dropped: Keys) -> Keys:
    """These keys less the statements (hash and digest) that are dropped."""
    return keys.chosen(~dropped.has_pair(np.asarray(keys.hashes), np.asarray(keys.digests)))

"""Slots: all that was stated about one original event. Most hold one row; the contested ones are kept together.

A contested slot is one with a correction. The `corrections` files hold every row of every contested slot, a copy of the
original among them, and are always read: so a snapshot finds the winner of each without looking through all months, and
the normal event costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from lastmeter.journal import manifest, staging
from lastmeter.journal.digest import STATED_CORRECTS_SQL, STATED_ID_SQL
from lastmeter.journal.engine import count
from lastmeter.journal.hot import relation as hot_relation
from lastmeter.journal.hot import rows_of
from lastmeter.journal.keys import Flags
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import select_segments
from lastmeter.journal.store import Connection

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

# The slot of a row: the id of the original that it is about.
SLOT_SQL = "coalesce(corrects, id)"

# Winner first: highest revision, then what was declared a correction, then the digest.
RANK_SQL = f"revision DESC, ({STATED_CORRECTS_SQL} IS NOT NULL) DESC, digest DESC"


def verify(
    journal: Journal,
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    batch: int,
    version: Flags,
    attributes: Mapping[str, str],
) -> Flags:
    """Which of these rows of the stage table are about an event that exists, by the text of its id, not its hash alone."""
    with connection.transaction(write=False):
        segments = [
            s
            for s in manifest.read(connection, "live", "staged")
            if s.kind in {"events", "corrections"} and (s.state == "live" or s.batch == batch)
        ]
        hot = rows_of(connection, attributes)
    hot_relation(duck, "lm_hot_now", hot, attributes)
    try:
        duck.register("lm_rows", pa.table({"row": pa.array(np.flatnonzero(version))}))
        found = duck.execute(
            f"""SELECT s.rowid FROM {staging.STAGE} AS s SEMI JOIN lm_rows ON s.rowid = lm_rows.row
            SEMI JOIN (
                SELECT source, {STATED_ID_SQL} AS id FROM ({select_segments(journal.folder, segments, {})})
                UNION ALL SELECT source, id FROM lm_hot_now
                UNION ALL SELECT s.source, s.id FROM {staging.STAGE} AS s ANTI JOIN lm_rows ON s.rowid = lm_rows.row
            ) AS known ON known.source = s.source AND known.id = s.id"""
        ).fetchnumpy()
    finally:
        staging.drop(duck, "lm_hot_now")
        duck.unregister("lm_rows")
    verified = np.zeros(len(version), np.bool_)
    verified[found["rowid"]] = True
    return verified


def copy_originals(
    journal: Journal,
    duck: duckdb.DuckDBPyConnection,
    name: str,
    *,
    fresh: Sequence[Segment],
    live: Sequence[Segment],
    attributes: Mapping[str, str],
) -> int:
    """A table of the originals that belong into the corrections files when `fresh` joins `live`; how many.

    These are the originals, old or new, of the slots that fresh corrections contest, and the new originals of slots
    that are contested already.
    """
    folder = journal.folder
    new_originals = [s for s in fresh if s.kind == "events"]
    parts: list[str] = []
    for kind, contested, originals in (
        ("fresh", [s for s in fresh if s.kind == "corrections"], [s for s in (*live, *fresh) if s.kind == "events"]),
        ("live", [s for s in live if s.kind == "corrections"], new_originals),
    ):
        if contested and originals:
            table = f"lm_slots_{kind}"
            duck.execute(
                f"""CREATE OR REPLACE TEMP TABLE {table} AS
                SELECT DISTINCT source, {SLOT_SQL} AS slot FROM ({select_segments(folder, contested, {})})"""
            )
            parts.append(
                f"""SELECT e.* FROM ({select_segments(folder, originals, attributes)}) AS e
                SEMI JOIN {table} AS t ON e.source = t.source AND e.id = t.slot"""
            )
    if not parts:
        return 0
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {' UNION '.join(parts)}")
    return count(duck, name)

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
from lastmeter.journal.connection import Connection
from lastmeter.journal.digest import STATED_CORRECTS_SQL, STATED_ID_SQL
from lastmeter.journal.engine import count, drop, numbers
from lastmeter.journal.hot import relation as hot_relation
from lastmeter.journal.hot import rows_of
from lastmeter.journal.keys import Flags, Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.segments import select_segments

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
    duck.register("lm_rows", pa.table({"row": pa.array(np.flatnonzero(version))}))
    try:
        duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_asked AS SELECT s.rowid AS row, s.source, s.id, s.object_id
            FROM {staging.STAGE} AS s SEMI JOIN lm_rows ON s.rowid = lm_rows.row"""
        )
        verified = np.zeros(len(version), np.bool_)
        everywhere = f"""SELECT source, {STATED_ID_SQL} AS id FROM ({select_segments(journal.folder, segments, {})})"""
        for known in (
            f"""SELECT source, {STATED_ID_SQL} AS id FROM ({
                select_segments(
                    journal.folder, segments, {}, only="SEMI JOIN lm_asked AS a ON p.object_id = a.object_id"
                )
            })
            UNION ALL SELECT source, id FROM lm_hot_now
            UNION ALL SELECT s.source, s.id FROM {staging.STAGE} AS s ANTI JOIN lm_rows ON s.rowid = lm_rows.row""",
            everywhere,
        ):
            found = numbers(duck, f"SELECT row FROM lm_asked SEMI JOIN ({known}) AS k USING (source, id)")["row"]
            verified[found] = True
            if verified.sum() == version.sum():
                break
    finally:
        drop(duck, "lm_hot_now", "lm_asked")
        duck.unregister("lm_rows")
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
    _slots(journal, duck, "lm_old_slots", [s for s in live if s.kind == "corrections"])
    _slots(journal, duck, "lm_new_slots", [s for s in fresh if s.kind == "corrections"])
    # What is contested already has its copy.
    duck.execute("DELETE FROM lm_new_slots AS n USING lm_old_slots AS o WHERE n.source = o.source AND n.slot = o.slot")
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select_segments(journal.folder, [], attributes)}")
    everything = [*live, *fresh]
    _find(journal, duck, name, "lm_old_slots", [s for s in fresh if s.kind == "events"], attributes)
    near = "SEMI JOIN lm_new_slots AS n ON p.object_id = n.object_id"
    originals = [s for s in everything if s.kind == "events"]
    _find(journal, duck, name, "lm_new_slots", originals, attributes, only=near)
    duck.execute(f"DELETE FROM lm_new_slots AS n USING {name} AS e WHERE n.source = e.source AND n.slot = e.id")
    if _may_be_elsewhere(journal, duck, everything):
        _find(journal, duck, name, "lm_new_slots", originals, attributes)
    return count(duck, name)


def _slots(journal: Journal, duck: duckdb.DuckDBPyConnection, name: str, contested: Sequence[Segment]) -> None:
    """A table (source, slot, object_id) of the slots in corrections files, with the objects that their rows are about."""
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name} AS
        SELECT DISTINCT source, {SLOT_SQL} AS slot, object_id
        FROM ({select_segments(journal.folder, contested, {})})"""
    )


def _find(
    journal: Journal,
    duck: duckdb.DuckDBPyConnection,
    name: str,
    wanted: str,
    originals: Sequence[Segment],
    attributes: Mapping[str, str],
    *,
    only: str = "",
) -> None:
    """Add to a table the originals of the wanted slots."""
    if originals and count(duck, wanted):
        duck.execute(
            f"""INSERT INTO {name} SELECT e.* FROM ({select_segments(journal.folder, originals, attributes, only=only)}) AS e
            SEMI JOIN {wanted} AS w ON e.source = w.source AND e.id = w.slot"""
        )


def _may_be_elsewhere(journal: Journal, duck: duckdb.DuckDBPyConnection, segments: Sequence[Segment]) -> bool:
    """Whether an original that was not found under the object of its correction is in the journal at all."""
    missing = duck.execute("SELECT DISTINCT source, slot FROM lm_new_slots").fetchall()
    if not missing:
        return False
    hashes = np.array([journal.digester.identity(source, slot) for source, slot in missing], np.uint64)
    keys = (Keys.read(s.path(journal.folder)) for s in segments if s.kind == "keys")
    originals = np.zeros(len(hashes), np.bool_)
    for part in keys:
        originals |= part.has_hash(hashes)
    return bool(originals.any())

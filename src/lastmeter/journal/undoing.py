"""Undo: a batch is withdrawn as if it had never been imported.

Segments and key files that hold its rows are written anew without those that no other live batch attests, and the
manifest keeps a list of the objects that this touched, so that the next build looks at them. The replaced files are
retired: the sweep deletes them when no snapshot is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from lastmeter.journal import manifest, slots, statements
from lastmeter.journal.batches import require_published
from lastmeter.journal.connection import Connection
from lastmeter.journal.engine import numbers
from lastmeter.journal.hot import keys_of
from lastmeter.journal.keys import U64, Keys, highest, read_all
from lastmeter.journal.manifest import Segment
from lastmeter.journal.rewriting import Kept, declare, rewrite, without
from lastmeter.journal.segments import SegmentWriter, select_segments
from lastmeter.journal.snapshot import MONTH_SQL

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal


def undo(journal: Journal, batch: int, *, at: datetime) -> int:
    """Withdraw a published batch: what no other live batch attests is gone; how many statements that is.

    Raises:
        LastMeterError: `journal.no_batch`.
    """
    with journal.store.turn(), journal.connected() as connection, journal.duckdb() as duck:
        require_published(connection, batch)
        undo = _Undo(journal, connection, duck, batch)
        undo.gather()
        count = undo.replace_rows()
        undo.commit(at)
        return count


class _Undo:
    """One undo under way: the rows it concerns (`lm_out`), what it touched (`lm_touched`), files that go and come."""

    def __init__(self, journal: Journal, connection: Connection, duck: duckdb.DuckDBPyConnection, batch: int) -> None:
        self._journal = journal
        self._connection = connection
        self._duck = duck
        self._batch = batch
        with connection.transaction(write=False):
            self._live = manifest.read(connection)
            self._hot_attested = keys_of(connection.execute(statements.ATTESTED_ALL))
            self._attributes = journal.attributes(connection)
        self._writer = SegmentWriter(journal.folder, manifest.new_numbers(connection), self._attributes)
        self._attested = [s for s in self._live if s.kind == "attested" and s.batch == batch]
        self._gone: list[Segment] = list(self._attested)
        self._come: list[Segment] = []

    def gather(self) -> None:
        """Find the rows of the batch, the objects that they name, and those of contested slots in which it has a say."""
        rows = [s for s in self._live if s.kind in {"events", "corrections"}]
        every = select_segments(self._journal.folder, rows, self._attributes)
        digester = self._journal.digester
        self._duck.execute(
            f"""CREATE TEMP TABLE lm_out AS SELECT *, {digester.identity_sql(stated=False)} AS hash,
                {digester.digest_sql(self._attributes, stated=False)} AS digest
            FROM ({every}) WHERE batch = {self._batch}"""
        )
        found = numbers(self._duck, "SELECT DISTINCT hash, digest FROM lm_out")
        self._statements = Keys.of(found["hash"], found["digest"], np.zeros(len(found["hash"]), np.int64))
        self._duck.execute(f"CREATE TEMP TABLE lm_touched AS {_objects('lm_out')}")
        self._touch_slots(self._statements.hashes)
        self._touch_slots(read_all(self._journal.folder, self._attested).hashes)

    def _touch_slots(self, hashes: U64) -> None:
        """Touch all rows of contested slots in which these identities have a say."""
        files = [s for s in self._live if s.kind == "corrections"]
        if not files or not len(hashes):
            return
        contested = select_segments(self._journal.folder, files, {})
        self._duck.register("lm_hashes", pa.table({"hash": hashes}))
        self._duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_say AS
            SELECT source, {slots.SLOT_SQL} AS slot FROM ({contested})
            WHERE {self._journal.digester.identity_sql(stated=False)} IN (SELECT hash FROM lm_hashes)"""
        )
        self._duck.unregister("lm_hashes")
        self._duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE lm_rivals AS SELECT c.* FROM ({contested}) AS c
            SEMI JOIN lm_say AS s ON c.source = s.source AND coalesce(c.corrects, c.id) = s.slot"""
        )
        self._duck.execute(f"INSERT INTO lm_touched {_objects('lm_rivals')}")

    def _still_attested(self) -> Kept:
        """Of the batch's rows those that another live batch attests: under its name from now on."""
        parts = [
            (s.batch or 0, Keys.read(s.path(self._journal.folder)))
            for s in self._live
            if s.kind == "attested" and s.batch != self._batch
        ]
        found: list[Keys] = []
        owners: list[int] = []
        left = self._statements
        for owner, keys in sorted([*parts, (0, self._hot_attested)], key=lambda part: part[0]):
            attested = highest(keys.chosen(left.has_pair(keys.hashes, keys.digests)))
            found.append(attested)
            owners += [owner] * len(attested)
            left = without(left, attested)
        kept = Kept(_joined(found), np.array(owners, np.int64))
        self._statements = left
        return kept

    def replace_rows(self) -> int:
        """Rewrite segments and key files; how many statements are gone."""
        kept = self._still_attested()
        declare(self._duck, drop=self._statements, keep=kept)
        rows = [s for s in self._live if s.kind in {"events", "corrections"}]
        done = rewrite(
            self._duck, self._journal.folder, rows, self._journal.digester, self._attributes, self._writer
        )  # fmt: skip
        self._gone += done.gone
        self._come += done.come
        self._rewrite_keys(self._statements)
        return len(self._statements)

    def commit(self, at: datetime) -> None:
        """Make it so, in one transaction."""
        self._come += self._writer.touched(self._duck, "SELECT DISTINCT * FROM lm_touched")
        with self._connection.transaction():
            number = manifest.advance(self._connection)
            manifest.retire(self._connection, self._gone, at)
            manifest.add(
                self._connection,
                [replace(s, state="live", manifest=number) if s.kind == "touched" else s for s in self._come],
            )
            self._connection.execute(statements.BATCH_UNDONE, (self._batch,))

    def _rewrite_keys(self, less: Keys) -> None:
        for segment in self._live:
            if segment.kind != "keys":
                continue
            held = Keys.read(segment.path(self._journal.folder))
            left = without(held, less)
            if len(left) == len(held):
                continue
            self._gone.append(segment)
            self._come += [
                replace(new, state="live", manifest=segment.manifest, batch=segment.batch)
                for new in self._writer.keys(left, segment.kind)
            ]


def _joined(parts: Sequence[Keys]) -> Keys:
    """Keys one after the other, in the order given."""
    if not parts:
        return Keys.none()
    return Keys(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.digests for part in parts]),
        np.concatenate([part.revisions for part in parts]),
    )


def _objects(rows: str) -> str:
    """SQL of (object_type, object_id, month) of all objects that rows name."""
    return f"""SELECT object_type, object_id, {MONTH_SQL} AS month FROM {rows}
        UNION SELECT o.type, o.id, month FROM (
            SELECT unnest(objects) AS o, {MONTH_SQL} AS month FROM {rows} WHERE objects IS NOT NULL)"""

"""Publishing a batch: settle what its chunks and the single events of the meantime say otherwise, then one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import msgspec
import numpy as np

from lastmeter.journal import manifest, rejected, slots, statements
from lastmeter.journal.connection import Connection
from lastmeter.journal.counts import StageCounts, contradiction
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.hot import keys_of
from lastmeter.journal.keys import Keys, highest, read_all
from lastmeter.journal.manifest import Kind, Segment
from lastmeter.journal.rewriting import Kept, declare, rewrite, without
from lastmeter.journal.segments import SegmentWriter
from lastmeter.journal.staging import contradictions

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal


class Publication:
    """One batch on its way to be visible. The caller holds the turn: only single events can come in between."""

    def __init__(self, journal: Journal, connection: Connection, batch: int) -> None:
        self._journal = journal
        self._connection = connection
        self._batch = batch
        self._attributes = journal.attributes(connection)
        self._writer = SegmentWriter(journal.folder, manifest.new_numbers(connection), self._attributes, batch=batch)
        self._change = StageCounts()

    def run(self) -> StageCounts:
        """Publish; the counts of the whole batch."""
        try:
            return self._settle_and_finish()
        finally:
            if "_duck" in self.__dict__:
                self._duck.close()

    @cached_property
    def _duck(self) -> duckdb.DuckDBPyConnection:
        """Most batches meet nothing and need none."""
        return open_duckdb()

    def _settle_and_finish(self) -> StageCounts:
        self._refute()
        self._meet(self._later_keys())
        seen = Keys.none()
        while True:
            hot = self._hot_keys()
            self._meet([hot.chosen(~seen.has_pair(hot.hashes, hot.digests))])
            seen = hot
            self._copy_originals()
            with self._connection.transaction():
                # Under the lock nothing comes in any more: probe what did since the last look.
                now = keys_of(self._connection.execute(statements.HOT_KEYS))
                unseen = now.chosen(~seen.has_pair(now.hashes, now.digests))
                if not len(self._keys("keys", unseen)):
                    return self._finish()

    def _finish(self) -> StageCounts:
        connection, batch = self._connection, self._batch
        number = manifest.advance(connection)
        staged = self._staged()
        manifest.forget(connection, [s for s in staged if s.kind == "contradicted"])
        manifest.publish(connection, [s for s in staged if s.kind != "contradicted"], number)
        counts = self._change
        for _number, _manifest, text in connection.execute(statements.CHUNKS, (batch,)):
            counts += msgspec.json.decode(text, type=StageCounts)
        connection.execute(
            statements.BATCH_PUBLISH,
            (number, counts.read, counts.stored, counts.duplicate, counts.corrected, counts.contradictory, batch),
        )
        if connection.dialect == "postgresql":
            connection.execute(statements.ANALYZE_SEGMENTS)
        return counts

    def _refute(self) -> None:
        """Drop what an earlier chunk stored and a later one of the same batch contradicts."""
        against = read_all(self._journal.folder, [s for s in self._staged() if s.kind == "contradicted"])
        if not len(against):
            return
        stored, attested = self._keys("keys", against), self._keys("attested", against)
        flags = contradictions(
            np.concatenate([stored.hashes, attested.hashes, against.hashes]),
            np.concatenate([stored.digests, attested.digests, against.digests]),
            np.concatenate([stored.revisions, attested.revisions, against.revisions]),
        )
        refuted = stored.chosen(flags[: len(stored)])
        withdrawn = flags[len(stored) : len(stored) + len(attested)]
        # The same content under another, uncontested revision keeps the row.
        upheld = attested.chosen(~withdrawn)
        kept = upheld.chosen(refuted.has_pair(upheld.hashes, upheld.digests))
        lost = refuted.chosen(~upheld.has_pair(refuted.hashes, refuted.digests))
        self._apply(drop=lost, keep=kept, withdrawn=attested.chosen(withdrawn))
        count = len(lost) + int(withdrawn.sum())
        self._change += StageCounts(stored=-len(lost), duplicate=-int(withdrawn.sum()), contradictory=count)
        self._set_aside(count)

    def _set_aside(self, count: int) -> None:
        if not count:
            return
        connection = self._connection
        recorded_at = datetime.fromisoformat(connection.execute(statements.BATCH_RECORDED, (self._batch,))[0][0])
        with connection.transaction(exclusive=False):
            rejected.add(connection, self._batch, [contradiction("*", None)] * count, recorded_at=recorded_at)
            connection.execute(statements.BATCH_REJECTED, (count, self._batch))

    def _meet(self, others: Sequence[Keys]) -> None:
        """Settle staged rows with what came into the journal since they were staged."""
        known = Keys.merged(others)
        mine = self._keys("keys", known)
        if not len(mine):
            return
        repeated = known.has_pair(mine.hashes, mine.digests)
        same = mine.chosen(repeated)
        versions = self._apply(drop=same, version=mine.chosen(~repeated), attested=same)
        self._change += StageCounts(stored=-len(same) - versions, duplicate=len(same), corrected=versions)

    def _apply(
        self,
        *,
        drop: Keys,
        version: Keys | None = None,
        keep: Keys | None = None,
        attested: Keys | None = None,
        withdrawn: Keys | None = None,
    ) -> int:
        """Rewrite the staged files of the batch; how many rows became later versions.

        `drop`, `version`, `keep`: what becomes of rows; `attested`, `withdrawn`: what the batch attests more and less.
        """
        folder, staged = self._journal.folder, self._staged()
        kept = highest(keep or Keys.none())
        declare(self._duck, drop=drop, version=version, keep=Kept(kept, np.full(len(kept), -1)))
        rows = [s for s in staged if s.kind in {"events", "corrections"}]
        done = rewrite(self._duck, folder, rows, self._journal.digester, self._attributes, self._writer)
        gone, come = done.gone, done.come
        for kind, less, remove in (("keys", drop, without), ("attested", withdrawn or Keys.none(), _unattested)):
            for segment in staged:
                held = Keys.read(segment.path(folder)) if segment.kind == kind else Keys.none()
                if held.has_pair(less.hashes, less.digests).any():
                    gone.append(segment)
                    come += self._writer.keys(remove(held, less), segment.kind)
        come += self._writer.keys(attested or Keys.none(), "attested")
        self._replace(gone, come)
        return done.versions

    def _copy_originals(self) -> None:
        """Stage a copy of each original whose slot is contested from now on; of earlier attempts' copies nothing stays."""
        with self._connection.transaction(write=False):
            listed = manifest.read(self._connection, "live", "staged")
        staged = [s for s in listed if s.state == "staged" and s.batch == self._batch]
        copies = [s for s in staged if s.kind == "corrections" and s.month == COPY]
        fresh = [s for s in staged if s not in copies]
        live = [s for s in listed if s.state == "live"]
        if not any(s.kind == "corrections" for s in (*fresh, *live)):
            return
        found = slots.copy_originals(
            self._journal, self._duck, "lm_copies", fresh=fresh, live=live, attributes=self._attributes
        )
        come = self._writer.corrections(self._duck, "lm_copies") if found else []
        self._replace(copies, [dataclasses.replace(s, month=COPY) for s in come])

    def _replace(self, gone: Sequence[Segment], come: Sequence[Segment]) -> None:
        if not gone and not come:
            return
        with self._connection.transaction(exclusive=False):
            manifest.forget(self._connection, gone)
            manifest.add(self._connection, come)
        for segment in gone:
            segment.path(self._journal.folder).unlink(missing_ok=True)

    def _later_keys(self) -> list[Keys]:
        """The keys of what was published since a chunk of this batch was staged: a resumed import may be days old."""
        with self._connection.transaction(write=False):
            since = min((row[1] for row in self._connection.execute(statements.CHUNKS, (self._batch,))), default=0)
            if manifest.number(self._connection) == since:
                return []
            live = manifest.read(self._connection)
        return [Keys.read(s.path(self._journal.folder)) for s in live if s.kind == "keys" and s.manifest > since]

    def _hot_keys(self) -> Keys:
        with self._connection.transaction(write=False):
            return keys_of(self._connection.execute(statements.HOT_KEYS))

    def _keys(self, kind: Kind, of: Keys) -> Keys:
        """The batch's statements about the identities that another set of keys names."""
        if not len(of):
            return Keys.none()
        parts = [Keys.read(s.path(self._journal.folder)) for s in self._staged() if s.kind == kind]
        return Keys.merged([part.of_hashes(of.hashes) for part in parts])

    def _staged(self) -> list[Segment]:
        return [s for s in manifest.read(self._connection, "staged") if s.batch == self._batch]


COPY = "copy"
"""What stands in for the month of a corrections file that holds copies of originals only."""


def _unattested(held: Keys, withdrawn: Keys) -> Keys:
    """What is still attested: of a statement that was made under several revisions only the contradicted ones go."""
    gone = set(_statements(withdrawn))
    stays = ~withdrawn.has_pair(np.asarray(held.hashes), np.asarray(held.digests))
    stays[~stays] = [said not in gone for said in _statements(held.chosen(~stays))]
    return held.chosen(stays)


def _statements(keys: Keys) -> list[tuple[int, int, int]]:
    return list(zip(keys.hashes.tolist(), keys.digests.tolist(), keys.revisions.tolist(), strict=True))

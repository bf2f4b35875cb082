"""An import: chunks are staged one by one, then published in one transaction, or stay open and can be resumed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Literal

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.journal import manifest, rejected, slots, staging, statements
from lastmeter.journal.columns import attribute_conflict, check_attributes
from lastmeter.journal.connection import Connection
from lastmeter.journal.counts import StageCounts, contradiction
from lastmeter.journal.engine import drop, identifier, numbers
from lastmeter.journal.erasure import begin_batch, finish_batch
from lastmeter.journal.hot import keys_of
from lastmeter.journal.keys import Flags, Keys
from lastmeter.journal.manifest import Segment
from lastmeter.journal.publishing import Publication
from lastmeter.journal.rejected import Rejection
from lastmeter.journal.segments import SegmentWriter
from lastmeter.journal.stripping import suppress
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal

BatchState = Literal["open", "published", "undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One import as `journal.batches()` lists it."""

    number: int
    source: str
    label: str
    state: BatchState
    manifest: int
    recorded_at: datetime
    read: int
    stored: int
    duplicate: int
    corrected: int
    contradictory: int
    rejected: int


class ImportBatch:
    """An open import. It is the journal's turn holder from its beginning to its end."""

    def __init__(
        self, journal: Journal, connection: Connection, source: str, label: str, recorded_at: datetime
    ) -> None:
        self._journal = journal
        self._connection = connection
        self.source = source
        self.recorded_at = recorded_at
        self.published = False
        with connection.transaction():
            found = connection.execute(statements.BATCH_OPEN, (source, label))
            if found:
                self.number = int(found[0][0])
            else:
                self.number = int(connection.execute(statements.BATCH_NEXT)[0][0])
                connection.execute(statements.BATCH_ADD, (self.number, source, label, recorded_at.isoformat()))
                begin_batch(connection, self.number)

    def chunk_done(self, file_digest: str, mapping_digest: str, span: str) -> bool:
        """Whether this batch has staged that part of that file under that mapping already."""
        return bool(self._connection.execute(statements.CHUNK_FIND, (self.number, file_digest, mapping_digest, span)))

    def register_attributes(self, attributes: Mapping[str, str]) -> None:
        """Declare attributes (name to type); the first declaration in a journal holds.

        Raises:
            LastMeterError: `journal.attribute_type`, `journal.attribute_name`.
        """
        with self._connection.transaction(exclusive=False):
            register_attributes(self._connection, attributes)

    def tokens(self, kind: Literal["identity", "personal", "said"], values: pa.Array | pa.ChunkedArray) -> pa.Array:
        """One vault token for each value, in order; NULL for NULL and for an erased value."""
        encoded = values.dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
            encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        with self._connection.transaction(exclusive=False):
            found = self._journal.vault.tokens(self._connection, kind, encoded.dictionary.to_pylist())
        return pa.array(found, pa.string()).take(encoded.indices)

    def known(self, duck: duckdb.DuckDBPyConnection, relation: str) -> Flags:
        """Which rows of a relation (source, id) name an event that the journal held before this batch, row by row."""
        hashes = numbers(duck, f"SELECT {self._journal.digester.identity_sql()} AS hash FROM {identifier(relation)}")[
            "hash"
        ]
        found = np.zeros(len(hashes), np.bool_)
        for part in self._known()[3]:
            found |= part.has_hash(hashes)
        return found

    def reject(self, rows: Sequence[Rejection]) -> None:
        """Set rows aside, with where they stood and why."""
        with self._connection.transaction(exclusive=False):
            self._reject(rows)

    def stage(
        self,
        duck: duckdb.DuckDBPyConnection,
        relation: str,
        *,
        file_digest: str,
        mapping_digest: str,
        span: str,
        as_of: int,
        rejections: Iterable[Sequence[Rejection]] = (),
    ) -> StageCounts:
        """Take one mapped chunk: write what is new or differs as segments that are not visible yet.

        `relation`: a table or view in `duck` with the columns of an event. `as_of`: the revision of its statements
        where they declare none, such as the file's export time. `rejections`: the chunk's rows to set aside, in the
        transaction that says that it is staged, so that a killed import sets no row aside twice.

        Raises:
            LastMeterError: `event.*`, `journal.column_missing`, `journal.attribute_*`, `journal.disk_full`.
        """
        try:
            return self._stage(duck, relation, (file_digest, mapping_digest, span), as_of, rejections)
        finally:
            drop(duck, staging.STAGE, "lm_new", "lm_versions", "lm_originals", "lm_contested")

    def publish(self, *, watermark: datetime | None, event_types: Collection[str]) -> StageCounts:
        """Make all that was staged visible, in one transaction; the counts of the whole batch."""
        with self._journal.store.writing() as connection:
            connection.execute(
                statements.SOURCE_SET,
                (
                    self.number,
                    self.source,
                    " ".join(sorted(event_types)),
                    None if watermark is None else watermark.isoformat(),
                ),
            )
        counts = Publication(self._journal, self._connection, self.number).run()
        self.published = True
        finish_batch(self._journal, self._connection, self.number)
        return counts

    def _stage(
        self, duck: duckdb.DuckDBPyConnection, relation: str, chunk_key: tuple[str, str, str], as_of: int,
        rejections: Iterable[Sequence[Rejection]],
    ) -> StageCounts:
        attributes = self._journal.attributes(self._connection)
        held = staging.load(
            duck, relation, self._journal.digester, attributes,
            batch=self.number, as_of=as_of, recorded_at=self.recorded_at,
        )  # fmt: skip
        suppressed = suppress(
            duck, staging.STAGE, self._connection, self._journal.vault, self._journal.digester, held
        )  # fmt: skip
        said = staging.keys(duck)
        at, own, against, known = self._known()
        settled = staging.settle(said, own, against, known)
        original, version = settled.original, settled.version
        if version.any():
            version = slots.verify(self._journal, self._connection, duck, self.number, version, attributes)
            original = original | (settled.version & ~version)
        with self._connection.transaction(exclusive=False):
            chunk = manifest.take_numbers(self._connection, 1)[0]
        new_numbers = manifest.new_numbers(self._connection)
        writer = SegmentWriter(self._journal.folder, new_numbers, held, batch=self.number, chunk=chunk)
        staging.keep(duck, original, "lm_originals")
        segments, explicit = self._write_events(duck, writer, version)
        stored = original | version
        segments += writer.keys(_sorted(said, stored, settled.order), "keys")
        segments += writer.keys(_sorted(said, settled.duplicate, settled.order), "attested")
        segments += writer.keys(_sorted(said, settled.contradictory, settled.order), "contradicted")
        types = staging.by_type(duck, "lm_originals")
        if version.any():
            types = (StageCounts(by_type=types) + StageCounts(by_type=staging.by_type(duck, "lm_versions"))).by_type
        counts = StageCounts(
            read=len(said),
            stored=int(original.sum()) - explicit,
            duplicate=int(settled.duplicate.sum()),
            corrected=int(version.sum()) + explicit,
            contradictory=int(settled.contradictory.sum()),
            suppressed=suppressed,
            by_type=types,
        )
        refused = self._contradictions(duck, settled.contradictory, chunk_key[2])
        with self._connection.transaction(exclusive=False):
            manifest.add(self._connection, segments)
            self._connection.execute(
                statements.CHUNK_ADD, (chunk, self.number, *chunk_key, at, msgspec.json.encode(counts).decode())
            )
            for rows in chain([refused], rejections):
                self._reject(rows)
        return counts

    def _write_events(
        self, duck: duckdb.DuckDBPyConnection, writer: SegmentWriter, version: Flags
    ) -> tuple[list[Segment], int]:
        """The files of one chunk: originals by month, later versions and explicit corrections together; how many of
        the latter there are.
        """
        explicit = duck.execute("SELECT count(*) FROM lm_originals WHERE corrects IS NOT NULL").fetchone()
        count = int(explicit[0]) if explicit else 0
        if version.any():
            staging.keep(duck, version, "lm_versions")
            if version.all():
                duck.execute("DROP VIEW lm_versions")
                duck.execute(f"CREATE TEMP TABLE lm_versions AS SELECT * FROM {staging.STAGE}")
            staging.as_versions(duck, "lm_versions")
        segments: list[Segment] = []
        if count == 0:
            segments += writer.months(duck, "lm_originals")
        else:
            duck.execute("CREATE TEMP VIEW lm_new AS SELECT * FROM lm_originals WHERE corrects IS NULL")
            segments += writer.months(duck, "lm_new")
        parts = ["SELECT * FROM lm_originals WHERE corrects IS NOT NULL"] if count else []
        parts += ["SELECT * FROM lm_versions"] if version.any() else []
        if parts:
            duck.execute(f"CREATE TEMP VIEW lm_contested AS {' UNION ALL '.join(parts)}")
            segments += writer.corrections(duck, "lm_contested")
        return segments, count

    def _known(self) -> tuple[int, list[Keys], Keys, list[Keys]]:
        """The manifest's number, what this batch stated, what of it contradicts itself, what the journal holds."""
        with self._connection.transaction(write=False):
            at = manifest.number(self._connection)
            listed = manifest.read(self._connection, "live", "staged")
            hot = keys_of(self._connection.execute(statements.HOT_KEYS))
        folder = self._journal.folder
        mine = [s for s in listed if s.state == "staged" and s.batch == self.number]
        own = [Keys.read(s.path(folder)) for s in mine if s.kind in {"keys", "attested"}]
        against = Keys.merged([Keys.read(s.path(folder)) for s in mine if s.kind == "contradicted"])
        known = [Keys.read(s.path(folder)) for s in listed if s.state == "live" and s.kind == "keys"]
        return at, own, against, [*known, hot]

    def _contradictions(self, duck: duckdb.DuckDBPyConnection, flags: Flags, span: str) -> list[Rejection]:
        if not flags.any():
            return []
        staging.keep(duck, flags, "lm_new_contradictory")
        ids = duck.execute("SELECT id FROM lm_new_contradictory ORDER BY id").fetchall()
        drop(duck, "lm_new_contradictory")
        return [contradiction(span, row[0]) for row in ids]

    def _reject(self, rows: Sequence[Rejection]) -> None:
        if rows:
            shown = rejected.hide_erased(self._connection, self._journal.vault, rows)
            rejected.add(self._connection, self.number, shown, recorded_at=self.recorded_at)
            self._connection.execute(statements.BATCH_REJECTED, (len(rows), self.number))


def register_attributes(connection: Connection, attributes: Mapping[str, str]) -> None:
    """Declare attributes in the caller's write transaction."""
    check_attributes(attributes)
    connection.executemany(statements.ATTRIBUTE_ADD, sorted(attributes.items()))
    known: dict[str, str] = dict(connection.execute(statements.ATTRIBUTES))
    for name, kind in attributes.items():
        if known[name] != kind:
            raise attribute_conflict(name, kind, known[name])


def read_batches(connection: Connection) -> list[BatchRow]:
    """All imports, by number."""
    return [
        BatchRow(
            number=row[0], source=row[1], label=row[2], state=row[3], manifest=row[4],
            recorded_at=datetime.fromisoformat(row[5]), read=row[6], stored=row[7], duplicate=row[8], corrected=row[9],
            contradictory=row[10], rejected=row[11],
        )
        for row in connection.execute(statements.BATCHES)
    ]  # fmt: skip


def require_published(connection: Connection, number: int) -> None:
    """Refuse a batch that does not exist or is not published.

    Raises:
        LastMeterError: `journal.no_batch`.
    """
    found = connection.execute(statements.BATCH_STATE, (number,))
    if not found or found[0][0] != "published":
        raise LastMeterError(
            "journal.no_batch",
            Title("没有可撤销的第 {batch} 批", "There is no published batch {batch}"),
            Title(
                "用 lastmeter export batches 查看各批次及其状态",
                "lastmeter export batches lists the batches and their states",
            ),
            batch=number,
        )


def _sorted(said: Keys, flags: Flags, order: npt.NDArray[np.intp]) -> Keys:
    """The chosen statements in the order of their hashes."""
    if not flags.any():
        return Keys.none()
    chosen = order if flags.all() else order[flags[order]]
    return Keys(said.hashes[chosen], said.digests[chosen], said.revisions[chosen])

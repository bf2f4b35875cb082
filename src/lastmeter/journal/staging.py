"""From a mapped chunk of a file to staged segments: check, hash, find what is new, write. Nothing is visible yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.journal.columns import PRECISIONS, all_columns, attribute_columns, attribute_conflict
from lastmeter.journal.digest import Digester, version_id_sql
from lastmeter.journal.engine import columns_of, drop, identifier, literal, numbers
from lastmeter.journal.event import EARLIEST, far_time, impossible_precision, latest
from lastmeter.journal.keys import U64, Flags, Keys
from lastmeter.journal.segments import MONTH_NUMBER
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

STAGE = "lm_stage"
REQUIRED = ("source", "id", "type", "occurred_at", "precision", "zone", "object_type", "object_id")


@dataclass(frozen=True, slots=True)
class Sorted:
    """What becomes of each row of the stage table, by row number: exactly one flag is set, or none (a duplicate)."""

    original: Flags
    version: Flags
    contradictory: Flags
    duplicate: Flags
    order: npt.NDArray[np.intp]
    """The rows in the order of their hashes."""


def load(
    duck: duckdb.DuckDBPyConnection,
    relation: str,
    digester: Digester,
    attributes: Mapping[str, str],
    *,
    batch: int,
    as_of: int,
    recorded_at: datetime,
) -> dict[str, str]:
    """Make the stage table from a relation of events, with `hash`, `digest` and `month`; the attributes that it has.

    Raises:
        LastMeterError: `journal.column_missing`, `journal.attribute_unknown`, `journal.attribute_type`, `event.*`.
    """
    given = columns_of(duck, relation)
    held = _held_attributes(given, attributes)
    wanted = all_columns(held)
    listed = ", ".join(
        f"{_column(name, kind, given, as_of=as_of, batch=batch, recorded_at=recorded_at)} AS {name}"
        for name, kind in wanted.items()
    )
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {STAGE} AS
        SELECT *, {MONTH_NUMBER} AS month, {digester.identity_sql()} AS hash, {digester.digest_sql(held)} AS digest
        FROM (SELECT {listed} FROM {identifier(relation)})"""
    )
    _check(duck, recorded_at)
    return held


def keys(duck: duckdb.DuckDBPyConnection) -> Keys:
    """Hash, digest and revision of the stage table's rows, in the order of the rows (not sorted)."""
    columns = numbers(duck, f"SELECT hash, digest, revision FROM {STAGE}")
    return Keys(columns["hash"], columns["digest"], columns["revision"])


def settle(statements: Keys, own: Sequence[Keys], against: Keys, known: Sequence[Keys]) -> Sorted:
    """Sort the rows of a chunk, in any order, by what is known already.

    `own`: what earlier chunks of this batch stated, `against`: what of it contradicted itself; `known`: what the journal
    holds. A version is a statement about an identity that was stated otherwise before; whether the identity is really
    the same is still to be verified.
    """
    hashes, digests, revisions = statements.hashes, statements.digests, statements.revisions
    count = len(statements)
    contradictory, duplicate, version = (np.zeros(count, np.bool_) for _ in range(3))
    order = np.argsort(hashes)
    ordered = hashes[order]  # probing in order is several times faster
    before, refuted = Keys.merged([part.of_hashes(ordered) for part in own]), against.of_hashes(ordered)
    repeated = np.zeros(count, np.bool_)
    same = ordered[1:] == ordered[:-1]
    repeated[order[1:][same]] = True
    repeated[order[:-1][same]] = True
    repeated |= before.has_hash(hashes) | refuted.has_hash(hashes)
    if repeated.any():
        rows = np.flatnonzero(repeated)
        part = Keys(hashes[rows], digests[rows], revisions[rows])
        _settle_repeats(rows, part, before, refuted, contradictory, duplicate, version)
    open_rows = np.flatnonzero(~(contradictory | duplicate))
    for part in known:
        pair = part.has_pair(hashes[open_rows], digests[open_rows])
        duplicate[open_rows[pair]] = True
        version[open_rows[pair]] = False
        open_rows = open_rows[~pair]
        version[open_rows[part.has_hash(hashes[open_rows])]] = True
    # A statement found in a later part may have met another version of its identity in an earlier one.
    version &= ~duplicate
    return Sorted(~(contradictory | duplicate | version), version, contradictory, duplicate, order)


def _settle_repeats(
    rows: npt.NDArray[np.intp],
    part: Keys,
    before: Keys,
    refuted: Keys,
    contradictory: Flags,
    duplicate: Flags,
    version: Flags,
) -> None:
    """Identities that this batch stated more than once: same revision and other content contradict each other."""
    hashes, digests, revisions = part.hashes, part.digests, part.revisions
    against = contradictions(
        np.concatenate([before.hashes, refuted.hashes, hashes]),
        np.concatenate([before.digests, refuted.digests, digests]),
        np.concatenate([before.revisions, refuted.revisions, revisions]),
    )
    mine = against[len(before) + len(refuted) :]
    contradictory[rows[mine]] = True
    rest = np.flatnonzero(~mine)
    known_pair = before.has_pair(hashes[rest], digests[rest])
    duplicate[rows[rest[known_pair]]] = True
    rest = rest[~known_pair]
    # Of equal statements the one with the highest revision stays; of other versions of an identity one is the original.
    order = rest[np.lexsort((-revisions[rest], digests[rest], hashes[rest]))]
    ordered_hash, ordered_digest = hashes[order], digests[order]
    same_hash = repeats(ordered_hash)
    same_pair = same_hash & repeats(ordered_digest)
    duplicate[rows[order[same_pair]]] = True
    version[rows[order[same_hash & ~same_pair]]] = True
    version[rows[rest[before.has_hash(hashes[rest])]]] = True
    version[rows[order[same_pair]]] = False


def contradictions(hashes: U64, digests: U64, revisions: npt.NDArray[np.int64]) -> Flags:
    """Which statements share identity and revision with one of other content."""
    if not len(hashes):
        return np.zeros(0, np.bool_)
    order = np.lexsort((digests, revisions, hashes))
    ordered_hash, ordered_revision, ordered_digest = hashes[order], revisions[order], digests[order]
    first = ~(repeats(ordered_hash) & repeats(ordered_revision))
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    lowest = ordered_digest[starts]
    highest = np.maximum.reduceat(ordered_digest, starts)
    result = np.zeros(len(hashes), np.bool_)
    result[order] = (lowest != highest)[group]
    return result


def repeats(column: npt.NDArray[np.generic]) -> Flags:
    """Which entries of a column equal the one before."""
    found = np.zeros(len(column), np.bool_)
    found[1:] = column[1:] == column[:-1]
    return found


def keep(duck: duckdb.DuckDBPyConnection, flags: Flags, name: str) -> None:
    """A table `name` of the stage table's rows whose flag is set; a view of it where all are."""
    drop(duck, name)
    if flags.all():
        duck.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {STAGE}")
        return
    duck.register("lm_kept", pa.table({"row": pa.array(np.flatnonzero(flags))}))
    duck.execute(f"CREATE TEMP TABLE {name} AS SELECT s.* FROM {STAGE} AS s SEMI JOIN lm_kept ON s.rowid = lm_kept.row")
    duck.unregister("lm_kept")


def as_versions(duck: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give the rows of a table the ids and targets under which the journal keeps later versions."""
    duck.execute(f"UPDATE {name} SET id = {version_id_sql()}, corrects = coalesce(corrects, id)")


def by_type(duck: duckdb.DuckDBPyConnection, name: str) -> dict[str, int]:
    """How many rows of each type a table has."""
    return dict(duck.execute(f"SELECT type, count(*) FROM {name} GROUP BY type ORDER BY type").fetchall())


def _held_attributes(given: Mapping[str, str], attributes: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in REQUIRED if name not in given]
    if missing:
        raise LastMeterError(
            "journal.column_missing",
            Title("事件表缺少列 {columns}", "The relation of events lacks the columns {columns}"),
            Title("每个事件都要有这些列", "Every event has these columns"),
            columns=", ".join(missing),
        )
    held: dict[str, str] = {}
    for name in attribute_columns(given):
        if name not in attributes:
            raise LastMeterError(
                "journal.attribute_unknown",
                Title("属性“{name}”尚未登记", "The attribute “{name}” has not been registered"),
                Title("请先用 register_attributes 登记其类型", "Register its type first, with register_attributes"),
                name=name,
            )
        held[name] = attributes[name]
        expected = all_columns({name: attributes[name]})[f"attr_{name}"]
        if given[f"attr_{name}"] not in {expected, '"NULL"', "NULL", "INTEGER"}:
            raise attribute_conflict(name, given[f"attr_{name}"], f"{attributes[name]} ({expected})")
    return held


def _column(name: str, kind: str, given: Mapping[str, str], *, as_of: int, batch: int, recorded_at: datetime) -> str:
    """The SQL of one column of the stage table, with what the relation need not say."""
    present = name in given
    match name:
        case "recorded_at":
            return f"TIMESTAMP {literal(recorded_at.isoformat(sep=' '))}"
        case "batch":
            return f"{batch}::BIGINT"
        case "revision":
            # 0 is what a mapping without a revision column gives: the file's declared time stands in.
            return f"coalesce(nullif(revision, 0), {as_of})::BIGINT" if present else f"{as_of}::BIGINT"
        case "voids":
            return "coalesce(voids, false)" if present else "false"
        case "objects" if present:
            return f"CASE WHEN len(objects) > 0 THEN objects::{kind} END"
        case "local_on" if not present:
            return "timezone(zone, timezone('UTC', occurred_at))::DATE"
        case _:
            if not present:
                return f"NULL::{kind}"
            return name if given[name] == kind else f"{name}::{kind}"


def _check(duck: duckdb.DuckDBPyConnection, recorded_at: datetime) -> None:
    """One pass over the stage table for what no event may be."""
    precisions = ", ".join(literal(name) for name in PRECISIONS)
    found = duck.execute(
        f"""SELECT
            count(*) FILTER (WHERE source IS NULL OR id IS NULL OR type IS NULL OR zone IS NULL OR object_type IS NULL
                OR object_id IS NULL OR id = '' OR object_id = ''),
            count(*) FILTER (WHERE substr(id, -17, 1) = '~' OR corrects = id OR (voids AND corrects IS NULL)),
            count(*) FILTER (WHERE precision NOT IN ({precisions}) OR precision IS NULL
                OR (occurred_at IS NULL) <> (precision = 'unknown')
                OR (occurred_end IS NULL) <> (precision IN ('second', 'unknown')) OR occurred_end <= occurred_at),
            count(*) FILTER (WHERE occurred_at < ? OR occurred_at >= ?)
        FROM {STAGE}""",
        [EARLIEST, latest(recorded_at)],
    ).fetchone()
    incomplete, misnamed, imprecise, far = found or (0, 0, 0, 0)
    if incomplete or misnamed:
        raise LastMeterError(
            "event.incomplete" if incomplete else "event.identity",
            Title(
                "{rows} 个事件缺少来源、编号、类型、时区或对象，或编号不合规",
                "{rows} events lack a source, an id, a type, a zone or an object, or have an id that is not allowed",
            ),
            Title(
                "这几项都不能为空；编号不能以“~”加 16 位十六进制数结尾",
                "None of these may be empty; an id may not end in “~” and 16 hex digits",
            ),
            rows=incomplete or misnamed,
        )
    if imprecise:
        raise impossible_precision(imprecise)
    if far:
        raise far_time(far)

"""The business key of each table: the columns that tell its rows apart, and would again in the next export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.journeys.discovery.vocabulary import mentions, thing_in
from lastmeter.kernel.titles import Title

# Few rows differ by chance; only a name can then tell a key.
_FEW = 20
_LARGEST = 4
_LINE_WORDS = ("sequential", "sequence", "seq", "line", "attempt", "item", "position", "pos", "序号", "行号", "次数", "第几次")


@dataclass(frozen=True, slots=True)
class Key:
    """The key's columns, how sure it is, why, and how many rows it does not tell apart."""

    columns: tuple[Column, ...]
    confidence: float
    reason: Title
    repeated: int = 0


def key_of(table: Table, claims: Mapping[str, Claim]) -> Key:
    """The least and best named set of columns whose values differ from row to row, copies of whole rows left aside."""
    candidates = _candidates(table, claims)
    different = table.distinct(table.columns)
    for size in range(1, _LARGEST + 1):
        found = [chosen for chosen in _sets(candidates, claims, size) if _tells_apart(table, chosen, different)]
        if found:
            best = min(found, key=lambda chosen: _cost(table, chosen, claims))
            return _described(table, tuple(sorted(best, key=table.columns.index)), claims, different)
    widest = tuple(candidates[: _LARGEST + 2]) or table.columns
    repeated = different - table.distinct(widest)
    return Key(widest, 0.3, because("没有列能区分所有行：{n} 行与别的行同键",
        "No columns tell all rows apart: {n} rows share the key of another", n=repeated),
               repeated)


def _candidates(table: Table, claims: Mapping[str, Claim]) -> list[Column]:
    """Columns that may be part of a key, the likeliest first: ids, line numbers, times, then what is short and filled."""
    usable = [column for column in table.columns if not column.is_empty and not column.is_constant
              and claims[column.name].role not in ("ignored", "money", "said", "score", "revision", "promise")]
    ranked = sorted(usable, key=lambda column: (_rank(column, claims[column.name]), table.columns.index(column)))
    return [column for column in ranked if _rank(column, claims[column.name]) < 9][:9]


def _rank(column: Column, claim: Claim) -> int:
    if claim.role == "id":
        return 0 if column.filled == column.rows else 2
    if mentions(column.name, _LINE_WORDS) and column.is_integer:
        return -1
    return {"time": 3, "status": 4, "performer": 5, "place": 6, "attribute": 7, "channel": 8, "personal": 8}.get(claim.role, 9)


def _sets(candidates: list[Column], claims: Mapping[str, Claim], size: int) -> Iterator[tuple[Column, ...]]:
    """Sets of columns that hold an id where there is one; a column alone must be an id."""
    has_ids = any(claims[column.name].role == "id" for column in candidates)
    for chosen in combinations(candidates, size):
        if not has_ids or any(claims[column.name].role == "id" for column in chosen):
            yield chosen


def _tells_apart(table: Table, chosen: tuple[Column, ...], different: int) -> bool:
    return all(column.filled > 0.5 * column.rows for column in chosen) and table.distinct(chosen) == different


def _cost(table: Table, chosen: tuple[Column, ...], claims: Mapping[str, Claim]) -> tuple[float, ...]:
    """Ids before times before others; the table's own id before those of other things; then the order of the columns."""
    own = thing_in(table.name)
    ranks = sorted((_rank(column, claims[column.name]) for column in chosen), reverse=True)
    named = any(own is not None and claims[column.name].kind == own.code for column in chosen)
    return (*ranks, 0 if named else 1, sum(1 - column.filled_share for column in chosen), *(table.columns.index(c) for c in chosen))


def _described(table: Table, chosen: tuple[Column, ...], claims: Mapping[str, Claim], different: int) -> Key:
    copies = table.rows - different
    names = ", ".join(column.name for column in chosen)
    note_zh, note_en = (f"（{copies} 行是完全相同的重复行）", f" ({copies} rows are exact copies of others)") if copies else ("", "")
    reason = because("{names} 在每一行都不同{note_zh}", "{names} differ in every row{note_en}", names=names, note_zh=note_zh,
        note_en=note_en)
    only_ids = all(claims[column.name].role == "id" or mentions(column.name, _LINE_WORDS) for column in chosen)
    logged = all(claims[column.name].role in ("id", "time", "status") for column in chosen) and not only_ids
    sure = 0.95 if len(chosen) == 1 and only_ids else 0.88 if only_ids else 0.8 if logged and len(chosen) > 1 else 0.7
    empty = sum(column.rows - column.filled for column in chosen)
    if empty:
        sure = min(sure, 0.6)
        reason = because("{names} 区分各行，但有 {n} 格是空的，那些行会被搁置",
            "{names} tell the rows apart, but {n} cells are empty; those rows will be "
                         "set aside", names=names, n=empty)
    return Key(chosen, sure if table.rows >= _FEW or only_ids else min(sure, 0.6), reason)

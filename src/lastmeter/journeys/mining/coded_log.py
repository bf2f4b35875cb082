"""An event log as three arrays of numbers: what every measure of this folder reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from lastmeter.journeys import sql

Ints = npt.NDArray[np.int64]
SHORT_LIST = 32
"""So many activities are found in a list as fast as by an ENUM's hash; Parquet's dictionaries then need one search a page."""


@dataclass(frozen=True)
class CodedLog:
    """The events of a log, case after case in the order of case_id, in their order within each case.

    `codes` has a number for each event, the place of its activity in `activities` (by name); `moments` its microseconds since
    1970 UTC; `opens` the place of the first event of each case. The connection is asked for case ids when they are wanted.
    """

    activities: tuple[str, ...]
    codes: npt.NDArray[Any]
    moments: Ints
    opens: Ints
    duck: duckdb.DuckDBPyConnection
    relation: str

    @cached_property
    def lengths(self) -> Ints:
        """How many events each case has."""
        return np.diff(self.opens, append=len(self.codes))

    @cached_property
    def following(self) -> Ints:
        """How many events of its case follow each event."""
        return np.repeat(self.opens + self.lengths, self.lengths) - np.arange(1, len(self.codes) + 1)

    @cached_property
    def case_ids(self) -> npt.NDArray[Any]:
        """The id of every case; read at the first use, so the relation must still be as it was."""
        ids = self.duck.sql(f"SELECT DISTINCT case_id FROM {sql.quoted(self.relation)} ORDER BY case_id").fetchnumpy()["case_id"]
        return np.asarray(ids, dtype=object)

    def path(self, case: int) -> tuple[str, ...]:
        """The activities that a case runs through."""
        start = int(self.opens[case])
        return tuple(self.activities[code] for code in self.codes[start: start + int(self.lengths[case])])


def read_log(duck: duckdb.DuckDBPyConnection, log: str) -> CodedLog:
    """Read a log relation, once where its rows lie in order of case and number already; else they are sorted."""
    activities = tuple(row[0] for row in duck.execute(f"SELECT DISTINCT activity FROM {sql.quoted(log)} ORDER BY 1").fetchall())
    columns, ordered = _columns(duck, sql.quoted(log), activities)
    if not ordered:
        columns, _ = _columns(duck, f"(FROM {sql.quoted(log)} ORDER BY case_id, number)", activities)
    return CodedLog(activities, columns["code"], columns["moment"], np.flatnonzero(columns["opens"]), duck, log)


def _columns(duck: duckdb.DuckDBPyConnection, rows: str, activities: Sequence[str]) -> tuple[dict[str, npt.NDArray[Any]], bool]:
    # A window over all rows as they come is the one that DuckDB streams: it neither sorts nor gathers.
    table = duck.sql(
        f"""SELECT {_code(activities)} AS code, epoch_us(happened) AS moment, before IS DISTINCT FROM case_id AS opens,
            before > case_id OR before = case_id AND number_before >= number AS disordered
        FROM (SELECT case_id, activity, happened, number, lag(case_id) OVER () AS before, lag(number) OVER () AS number_before
            FROM {rows})""").to_arrow_table()
    columns = {name: np.asarray(table[name].to_numpy()) for name in ("code", "moment", "opens")}
    return columns, not table["disordered"].fill_null(False).to_numpy().any()


def _code(activities: Sequence[str]) -> str:
    """SQL of the place of an event's activity in the list, from 0."""
    names = ", ".join(map(sql.text, activities))
    if len(activities) <= SHORT_LIST:
        return f"(list_position([{names}]::VARCHAR[], activity) - 1)::USMALLINT"
    return f"enum_code(activity::ENUM({names}))::UINTEGER"


def compact(keys: npt.NDArray[Any], bound: int) -> tuple[Ints, npt.NDArray[Any]]:
    """The different keys, ascending, and the place of each key among them; keys are below `bound`."""
    if bound > 4 * len(keys) + 65_536:
        kept, places = np.unique(keys, return_inverse=True)
        return kept.astype(np.int64), places
    met = np.zeros(bound, dtype=bool)
    met[keys] = True
    kept = np.flatnonzero(met)
    lookup = np.zeros(bound, dtype=np.uint16 if len(kept) < 65_536 else np.int64)
    lookup[kept] = np.arange(len(kept))
    return kept, lookup[keys]

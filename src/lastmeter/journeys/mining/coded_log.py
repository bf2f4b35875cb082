"""An event log as three arrays of numbers: what every measure of this folder reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lastmeter.journeys import sql

Ints = npt.NDArray[np.int64]
SHORT_LIST = 32
"""So many activities are found in a list as fast as by an ENUM's hash; Parquet's dictionaries then need one search a page."""
GOES_ON, OPENS, DISORDERED = 0, 1, 2
"""What an event does after the one before it: goes on with its case, opens the next, or shows that rows are not in order."""


@dataclass(frozen=True)
class CodedLog:
    """The events of a log, case after case in the order of case_id, in their order within each case.

    `codes` has a number for each event, the place of its activity in `activities` (by name); `moments` its microseconds since
    1970 UTC; `opens` the place of the first event of each case. Cases are known by their places in `opens`; `names` gives the
    ids of some of them, ascending.
    """

    activities: tuple[str, ...]
    codes: npt.NDArray[Any]
    moments: Ints
    opens: Ints
    names: Callable[[Ints], list[str]]

    @cached_property
    def lengths(self) -> Ints:
        """How many events each case has."""
        return np.diff(self.opens, append=len(self.codes))

    @cached_property
    def following(self) -> Ints:
        """How many events of its case follow each event."""
        return np.repeat(self.opens + self.lengths, self.lengths) - np.arange(1, len(self.codes) + 1)

    def case_ids(self, cases: Ints) -> list[str]:
        """The ids of some cases, in order; a relation is read when asked for, so it must still be as it was."""
        return self.names(np.sort(cases))

    @cached_property
    def alike(self) -> list[Ints]:
        """The cases of each path, ascending.

        All cases walk down one tree of beginnings, a step at a time: cases that stop at the same node have one path.
        """
        found: list[Ints] = []
        cases, nodes, width = np.arange(len(self.opens)), np.zeros(len(self.opens), dtype=np.int64), 1
        for step in count():
            stops = self.lengths[cases] == step
            if stops.any():
                here = nodes[stops]
                order = np.argsort(here, kind="stable")
                found += np.split(cases[stops][order], np.flatnonzero(np.diff(here[order])) + 1)
                cases, nodes = cases[~stops], nodes[~stops]
            if not len(cases):
                break
            keys = nodes.astype(np.int64) * len(self.activities) + self.codes[self.opens[cases] + step]
            kept, nodes = compact(keys, width * len(self.activities))
            width = len(kept)
        return found

    def path(self, case: int) -> tuple[str, ...]:
        """The activities that a case runs through."""
        start = int(self.opens[case])
        return tuple(self.activities[code] for code in self.codes[start: start + int(self.lengths[case])])


def read_log(duck: duckdb.DuckDBPyConnection, log: str) -> CodedLog:
    """Read a log relation, once where its rows lie in order of case and number already; else they are sorted."""
    activities = tuple(row[0] for row in duck.execute(f"SELECT DISTINCT activity FROM {sql.quoted(log)} ORDER BY 1").fetchall())
    rows = sql.quoted(log)
    table = _columns(duck, rows, activities)
    if (table["step"].to_numpy() == DISORDERED).any():
        rows = f"(FROM {rows} ORDER BY case_id, number)"
        table = _columns(duck, rows, activities)
    opens = np.flatnonzero(table["step"].to_numpy() == OPENS)
    return CodedLog(activities, table["code"].to_numpy(), table["moment"].to_numpy(), opens, partial(_names, duck, rows, opens))


def _names(duck: duckdb.DuckDBPyConnection, rows: str, opens: Ints, cases: Ints) -> list[str]:
    """Asked of the relation: `rows` is SQL of it in the log's order."""
    duck.register("wanted_cases", pa.table({"place": opens[cases]}))
    found = duck.sql(
        f"""SELECT case_id FROM (SELECT case_id, row_number() OVER () - 1 AS place FROM {rows})
        SEMI JOIN wanted_cases USING (place) ORDER BY place""").fetchall()
    duck.unregister("wanted_cases")
    return [case_id for case_id, in found]


def _columns(duck: duckdb.DuckDBPyConnection, rows: str, activities: Sequence[str]) -> pa.Table:
    # A window over all rows as they come is the one that DuckDB streams: it neither sorts nor gathers.
    return duck.sql(
        f"""SELECT {_code(activities)} AS code, epoch_us(happened) AS moment,
            (CASE WHEN before = case_id THEN CASE WHEN number_before < number THEN {GOES_ON} ELSE {DISORDERED} END
                WHEN before > case_id THEN {DISORDERED} ELSE {OPENS} END)::UTINYINT AS step
        FROM (SELECT case_id, activity, happened, number, lag(case_id) OVER () AS before, lag(number) OVER () AS number_before
            FROM {rows})""").to_arrow_table()


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

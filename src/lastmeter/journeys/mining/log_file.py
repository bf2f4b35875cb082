"""An event log in a Parquet file as a `CodedLog`, without an engine.

Parquet keeps texts as dictionaries and numbers, so a file whose rows lie in order is a coded log already: a case opens where the
number changes, and only the ids at these places are compared as texts. Any other file is read as a relation, and sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from lastmeter.journal.engine import literal, open_duckdb
from lastmeter.journeys.mining.coded_log import CodedLog, Ints, read_log

TEXTS = ("case_id", "activity")
BATCH = 122_880
"""Rows that are looked at together: a row group of DuckDB's, and few enough to stay in a processor's cache."""
MANY_ACTIVITIES = 65_536


def read_log_file(path: Path) -> CodedLog:
    """Read a Parquet file with the columns of a log relation.

    Raises:
        FileNotFoundError: there is no such file.
        pyarrow.ArrowInvalid: it is no Parquet file.
        KeyError: it lacks a column.
    """
    return _InOrder(path).read() or _sorted(path)


def _sorted(path: Path) -> CodedLog:
    # Not closed here: the log asks it for the ids of cases as long as it lives.
    duck = open_duckdb()
    duck.execute(f"CREATE VIEW log AS SELECT case_id, activity, happened, number FROM read_parquet({literal(str(path))})")
    return read_log(duck, "log")


class _Rows(NamedTuple):
    """Neighbouring rows: numbers of the cases and of the activities in the dictionaries beside them, microseconds."""

    cases: npt.NDArray[np.int32]
    ids: pa.StringArray
    activities: npt.NDArray[np.int32]
    names: list[str]
    moments: Ints


class _InOrder:
    """One reading of a file that takes its rows to lie in order of case_id and, within a case, of time and number."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pa_parquet.ParquetFile(path, read_dictionary=list(TEXTS))
        events = self._file.metadata.num_rows
        self._codes, self._moments = np.empty(events, dtype=np.uint16), np.empty(events, dtype=np.int64)
        self._opens = np.empty(events, dtype=bool)
        self._code: dict[str, int] = {}
        self._ids: list[pa.StringArray] = []
        self._last = pa.array([], pa.string())  # the id of the case that was open last
        self._ties: list[Ints] = []

    def read(self) -> CodedLog | None:
        """The log; None if rows do not lie in order or are not such as are read here."""
        start = 0
        for rows in self._batches():
            if rows is None or not self._take(rows, start):
                return None
            start += len(rows.moments)
        if not self._numbers_ascend():
            return None
        activities = sorted(self._code)
        if activities != list(self._code):
            place = {name: number for number, name in enumerate(activities)}
            self._codes = np.array([place[name] for name in self._code], dtype=np.uint16)[self._codes]
        ids = pa.chunked_array(self._ids, pa.string())
        return CodedLog(tuple(activities), self._codes, self._moments, np.flatnonzero(self._opens),
                        lambda cases: ids.take(pa.array(cases)).to_pylist())

    def _batches(self) -> Iterator[_Rows | None]:
        columns = ("case_id", "activity", "happened")
        schema = self._file.schema_arrow
        if schema.field("happened").type not in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
            yield None
            return
        for batch in self._file.iter_batches(BATCH, columns=list(columns), use_threads=False):
            cases, activities, happened = (batch.column(name) for name in columns)
            texts = all(isinstance(column, pa.DictionaryArray) and pa.types.is_string(column.dictionary.type)
                        for column in (cases, activities))
            if not texts or any(column.null_count for column in batch.columns):
                yield None
                return
            yield _Rows(np.asarray(cases.indices), cases.dictionary, np.asarray(activities.indices),
                        activities.dictionary.to_pylist(), np.asarray(happened.view(pa.int64())))

    def _take(self, rows: _Rows, start: int) -> bool:
        """Whether the rows go on in order."""
        end = start + len(rows.moments)
        for name in sorted(rows.names):
            self._code.setdefault(name, len(self._code))
        if len(self._code) > MANY_ACTIVITIES:
            return False
        self._codes[start:end] = np.array([self._code[name] for name in rows.names], dtype=np.uint16)[rows.activities]
        self._moments[start:end] = rows.moments
        return self._open_cases(rows, start, end) and self._times_ascend(max(start - 1, 0), end)

    def _open_cases(self, rows: _Rows, start: int, end: int) -> bool:
        opens = self._opens[start:end]
        opens[0], opens[1:] = True, rows.cases[1:] != rows.cases[:-1]
        ids = rows.ids.take(pa.array(rows.cases[opens]))
        if len(self._last) and self._last[0] == ids[0]:  # its case goes on
            opens[0], ids = False, ids[1:]
        met = pa.concat_arrays([self._last, ids])
        self._last = met[-1:]
        self._ids.append(ids)
        ascends: bool = pc.all(pc.less(met[:-1], met[1:]), min_count=0).as_py()
        return ascends

    def _times_ascend(self, start: int, end: int) -> bool:
        earlier, later = self._moments[start: end - 1], self._moments[start + 1: end]
        doubtful = np.flatnonzero((later <= earlier) & ~self._opens[start + 1: end])
        self._ties.append(doubtful + start + 1)
        return bool((later[doubtful] == earlier[doubtful]).all())

    def _numbers_ascend(self) -> bool:
        """Whether events of a case at one time lie in order of their numbers, which are read only if there are such."""
        ties = np.concatenate(self._ties) if self._ties else np.empty(0, dtype=np.int64)
        if not len(ties):
            return True
        numbers = self._file.read(["number"], use_threads=False)["number"].to_numpy()
        return bool((numbers[ties - 1] < numbers[ties]).all())

"""An event log read from a Parquet file is the log that DuckDB reads from it, however its rows lie."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.mining import log_file
from lastmeter.journeys.mining.coded_log import CodedLog, read_log
from lastmeter.journeys.mining.log_file import read_log_file
from lastmeter.journeys.mining.temporal_profile import deviations, temporal_profile
from lastmeter.journeys.mining.variants import variants

START = datetime(2025, 3, 3)
Row = tuple[str, str, float, int]
TWO: list[Row] = [("x", "b", 0, 1), ("x", "a", 10, 2), ("y", "c", 0, 3), ("y", "a", 5, 4), ("y", "a", 5, 5)]


def table(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return pa.table({
        "case_id": pa.array(columns[0], pa.string()), "activity": pa.array(columns[1], pa.string()),
        "happened": pa.array([START + timedelta(seconds=second) for second in columns[2]], pa.timestamp("us")),
        "number": pa.array(columns[3], pa.int64())})


def written(folder: Path, rows: list[Row], rows_a_group: int = 1_000) -> Path:
    pa_parquet.write_table(table(rows), folder / "log.parquet", row_group_size=rows_a_group)
    return folder / "log.parquet"


def told(log: CodedLog) -> list[tuple[str, list[tuple[str, int]]]]:
    """Each case with its events: activity and microseconds."""
    names = log.case_ids(np.arange(len(log.opens)))
    return [(name, [(log.activities[log.codes[place]], int(log.moments[place])) for place in range(start, start + length)])
            for name, start, length in zip(names, log.opens.tolist(), log.lengths.tolist(), strict=True)]


def test_two_cases_by_hand(tmp_path: Path) -> None:
    log = read_log_file(written(tmp_path, TWO))
    assert log.activities == ("a", "b", "c")
    assert log.codes.tolist() == [1, 0, 2, 0, 0]
    assert log.opens.tolist() == [0, 2]
    assert np.diff(log.moments).tolist() == [10_000_000, -10_000_000, 5_000_000, 0]
    assert variants(log) == {("b", "a"): 1, ("c", "a", "a"): 1}
    assert log.case_ids(np.array([1, 0])) == ["x", "y"]


@pytest.mark.parametrize("swapped", [(0, 2), (0, 1), (3, 4)], ids=["cases", "times", "numbers at one time"])
def test_rows_out_of_order_are_sorted(tmp_path: Path, swapped: tuple[int, int]) -> None:
    rows = list(TWO)
    one, other = swapped
    rows[one], rows[other] = rows[other], rows[one]
    assert log_file._InOrder(written(tmp_path, rows)).read() is None
    assert told(read_log_file(written(tmp_path, rows))) == told(read_log_file(written(tmp_path, TWO)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "u", "v", "é", "z"]), st.sampled_from("abc"), st.integers(0, 3)), max_size=30),
       st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_the_same_as_duckdb_reads(tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int]],
                                  rows_a_group: int, batch: int, in_order: bool) -> None:
    by_time = sorted(events, key=lambda event: (event[0].encode(), event[2], event[1]))
    rows: list[Row] = [(case, activity, float(second), number) for number, (case, activity, second) in enumerate(by_time)]
    # Out of order they lie by activity, so that cases come again and times run back.
    shown = rows if in_order else sorted(rows, key=lambda row: (row[1], -row[3]))
    path = written(tmp_path_factory.mktemp("log"), shown, rows_a_group)
    with pytest.MonkeyPatch.context() as patched, open_duckdb() as duck:
        patched.setattr(log_file, "BATCH", batch)
        duck.register("log", table(shown))
        assert told(read_log_file(path)) == told(read_log(duck, "log"))
        assert not in_order or log_file._InOrder(path).read() is not None


def test_other_types_and_empty_cells_are_left_to_duckdb(tmp_path: Path) -> None:
    expected = told(read_log_file(written(tmp_path, TWO)))
    seconds = table(TWO).set_column(2, "happened", table(TWO)["happened"].cast(pa.timestamp("s")))
    pa_parquet.write_table(seconds, tmp_path / "seconds.parquet")
    assert told(read_log_file(tmp_path / "seconds.parquet")) == expected
    large = table(TWO).set_column(0, "case_id", table(TWO)["case_id"].cast(pa.large_string()))
    pa_parquet.write_table(large, tmp_path / "large.parquet")
    assert told(read_log_file(tmp_path / "large.parquet")) == expected


def test_measures_ask_the_file_for_no_more_than_it_told(tmp_path: Path) -> None:
    path = written(tmp_path, [("x", "a", 0, 1), ("x", "b", 10, 2), ("y", "a", 0, 3), ("y", "b", 30, 4), ("z", "a", 0, 5)])
    log = read_log_file(path)
    path.unlink()
    # 10 and 30 seconds: the mean is 20, the deviation of the sample 14.14
    assert deviations(log, temporal_profile(log), zeta=0.5) == {"x": 1, "y": 1}


def test_a_file_that_is_missing_or_lacks_a_column(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_log_file(tmp_path / "log.parquet")
    pa_parquet.write_table(table(TWO).drop_columns(["activity"]), tmp_path / "log.parquet")
    with pytest.raises(KeyError):
        read_log_file(tmp_path / "log.parquet")

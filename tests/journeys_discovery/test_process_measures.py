"""Directly-follows graph, variants and temporal profile of two cases, counted by hand; then against plain Python."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.mining import temporal_profile as profiling
from lastmeter.journeys.mining.coded_log import CodedLog, read_log
from lastmeter.journeys.mining.directly_follows import Arc, directly_follows, ends
from lastmeter.journeys.mining.event_log import define_log
from lastmeter.journeys.mining.temporal_profile import deviations, temporal_profile
from lastmeter.journeys.mining.variants import variants
from tests.journeys.fake_journal import FakeJournal, Source
from tests.journeys_discovery.repairs import told

START = datetime(2025, 3, 3)
Log = dict[str, list[tuple[str, float]]]
TWO: Log = {"x": [("a", 0), ("b", 10), ("c", 40)], "y": [("a", 0), ("b", 30), ("b", 31)]}


@contextmanager
def loaded(log: Log, order: str = "case_id, number") -> Iterator[CodedLog]:
    rows = [(case, activity, START + timedelta(seconds=seconds), number)
            for case, events in log.items() for number, (activity, seconds) in enumerate(events, 1)]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    with open_duckdb() as duck:
        duck.register("rows", pa.table({
            "case_id": pa.array(columns[0], pa.string()), "activity": pa.array(columns[1], pa.string()),
            "happened": pa.array(columns[2], pa.timestamp("us")), "number": pa.array(columns[3], pa.int64())}))
        duck.execute(f"CREATE TABLE log AS SELECT * FROM rows ORDER BY {order}")
        yield read_log(duck, "log")


def test_two_cases_by_hand() -> None:
    with loaded(TWO) as log:
        assert [arc._replace(deviation=round(arc.deviation, 6)) for arc in directly_follows(log)] == [
            Arc("a", "b", 2, 20.0, 20.0, 10.0, 30.0, 14.142136),
            Arc("b", "b", 1, 1.0, 1.0, 1.0, 1.0, 0.0), Arc("b", "c", 1, 30.0, 30.0, 30.0, 30.0, 0.0)]
        assert ends(log) == ({"a": 2}, {"b": 1, "c": 1})
        assert variants(log) == {("a", "b", "b"): 1, ("a", "b", "c"): 1}
        spans = {(span.activity, span.later): (span.pairs, round(span.mean, 6), round(span.deviation,
            6)) for span in temporal_profile(log)}
        # a to b: 10, 30 and 31 seconds; the mean is 71/3, the deviation of the sample the root of (13.667² + 6.333² + 7.333²)/2
        assert spans == {("a", "b"): (3, 23.666667, 11.846237), ("a", "c"): (1, 40.0, 0.0), ("b", "b"): (1, 1.0, 0.0), ("b", "c"): (1,
            30.0, 0.0)}
        assert deviations(log, temporal_profile(log), zeta=1) == {"x": 1}


logs = st.dictionaries(st.sampled_from("uvwxyz"), st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 5_000)), min_size=1, max_size=7).map(
    lambda events: sorted(((kind, float(at)) for kind, at in events), key=lambda event: event[1])), max_size=5)


@settings(max_examples=25, deadline=None)
@given(logs, st.sampled_from([1, 2, 32]), st.sampled_from([1, 5, 16_384]))
def test_the_same_as_plain_python(log: Log, many_alike: int, chunk: int) -> None:
    arcs = [(one, two, later - earlier) for events in log.values() for (one, earlier), (two, later) in pairwise(events)]
    spans: dict[tuple[str, str], list[float]] = {}
    for events in log.values():
        for (one, earlier), (two, later) in combinations(events, 2):
            spans.setdefault((one, two), []).append(later - earlier)
    with pytest.MonkeyPatch.context() as patched, loaded(log, order="hash(number, case_id)") as coded:
        patched.setattr(profiling, "MANY_ALIKE", many_alike)
        patched.setattr(profiling, "CHUNK", chunk)
        assert {(arc.activity, arc.following): arc.times for arc in directly_follows(coded)} == Counter((one, two) for one, two,
            _ in arcs)
        assert variants(coded) == Counter(tuple(kind for kind, _ in events) for events in log.values())
        found = {(span.activity, span.later): span for span in temporal_profile(coded)}
        assert found.keys() == spans.keys()
        for pair, seconds in spans.items():
            assert found[pair].mean == pytest.approx(statistics.fmean(seconds))
            assert found[pair].pairs == len(seconds)
            assert found[pair].deviation == pytest.approx(statistics.stdev(seconds) if len(seconds) > 1 else 0, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(logs, logs, st.sampled_from([1, 2, 32]))
def test_deviations_from_the_profile_of_another_log(known: Log, log: Log, many_alike: int) -> None:
    with pytest.MonkeyPatch.context() as patched, loaded(known) as coded:
        patched.setattr(profiling, "MANY_ALIKE", many_alike)
        profile = temporal_profile(coded)
        with loaded(log) as later:
            found = deviations(later, profile, zeta=1)
    limits = {(span.activity, span.later): (span.mean - span.deviation, span.mean + span.deviation) for span in profile}
    expected = Counter({case: sum(1 for (one, earlier), (two, later) in combinations(events, 2) if (one, two) in limits
                                  and not limits[one, two][0] <= later - earlier <= limits[one, two][1])
                        for case, events in log.items()})
    assert found == +expected


@pytest.mark.parametrize("kinds", [3, 40, 300])
def test_however_many_activities_there_are(kinds: int) -> None:
    path = [(f"step {number:03}", 60.0 * number) for number in range(kinds)]
    with loaded({"one": path, "two": path[::2]}, order="number DESC") as log:
        assert variants(log) == {tuple(kind for kind, _ in path): 1, tuple(kind for kind, _ in path[::2]): 1}
        assert len(directly_follows(log)) == kinds - 1 + (kinds - 1) // 2
        assert len(temporal_profile(log)) == kinds * (kinds - 1) // 2
        assert log.case_ids(np.array([1])) == ["two"]


def test_an_event_that_names_its_object_twice_counts_once_and_undated_ones_do_not() -> None:
    journal = FakeJournal([Source("desk", frozenset(), None)])
    journal.add(*told("v1", [("visit.booked", 0), ("visit.solved", 2), ("visit.cancelled", None)]))
    with journal.snapshot() as snapshot:
        define_log(snapshot, "log", "visit")
        rows = snapshot.duck.execute("SELECT case_id, activity, number FROM log ORDER BY number").fetchall()
        define_log(snapshot, "log", "customer")
        beside = snapshot.duck.execute("SELECT count(*) FROM log WHERE case_id = 'cv1'").fetchall()
    assert rows == [("v1", "visit.booked", 1), ("v1", "visit.solved", 2)]
    assert beside == [(2,)]

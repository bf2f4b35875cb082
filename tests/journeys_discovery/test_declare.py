"""Rules about a handful of visits, judged by hand; then every template against its sentence in plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.mining import declare
from lastmeter.journeys.mining.coded_log import CodedLog, read_log
from lastmeter.journeys.mining.declare import Rule, Template, judge

Log = dict[str, str]
START = datetime(2025, 3, 3)
# b booked, n noticed the day before, v visited, p paid, x cancelled
VISITS: Log = {"ada": "bnvp", "ben": "bvpv", "cai": "bx", "dan": "nbv", "eve": "bnnvp", "fay": "vnp"}


@contextmanager
def loaded(log: Log) -> Iterator[CodedLog]:
    rows = [(case, activity, START + timedelta(hours=number), number)
            for case, events in log.items() for number, activity in enumerate(events)]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    with open_duckdb() as duck:
        duck.register("log", pa.table({
            "case_id": pa.array(columns[0], pa.string()), "activity": pa.array(columns[1], pa.string()),
            "happened": pa.array(columns[2], pa.timestamp("us")), "number": pa.array(columns[3], pa.int64())}))
        yield read_log(duck, "log")


@pytest.mark.parametrize(("template", "activities", "broken"), [
    (Template.EXISTENCE, "p", ["cai", "dan"]),
    (Template.EXISTENCE, "z", ["ada", "ben", "cai", "dan", "eve", "fay"]),  # an activity that the log never has
    (Template.ABSENCE, "x", ["cai"]),
    (Template.EXACTLY_ONE, "n", ["ben", "cai", "eve"]),
    (Template.INIT, "b", ["dan", "fay"]),
    (Template.END, "p", ["ben", "cai", "dan"]),
    (Template.RESPONDED_EXISTENCE, "bn", ["ben", "cai"]),
    (Template.COEXISTENCE, "np", ["ben", "dan"]),
    (Template.NOT_COEXISTENCE, "xv", []),
    (Template.NOT_COEXISTENCE, "nv", ["ada", "dan", "eve", "fay"]),
    (Template.RESPONSE, "vp", ["ben", "dan"]),
    (Template.PRECEDENCE, "nv", ["ben", "fay"]),
    (Template.SUCCESSION, "bv", ["cai", "fay"]),
    (Template.ALTERNATE_RESPONSE, "nv", ["eve", "fay"]),
    (Template.ALTERNATE_PRECEDENCE, "bv", ["ben", "fay"]),
    (Template.ALTERNATE_SUCCESSION, "nv", ["ben", "eve", "fay"]),
    (Template.CHAIN_RESPONSE, "bn", ["ben", "cai", "dan"]),
    (Template.CHAIN_PRECEDENCE, "vp", ["fay"]),
    (Template.CHAIN_SUCCESSION, "nv", ["ben", "dan", "eve", "fay"]),
])
def test_who_breaks_which_rule(template: Template, activities: str, broken: list[str]) -> None:
    with loaded(VISITS) as log:
        [found] = judge(log, [Rule(template, tuple(activities))])
        assert (found.cases, found.violations) == (broken, len(broken))


def test_a_rule_is_about_as_many_activities_as_its_template_says() -> None:
    for template, activities in ((Template.INIT, ("b", "n")), (Template.RESPONSE, ("b",)), (Template.RESPONSE, ("b", "b"))):
        with pytest.raises(ValueError, match=str(template)):
            Rule(template, activities)


def breaks(template: Template, path: str, a: str, b: str) -> bool:
    """The sentence of each template, event by event."""
    pair = [one for one in path if one in a + b]
    responses = {  # after each a: some b, one before the next a, at once
        Template.RESPONSE: [b in path[place:] for place, one in enumerate(path) if one == a],
        Template.ALTERNATE_RESPONSE: [pair[place + 1: place + 2] == [b] for place, one in enumerate(pair) if one == a],
        Template.CHAIN_RESPONSE: [path[place + 1: place + 2] == b for place, one in enumerate(path) if one == a]}
    precedences = {  # before each b: some a, one after the last b, at once
        Template.PRECEDENCE: [a in path[:place] for place, one in enumerate(path) if one == b],
        Template.ALTERNATE_PRECEDENCE: [place > 0 and pair[place - 1] == a for place, one in enumerate(pair) if one == b],
        Template.CHAIN_PRECEDENCE: [place > 0 and path[place - 1] == a for place, one in enumerate(path) if one == b]}
    checks: dict[Template, Sequence[bool]] = {
        Template.EXISTENCE: [a in path], Template.ABSENCE: [a not in path], Template.EXACTLY_ONE: [path.count(a) == 1],
        Template.INIT: [path[0] == a], Template.END: [path[-1] == a],
        Template.RESPONDED_EXISTENCE: [a not in path or b in path], Template.COEXISTENCE: [(a in path) == (b in path)],
        Template.NOT_COEXISTENCE: [not (a in path and b in path)], **responses, **precedences,
        Template.SUCCESSION: responses[Template.RESPONSE] + precedences[Template.PRECEDENCE],
        Template.ALTERNATE_SUCCESSION: responses[Template.ALTERNATE_RESPONSE] + precedences[Template.ALTERNATE_PRECEDENCE],
        Template.CHAIN_SUCCESSION: responses[Template.CHAIN_RESPONSE] + precedences[Template.CHAIN_PRECEDENCE]}
    return not all(checks[template])


RULES = [Rule(template, tuple("ab"[:size])) for template in Template for size in (1, 2) if (template in (
    Template.EXISTENCE, Template.ABSENCE, Template.EXACTLY_ONE, Template.INIT, Template.END)) == (size == 1)]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from("uvwxyz"), st.text("abc", min_size=1, max_size=7), max_size=6), st.sampled_from([1, 7, 2_000_000]))
def test_every_template_as_its_sentence_says(log: Log, batch: int) -> None:
    with pytest.MonkeyPatch.context() as patched, loaded(log) as coded:
        patched.setattr(declare, "BATCH", batch)  # so few cells that cases are looked at one by one, or all at once
        for found in judge(coded, RULES):
            a, b = (*found.rule.activities, "")[:2]
            expected = sorted(case for case, path in log.items() if breaks(found.rule.template, path, a, b))
            assert found.cases == expected, found.rule

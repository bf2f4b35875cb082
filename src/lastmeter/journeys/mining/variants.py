"""Variants of a log: the sequences of activities that cases run through, and how many cases run through each."""

from __future__ import annotations

from lastmeter.journeys.mining.coded_log import CodedLog


def variants(log: CodedLog) -> dict[tuple[str, ...], int]:
    """Sequence of activities -> number of cases; the most frequent first, ties by the sequence."""
    found = {log.path(int(cases[0])): len(cases) for cases in log.alike}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

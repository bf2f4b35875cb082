"""Declare: rules on which activities a case has and in what order (Pesic, Schonenberg, van der Aalst 2007; Di Ciccio, Mecella 2015).

A rule is broken or kept by a whole case; what never applies to a case is kept. Here an event is a moment that is known and the
log is complete: for day precision, sources that have not told yet, open journeys and promises hold cases to a blueprint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lastmeter.journeys.mining.coded_log import CodedLog, Ints

BATCH = 2_000_000
"""Cells of cases by activities that are looked at together: 24 bytes each."""

Flags = npt.NDArray[np.bool_]


class Template(StrEnum):
    """The standard templates, `a` the first activity of the rule and `b` the second."""

    EXISTENCE = "existence"
    ABSENCE = "absence"
    EXACTLY_ONE = "exactly_one"
    INIT = "init"
    END = "end"
    RESPONDED_EXISTENCE = "responded_existence"
    COEXISTENCE = "coexistence"
    NOT_COEXISTENCE = "not_coexistence"
    RESPONSE = "response"
    PRECEDENCE = "precedence"
    SUCCESSION = "succession"
    ALTERNATE_RESPONSE = "alternate_response"
    ALTERNATE_PRECEDENCE = "alternate_precedence"
    ALTERNATE_SUCCESSION = "alternate_succession"
    CHAIN_RESPONSE = "chain_response"
    CHAIN_PRECEDENCE = "chain_precedence"
    CHAIN_SUCCESSION = "chain_succession"


@dataclass(frozen=True)
class Rule:
    """A template about one activity, or about two different ones.

    Raises:
        ValueError: the template wants another number of activities, or the two are the same.
    """

    template: Template
    activities: tuple[str, ...]

    def __post_init__(self) -> None:
        wanted = 1 if self.template in _OF_ONE else 2
        if len(self.activities) != wanted or len(set(self.activities)) != wanted:
            raise ValueError(f"{self.template} is about {wanted} different activities, not about {self.activities}")


@dataclass(frozen=True)
class Judged:
    """A rule and the cases of the log that break it, by their places in it, ascending."""

    rule: Rule
    log: CodedLog
    broken: Ints

    @property
    def violations(self) -> int:
        """How many cases break the rule."""
        return len(self.broken)

    @property
    def cases(self) -> list[str]:
        """Their ids, read from the log when they are first asked for."""
        return self.log.case_ids(self.broken)


def judge(log: CodedLog, rules: Sequence[Rule]) -> list[Judged]:
    """Each rule with the cases that break it, in the order of the rules."""
    broken: list[list[Ints]] = [[] for _ in rules]
    for first_case, part in _parts(log, rules):
        for found, rule in zip(broken, rules, strict=True):
            found.append(first_case + np.flatnonzero(_verdict(part, rule)))
    none = [np.empty(0, dtype=np.int64)]
    return [Judged(rule, log, np.concatenate(found or none)) for rule, found in zip(rules, broken, strict=True)]


class _Part(NamedTuple):
    """Neighbouring cases: their events, and of each activity that a rule names (row) in each case (column) how many events,
    the place of the first (beyond all where there is none) and of the last (-1).
    """

    rows: dict[str, int]
    codes: npt.NDArray[Any]
    cases: Ints
    opens: Ints
    ends: Ints
    counts: Ints
    first: Ints
    last: Ints


def _parts(log: CodedLog, rules: Iterable[Rule]) -> Iterator[tuple[int, _Part]]:
    names = sorted({name for rule in rules for name in rule.activities})
    rows = {name: row for row, name in enumerate(names)}
    # Activities of which no rule speaks share one row more.
    row_of = np.array([rows.get(name, len(names)) for name in log.activities], dtype=np.int64)
    step = max(1, BATCH // (len(names) + 1))
    for first_case in range(0, len(log.opens), step):
        lengths = log.lengths[first_case: first_case + step]
        start = int(log.opens[first_case])
        codes = row_of[log.codes[start: start + int(lengths.sum())]]
        yield first_case, _part(rows, codes, lengths)


def _part(rows: dict[str, int], codes: npt.NDArray[Any], lengths: Ints) -> _Part:
    events, shape = len(codes), (len(rows) + 1, len(lengths))
    cases = np.repeat(np.arange(len(lengths)), lengths)
    cells, places = codes * len(lengths) + cases, np.arange(events)
    first, last = np.full(shape, events), np.full(shape, -1)
    # Where a cell is assigned to more than once the last assignment stays.
    first.reshape(-1)[cells[::-1]] = places[::-1]
    last.reshape(-1)[cells] = places
    counts = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    ends = np.cumsum(lengths)
    return _Part(rows, codes, cases, ends - lengths, ends - 1, counts, first, last)


def _verdict(part: _Part, rule: Rule) -> Flags:
    """Which cases of the part break the rule."""
    rows = [part.rows[name] for name in rule.activities]
    return _OF_ONE[rule.template](part, rows[0]) if len(rows) == 1 else _OF_TWO[rule.template](part, rows[0], rows[1])


def _response(part: _Part, a: int, b: int) -> Flags:
    broken: Flags = part.last[a] > part.last[b]
    return broken


def _precedence(part: _Part, a: int, b: int) -> Flags:
    broken: Flags = part.first[b] < part.first[a]
    return broken


def _follows_at_once(part: _Part, a: int, b: int, among: Ints) -> Flags:
    """Cases in which an `a` is not followed by a `b`, each event's neighbour being the next of `among`."""
    codes, cases = part.codes[among], part.cases[among]
    kept = np.zeros(len(among), dtype=bool)
    kept[:-1] = (codes[1:] == b) & (cases[1:] == cases[:-1])
    return _flagged(part, cases[(codes == a) & ~kept])


def _led_at_once(part: _Part, a: int, b: int, among: Ints) -> Flags:
    """Cases in which a `b` does not come right after an `a`."""
    codes, cases = part.codes[among], part.cases[among]
    kept = np.zeros(len(among), dtype=bool)
    kept[1:] = (codes[:-1] == a) & (cases[1:] == cases[:-1])
    return _flagged(part, cases[(codes == b) & ~kept])


def _flagged(part: _Part, cases: Ints) -> Flags:
    flags = np.zeros(len(part.opens), dtype=bool)
    flags[cases] = True
    return flags


def _all(part: _Part, _a: int, _b: int) -> Ints:
    """Chain rules: the neighbour is the next event, whatever it is."""
    return np.arange(len(part.codes))


def _both(part: _Part, a: int, b: int) -> Ints:
    """Alternate rules: the neighbour is the next event of the two."""
    return np.flatnonzero((part.codes == a) | (part.codes == b))


def _at_once(among: Callable[[_Part, int, int], Ints], *checks: Callable[[_Part, int, int, Ints], Flags]) -> Callable[
        [_Part, int, int], Flags]:
    def broken(part: _Part, a: int, b: int) -> Flags:
        flags, events = np.zeros(len(part.opens), dtype=bool), among(part, a, b)
        for check in checks:
            flags |= check(part, a, b, events)
        return flags

    return broken


_OF_ONE: dict[Template, Callable[[_Part, int], Flags]] = {
    Template.EXISTENCE: lambda part, a: part.counts[a] == 0,
    Template.ABSENCE: lambda part, a: part.counts[a] > 0,
    Template.EXACTLY_ONE: lambda part, a: part.counts[a] != 1,
    Template.INIT: lambda part, a: part.codes[part.opens] != a,
    Template.END: lambda part, a: part.codes[part.ends] != a,
}

_OF_TWO: dict[Template, Callable[[_Part, int, int], Flags]] = {
    Template.RESPONDED_EXISTENCE: lambda part, a, b: (part.counts[a] > 0) & (part.counts[b] == 0),
    Template.COEXISTENCE: lambda part, a, b: (part.counts[a] > 0) != (part.counts[b] > 0),
    Template.NOT_COEXISTENCE: lambda part, a, b: (part.counts[a] > 0) & (part.counts[b] > 0),
    Template.RESPONSE: _response,
    Template.PRECEDENCE: _precedence,
    Template.SUCCESSION: lambda part, a, b: _response(part, a, b) | _precedence(part, a, b),
    Template.ALTERNATE_RESPONSE: _at_once(_both, _follows_at_once),
    Template.ALTERNATE_PRECEDENCE: _at_once(_both, _led_at_once),
    Template.ALTERNATE_SUCCESSION: _at_once(_both, _follows_at_once, _led_at_once),
    Template.CHAIN_RESPONSE: _at_once(_all, _follows_at_once),
    Template.CHAIN_PRECEDENCE: _at_once(_all, _led_at_once),
    Template.CHAIN_SUCCESSION: _at_once(_all, _follows_at_once, _led_at_once),
}

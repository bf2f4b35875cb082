"""Naive exclusive stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.exclusive import Exclusive
from tests.journeys.oracle.interval import flaw_at, hi, key, lo, until, value
from tests.journeys.oracle.occurrence import AFTER_ALL, Verdict, World, passed


@dataclass(frozen=True)
class _Stretch:
    """One that surely runs after `start` up to `sure_end`, and possibly from it up to `last_end`."""

    start: Event
    who: object
    sure_end: datetime
    last_end: datetime


def judge(rule: Exclusive, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    ends = [event for event in events if event.type in rule.end]
    runs = [_stretch(event, ends, rule.by) for event in sorted(events, key=key) if event.type in rule.start]
    horizon = world.horizon(rule.end)
    flaws, undecided, pending = [], 0, []
    for place, one in enumerate(runs):
        clashes = [max(until(other.start), until(one.start)) for other in runs[:place] if _surely(other, one)]  # type: ignore[type-var]
        since = min(clashes, default=None)  # type: ignore[type-var]
        if since is None:
            undecided += any(_possibly(other, one) for other in runs[:place])
        elif passed(since, horizon):
            flaws.append(flaw_at(one.start))
        else:
            pending.append(since)
    return Verdict("judged", tuple(flaws), undecided, pending=min(pending, default=None))


def _stretch(start: Event, ends: Sequence[Event], by: str) -> _Stretch:
    who = value(start, by)
    after = [end for end in ends if hi(end) > lo(start)]
    maybe = [lo(end) for end in after if who is None or value(end, by) in (None, who)]
    surely = [hi(end) for end in after if who is not None and value(end, by) == who and lo(end) >= hi(start)]
    return _Stretch(start, who, min(maybe, default=AFTER_ALL), min(surely, default=AFTER_ALL))


def _surely(one: _Stretch, other: _Stretch) -> bool:
    different = one.who is not None and other.who is not None and one.who != other.who
    return different and max(hi(one.start), hi(other.start)) < min(one.sure_end, other.sure_end)


def _possibly(one: _Stretch, other: _Stretch) -> bool:
    different = one.who is None or other.who is None or one.who != other.who
    return different and max(lo(one.start), lo(other.start)) < min(one.last_end, other.last_end)

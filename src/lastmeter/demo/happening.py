"""What happens to many journeys of a declared flow at once, with its planted problems and without them.

Times are local seconds from 1970 as floats, NaN where a thing never happens; an act that may occur several times has
one column for each occurrence. Every chance is drawn whether it is needed or not, so that two runs of the same seed
differ in nothing but the strength of the planted problems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lastmeter.demo.people import Flags
from lastmeter.demo.scenario import Act, Flow, Problem
from lastmeter.demo.season import DAY_SECONDS, END, START, Floats, Ints
from lastmeter.demo.stage import HOUR, Stage

MOST_MISSED = 0.95


@dataclass(frozen=True)
class Drawn:
    """A chunk of journeys; every array has one row a journey."""

    number: Ints
    customer: Ints
    dimensions: dict[str, Ints]
    start: Floats
    times: dict[str, Floats]
    """By act, the start left out: a column for each occurrence; nothing is later than the export."""
    promised: dict[str, Floats]
    judged: dict[str, Flags]
    """By rule: whether it can be told by the export that it was kept or broken."""
    broken: dict[str, Flags]

    def first(self, act: str) -> Floats:
        """When an act first occurred."""
        return self.start if act not in self.times else _first(self.times[act])


def draw(rng: np.random.Generator, stage: Stage, number: Ints, days: Ints, strength: float) -> Drawn:
    """Draw the journeys of these numbers that start on these days (counted from the first)."""
    flow = stage.flow
    count = len(days)
    hour = np.searchsorted(np.cumsum(flow.hours) / np.sum(flow.hours), rng.random(count), side="right").clip(0, 23)
    start = np.floor(START + days * DAY_SECONDS + hour * HOUR + rng.random(count) * HOUR)
    dimensions = _dimensions(rng, stage, count)
    customer = np.searchsorted(stage.pool.activity, rng.random(count) * stage.pool.activity[-1], side="right")
    strain = stage.strain(dimensions, days)
    times: dict[str, Floats] = {flow.start: start[:, None]}
    for act in flow.acts:
        hit = _hit(rng, flow, act, dimensions, start, strength)
        times[act.code] = _occurrences(rng, stage, act, times, strain, hit)
    times = _until_stopped(flow, times)
    promised = {one.name: _first(times[one.act]) + one.hours * HOUR for one in flow.promises}
    known = {code: np.where(moments < END, moments, np.nan) for code, moments in times.items()}
    judged, broken = _verdicts(stage, known, promised, count)
    del known[flow.start]
    return Drawn(number, customer, dimensions, start, known, promised, judged, broken)


def within(flow: Flow, problem: Problem, dimensions: dict[str, Ints], start: Floats) -> Flags:
    """Which journeys are of a problem's segment and started since it is there."""
    concerned = start >= problem.since_seconds
    for name, said in problem.segment.items():
        concerned = concerned & (dimensions[name] == flow.dimension(name).position(said))
    return concerned


def _dimensions(rng: np.random.Generator, stage: Stage, count: int) -> dict[str, Ints]:
    """One value a journey and dimension; inner dimensions within their outer ones."""
    drawn: dict[str, Ints] = {}
    for dimension in stage.flow.dimensions:
        shares = stage.shares[dimension.name]
        rows = shares[drawn[dimension.within]] if dimension.within else np.broadcast_to(shares[0], (count, shares.shape[1]))
        drawn[dimension.name] = (rng.random(count)[:, None] >= rows[:, :-1]).sum(axis=1).astype(np.int64)
    return drawn


def _hit(
    rng: np.random.Generator, flow: Flow, act: Act, dimensions: dict[str, Ints], start: Floats, strength: float
) -> list[tuple[Problem, Flags]]:
    """Whom the problems of an act hit."""
    return [
        (problem, within(flow, problem, dimensions, start) & (rng.random(len(start)) < problem.size * strength))
        for problem in flow.problems if problem.act == act.code
    ]


def _occurrences(
    rng: np.random.Generator, stage: Stage, act: Act, times: dict[str, Floats], strain: Floats,
    hit: list[tuple[Problem, Flags]],
) -> Floats:
    anchor = _last(times[act.after])
    count = len(anchor)
    chance = np.minimum(1.0, act.chance * strain) if act.chance < 1 else np.ones(count)
    occurs = rng.random(count) < chance
    missed = rng.random((count, act.width)) < np.minimum(MOST_MISSED, act.miss * strain)[:, None]
    stretches = act.hours * np.exp(act.spread * rng.standard_normal(count)) * strain
    gaps = (act.every or act.hours) * np.exp(act.spread * rng.standard_normal((count, act.width)))
    number = np.searchsorted(np.cumsum(act.times) / np.sum(act.times), rng.random(count), side="right") + 1
    longer, gone = rng.exponential(0.5, count), rng.random(count)
    skipped = np.zeros(count, dtype=np.bool_)
    for problem, flags in hit:
        if act.mishap:
            occurs = occurs | flags
        elif problem.hours:
            stretches = stretches + flags * problem.hours * (1 + longer)
        else:
            skipped |= flags
    moments = np.full((count, act.width), np.nan)
    moment = stage.later(anchor, act.lead + (gaps[:, 0] if act.until else stretches), working=act.working)
    for column in range(act.width):
        if column:
            moment = stage.later(moment, gaps[:, column], working=act.working)
        moments[:, column] = _into_slots(moment, act.slots)
    position = np.arange(act.width)
    if act.until:
        wanted = moments < _first(times[act.until])[:, None]
        hole = np.floor(gone * (wanted.sum(axis=1) - 1).clip(1))
        wanted &= ~(skipped[:, None] & np.isin(position - hole[:, None], (0, 1)))
    elif act.at_least:
        wanted = position < np.where(skipped, np.minimum(number, act.at_least - 1), number)[:, None]
    else:
        wanted = (position < number[:, None]) & ~skipped[:, None]
    begun = _first(times[stage.flow.start])[:, None]
    return np.where(wanted & occurs[:, None] & ~missed, np.floor(np.maximum(moments, begun)), np.nan)


def _into_slots(moment: Floats, slots: tuple[float, ...]) -> Floats:
    """The next of these hours of the day."""
    if not slots:
        return moment
    day = np.floor(moment / DAY_SECONDS)
    starts = np.array([*slots, 24 + slots[0]]) * HOUR
    place = np.searchsorted(starts, np.nan_to_num(moment - day * DAY_SECONDS))
    return np.asarray(day * DAY_SECONDS + starts[place.clip(0, len(slots))])


def _until_stopped(flow: Flow, times: dict[str, Floats]) -> dict[str, Floats]:
    stops = [_first(times[act.code]) for act in flow.acts if act.stops]
    if not stops:
        return times
    stop = np.nan_to_num(np.fmin.reduce(stops), nan=np.inf)[:, None]
    hidden = {act.code for act in flow.acts if act.hidden and not act.mishap}
    return {code: moments if code in hidden else np.where(moments <= stop, moments, np.nan)
            for code, moments in times.items()}


def _verdicts(
    stage: Stage, times: dict[str, Floats], promised: dict[str, Floats], count: int
) -> tuple[dict[str, Flags], dict[str, Flags]]:
    """By rule, whether each journey can be judged by it, and whether it breaks it."""
    judged: dict[str, Flags] = {}
    broken: dict[str, Flags] = {}
    for act in stage.flow.acts:
        if not act.rule:
            continue
        can, does = _verdict(stage, act, times, promised)
        judged[act.rule] = judged.get(act.rule, np.zeros(count, dtype=np.bool_)) | can
        broken[act.rule] = broken.get(act.rule, np.zeros(count, dtype=np.bool_)) | (can & does)
    return judged, broken


def _verdict(stage: Stage, act: Act, times: dict[str, Floats], promised: dict[str, Floats]) -> tuple[Flags, Flags]:
    anchor, first = _last(times[act.after]), _first(times[act.code])
    began = ~np.isnan(anchor)
    happened = ~np.isnan(first)
    reached = ~np.isnan(_first(times[act.before])) if act.before else began
    if act.mishap:
        return began, happened
    if act.until:
        end = np.nan_to_num(_first(times[act.until]), nan=END - 1)
        points = np.fmax.accumulate(np.column_stack([anchor, times[act.code], end]), axis=1)
        gaps = np.diff(np.floor(points / DAY_SECONDS), axis=1)  # a limit in days compares dates
        return began, gaps.max(axis=1) * 24 > (act.limit or np.inf)
    if act.at_least:
        return reached, (~np.isnan(times[act.code])).sum(axis=1) < act.at_least
    late = np.zeros(len(first), dtype=np.bool_)
    if act.promise:
        late = first > promised[act.promise]
    elif act.limit is not None:
        late = stage.elapsed(anchor, first, working=act.working) > act.limit * HOUR
    if act.miss:
        after_all = first > _first(times[act.before]) if act.before else False
        return reached, ~happened | late | after_all
    return happened, late


def _first(moments: Floats) -> Floats:
    return np.asarray(np.fmin.reduce(moments, axis=1))


def _last(moments: Floats) -> Floats:
    return np.asarray(np.fmax.reduce(moments, axis=1))

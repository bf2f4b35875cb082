"""The search: what exceeds chance most, everything found refitted, again, until chance could do the same; then pruning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lastmeter.diagnosis.reefs import chance, scan
from lastmeter.diagnosis.reefs.candidates import Grouping, groupings
from lastmeter.diagnosis.reefs.chance import PLACE_ALONE, Chances, Line
from lastmeter.diagnosis.reefs.model import Conditions, Model, is_place_alone
from lastmeter.diagnosis.reefs.sample import Flags, Sample
from lastmeter.indicators.intervals import Floats, Integers

FALSE_DISCOVERY_RATE = 0.25
"""Of the Poisson tails: a screen, as most segments overlap others. What counts is this:"""
FOUND_AT = 0.004
"""Chance finds something, anywhere, in one search of 250: monthly searches are wrong once in twenty years."""
FEWEST_JOURNEYS = 24
FEWEST_FLAWS = 10.0
LEAST_RATIO = 1.2
"""What is raised by less is beyond chance in a large company, but nothing to sail around."""
MOST_REEFS = 40
MOST_DEALS, FEWEST_DEALS = 199, 59
_FLAWS_DEALT = 10_000_000  # in all deals together: in a large company fewer of them have to do
_TRIED = 25  # segments farthest beyond chance whose dispersion is looked at


@dataclass(frozen=True)
class Spotted:
    """A segment and a rule that the search found, and how likely chance finds its like; `ratio` is the log likelihood's.

    `beyond` is by how much the ratio exceeds what chance reaches at `FOUND_AT`, among segments of its kind.
    across: it was held against the median of places (a place alone, or the part of one that explains it).
    """

    rule: str
    conditions: Conditions
    ratio: float
    beyond: float
    p: float
    across: bool = False


@dataclass(frozen=True)
class Tested:
    """How much was looked at."""

    segments: int
    rules: int


class Search:
    """The reefs of the journeys, tier by tier: causes before consequences."""

    def __init__(self, sample: Sample, asked: Sequence[str], rng: np.random.Generator, *, deals: int = MOST_DEALS) -> None:
        """`deals`: so many times at most the flaws are dealt to see what chance finds."""
        self.sample = sample
        every = np.ones(len(sample), dtype=bool)
        self.groupings = groupings([sample.dimensions[name] for name in asked], every, FEWEST_JOURNEYS)
        self.outcomes = [one for one in sample.outcomes if one.broken.sum() >= FEWEST_FLAWS]
        self.explained = {one.rule: ~every for one in self.outcomes}
        self.chances = self._chances(rng, deals)

    @property
    def tested(self) -> Tested:
        """How much was looked at."""
        return Tested(sum(map(len, self.groupings)), len(self.outcomes))

    def tiers(self) -> list[int]:
        """The tiers in their order."""
        return sorted({one.tier for one in self.outcomes})

    def find(self, tier: int) -> list[Spotted]:
        """The reefs of one tier, in the order in which they were found."""
        models = {
            one.rule: Model(self.sample, one, ~self.explained[one.rule]) for one in self.outcomes if one.tier == tier
        }
        best = {rule: self._best(model) for rule, model in models.items()}
        found: list[Spotted] = []
        while best and len(found) < MOST_REEFS:
            rule = max(best, key=lambda code: (best[code].beyond if best[code] else -math.inf, code))  # type: ignore[union-attr]
            spotted = best[rule]
            if spotted is None or spotted.beyond < 0:
                break
            models[rule].add(spotted.conditions)
            found.append(self._with_fewer_conditions(models[rule], spotted))
            best[rule] = self._best(models[rule])
        return [one for one in found if self._holds_up(models[one.rule], one)]

    def _best(self, model: Model) -> Spotted | None:
        """The candidate farthest beyond chance, of those that are raised enough and pass as discoveries."""
        broken = model.broken
        rows = np.flatnonzero(broken)
        segments = []
        for number, grouping in enumerate(self.groupings):
            awaited = grouping.sums(model.awaited(grouping.dimensions))
            found, totals = grouping.counts(rows), self._totals(grouping, rows)
            limit = np.full(len(found), self.chances.ratio(FOUND_AT, grouping.dimensions))
            segments.append(np.stack([np.full(len(found), number), np.arange(len(found)), found, awaited, totals, limit]))
        if not segments:
            return None
        number, segment, found, awaited, totals, limits = np.concatenate(segments, axis=1)
        ratios = scan.log_ratio(found, awaited, totals)
        telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * awaited) & (awaited > 0)
        telling &= scan.discovered(scan.tail(found, awaited), FALSE_DISCOVERY_RATE)
        beyond = ratios - limits
        best: Spotted | None = None
        for at in np.argsort(-beyond, kind="stable")[:_TRIED].tolist():
            if best is not None and beyond[at] <= best.beyond:
                break
            conditions = self._conditions(self.groupings[int(number[at])], int(segment[at]))
            if not telling[at] or conditions in model.reefs:
                continue
            one = self._spotted(model, conditions, float(ratios[at]), across=is_place_alone(conditions))
            if best is None or one.beyond > best.beyond:
                best = one
        if best is None:
            return None
        return self._instead_of(model, best) if best.across else best

    def _with_fewer_conditions(self, model: Model, spotted: Spotted) -> Spotted:
        """The segment without a condition, where what that leaves out is a reef as well: a carrier that breaks cups, and vases
        too, is not one that breaks cups. The model holds the segment for found.
        """
        enough: list[tuple[float, Conditions]] = []
        for left_out in range(len(spotted.conditions) if len(spotted.conditions) > 1 and not spotted.across else 0):
            fewer = spotted.conditions[:left_out] + spotted.conditions[left_out + 1:]
            if fewer in model.reefs or is_place_alone(fewer):
                continue
            beside = model.against(fewer, across=False)
            expected = np.zeros(len(self.sample))
            expected[beside.members] = beside.expected
            ratio = self._ratio_of_rest(model, fewer, spotted.conditions, expected)
            if ratio >= self._limit(fewer):
                enough.append((ratio, fewer))
        if not enough:
            return spotted
        model.drop(spotted.conditions)
        wider = self._judged(model, max(enough)[1])
        model.add(wider.conditions)
        return self._with_fewer_conditions(model, wider)

    def _ratio_of_rest(self, model: Model, whole: Conditions, part: Conditions, expected: Floats) -> float:
        """The ratio of what a part leaves of a whole; 0 where it is raised too little to be a reef."""
        rest = self.sample.holds(whole) & ~self.sample.holds(part) & model.looked_at
        found, awaited = float(model.broken[rest].sum()), float(expected[rest].sum())
        if found < FEWEST_FLAWS or found < LEAST_RATIO * awaited:
            return 0.0
        ratio = float(scan.log_ratio(np.array([found]), np.array([awaited]), float(model.broken.sum()))[0])
        return ratio / scan.dispersion(model.broken[rest], expected[rest], *clusterings(self.sample, rest, whole))

    def _judged(self, model: Model, conditions: Conditions) -> Spotted:
        members = self.sample.holds(conditions) & model.looked_at
        found, awaited = float(model.broken[members].sum()), float(model.within_places[members].sum())
        ratio = float(scan.log_ratio(np.array([found]), np.array([awaited]), float(model.broken.sum()))[0])
        return self._spotted(model, conditions, ratio, across=False)

    def _spotted(self, model: Model, conditions: Conditions, ratio: float, *, across: bool) -> Spotted:
        """A candidate with this ratio, before its dispersion is allowed for."""
        ratio /= self._dispersion(model, conditions, across=across)
        p = self.chances.p(ratio, [name for name, _ in conditions])
        return Spotted(model.outcome.rule, conditions, ratio, ratio - self._limit(conditions), p, across)

    def _limit(self, conditions: Conditions) -> float:
        """The ratio from which such a segment is found."""
        return self.chances.ratio(FOUND_AT, [name for name, _ in conditions])

    def _totals(self, grouping: Grouping, rows: Integers) -> Floats:
        """Beside how many flaws (of the journeys `rows`) each segment is held: all, or those of the place that it lies in.

        The margin of a place keeps its flaws as they are: what a segment has too many there raises what is expected of it and
        lowers nothing but what is left for the rest of that place.
        """
        if "place" not in grouping.dimensions or len(grouping.dimensions) == 1:
            return np.full(len(grouping), float(len(rows)))
        place = self.sample.dimensions["place"]
        codes = place.codes[rows]
        by_place = np.bincount(codes[codes >= 0], minlength=len(place.values)).astype(np.float64)
        return np.asarray(by_place[grouping.cells[:, grouping.dimensions.index("place")]])

    def _instead_of(self, model: Model, place: Spotted) -> Spotted:
        """What explains a place better than the place does: a part of it, or a warehouse that serves it and its neighbours.

        Within the margin of places these cannot be seen: what they break is the margin. So they are held against the median
        of places as the place is, if they hold most of its flaws.
        """
        expected = model.across_places * model.level[1]
        rows, total = np.flatnonzero(model.broken), float(model.broken.sum())
        inside = rows[self.sample.holds(place.conditions)[rows]]
        best, enough = place, self._limit(place.conditions)
        for grouping in self.groupings:
            if grouping.dimensions == ("place",):
                continue
            found, awaited = grouping.counts(rows), grouping.sums(expected)
            ratios = scan.log_ratio(found, awaited, total)
            telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * awaited)
            telling &= grouping.counts(inside) > len(inside) / 2
            limit = self.chances.ratio(FOUND_AT, grouping.dimensions)
            for segment in np.flatnonzero(telling & (ratios - limit > best.beyond)).tolist():
                conditions = self._conditions(grouping, segment)
                if conditions in model.reefs:
                    continue
                part = set(place.conditions) < set(conditions)
                if part and self._ratio_of_rest(model, place.conditions, conditions, expected) >= enough:
                    continue
                one = self._spotted(model, conditions, float(ratios[segment]), across=True)
                best = one if one.beyond > best.beyond else best
        return best

    def _dispersion(self, model: Model, conditions: Conditions, *, across: bool) -> float:
        members = self.sample.holds(conditions) & model.looked_at
        expected = (model.across_places if across else model.within_places)[members]
        return scan.dispersion(model.broken[members], expected, *clusterings(self.sample, members, conditions))

    def _conditions(self, grouping: Grouping, segment: int) -> Conditions:
        return tuple(
            (name, str(self.sample.dimensions[name].values[code]))
            for name, code in zip(grouping.dimensions, grouping.cells[segment].tolist(), strict=True)
        )

    def _holds_up(self, model: Model, spotted: Spotted) -> bool:
        """Whether a reef is still one beside those found after it; if not it is dropped, and the others judged without it."""
        beside = model.against(spotted.conditions, across=spotted.across)
        spread = scan.dispersion(
            beside.broken, beside.expected, *clusterings(self.sample, beside.members, spotted.conditions)
        )
        found, awaited = beside.found, beside.awaited
        ratio = float(scan.log_ratio(np.array([found]), np.array([awaited]), float(model.broken.sum()))[0])
        if ratio / spread >= self._limit(spotted.conditions) and found >= LEAST_RATIO * awaited:
            return True
        model.drop(spotted.conditions)
        return False

    def _chances(self, rng: np.random.Generator, most: int) -> Chances:
        """The largest ratio, over all segments of a kind and all rules, in deals of the flaws that tie them to nothing.

        A place alone keeps its flaws when they are dealt within places; for it they are dealt within the period's parts.
        """
        models = [Model(self.sample, one, np.ones(len(self.sample), dtype=bool)) for one in self.outcomes]
        rows = [np.flatnonzero(one.broken) for one in self.outcomes]
        place = self.sample.dimensions["place"]
        order = self.sample.day * (int(self.sample.cluster.max(initial=0)) + 1) + self.sample.cluster
        within = Line.of(self.sample.bucket * (len(place.values) + 1) + place.codes + 1, order)
        across = Line.of(self.sample.bucket, order)
        # In the order of the line, flaws that lie near each other are looked up near each other.
        every = np.concatenate([np.zeros(0, dtype=np.int64), *(one[np.argsort(within.stands[one])] for one in rows)])
        rule = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
        looked_at = [
            _Dealt.of(self, grouping, across if grouping.dimensions == ("place",) else within, models, rows)
            for grouping in self.groupings
        ]
        times = min(max(_FLAWS_DEALT // max(len(every), 1), FEWEST_DEALS), most)
        largest = {one.kind: np.zeros(times) for one in looked_at}
        for deal, places in enumerate(zip(within.deals(every, times, rng), across.deals(every, times, rng), strict=True)):
            for one in looked_at:
                ratio = one.largest(places[one.kind == PLACE_ALONE], rule)
                largest[one.kind][deal] = max(largest[one.kind][deal], ratio)
        return Chances({kind: chance.fit(ratios) for kind, ratios in largest.items()})


@dataclass(frozen=True)
class _Dealt:
    """The segments of one grouping while flaws are dealt: the segment of each place in the line, from 1, and 0 for none; for
    each rule (a row) and segment the flaws that are expected, and beside how many it is held.
    """

    kind: int
    codes: np.ndarray[tuple[Any, ...], np.dtype[np.int32]]
    expected: Floats
    totals: Floats

    @classmethod
    def of(cls, search: Search, grouping: Grouping, line: Line, models: Sequence[Model], rows: Sequence[Integers]) -> _Dealt:
        shape = (len(models), len(grouping))
        expected = np.array([grouping.sums(model.awaited(grouping.dimensions)) for model in models]).reshape(shape)
        totals = np.array([search._totals(grouping, broken) for broken in rows]).reshape(shape)
        return cls(chance.kind_of(grouping.dimensions), grouping.codes[line.journeys] + 1, expected, totals)

    def largest(self, places: Integers, rules: Integers) -> float:
        """The largest ratio of any rule and segment if flaws of these rules stood in these places of the line."""
        width = self.expected.shape[1] + 1
        counted = np.bincount(rules * width + self.codes[places], minlength=len(self.expected) * width)
        found: Floats = counted.reshape(-1, width)[:, 1:].astype(np.float64)
        telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * self.expected)
        return float(scan.log_ratio(found[telling], self.expected[telling], self.totals[telling]).max(initial=0.0))


def clusterings(sample: Sample, members: Flags, conditions: Conditions) -> list[Integers]:
    """What a segment's flaws may come in lumps by: days, weeks, and performers unless it is one performer's."""
    day = sample.day[members]
    by = [day, day // 7]
    return by if any(name == "performer" for name, _ in conditions) else [*by, sample.cluster[members]]

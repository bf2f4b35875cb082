"""The search: the largest likelihood ratio, everything found refitted, again, until chance could do the same; then pruning.

It looks at one half of the days only. The other half, in which nothing was chosen, confirms what was found and says how
large it is. Then the halves change places, so that no flaw is looked at in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.reefs import chance, scan
from lastmeter.diagnosis.reefs.candidates import Grouping, groupings
from lastmeter.diagnosis.reefs.chance import Chance
from lastmeter.diagnosis.reefs.model import Conditions, Model, is_place_alone
from lastmeter.diagnosis.reefs.sample import Flags, Sample
from lastmeter.indicators.intervals import Floats, Integers

FALSE_DISCOVERY_RATE = 0.25
"""Of the Poisson tails, in the searched half: a screen, as most segments overlap others. What counts is this:"""
FOUND_AT = 0.1
"""Chance finds something, anywhere, in one search of ten ..."""
CONFIRMED_AT = 0.01
"""... and the other half confirms it in one of a hundred: with both halves searched, two false alarms in a thousand runs."""
FEWEST_JOURNEYS = 12
FEWEST_FLAWS = 5.0
LEAST_RATIO = 1.2
"""What is raised by less is beyond chance in a large company, but nothing to sail around."""
MOST_REEFS = 40
DEALS = 59
_TRIED = 25  # segments with the largest ratios whose dispersion is looked at
_FEWEST_DAYS = 10


@dataclass(frozen=True)
class Spotted:
    """A segment and a rule that the search found, and how likely chance finds its like; `ratio` is the log likelihood's.

    across: it was held against the median of places (a place alone, or the part of one that explains it).
    """

    rule: str
    conditions: Conditions
    ratio: float
    p: float
    across: bool = False


@dataclass(frozen=True)
class Tested:
    """How much was looked at."""

    segments: int
    rules: int
    chance: Chance


def halves(sample: Sample, rng: np.random.Generator) -> tuple[Flags, Flags]:
    """The journeys of one day of each pair of days, and those of the other; of single journeys where days are few."""
    unit = sample.day if len(np.unique(sample.day)) >= _FEWEST_DAYS else np.arange(len(sample))
    pairs = int(unit.max(initial=0)) // 2 + 1
    first = rng.integers(0, 2, pairs)
    chosen = np.asarray(unit % 2 == first[unit // 2])
    return chosen, ~chosen


class Search:
    """The reefs of one part of the journeys, tier by tier: causes before consequences."""

    def __init__(self, sample: Sample, asked: Sequence[str], rng: np.random.Generator) -> None:
        self.sample = sample
        every = np.ones(len(sample), dtype=bool)
        self.groupings = groupings([sample.dimensions[name] for name in asked], every, FEWEST_JOURNEYS)
        self.outcomes = [one for one in sample.outcomes if one.broken.sum() >= FEWEST_FLAWS]
        self.explained = {one.rule: ~every for one in self.outcomes}
        self.known: list[Conditions] = []
        self.chance = self._chance(rng)

    @property
    def tested(self) -> Tested:
        """How much was looked at."""
        return Tested(sum(map(len, self.groupings)), len(self.outcomes), self.chance)

    def tiers(self) -> list[int]:
        """The tiers in their order."""
        return sorted({one.tier for one in self.outcomes})

    def find(self, tier: int) -> list[Spotted]:
        """The reefs of one tier, in the order in which they were found."""
        models = {
            one.rule: Model(self.sample, one, ~self.explained[one.rule], self.known) for one in self.outcomes if one.tier == tier
        }
        best = {rule: self._best(model) for rule, model in models.items()}
        found: list[Spotted] = []
        while best and len(found) < MOST_REEFS:
            rule = max(best, key=lambda code: (best[code].ratio if best[code] else -1.0, code))  # type: ignore[union-attr]
            spotted = best[rule]
            if spotted is None or spotted.p > FOUND_AT:
                break
            found.append(spotted)
            models[rule].add(spotted.conditions)
            best[rule] = self._best(models[rule])
        return [one for one in found if self._holds_up(models[one.rule], one)]

    def _best(self, model: Model) -> Spotted | None:
        """The candidate with the largest ratio, of those that are raised enough and pass as discoveries."""
        broken = model.broken
        rows = np.flatnonzero(broken)
        segments = []
        for number, grouping in enumerate(self.groupings):
            awaited = grouping.sums(model.awaited(grouping.dimensions))
            found, totals = grouping.counts(rows), self._totals(grouping, rows)
            segments.append(np.stack([np.full(len(found), number), np.arange(len(found)), found, awaited, totals]))
        if not segments:
            return None
        number, segment, found, awaited, totals = np.concatenate(segments, axis=1)
        ratios = scan.log_ratio(found, awaited, totals)
        telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * awaited) & (awaited > 0)
        telling &= scan.discovered(scan.tail(found, awaited), FALSE_DISCOVERY_RATE)
        order = [at for at in np.argsort(-ratios, kind="stable")[:_TRIED].tolist() if telling[at]]
        best: Spotted | None = None
        for at in order:
            if best is not None and ratios[at] <= best.ratio:
                break
            conditions = self._conditions(self.groupings[int(number[at])], int(segment[at]))
            if conditions in model.reefs or conditions in model.known:
                continue
            ratio = float(ratios[at]) / self._dispersion(model, conditions, across=is_place_alone(conditions))
            if best is None or ratio > best.ratio:
                best = Spotted(model.outcome.rule, conditions, ratio, self.chance.p(ratio), is_place_alone(conditions))
        return self._instead_of(model, best) if best is not None and best.across else best

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
        best = place
        for grouping in self.groupings:
            if grouping.dimensions == ("place",):
                continue
            found, awaited = grouping.counts(rows), grouping.sums(expected)
            ratios = scan.log_ratio(found, awaited, total)
            telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * awaited)
            telling &= grouping.counts(inside) > len(inside) / 2
            for segment in np.flatnonzero(telling & (ratios > best.ratio)).tolist():
                conditions = self._conditions(grouping, segment)
                if conditions in model.reefs or conditions in model.known:
                    continue
                ratio = float(ratios[segment]) / self._dispersion(model, conditions, across=True)
                if ratio > best.ratio:
                    best = Spotted(place.rule, conditions, ratio, self.chance.p(ratio), across=True)
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
        if self.chance.p(ratio / spread) <= FOUND_AT and found >= LEAST_RATIO * awaited:
            return True
        model.drop(spotted.conditions)
        return False

    def _chance(self, rng: np.random.Generator) -> Chance:
        """The largest ratio, over all segments and rules, in deals of the flaws that tie them to nothing."""
        moving = [one for one in self.groupings if one.dimensions != ("place",)]
        models = [Model(self.sample, one, np.ones(len(self.sample), dtype=bool)) for one in self.outcomes]
        awaited = [[grouping.sums(model.within_places) for grouping in moving] for model in models]
        rows = [np.flatnonzero(one.broken) for one in self.outcomes]
        totals = [[self._totals(grouping, broken) for grouping in moving] for broken in rows]
        strata = self.sample.bucket * (len(self.sample.dimensions["place"].values) + 1) + self.sample.dimensions["place"].codes + 1
        order = self.sample.day * (int(self.sample.cluster.max(initial=0)) + 1) + self.sample.cluster
        largest = []
        for target in chance.deals(strata, order, DEALS, rng):
            most = 0.0
            for broken, by_grouping, beside in zip(rows, awaited, totals, strict=True):
                dealt = target[broken]
                for grouping, expected, total in zip(moving, by_grouping, beside, strict=True):
                    found = grouping.counts(dealt)
                    telling = (found >= FEWEST_FLAWS) & (found >= LEAST_RATIO * expected)
                    ratios = scan.log_ratio(found[telling], expected[telling], total[telling])
                    most = max(most, float(ratios.max(initial=0.0)))
            largest.append(most)
        return chance.fit(np.array(largest))


def clusterings(sample: Sample, members: Flags, conditions: Conditions) -> list[Integers]:
    """What a segment's flaws may come in lumps by: days, weeks, and performers unless it is one performer's."""
    day = sample.day[members]
    by = [day, day // 7]
    return by if any(name == "performer" for name, _ in conditions) else [*by, sample.cluster[members]]

"""How large a reef is: as large as in the half of the days that had no say in choosing it.

What was chosen for standing out looks larger than it is where it was chosen. So one day of each pair of days goes to one
half, the other to the other. A half chooses a reef where the reef would catch the eye in a search of that half alone; the
other half, held out, says how large it is. A reef that both choose is told as large as in the lesser; one that neither
chooses is not told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.reefs import scan
from lastmeter.diagnosis.reefs.chance import Chances, kind_of
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.sample import Flags, Sample
from lastmeter.diagnosis.reefs.search import LEAST_RATIO, Spotted, clusterings
from lastmeter.indicators.intervals import Z

CHOSEN_AT = 0.5
"""A half chooses what goes beyond the best that chance alone finds there in one search of two; whether there is a reef at all
has been decided in all days together."""
LEAST_IN_HALF = 1 + (LEAST_RATIO - 1) / 2
_FEWEST_DAYS = 10


def halves(sample: Sample, rng: np.random.Generator) -> tuple[Flags, Flags]:
    """The journeys of one day of each pair of days, and those of the other; of single journeys where days are few."""
    unit = sample.day if len(np.unique(sample.day)) >= _FEWEST_DAYS else np.arange(len(sample))
    pairs = int(unit.max(initial=0)) // 2 + 1
    first = rng.integers(0, 2, pairs)
    chosen = np.asarray(unit % 2 == first[unit // 2])
    return chosen, ~chosen


@dataclass(frozen=True)
class Measured:
    """Flaws and those expected in one half; the ratio's interval at 95 %; p, one-sided, that chance does it; the log
    likelihood's ratio, over its dispersion.
    """

    n: int
    found: float
    expected: float
    low: float
    high: float | None
    p: float
    evidence: float

    @property
    def ratio(self) -> float:
        """Flaws for each one expected."""
        return self.found / self.expected if self.expected > 0 else 0.0


def measure(model: Model, spotted: Spotted) -> Measured:
    """A reef in a model of one half; the interval is Byar's for a Poisson count (Rothman and Boice 1979), on
    counts divided by their dispersion.
    """
    beside = model.against(spotted.conditions, across=spotted.across)
    found, awaited = beside.found, beside.awaited
    spread = scan.dispersion(beside.broken, beside.expected, *clusterings(model.sample, beside.members, spotted.conditions))
    low, high = _byar(found / spread)
    worth = awaited / spread
    counted, awaited_of = np.array([found / spread]), np.array([worth])
    chance = float(scan.tail(counted, awaited_of)[0])
    evidence = float(scan.log_ratio(counted, awaited_of, float(model.broken.sum()) / spread)[0])
    return Measured(
        int(beside.members.sum()), found, awaited, low / worth if worth > 0 else 0.0, high / worth if worth > 0 else None, chance,
        evidence,
    )


@dataclass(frozen=True)
class Half:
    """The journeys of one half of the days, and what chance alone finds there."""

    rows: Flags
    part: Sample
    chances: Chances

    def models(self, rules: Iterable[str], explained: Mapping[str, Flags]) -> dict[str, Model]:
        """A model of each rule, without the journeys that earlier reefs explain."""
        return {rule: Model(self.part, self.part.outcome(rule), ~explained[rule][self.rows]) for rule in rules}

    def chooses(self, one: Spotted, measured: Measured) -> bool:
        """Whether the reef would catch the eye here."""
        dimensions = [name for name, _ in one.conditions]
        searched = kind_of(dimensions) in self.chances.by_kind  # with few journeys there may be no segment of this kind
        return searched and measured.evidence >= self.chances.ratio(CHOSEN_AT, dimensions)


def sizes(both: Sequence[Half], spotted: Sequence[Spotted], explained: Mapping[str, Flags]) -> dict[Spotted, Measured]:
    """Those of the reefs that a half chooses and the other shows, with their size in the half held out; each beside the others
    of its rule.
    """
    shown: list[dict[Spotted, Measured]] = []
    for half in both:
        models = half.models({one.rule for one in spotted}, explained)
        for one in spotted:
            models[one.rule].add(one.conditions)
        shown.append({one: measure(models[one.rule], one) for one in spotted})
    kept: dict[Spotted, Measured] = {}
    for one in spotted:
        held_out = [shown[1 - number][one] for number, half in enumerate(both) if half.chooses(one, shown[number][one])]
        size = min(held_out, key=lambda of: of.ratio, default=None)
        if size is not None and size.ratio >= LEAST_IN_HALF:
            kept[one] = size
    return kept


def _byar(count: float) -> tuple[float, float]:
    upper = count + 1
    low = count * (1 - 1 / (9 * count) - Z / (3 * count**0.5)) ** 3 if count > 0 else 0.0
    return max(low, 0.0), upper * (1 - 1 / (9 * upper) + Z / (3 * upper**0.5)) ** 3

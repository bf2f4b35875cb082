"""How large a reef is: as large as in the half of the days that shows less, held against the half that shows more.

What was chosen for standing out looks larger than it is. So one day of each pair of days goes to one half, the other to the
other; a reef must be raised in both, and the lesser half says how large it is. That half is lower than the truth by
about half a standard error, which is what being chosen adds to a reef that was only just found; larger ones are
told a little too small. Its interval holds the truth as often as any: it fails if either half's upper end is too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.reefs import scan
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.sample import Flags, Sample
from lastmeter.diagnosis.reefs.search import LEAST_RATIO, Spotted, clusterings
from lastmeter.indicators.intervals import Z

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
    """Flaws and those expected in one half; the ratio's interval at 95 %; p, one-sided, that chance does it."""

    n: int
    found: float
    expected: float
    low: float
    high: float | None
    p: float

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
    chance = float(scan.tail(np.array([found / spread]), np.array([worth]))[0])
    return Measured(
        int(beside.members.sum()), found, awaited, low / worth if worth > 0 else 0.0, high / worth if worth > 0 else None, chance
    )


def confirmed(parts: Sequence[dict[str, Model]], spotted: Sequence[Spotted]) -> dict[Spotted, Measured]:
    """Those that both halves of the days (the models of their rules) show, each as large as in the lesser half and beside the
    others of its rule.
    """
    for models in parts:
        for one in spotted:
            models[one.rule].add(one.conditions)
    lesser = {one: min((measure(models[one.rule], one) for models in parts), key=lambda of: of.ratio) for one in spotted}
    return {one: of for one, of in lesser.items() if of.ratio >= LEAST_IN_HALF}


def _byar(count: float) -> tuple[float, float]:
    upper = count + 1
    low = count * (1 - 1 / (9 * count) - Z / (3 * count**0.5)) ** 3 if count > 0 else 0.0
    return max(low, 0.0), upper * (1 - 1 / (9 * upper) + Z / (3 * upper**0.5)) ** 3

"""The half of the days in which nothing was chosen: it confirms a reef, and says how large it is without flattery.

What was chosen for being the largest looks larger than it is where it was chosen; elsewhere it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.reefs import scan
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.search import CONFIRMED_AT, LEAST_RATIO, Spotted, clusterings
from lastmeter.indicators.intervals import Z


@dataclass(frozen=True)
class Measured:
    """Flaws and those expected in the held-out half; the ratio's interval at 95 %; p, one-sided, that chance does it."""

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
    """A reef in a model of the held-out half; the interval is Byar's for a Poisson count (Rothman and Boice 1979), on
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


def confirmed(models: dict[str, Model], spotted: Sequence[Spotted]) -> dict[Spotted, Measured]:
    """Those that the other half confirms, each beside the others of its rule; by Holm's procedure (1979)."""
    for one in spotted:
        models[one.rule].add(one.conditions)
    measured = {one: measure(models[one.rule], one) for one in spotted}
    kept: dict[Spotted, Measured] = {}
    ranked = sorted(spotted, key=lambda one: (measured[one].p, one.p, one.rule, one.conditions))
    for place, one in enumerate(ranked):
        if measured[one].p > CONFIRMED_AT / (len(ranked) - place):
            break
        if measured[one].ratio >= 1 + (LEAST_RATIO - 1) / 2:
            kept[one] = measured[one]
    for one in spotted:
        if one not in kept:
            models[one.rule].drop(one.conditions)
    return {one: measure(models[one.rule], one) for one in spotted if one in kept}


def _byar(count: float) -> tuple[float, float]:
    upper = count + 1
    low = count * (1 - 1 / (9 * count) - Z / (3 * count**0.5)) ** 3 if count > 0 else 0.0
    return max(low, 0.0), upper * (1 - 1 / (9 * upper) + Z / (3 * upper**0.5)) ** 3

"""How many flaws a segment would have if nothing but the margins and the reefs already found were at work.

A Poisson regression with a multiplicative factor for each margin's value and each reef, fitted by iterative proportional
fitting (Deming and Stephan 1940; for a log-linear model its fixed point is the maximum likelihood): after it, expected and
found flaws agree in every margin and every reef.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.reefs.sample import Flags
from lastmeter.indicators.intervals import Floats, Integers

_ROUNDS = 60
_AGREED = 1e-4


@dataclass(frozen=True)
class Fit:
    """Expected flaws of each journey, and by what factor each reef raises them."""

    expected: Floats
    factors: tuple[float, ...]

    def without(self, reef: int, members: Flags) -> Floats:
        """Expected flaws of a reef's members if it were none."""
        factor = self.factors[reef]
        return np.asarray(self.expected[members] / factor if factor > 0 else self.expected[members])


def fit(broken: Flags, margins: Sequence[Integers], reefs: Sequence[Flags], looked_at: Flags) -> Fit:
    """Fit the journeys that are looked at; the others are expected to have no flaw.

    Args:
        broken: which journeys broke the rule.
        margins: codes from 0, one a journey, each.
        reefs: which journeys each reef holds.
        looked_at: which journeys count.
    """
    weights = (broken & looked_at).astype(np.float64)
    mean = float(weights.sum()) / max(int(looked_at.sum()), 1)
    expected = np.where(looked_at, mean, 0.0)
    terms = [*margins, *(reef.astype(np.int64) for reef in reefs)]
    wanted = [np.bincount(term, weights=weights) for term in terms]
    factors = np.ones(len(reefs))
    for _ in range(_ROUNDS):
        furthest = 0.0
        for number, (term, goal) in enumerate(zip(terms, wanted, strict=True)):
            have = np.bincount(term, weights=expected, minlength=len(goal))
            factor = np.divide(goal, have, out=np.ones_like(have), where=have > 0)
            furthest = max(furthest, float(np.abs(factor - 1).max(initial=0.0)))
            expected = expected * factor[term]
            if number >= len(margins) and len(factor) > 1:
                factors[number - len(margins)] *= factor[1] / factor[0] if factor[0] > 0 else 1.0
        if furthest < _AGREED:
            break
    return Fit(np.asarray(expected), tuple(factors.tolist()))

"""What is expected of one rule in one part of the journeys: its margins, the reefs found so far, and what is explained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lastmeter.diagnosis.reefs.expected import Fit, fit
from lastmeter.diagnosis.reefs.sample import Flags, Outcome, Sample
from lastmeter.indicators.intervals import Floats, Integers

Conditions = tuple[tuple[str, str], ...]
"""(dimension, value) of each condition, in the order of the dimensions' names."""

class Model:
    """One rule's expected flaws; two readings, because a place is not held against its own margin.

    Everything but a place alone is judged within the margins of period and place; a place alone within the period's.
    `looked_at` leaves out journeys whose flaw another reef explains.
    """

    def __init__(self, sample: Sample, outcome: Outcome, looked_at: Flags) -> None:
        self.sample = sample
        self.outcome = outcome
        self.looked_at = looked_at
        self.reefs: list[Conditions] = []
        self._fits: dict[bool, Fit] = {}

    @property
    def broken(self) -> Floats:
        """1 where a journey that is looked at broke the rule."""
        return np.asarray((self.outcome.broken & self.looked_at).astype(np.float64))

    def expected(self, *, place_alone: bool) -> Floats:
        """Expected flaws of each journey."""
        return self._fit(place_alone=place_alone).expected

    def against(self, conditions: Conditions) -> tuple[float, float, Floats]:
        """Flaws of a reef, those expected if it were none, and the latter by member that is looked at."""
        place_alone = is_place_alone(conditions)
        reefs = [*(one for one in self.reefs if one != conditions), conditions]
        members = self.sample.holds(conditions)
        fitted = fit(self.outcome.broken, self._margins(place_alone=place_alone),
                     [self.sample.holds(one) for one in reefs], self.looked_at)
        awaited = fitted.without(len(reefs) - 1, members)
        inside = self.looked_at[members]
        found = float((self.outcome.broken[members] & inside).sum())
        return found, float(awaited[inside].sum()), awaited[inside]

    def add(self, conditions: Conditions) -> None:
        """Hold this reef for found."""
        self.reefs.append(conditions)
        self._fits.clear()

    def drop(self, conditions: Conditions) -> None:
        """Hold it for found no longer."""
        self.reefs.remove(conditions)
        self._fits.clear()

    def _fit(self, *, place_alone: bool) -> Fit:
        if place_alone not in self._fits:
            reefs = [self.sample.holds(one) for one in self.reefs]
            self._fits[place_alone] = fit(
                self.outcome.broken, self._margins(place_alone=place_alone), reefs, self.looked_at
            )
        return self._fits[place_alone]

    def _margins(self, *, place_alone: bool) -> list[Integers]:
        return margins(self.sample, place_alone=place_alone)


def is_place_alone(conditions: Sequence[tuple[str, str]]) -> bool:
    """Whether these are one condition, on the place."""
    return len(conditions) == 1 and conditions[0][0] == "place"


def margins(sample: Sample, *, place_alone: bool) -> list[Integers]:
    """Codes of the period's parts, of the places, and of having no value in a dimension (a parcel never handed over has no
    carrier, and is late: its carrier-less state must not make every carrier look good).
    """
    missing = [one.codes < 0 for name, one in sorted(sample.dimensions.items()) if name != "place"]
    found = [sample.bucket, *(one.astype(np.int64) for one in missing if one.any())]
    return found if place_alone else [*found, sample.dimensions["place"].codes + 1]

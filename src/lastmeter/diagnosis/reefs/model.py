"""What is expected of one rule in one part of the journeys: its margins, the reefs known so far, and what is explained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from statistics import median
from typing import NamedTuple

import numpy as np

from lastmeter.diagnosis.reefs.expected import Fit, fit
from lastmeter.diagnosis.reefs.sample import Flags, Outcome, Sample
from lastmeter.indicators.intervals import Floats, Integers

Conditions = tuple[tuple[str, str], ...]
"""(dimension, value) of each condition, in the order of the dimensions."""

_FEWEST_EXPECTED = 3.0
_FEWEST_PLACES = 3


class Against(NamedTuple):
    """A segment's flaws, those expected if it were no reef, and both by member that is looked at."""

    found: float
    awaited: float
    broken: Floats
    expected: Floats
    members: Flags


class Model:
    """One rule's expected flaws, in two readings.

    Within the margins of period and place for everything but a place alone. A place has no margin to be held against but its
    own, so it is held against the median of all places, within the period's margin. `looked_at` leaves out journeys whose
    flaw a reef of another rule explains.
    """

    def __init__(self, sample: Sample, outcome: Outcome, looked_at: Flags) -> None:
        self.sample = sample
        self.outcome = outcome
        self.looked_at = looked_at
        self.reefs: list[Conditions] = []

    @cached_property
    def broken(self) -> Floats:
        """1 where a journey that is looked at broke the rule."""
        return np.asarray((self.outcome.broken & self.looked_at).astype(np.float64))

    @cached_property
    def within_places(self) -> Floats:
        """Expected flaws of each journey within the margins of period and place."""
        return self._fit(self._terms(place_alone=False), place_alone=False).expected

    @cached_property
    def across_places(self) -> Floats:
        """Expected flaws of each journey if places did not differ."""
        return self._fit(self._terms(place_alone=True), place_alone=True).expected

    @cached_property
    def level(self) -> tuple[float, float]:
        """The median over the places of flaws to those expected across them, and one standard error above it."""
        return self._level(self.across_places)

    def awaited(self, dimensions: Sequence[str]) -> Floats:
        """Expected flaws of each journey, to hold against the segments of these dimensions; with caution for places."""
        return self.across_places * self.level[1] if tuple(dimensions) == ("place",) else self.within_places

    def against(self, conditions: Conditions, *, across: bool) -> Against:
        """A segment's flaws beside those expected if it were no reef, with every other reef refitted beside it.

        across: held against the median of places, as a place alone and its parts are, and not within its place's margin.
        """
        members = self.sample.holds(conditions)
        inside = members & self.looked_at
        # A place alone is held against all places as they are; a warehouse that serves it, also beside it.
        others = [one for one in self._terms(place_alone=is_place_alone(conditions)) if one != conditions]
        if across:
            flat = self._fit(others, place_alone=True).expected
            expected = flat[inside] * self._level(flat)[0]
        else:
            expected = self._fit([*others, conditions], place_alone=False).without(len(others), inside)
        broken = self.broken[inside]
        return Against(float(broken.sum()), float(expected.sum()), broken, expected, inside)

    def add(self, conditions: Conditions) -> None:
        """Hold this reef for found."""
        self.reefs.append(conditions)
        self._forget()

    def drop(self, conditions: Conditions) -> None:
        """Hold it for found no longer."""
        self.reefs.remove(conditions)
        self._forget()

    def _forget(self) -> None:
        for name in ("within_places", "across_places", "level"):
            self.__dict__.pop(name, None)

    def _level(self, flat: Floats) -> tuple[float, float]:
        place = self.sample.dimensions["place"]
        rows = self.looked_at & (place.codes >= 0)
        found, awaited = (
            np.bincount(place.codes[rows], weights=values[rows], minlength=len(place.values))
            for values in (self.broken, flat)
        )
        large = awaited >= _FEWEST_EXPECTED
        if large.sum() < _FEWEST_PLACES:
            return 1.0, 1.0
        ratios = (found[large] / awaited[large]).tolist()
        middle = median(ratios)
        deviation = 1.4826 * median(abs(ratio - middle) for ratio in ratios)
        return middle, middle + 1.2533 * deviation / math.sqrt(len(ratios))  # the median's error, of a normal spread

    def _terms(self, *, place_alone: bool) -> list[Conditions]:
        return [one for one in self.reefs if not (place_alone and is_place_alone(one))]

    def _fit(self, terms: Sequence[Conditions], *, place_alone: bool) -> Fit:
        return fit(
            self.outcome.broken, margins(self.sample, place_alone=place_alone),
            [self.sample.holds(one) for one in terms], self.looked_at,
        )


def is_place_alone(conditions: Sequence[tuple[str, str]]) -> bool:
    """Whether these are one condition, on the place."""
    return len(conditions) == 1 and conditions[0][0] == "place"


def margins(sample: Sample, *, place_alone: bool) -> list[Integers]:
    """Codes of the period's parts, of the places, and of having no value in a dimension (a parcel never handed over has no
    carrier, and is late: that must not make every carrier look good).
    """
    missing = [one.codes < 0 for name, one in sorted(sample.dimensions.items()) if name != "place"]
    found = [sample.bucket, *(one.astype(np.int64) for one in missing if one.any() and not one.all())]
    return found if place_alone else [*found, sample.dimensions["place"].codes + 1]

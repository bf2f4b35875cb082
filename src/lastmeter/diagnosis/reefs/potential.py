"""What a reef costs: the perfect-journey rate if it were at its siblings' median. Potential, never an effect."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from lastmeter.diagnosis.reefs.model import Conditions, Model, is_place_alone
from lastmeter.diagnosis.reefs.reef import Potential, Size
from lastmeter.diagnosis.reefs.sample import ANY, Flags, Sample

FEWEST_SIBLINGS = 3
_FEWEST_EXPECTED = 3.0


def of(
    sample: Sample, model: Model, conditions: Conditions, also: Sequence[str], size: Size, counts: tuple[float, float]
) -> Potential:
    """The potential of one reef: `counts` are its flaws and those expected in the whole period."""
    flaws, expected = counts
    usual, siblings = _siblings_median(sample, model, conditions)
    if is_place_alone(conditions):
        usual = 1.0  # what is expected of a place is already the median of places
    curable = _curable_share(sample, conditions, model.outcome.rule, also)
    n, perfect = len(sample), int((~sample.flawed).sum())

    def gained(ratio: float) -> float:
        return min(flaws, max(0.0, ratio - usual) * expected) * curable

    high = size.high if size.high is not None else size.ratio
    more = gained(size.ratio)
    def rate(gain: float) -> float:
        return round((perfect + gain) / n, 6)

    return Potential(
        now=rate(0.0), rate=rate(more), low=rate(gained(size.low)), high=rate(gained(high)), journeys=round(more, 2),
        siblings=round(usual, 4), sibling_count=siblings,
    )


def _siblings_median(sample: Sample, model: Model, conditions: Conditions) -> tuple[float, int]:
    """The median of flaws to expected ones over the segments that differ in one condition; 1 where they are too few."""
    expected = model.across_places if is_place_alone(conditions) else model.within_places
    broken = model.broken
    ratios = []
    for position, (name, value) in enumerate(conditions):
        dimension = sample.dimensions[name]
        others = sample.holds(conditions[:position] + conditions[position + 1:]) & (dimension.codes >= 0)
        found = np.bincount(dimension.codes[others], weights=broken[others], minlength=len(dimension.values))
        awaited = np.bincount(dimension.codes[others], weights=expected[others], minlength=len(dimension.values))
        ratios += [
            float(found[code] / awaited[code]) for code, sibling in enumerate(dimension.values)
            if sibling != value and awaited[code] >= _FEWEST_EXPECTED
        ]
    return (median(ratios), len(ratios)) if len(ratios) >= FEWEST_SIBLINGS else (1.0, len(ratios))


def _curable_share(sample: Sample, conditions: Conditions, rule: str, also: Sequence[str]) -> float:
    """Of the reef's journeys with its flaw, those that nothing else but what it explains made flawed."""
    broken = sample.holds(conditions) & sample.outcome(rule).broken
    if not broken.any():
        return 0.0
    cured: Flags = broken & sample.flawed
    for outcome in sample.outcomes:
        if outcome.rule not in (rule, ANY, *also) and (outcome.rule in sample.counting or not sample.counting) and rule != ANY:
            cured = cured & ~outcome.broken
    return float(cured.sum() / broken.sum())

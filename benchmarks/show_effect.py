"""Are known effects found, and nothings not? Simulated actions on the worst of many groups: `make show-effect`.

A company of 12 to 30 places with lasting differences, differences that fade, months of their own, a season that moves
all, and binomial counts. The action falls on the place that was worst over the last three to twelve months, as it would
in life, so that regression to the mean is at work; its effect is drawn from 0 to 90 % of the place's flaws.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np

from lastmeter.diagnosis.effect.estimate import estimate
from lastmeter.diagnosis.effect.forecast import Grid
from lastmeter.indicators.intervals import Floats, Integers
from orders import say


@dataclass(frozen=True)
class Trial:
    """One company and one action: the truth beside what was found, and what plain before-after would have said."""

    truth: float
    covered: bool
    success: bool
    failure: bool
    naive_covered: bool
    naive_success: bool


def trial(random: np.random.Generator, *, nothing: bool) -> Trial:
    """A company, its worst place, an action on it (or none) and the verdict."""
    groups, before, after = int(random.integers(12, 31)), int(random.integers(6, 25)), int(random.integers(1, 7))
    periods = before + after
    lasting, fading, passing = random.uniform(0.1, 0.4), random.uniform(0.05, 0.3), random.uniform(0.0, 0.15)
    wave = np.empty((groups, periods))
    state = random.normal(size=groups)
    memory = random.uniform(0.3, 0.9)
    for period in range(periods):
        state = memory * state + np.sqrt(1 - memory**2) * random.normal(size=groups)
        wave[:, period] = state
    season = 0.2 * np.cumsum(random.normal(size=periods)) / np.sqrt(periods)
    base = random.uniform(0.05, 0.2)
    odds = np.log(base / (1 - base)) + lasting * random.normal(size=groups)[:, None] + fading * wave
    odds = odds + passing * random.normal(size=(groups, periods)) + season
    share = 1 / (1 + np.exp(-odds))
    sizes = np.exp(random.normal(np.log(300), 0.7, size=groups))[:, None] * random.uniform(0.85, 1.15, (groups, periods))
    n = np.maximum(20, sizes).astype(np.int64)
    first = random.binomial(n[:, :before], share[:, :before])
    window = int(random.integers(3, min(12, before) + 1))
    chosen = int((first[:, -window:].sum(axis=1) / n[:, before - window : before].sum(axis=1)).argmax())
    undone = 0.0 if nothing else random.uniform(0.1, 0.9)
    later = share[:, before:].copy()
    truth = -undone * float(later[chosen] @ n[chosen, before:]) / float(n[chosen, before:].sum())
    later[chosen] *= 1 - undone
    hits = np.hstack([first, random.binomial(n[:, before:], later)]).astype(np.float64)
    found = estimate(Grid(hits, n.astype(np.float64), chosen, before))
    low, high = naive(hits[chosen], n[chosen], before - window, before)
    return Trial(
        truth, found.effect.low <= truth <= found.effect.high, found.verdict == "worked", found.verdict == "did_not",
        low <= truth <= high, high < 0,
    )


def naive(hits: Floats, n: Integers, start: int, before: int) -> tuple[float, float]:
    """The 95 % interval of after minus before, as if nothing but chance stood between them."""
    rates = [(hits[part].sum() / n[part].sum(), n[part].sum()) for part in (slice(start, before), slice(before, None))]
    (old, of_old), (new, of_new) = rates
    half = 1.96 * np.sqrt(old * (1 - old) / of_old + new * (1 - new) / of_new)
    return new - old - half, new - old + half


def main() -> None:
    """Print coverage and false successes as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20_260_301)
    parser.add_argument("--runs", type=int, default=600)
    choice = parser.parse_args()
    random = np.random.default_rng(choice.seed)
    acted = [trial(random, nothing=False) for _ in range(choice.runs)]
    idle = [trial(random, nothing=True) for _ in range(choice.runs)]
    large = [each for each in acted if each.truth <= -0.05]

    def share(trials: list[Trial], what: str) -> float:
        return round(sum(bool(getattr(each, what)) for each in trials) / max(1, len(trials)), 4)

    say([f"actions: covered {share(acted, 'covered')}, called a success {share(acted, 'success')} "
         f"(of {len(large)} that took 5 points or more: {share(large, 'success')})"])
    say([f"nothing done: covered {share(idle, 'covered')}, called a success {share(idle, 'success')}, before and after alone "
         f"{share(idle, 'naive_success')}"])
    print(json.dumps({
        "covered": share(acted, "covered"), "success_when_nothing": share(idle, "success"),
        "covered_when_nothing": share(idle, "covered"), "found": share(acted, "success"),
        "found_of_five_points": share(large, "success"), "called_failure_though_five_points": share(large, "failure"),
        "before_after": {"covered": share(acted, "naive_covered"), "success_when_nothing": share(idle, "naive_success")},
        "runs": 2 * choice.runs, "seed": choice.seed,
    }))


if __name__ == "__main__":
    main()

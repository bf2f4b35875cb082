"""Many looked at, few called: the limit below which chances may be called findings."""

from __future__ import annotations

from collections.abc import Sequence


def discovery_limit(chances: Sequence[float], rate: float) -> float:
    """Benjamini and Hochberg (1995): chances up to this one are findings, of which at most `rate` are false.

    Below every chance (and at least 0) where there is no finding: then it is what a single one would have had to reach.
    """
    if not chances:
        return rate
    steps = [rate * rank / len(chances) for rank in range(1, len(chances) + 1)]
    passing = [step for chance, step in zip(sorted(chances), steps, strict=True) if chance <= step]
    return max(passing, default=steps[0])

"""How much of a shift could be found at all: an oracle that knows what charts have to learn.

It knows each post's true level, by how much months differ, how much they resemble each other, and the size of every month.
What moves the whole company it sees in the peers alone, weighted as well as can be. It looks at the last one, two or three
months together, and its limit is that at which it alarms falsely as often as the rule beside it did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_TOGETHER = 3


@dataclass(frozen=True)
class Seen:
    """Months of some posts (a row each): shares, journeys, true levels (a column), standard deviation between months."""

    shares: np.ndarray
    n: np.ndarray
    levels: np.ndarray
    between: float
    memory: float


def scores(seen: Seen) -> np.ndarray:
    """What the last months say together, in standard deviations, a row a post; a company alone is one post."""
    z = _beside_peers(seen) if len(seen.levels) > 1 else (seen.shares - seen.levels) / np.sqrt(_variance(seen, seen.levels))
    sums = np.concatenate([np.zeros((len(z), 1)), np.cumsum(z, axis=1)], axis=1)
    found = z.copy()
    for length in range(2, MOST_TOGETHER + 1):
        alike = 2 * sum((length - apart) * seen.memory**apart for apart in range(1, length))
        together = (sums[:, length:] - sums[:, :-length]) / np.sqrt(length + alike)
        now = found[:, length - 1 :]
        found[:, length - 1 :] = np.where(np.abs(together) > np.abs(now), together, now)
    return found


def limit(calm: np.ndarray, alarms: float) -> float:
    """The limit that so large a share of these calm scores lies beyond."""
    return float(np.quantile(np.abs(calm), 1 - alarms))


def _variance(seen: Seen, usual: np.ndarray) -> np.ndarray:
    return np.asarray(usual * (1 - usual) / seen.n + seen.between**2)


def _beside_peers(seen: Seen) -> np.ndarray:
    """A post's distance from its level times what its peers' levels were multiplied by in that month."""
    weights = seen.levels**2 / _variance(seen, seen.levels)
    told = weights * seen.shares / seen.levels
    weight = weights.sum(axis=0) - weights
    usual = seen.levels * (told.sum(axis=0) - told) / weight
    return np.asarray((seen.shares - usual) / np.sqrt(_variance(seen, usual) + seen.levels**2 / weight))

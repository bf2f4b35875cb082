"""What a group would have done had nobody acted: a forecast drawn to its siblings, so that luck is not taken for a cause.

Whoever was chosen for being the worst was partly unlucky, and would have become better by itself: regression to the mean.
A group's shares, less its siblings' of the same period, are read as a lasting part (variance `lasting`), one that fades
(`fading`, FADING a period) and one of the period (`passing`), beside the error of counting. The three variances are
those that fit the autocovariances of the siblings (non-negative least squares); the forecast is the best linear one
(kriging; Harville 1976 for its shrinkage): the less of a group's excess is lasting, the more of it is expected to go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lastmeter.indicators.intervals import Floats

FADING = 0.7
_LAGS = 9


@dataclass(frozen=True, slots=True)
class Grid:
    """`hits` of `n`: a row a group, a column a period; `treated` is the row acted upon, `first_after` a column."""

    hits: Floats
    n: Floats
    treated: int
    first_after: int


@dataclass(frozen=True, slots=True)
class Variances:
    """Between groups of one period, in squared shares: what lasts, what fades, what passes."""

    lasting: float
    fading: float
    passing: float

    def between(self, lag: Floats) -> Floats:
        """Covariance of a group's true shares so many periods apart."""
        found: Floats = self.lasting + self.fading * FADING**lag + self.passing * (lag == 0)
        return found


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one group over the periods after: `expected` without the action, `seen`, both as shares, and the variance of
    their difference. `path` is the expected share of each period after.
    """

    expected: float
    seen: float
    variance: float
    path: Floats


@dataclass(frozen=True, slots=True)
class Siblings:
    """The groups beside each other: excess over the siblings' share, error of counting, and the variances."""

    grid: Grid
    shared: Floats
    excess: Floats
    counting: Floats
    shared_error: Floats
    variances: Variances
    mean: float

    def forecast(self, group: int) -> Forecast:
        """Before and after of one group, weighted by its numbers after."""
        columns = np.arange(self.grid.n.shape[1])
        told = self.grid.n[group] > 0
        before, after = columns[told & (columns < self.grid.first_after)], columns[told & (columns >= self.grid.first_after)]
        weights = self.grid.n[group, after] / self.grid.n[group, after].sum()
        known = self.variances.between(np.abs(np.subtract.outer(before, before)).astype(np.float64))
        known += np.diag(self.counting[group, before] + self.shared_error[before])
        ahead = self.variances.between(np.abs(np.subtract.outer(after, before)).astype(np.float64))
        pull = np.linalg.solve(known, ahead.T).T
        excess = self.mean + pull @ (self.excess[group, before] - self.mean)
        own = self.variances.between(np.abs(np.subtract.outer(after, after)).astype(np.float64)) - pull @ ahead.T
        own += np.diag(self.counting[group, after] + self.shared_error[after])
        doubt = self._doubt_of_mean() * (1 - float(weights @ pull.sum(axis=1))) ** 2
        path = np.clip(self.shared[after] + excess, 0.0, 1.0)
        seen = float(self.grid.hits[group, after].sum() / self.grid.n[group, after].sum())
        return Forecast(float(weights @ path), seen, float(weights @ own @ weights) + doubt, path)

    def runners_up(self, most: int) -> list[int]:
        """The groups next in line by their rate before, worst first, that nobody acted upon."""
        before = slice(0, self.grid.first_after)
        n = self.grid.n[:, before].sum(axis=1)
        rates = self.grid.hits[:, before].sum(axis=1) / np.maximum(n, 1)
        after = self.grid.n[:, self.grid.first_after :].sum(axis=1)
        ranked = sorted(range(len(rates)), key=lambda group: (-rates[group], group))
        return [group for group in ranked if group != self.grid.treated and n[group] > 0 and after[group] > 0][:most]

    def _doubt_of_mean(self) -> float:
        return (self.variances.lasting + self.variances.fading) / max(1, len(self.excess) - 1)


def siblings(grid: Grid) -> Siblings:
    """Reads the variances from the groups that nobody acted upon, and from the treated one before the action."""
    others = np.arange(len(grid.n)) != grid.treated
    n, hits = grid.n, grid.hits
    totals = n[others].sum(axis=0)
    shared = (hits[others].sum(axis=0) + 0.5) / (totals + 1)
    rates = np.divide(hits, n, out=np.zeros_like(hits), where=n > 0)
    group_rate = (hits.sum(axis=1) + shared.mean() * 20) / (n.sum(axis=1) + 20)
    counting = (group_rate * (1 - group_rate))[:, None] / np.maximum(n, 1)
    excess = np.where(n > 0, rates - shared, np.nan)
    weight = np.where(others[:, None], n, 0) / np.maximum(totals, 1)
    used = excess.copy()
    used[grid.treated, grid.first_after :] = np.nan
    level = _means(used[others])
    mean = float(level.mean()) if len(level) else 0.0
    variances = _variances(used - mean, counting)
    shared_error = (weight**2 * (counting + variances.passing)).sum(axis=0)
    return Siblings(grid, shared, excess, counting, shared_error, variances, mean)


def _means(excess: Floats) -> Floats:
    told = ~np.isnan(excess)
    kept = told.any(axis=1)
    found: Floats = np.nansum(excess[kept], axis=1) / told[kept].sum(axis=1)
    return found


def _variances(excess: Floats, counting: Floats) -> Variances:
    """Fits lasting + fading · FADING^lag + passing · [lag = 0] to the mean products at each lag."""
    targets, rows, weights = [], [], []
    for lag in range(min(_LAGS, excess.shape[1])):
        first, second = (excess, excess) if lag == 0 else (excess[:, :-lag], excess[:, lag:])
        product = first * second - (counting if lag == 0 else 0.0)
        told = ~np.isnan(product)
        if told.any():
            targets.append(float(product[told].mean()))
            rows.append([1.0, FADING**lag, float(lag == 0)])
            weights.append(math.sqrt(float(told.sum())))
    design, target = np.array(rows) * np.array(weights)[:, None], np.array(targets) * np.array(weights)
    return Variances(*_non_negative(design, target))


def _non_negative(design: Floats, target: Floats) -> list[float]:
    """Least squares with no coefficient below 0: the best of all subsets, as there are but three."""
    width = design.shape[1]
    best, best_error = [0.0] * width, float(target @ target)
    for size in range(1, width + 1):
        for chosen in combinations(range(width), size):
            part = design[:, chosen]
            found = np.linalg.lstsq(part, target, rcond=None)[0]
            error = float(((target - part @ found) ** 2).sum())
            if (found >= 0).all() and error < best_error - 1e-15:
                best, best_error = [0.0] * width, error
                for place, value in zip(chosen, found.tolist(), strict=True):
                    best[place] = value
    return best

"""How much of the variance of an outcome each group of columns explains: shares after Lindeman, Merenda and Gold.

LMG (Lindeman, Merenda and Gold 1980; Grömping 2007): the R² that a group adds, averaged over all orders in which groups
could enter. It is the Shapley value of R², so the shares add up to the R² of the whole model. Exact, over all subsets of
groups, from one matrix of sums of products: so a bootstrap needs no second look at the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from lastmeter.indicators.intervals import Floats

MOST_GROUPS = 11
_RIDGE = 1e-9


def products(columns: Floats, outcome: Floats) -> Floats:
    """Sums of products of (1, columns, outcome): one square matrix, which adds up over sets of rows."""
    rows = np.column_stack([np.ones(len(outcome)), columns, outcome])
    found: Floats = rows.T @ rows
    return found


def centred(sums: Floats) -> Floats:
    """Sums of products about the means."""
    n, first = sums[..., :1, :1], sums[..., :1, 1:]
    found: Floats = sums[..., 1:, 1:] - first.swapaxes(-1, -2) * first / n
    return found


def lmg(sums: Floats, groups: Sequence[NDArray[np.int64]]) -> Floats:
    """The share of the outcome's variance that each group explains.

    sums: of `products`, one matrix or a stack of them (the draws of a bootstrap), with a row of shares for each. groups:
    the columns of each group, counted from 0; at most MOST_GROUPS groups, as every subset of them is looked at. Zeros
    where the outcome does not vary.
    """
    scatter = centred(sums)
    varies = scatter[..., -1, -1] > 0
    count = len(groups)
    scale = np.sqrt(np.maximum(np.diagonal(scatter, axis1=-2, axis2=-1), 1e-12))
    correlation = scatter / (scale[..., :, None] * scale[..., None, :])
    explained = {
        chosen: _r_squared(correlation, np.concatenate([groups[each] for each in chosen]) if chosen else None)
        for size in range(count + 1) for chosen in combinations(range(count), size)
    }
    found = np.zeros((*varies.shape, count))
    for chosen, base in explained.items():
        weight = factorial(len(chosen)) * factorial(count - len(chosen) - 1) / factorial(count) if len(chosen) < count else 0
        for group in set(range(count)) - set(chosen):
            found[..., group] += weight * (explained[tuple(sorted((*chosen, group)))] - base)
    return np.where(varies[..., None], found, 0.0)


def _r_squared(correlation: Floats, chosen: NDArray[np.int64] | None) -> Floats:
    """Of every matrix of the stack together: one call for all draws, not one a draw."""
    if chosen is None:
        return np.zeros(correlation.shape[:-2])
    own = correlation[..., chosen[:, None], chosen] + _RIDGE * np.eye(len(chosen))
    with_outcome = correlation[..., chosen, -1]
    found: Floats = (with_outcome * np.linalg.solve(own, with_outcome[..., None])[..., 0]).sum(axis=-1)
    return found

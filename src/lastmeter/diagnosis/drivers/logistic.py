"""Logistic regression as drivers need it: one fit, chances, the area under the curve out of fold."""

from __future__ import annotations

import numpy as np

from lastmeter.indicators.intervals import Floats, Integers

RIDGE = 1.0  # of standardised columns: keeps a column that separates perfectly finite, moves nothing else
_STEPS = 25
FOLDS = 5


def fit(columns: Floats, hit: Floats) -> Floats:
    """Coefficients, the constant first, by Newton's method with a slight ridge (columns should be of like scale)."""
    design = with_constant(columns)
    beta = np.zeros(design.shape[1])
    pull = penalty(design.shape[1])
    for _ in range(_STEPS):
        chance = logistic(design @ beta)
        gradient = design.T @ (hit - chance) - pull * beta
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(curvature, gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def penalty(width: int) -> Floats:
    """The ridge for each coefficient; none for the constant."""
    pull = np.full(width, RIDGE)
    pull[0] = 1e-9
    return pull


def with_constant(columns: Floats) -> Floats:
    """The columns behind a column of ones."""
    return np.column_stack([np.ones(len(columns)), columns])


def logistic(log_odds: Floats) -> Floats:
    """Chances of log odds."""
    found: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -35, 35)))
    return found


def auc(hit: Floats, score: Floats) -> float | None:
    """The chance that a hit scores higher than a miss, ties as half (Mann and Whitney); None without both."""
    hits = int(hit.sum())
    if hits in (0, len(hit)):
        return None
    values, index, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    del values
    return float((ranks[index][hit > 0].sum() - hits * (hits + 1) / 2) / (hits * (len(hit) - hits)))


def out_of_fold_auc(columns: Floats, hit: Floats, clusters: Integers) -> float | None:
    """The area under the curve of chances from fits that saw no row of the same cluster."""
    folds = clusters % FOLDS
    chances = np.zeros(len(hit))
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any():
            continue
        if not 0 < hit[~held].sum() < (~held).sum():
            return None
        chances[held] = with_constant(columns[held]) @ fit(columns[~held], hit[~held])
    return auc(hit, chances)

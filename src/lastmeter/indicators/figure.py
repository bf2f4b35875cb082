"""A figure: a number that never travels without its n, its interval and what it rests on."""

from __future__ import annotations

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator for one group.

    keys: the group, by dimension; None where a row has no value there. value: in the indicator's unit; None where
    nothing was counted or a needed rule is not observed. n: rows counted (respondents of a weighted share);
    population: rows they stand for. low and high: 95 %, None where there are too few rows. n_effective: n over
    design_effect (and over the price of few clusters); design_source: day, cluster or none.
    rules_observed of rules_total: coverage; `rules` are the observed codes, comma separated: figures with different
    ones are not to be compared. mature: False while part of the period has not fallen due.
    """

    code: str
    keys: dict[str, str | None]
    value: float | None
    n: int
    population: int
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    n_effective: float = 0.0
    design_effect: float = 1.0
    design_source: str = "none"
    rules_observed: int = 0
    rules_total: int = 0
    rules: str = ""
    mature: bool = True

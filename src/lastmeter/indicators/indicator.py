"""What an indicator is: one declaration, from which figures, documentation and checks all follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import HAPPENINGS, TABLES, Facts, Frame
from lastmeter.kernel.titles import Title

Unit = Literal["share", "seconds", "days", "count", "score", "points", "money"]
Direction = Literal["up", "down"]
Table = Literal["journeys", "links", "flaws", "feedback", "happenings"]
Aggregation = Literal["share", "weighted_share", "value_share", "mean", "median", "p90", "spread"]
DatedBy = Literal["due", "fulfilled", "started", "occurred"]

DAY = 86400.0  # seconds
COLUMNS: dict[str, dict[str, str]] = {**TABLES, "happenings": HAPPENINGS}
"""Columns and SQL types of every table that an indicator can be made of."""
AS_OF = "as_of"  # every frame gets this column, the facts' `at`, before an indicator's expressions see it


@dataclass(frozen=True, slots=True)
class Example:
    """A few rows worked out by hand: only the columns that matter; `expected` is the figure, over `n` rows.

    A row is a journey of its own (j1, j2, ...) unless it names one. `flaws` and the others are rows of those tables,
    where they matter too.
    """

    rows: tuple[Mapping[str, Any], ...]
    expected: float | None
    n: int
    flaws: tuple[Mapping[str, Any], ...] = ()
    feedback: tuple[Mapping[str, Any], ...] = ()
    happenings: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A measured quantity.

    population: which rows of `table` count. hit: which of them are hits (share, weighted_share, value_share). value: the
    number of a row (mean, median, p90, spread = 90th minus 10th percentile), divided by `per` to be in `unit`; rows
    without one do not count. The division is done here and not by an engine, as not all of them round it alike.
    value_share: the share of the summed value that is in hits; its values are whole and not negative, as money is.
    answered and strata (weighted_share): the respondents, and the column by whose groups they are weighted back to the
    population. derive: what a row needs of other rows (this customer's usual), added to the whole table before any
    filter. cluster: the column, beside the day, whose rows resemble each other.
    dated_by: the day that puts a row into a month; all but `due` exist only in some tables.
    owner: the post that answers for it: `rule:PRIMITIVE` (the blueprint's), `area:NAME` (the company's post for that
    area), `row` (each row's own) or a post's code.
    of_flaws: it is made of the flaws of journeys, so that by post it can be made of those that each post answers for.
    needs: primitives of which at least one rule must be observed each, else there is no figure.
    events: types of happenings that it reads; there is no figure unless some source tells of each.
    """

    code: str
    title: Title
    meaning: Title
    unit: Unit
    direction: Direction
    table: Table
    population: nw.Expr
    aggregation: Aggregation
    hit: nw.Expr | None = None
    value: nw.Expr | None = None
    per: float = 1.0
    answered: nw.Expr | None = None
    strata: str | None = None
    derive: Callable[[Frame, Facts], Frame] | None = None
    cluster: str = "cluster"
    dated_by: DatedBy = "due"
    owner: str
    of_flaws: bool = False
    needs: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    example: Example | None = None

    @property
    def date_column(self) -> str:
        """The local date that puts a row into a period."""
        return f"{self.dated_by}_on"

    @property
    def month_column(self) -> str:
        """The month of that date, as the fact tables spell it."""
        return f"{self.dated_by}_month"

    @property
    def is_share(self) -> bool:
        """Whether its figures are hits of n, so that a p' chart can watch them."""
        return self.aggregation in ("share", "weighted_share", "value_share")


def owner_of(indicator: Indicator, facts: Facts) -> str | None:
    """The code of the post that answers for an indicator in these facts; None where each row names its own."""
    if indicator.owner == "row":
        return None
    where, _, name = indicator.owner.partition(":")
    if where == "area":
        return facts.areas.get(name)
    if where != "rule":
        return indicator.owner
    for blueprint in facts.blueprints.values():
        for rule in blueprint.rules():
            if rule.primitive == name:
                return str(rule.post) if rule.post else None
    return None

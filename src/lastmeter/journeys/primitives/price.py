"""Quoted against charged: what was charged in all must not be more than the quote that held.

The quote that holds is the last one before the last charge or with it. Where several possibly are (days tell no order),
it is a flaw only if all of them say so, kept if none does, else undecided. Other currencies are undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from lastmeter.journeys.grammar import Code, Columns, Events, Levels, Rule, Section
from lastmeter.journeys.intervals import exists, key, occurrences
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope

_MILLION = 1_000_000


class Amount(Section):
    """An attribute of an event that says how much."""

    event: Events
    attribute: Code

    def reads(self) -> list[str]:
        """The amount and its currency."""
        return [self.attribute, f"{self.attribute}_currency"]

    def told(self, scope: Scope) -> str:
        """Aggregate: the events that say how much. A number counts to six decimals, as in the journal, so that sums are
        exact in any order.
        """
        amount = f'"attr_{self.attribute}"'
        whole = amount if scope.attributes[self.attribute] == "money" else f"floor({amount} * 1e6 + 0.5)"
        more = {"amount": f"{whole}::HUGEINT", "currency": f"{scope.attribute(f'{self.attribute}_currency', 'VARCHAR')}::VARCHAR"}
        return occurrences(f"{scope.is_type(self.event)} AND {amount} IS NOT NULL", more)


class Price(Rule):
    """The sum `charged` is at most the amount `quoted`, and `tolerance`, a share of it. One flaw at most."""

    TABLE: ClassVar[str] = "price"
    TITLE: ClassVar[Title] = Title("报价与实收", "quoted against charged")
    REMEDY: ClassVar[Title] = Title("按报价收费：“{cause}”", "Charge what was quoted: “{cause}”")

    quoted: Amount
    charged: Amount
    tolerance: Annotated[float, Field(strict=False, ge=0, le=10)] = 0.0

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:  # noqa: ARG002
        """Quotes and charges."""
        return [self.quoted.event, self.charged.event]

    def needed_attributes(self) -> list[str]:
        """Both amounts."""
        return [self.quoted.attribute, self.charged.attribute]

    def attributes_read(self) -> list[str]:
        """Both amounts and their currencies."""
        return [*self.quoted.reads(), *self.charged.reads()]

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """A quote that is not known yet."""
        return self.quoted.event

    def aggregates(self, scope: Scope) -> Columns:
        """Quotes and charges."""
        p = scope.prefix(self)
        return {f"{p}_quotes": self.quoted.told(scope), f"{p}_charges": self.charged.told(scope)}

    def verdict(self, scope: Scope) -> Levels:
        """`_held`, the quotes that possibly held; `_last`, the last charge; `_outcome` beside the usual."""
        p, horizon = scope.prefix(self), scope.horizon(self)
        last = f"list_max(list_transform({p}_charges, lambda x: {{'key': {key('x')}, 'lo': x.lo, 'hi': x.hi, " \
               "'until': x.until, 'moment': x.moment, 'on': x.\"on\"}))"
        later = f"(y.lo > x.hi OR y.lo = x.hi AND {key('y')} > {key('x')}) AND y.hi <= {p}_last.lo"
        replaced = exists(f"{p}_quotes", later, "y")
        total = f"list_sum(list_transform({p}_charges, lambda x: x.amount))"
        share = _MILLION + round(self.tolerance * _MILLION)
        above = exists(f"{p}_held", f"{p}_total * {_MILLION} > x.amount * {share}")
        within = exists(f"{p}_held", f"{p}_total * {_MILLION} <= x.amount * {share}")
        outcome = f"""CASE WHEN len({p}_held) = 0 THEN 'none'
            WHEN NOT {p}_comparable THEN 'undecided'
            WHEN NOT ({p}_above) THEN 'kept'
            WHEN {p}_within OR {p}_last.until IS NULL THEN 'undecided'
            WHEN {p}_last.until <= {horizon} THEN 'breached' ELSE 'open' END"""
        return [
            {f"{p}_last": last, f"{p}_total": total},
            {f"{p}_held": f"list_filter({p}_quotes, lambda x: x.lo <= {p}_last.hi AND NOT ({replaced}))"},
            {f"{p}_above": above, f"{p}_within": within, f"{p}_comparable": self._comparable(scope)},
            {f"{p}_outcome": outcome},
            {f"{p}_flaws": f"({p}_outcome = 'breached')::INTEGER", f"{p}_undecided": f"({p}_outcome = 'undecided')::INTEGER",
             f"{p}_pending": f"CASE WHEN {p}_outcome = 'open' THEN {p}_last.until END"},
        ]

    def _comparable(self, scope: Scope) -> str:
        """Whether all amounts are of one currency, and of one kind: money counts minor units, a number does not."""
        if (scope.attributes[self.quoted.attribute] == "money") != (scope.attributes[self.charged.attribute] == "money"):
            return "false"
        p = scope.prefix(self)
        currencies = f"list_transform(list_concat({p}_held, {p}_charges), lambda x: coalesce(x.currency, ''))"
        return f"len(list_distinct({currencies})) <= 1"

    def flaw_rows(self, scope: Scope) -> str:
        """One where more was charged, at the time of the last charge."""
        p = scope.prefix(self)
        return self.once(scope, at=f"{p}_last.moment", on=f'{p}_last."on"')

"""Naive prices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

from lastmeter.journal.event import Event
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.primitives.price import Amount, Price
from tests.journeys.oracle.interval import flaw_at, hi, key, lo, possibly_by, until
from tests.journeys.oracle.occurrence import Verdict, World, passed


def judge(rule: Price, blueprint: Blueprint, events: Sequence[Event], world: World) -> Verdict:
    charges = sorted(_telling(rule.charged, events), key=key)
    if not charges:
        return Verdict("none")
    final = charges[-1]
    quotes = sorted(_telling(rule.quoted, events), key=key)
    held = [quote for place, quote in enumerate(quotes) if possibly_by(quote, final)
            and not any(_replaces(later, quote, final) for later in quotes[:place] + quotes[place + 1:])]
    if not held:
        return Verdict("none")
    currencies = {event.attributes.get(f"{amount.attribute}_currency")
                  for amount, event in chain(((rule.quoted, one) for one in held), ((rule.charged, one) for one in charges))}
    if len(currencies) > 1:
        return Verdict("undecided", undecided=True)
    charged = sum(_exact(one.attributes[rule.charged.attribute]) for one in charges)
    limits = [_exact(one.attributes[rule.quoted.attribute]) * (1 + _exact(rule.tolerance)) for one in held]
    above = [charged > limit for limit in limits]
    if not any(above):
        return Verdict("kept")
    end = until(final)
    if not all(above) or end is None:
        return Verdict("undecided", undecided=True)
    if passed(end, world.horizon(rule.quoted.event)):
        return Verdict("breached", (flaw_at(final, anchored=False),))
    return Verdict("open", pending=end)


def _telling(amount: Amount, events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.type in amount.event and event.attributes.get(amount.attribute) is not None]


def _replaces(later: Event, quote: Event, final: Event) -> bool:
    """Whether one quote surely came after another, and surely before the last charge or with it."""
    after = lo(later) > hi(quote) or (lo(later) == hi(quote) and key(later) > key(quote))
    return after and hi(later) <= lo(final)


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))

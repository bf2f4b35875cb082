"""Whether a period is complete: everything that falls due in it has fallen due, and the data reach beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Indicator
from lastmeter.journeys.facts import Facts

# The zone of the facts is not told here; a day has ended somewhere at most this long before it ends in UTC.
_EASTMOST = timedelta(hours=14)


def horizon_of(facts: Facts) -> datetime:
    """Up to when the facts can be judged: `at`, or the earliest watermark of their sources."""
    return min([facts.at, *facts.watermarks.values()])


@dataclass(frozen=True, slots=True)
class Maturity:
    """`complete_to` is the first day that the data may not cover; `first_undue_on` the first with a journey not due."""

    complete_to: date
    first_undue_on: date | None

    @classmethod
    def of(cls, facts: Facts, indicator: Indicator) -> Maturity:
        """The maturity of an indicator's periods in these facts."""
        complete_to = (horizon_of(facts) + _EASTMOST).date()
        if indicator.dated_by != "due":
            return cls(complete_to, None)
        pending = facts.journeys.filter(~nw.col("counted") & ~nw.col("state").is_in(["cancelled", "unstarted"]))
        found = pending.select(nw.col("due_on").min().alias("first")).collect(backend="pyarrow").to_native()
        return cls(complete_to, found["first"][0].as_py())

    def reached(self, last: date | None) -> bool:
        """Whether a period that ends on `last` is complete; one without an end takes what has fallen due, and is."""
        if last is None:
            return True
        return last < self.complete_to and (self.first_undue_on is None or last < self.first_undue_on)

"""Which period a user means who names none."""

from __future__ import annotations

from statistics import median

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period, parse_period
from lastmeter.kernel.titles import Title

NEARLY_EMPTY = 0.1  # of the median month: promises reach beyond the last orders, so the last months hold stragglers


def latest(facts: Facts) -> Period:
    """The latest month in which nothing is still to fall due and that is not nearly empty.

    A month is over when every journey due in it was judged; one that holds less than a tenth of the median month's
    journeys is the end of the data, not a month to talk about.

    Raises:
        LastMeterError: `period.none` where nothing has fallen due yet.
    """
    table = (
        facts.journeys.filter(~nw.col("due_month").is_null(), nw.col("state") != "cancelled")
        .group_by("due_month").agg(nw.len().alias("n"), nw.col("counted").cast(nw.Int64).sum().alias("counted"))
        .collect(backend="pyarrow").to_native()
    )
    months = {row["due_month"]: (row["n"], int(row["counted"] or 0)) for row in table.to_pylist()}
    some = {code: counted for code, (_, counted) in months.items() if counted}
    chosen = {code: counted for code, counted in some.items() if counted == months[code][0]} or some
    if not chosen:
        raise LastMeterError(
            "period.none",
            Title("还没有到期的旅程", "No journey has fallen due yet"),
            hint=Title("导入更多数据，再运行 lastmeter build", "Import more and run lastmeter build"),
        )
    usual = median(chosen.values())
    return parse_period(max(code for code, count in chosen.items() if count >= usual * NEARLY_EMPTY))

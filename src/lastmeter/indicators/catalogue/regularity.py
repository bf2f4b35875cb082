"""Regular beats fast: does it come when it usually comes: here, from this performer, to this customer.

A journey's usual is the median of all arrived journeys of the same place, performer or customer, over the whole history
(a month holds too few of one customer); the period chooses which journeys are held against it.
"""

from __future__ import annotations

from collections.abc import Callable

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

TOOK = nw.col("duration_seconds")
# A median between two whole numbers is the same bits on every engine.
WHOLE_SECONDS = TOOK.floor()
USUAL, TIMES = nw.col("usual_seconds"), nw.col("usual_times")
FEWEST_JOURNEYS = 3
ARRIVED = nw.col("counted") & ~nw.col("fulfilled_at").is_null()
OFF_BY_HALF = (TOOK - USUAL).abs() > USUAL * 0.5


def usual_of(column: str) -> Callable[[Frame, Facts], Frame]:
    """Adds what is usual for the rows of the same value in `column`, and of how many journeys that is the median."""

    def derive(frame: Frame, facts: Facts) -> Frame:
        del facts
        return frame.with_columns(
            WHOLE_SECONDS.median().over("journey_kind", column).alias("usual_seconds"),
            TOOK.count().over("journey_kind", column).alias("usual_times"),
        )

    return derive


def _of(column: str) -> nw.Expr:
    return ARRIVED & ~TOOK.is_null() & ~nw.col(column).is_null() & (TIMES >= FEWEST_JOURNEYS)


def _example(column: str) -> Example:
    # A's usual is 4 days, so more than 2 days off is irregular: 4 and 5 are not, 1 is. B has too few to have a usual.
    seen = (("A", 4), ("A", 5), ("A", 1), ("B", 9), ("B", 1), (None, 3))
    return Example(
        rows=tuple(
            {"counted": True, "fulfilled_at": "2024-05-10T10:00:00", column: who, "duration_seconds": days * DAY}
            for who, days in seen
        ),
        expected=1 / 3, n=3,
    )


def _customers(*days: float) -> tuple[dict[str, object], ...]:
    return tuple(
        {"counted": True, "fulfilled_at": "2024-05-10T10:00:00", "customer": "c1", "duration_seconds": each * DAY}
        for each in days
    )


AREA = Title("规律性", "Regularity")

INDICATORS = (
    Indicator(
        code="irregular_at_place_share",
        title=Title("不规律占比（同地）", "Irregular for its place"),
        meaning=Title(
            "送达用时与本地平常（中位数）相差超过一半的旅程占比。",
            "Share of journeys whose time differs by more than half from what is usual (the median) at their place.",
        ),
        unit="share", direction="down", table="journeys",
        population=_of("place"), aggregation="share", hit=OFF_BY_HALF, derive=usual_of("place"), owner="rule:promise",
        example=_example("place"),
    ),
    Indicator(
        code="irregular_by_performer_share",
        title=Title("不规律占比（同执行方）", "Irregular for its performer"),
        meaning=Title(
            "送达用时与该执行方平常（中位数）相差超过一半的旅程占比。",
            "Share of journeys whose time differs by more than half from what is usual (the median) for their performer.",
        ),
        unit="share", direction="down", table="journeys",
        population=_of("performer"), aggregation="share", hit=OFF_BY_HALF, derive=usual_of("performer"),
        owner="rule:promise", example=_example("performer"),
    ),
    Indicator(
        code="irregular_for_customer_share",
        title=Title("不规律占比（同一顾客）", "Irregular for the customer"),
        meaning=Title(
            "至少送达过三次的顾客，其旅程用时与自己平常（中位数）相差超过一半的占比：“我的”包裹来得准不准。",
            "For customers with at least three arrivals, the share of journeys that differ by more than half from what is "
            "usual (the median) for that customer: does “my” parcel come when it usually does.",
        ),
        unit="share", direction="down", table="journeys",
        population=_of("customer"), aggregation="share", hit=OFF_BY_HALF, derive=usual_of("customer"),
        cluster="customer", owner="rule:promise", example=_example("customer"),
    ),
    Indicator(
        code="within_customer_deviation",
        title=Title("同一顾客的送达偏差", "Deviation within one customer"),
        meaning=Title(
            "至少送达过三次的顾客，每次用时与自己平常（中位数）平均相差多少天。",
            "For customers with at least three arrivals, by how many days a journey differs on average from what is usual "
            "(the median) for that customer.",
        ),
        unit="days", direction="down", table="journeys",
        population=_of("customer"), aggregation="mean", value=(TOOK - USUAL).abs(), per=DAY, derive=usual_of("customer"),
        cluster="customer", owner="rule:promise",
        example=Example(rows=_customers(4, 5, 12, 3), expected=2.5, n=4),  # usual 4.5, off by 0.5 0.5 7.5 1.5
    ),
    Indicator(
        code="within_customer_excess_p90",
        title=Title("比自己平常晚多少（第 90 百分位）", "Later than one's usual (90th percentile)"),
        meaning=Title(
            "至少送达过三次的顾客，九成的旅程比自己平常（中位数）晚不超过多少天。",
            "For customers with at least three arrivals, nine of ten journeys come no more than so many days later than is "
            "usual (the median) for that customer.",
        ),
        unit="days", direction="down", table="journeys",
        population=_of("customer"), aggregation="p90", value=TOOK - USUAL, per=DAY, derive=usual_of("customer"),
        cluster="customer", owner="rule:promise",
        example=Example(rows=_customers(3, 4, 10), expected=4.8, n=3),  # −1 0 6: 0 + 0.8 · 6
    ),
)

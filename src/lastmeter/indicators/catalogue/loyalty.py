"""Do they come back, and does it depend on how it went."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

KNOWN = ~nw.col("customer").is_null() & ~nw.col("started_at").is_null()
WINDOW_DAYS = 180
# Only journeys old enough that a return within the window would be on record.
OLD_ENOUGH = (nw.col("as_of") - nw.col("started_at")).dt.total_seconds() >= WINDOW_DAYS * 86400
CAME_BACK = nw.col("seconds_to_next") <= WINDOW_DAYS * 86400


def with_next_start(frame: Frame, facts: Facts) -> Frame:
    """Adds how long after its start the same customer started another journey; null if never."""
    del facts
    starts = frame.filter(KNOWN).group_by("journey_kind", "customer", "started_at").agg(nw.len().alias("orders_then"))
    following = starts.with_columns(
        nw.col("started_at").shift(-1).over("journey_kind", "customer", order_by="started_at").alias("next_started_at")
    )
    joined = frame.join(following, on=["journey_kind", "customer", "started_at"], how="left")
    gap = (nw.col("next_started_at") - nw.col("started_at")).dt.total_seconds()
    return joined.with_columns(gap.alias("seconds_to_next"))


def with_first_start(frame: Frame, facts: Facts) -> Frame:
    """Adds when the same customer's first journey started."""
    del facts
    first = nw.col("started_at").min().over("journey_kind", "customer")
    return frame.with_columns(first.alias("first_started_at"))


# As of 2024-07-01. Ann: perfect in November, back after 60 days with a flawed one, back after 200 (too late).
# Ben: flawed in December, never back. Cy: back, but his first is too young to be judged.
_ROWS = (
    {"counted": True, "customer": "ann", "started_at": "2023-10-01T00:00:00", "perfect": True},
    {"counted": True, "customer": "ann", "started_at": "2023-11-30T00:00:00", "perfect": False},
    {"counted": True, "customer": "ann", "started_at": "2024-06-17T00:00:00", "perfect": True},
    {"counted": True, "customer": "ben", "started_at": "2023-12-05T00:00:00", "perfect": False},
    {"counted": True, "customer": "cy", "started_at": "2024-05-01T00:00:00", "perfect": True},
    {"counted": True, "customer": "cy", "started_at": "2024-05-20T00:00:00", "perfect": True},
    {"counted": True, "customer": None, "started_at": "2023-12-05T00:00:00", "perfect": True},
)

INDICATORS = (
    Indicator(
        code="repeat_customer_share",
        title=Title("老顾客占比", "Share of returning customers' journeys"),
        meaning=Title(
            "期内开始的旅程中，顾客此前已有过旅程的占比。",
            "Of the journeys started in the period, the share whose customer had started one before.",
        ),
        unit="share", direction="up", table="journeys",
        population=KNOWN & (nw.col("state") != "unstarted"), aggregation="share",
        hit=nw.col("started_at") > nw.col("first_started_at"), derive=with_first_start, dated_by="started",
        owner="rule:promise", example=Example(rows=_ROWS, expected=0.5, n=6),
    ),
    Indicator(
        code="repeat_share",
        title=Title("半年复购率", "Came back within half a year"),
        meaning=Title(
            "到期的旅程中，顾客在其开始后 180 天内又开始了一个的占比；不满 180 天的还不计。",
            "Of the journeys that fell due, the share whose customer started another within 180 days of their start; "
            "those younger than that are not judged yet.",
        ),
        unit="share", direction="up", table="journeys",
        population=nw.col("counted") & KNOWN & OLD_ENOUGH, aggregation="share", hit=CAME_BACK, derive=with_next_start,
        owner="rule:promise", example=Example(rows=_ROWS, expected=1 / 3, n=3),
    ),
    Indicator(
        code="repeat_after_perfect_share",
        title=Title("完美之后的复购率", "Came back after a perfect journey"),
        meaning=Title(
            "完美的旅程中，顾客在其开始后 180 天内又开始了一个的占比。",
            "Of the perfect journeys, the share whose customer started another within 180 days of their start.",
        ),
        unit="share", direction="up", table="journeys",
        population=nw.col("counted") & nw.col("perfect") & KNOWN & OLD_ENOUGH, aggregation="share", hit=CAME_BACK,
        derive=with_next_start, owner="rule:promise", example=Example(rows=_ROWS, expected=1.0, n=1),
    ),
    Indicator(
        code="repeat_after_flawed_share",
        title=Title("有瑕疵之后的复购率", "Came back after a flawed journey"),
        meaning=Title(
            "有瑕疵的旅程中，顾客在其开始后 180 天内又开始了一个的占比；与完美之后的相比，就是瑕疵的代价。",
            "Of the flawed journeys, the share whose customer started another within 180 days of their start; beside the "
            "one after perfect journeys it shows what flaws cost.",
        ),
        unit="share", direction="up", table="journeys",
        population=nw.col("counted") & ~nw.col("perfect") & KNOWN & OLD_ENOUGH, aggregation="share", hit=CAME_BACK,
        derive=with_next_start, owner="rule:promise", example=Example(rows=_ROWS, expected=0.0, n=2),
    ),
)

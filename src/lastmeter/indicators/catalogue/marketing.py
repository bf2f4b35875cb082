"""What is promised, and is it what comes: the claims register holds sentences of advertising against these and all others."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.catalogue.service import COUNTED, HAS_ONE, flaws_example, with_flaws_of
from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.kernel.titles import Title

PROMISED = COUNTED & (nw.col("promise") != "none") & ~nw.col("due_at").is_null() & ~nw.col("started_at").is_null()
BADLY_LATE_DAYS, FAR_EARLY_DAYS = 3, 7
EXCESS = nw.col("promise_excess_seconds")
JUDGED = COUNTED & nw.col("promise").is_in(["kept", "missed"])
ARRIVED = JUDGED & ~nw.col("fulfilled_at").is_null()

_ARRIVAL = "2024-05-10T10:00:00"
_EXCESS = tuple(
    {"counted": True, "promise": "kept" if days <= 0 else "missed", "fulfilled_at": arrived, "promise_excess_seconds": days * DAY}
    for days, arrived in (
        (-9.0, _ARRIVAL), (-7.0, _ARRIVAL), (-0.5, _ARRIVAL), (0.0, _ARRIVAL), (0.9, _ARRIVAL), (3.0, _ARRIVAL), (4.0, _ARRIVAL),
        (30.0, None),
    )
)

AREA = Title("宣传与营销", "Marketing")

INDICATORS = (
    Indicator(
        code="promised_days_median",
        title=Title("承诺的天数（中位数）", "Days promised (median)"),
        meaning=Title(
            "从开始到承诺的时刻有多少天，取中位数：顾客下单前看到的数字。",
            "Days from the start to the promised time, at the median: what a customer reads before ordering.",
        ),
        unit="days", direction="down", table="journeys", population=PROMISED, aggregation="median",
        value=(nw.col("due_at") - nw.col("started_at")).dt.total_seconds(), per=DAY, owner="area:marketing", needs=("promise",),
        example=Example(
            rows=tuple(
                {"counted": True, "promise": promise, "started_at": "2024-05-01T00:00:00", "due_at": due}
                for promise, due in (
                    ("kept", "2024-05-03T00:00:00"), ("missed", "2024-05-06T00:00:00"), ("kept", "2024-05-09T00:00:00"),
                    ("none", "2024-05-30T00:00:00"), ("open", None),
                )
            ),
            expected=5.0, n=3,
        ),
    ),
    Indicator(
        code="on_the_day_share",
        title=Title("与承诺相差不到一天的占比", "Within a day of the promise"),
        meaning=Title(
            "已到达的旅程中，与承诺时刻相差不到一天的占比；太早和太晚都不算准。",
            "Of what has arrived, the share within a day of the promised time; too early is as little on time as too late.",
        ),
        unit="share", direction="up", table="journeys", population=ARRIVED, aggregation="share", hit=EXCESS.abs() < DAY,
        owner="rule:promise", needs=("promise",), example=Example(rows=_EXCESS, expected=3 / 7, n=7),
    ),
    Indicator(
        code="far_early_share",
        title=Title("早到一周以上的占比", "More than a week early"),
        meaning=Title(
            "已到达的旅程中，比承诺早到 7 天及以上的占比：承诺得太保守，吓走了顾客。",
            "Of what has arrived, the share seven days or more before the promise: promises so long that they scare customers off.",
        ),
        unit="share", direction="down", table="journeys", population=ARRIVED, aggregation="share",
        hit=EXCESS <= -FAR_EARLY_DAYS * DAY, owner="area:marketing", needs=("promise",),
        example=Example(rows=_EXCESS, expected=2 / 7, n=7),
    ),
    Indicator(
        code="badly_late_share",
        title=Title("迟三天以上的占比", "More than three days late"),
        meaning=Title(
            "承诺已到期的旅程中，晚了三天以上（含至今未到）的占比。",
            "Of all journeys whose promise fell due, the share more than three days late, what is still open included.",
        ),
        unit="share", direction="down", table="journeys", population=JUDGED, aggregation="share",
        hit=EXCESS > BADLY_LATE_DAYS * DAY, owner="rule:promise", needs=("promise",),
        example=Example(rows=_EXCESS, expected=2 / 8, n=8),
    ),
    Indicator(
        code="overcharged_share",
        title=Title("收费高于报价的占比", "Charged above the quote"),
        meaning=Title(
            "到期的旅程中，实际收费高于报价的占比。",
            "Of the journeys that fell due, the share charged more than was quoted.",
        ),
        unit="share", direction="down", table="journeys", population=COUNTED, aggregation="share", hit=HAS_ONE,
        derive=with_flaws_of("price"), owner="rule:price", of_flaws=True, needs=("price",), example=flaws_example("price"),
    ),
)

"""Did the journey go as it should, from the events' side."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")

AREA = Title("订单全程", "Orders")

INDICATORS = (
    Indicator(
        code="perfect_journey_rate",
        title=Title("完美旅程率", "Perfect journey rate"),
        meaning=Title(
            "到期的旅程中，没有任何瑕疵的占比；逾期未结算作瑕疵，取消的不计入。",
            "Of the journeys that fell due, the share without a single flaw; overdue and open is flawed, cancelled ones "
            "stand apart.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED, aggregation="share", hit=nw.col("perfect"),
        of_flaws=True, owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "perfect": True}, {"counted": True, "perfect": True},
                {"counted": True, "perfect": False}, {"counted": True, "perfect": False},
                {"counted": False, "perfect": None},
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="flaws_per_hundred",
        title=Title("每百单瑕疵数", "Flaws per hundred journeys"),
        meaning=Title(
            "每一百个到期旅程平均有多少个瑕疵；一个旅程可以有几个。",
            "How many flaws a hundred journeys that fell due have on average; one journey may have several.",
        ),
        unit="count", direction="down", table="journeys",
        population=COUNTED, aggregation="mean", value=nw.col("flaw_count") * 100.0,
        of_flaws=True, owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "flaw_count": 0}, {"counted": True, "flaw_count": 3},
                {"counted": True, "flaw_count": 1}, {"counted": True, "flaw_count": 0},
                {"counted": False, "flaw_count": 5},
            ),
            expected=100.0, n=4,  # (0 + 3 + 1 + 0) / 4 = 1 a journey
        ),
    ),
    Indicator(
        code="cancelled_share",
        title=Title("取消率", "Cancelled share"),
        meaning=Title(
            "期内开始的旅程中，后来取消的占比。",
            "Of the journeys started in the period, the share cancelled since.",
        ),
        unit="share", direction="down", table="journeys",
        population=nw.col("state") != "unstarted", aggregation="share", hit=nw.col("state") == "cancelled",
        dated_by="started", owner="rule:promise",
        example=Example(
            rows=(
                {"state": "cancelled"}, {"state": "completed"}, {"state": "open"}, {"state": "returned"},
                {"state": "unstarted"},
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="returned_share",
        title=Title("退回率", "Returned share"),
        meaning=Title(
            "到期的旅程中，以退回告终的占比。",
            "Of the journeys that fell due, the share that ended by being returned.",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=nw.col("state") == "returned",
        owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "state": "returned"}, {"counted": True, "state": "completed"},
                {"counted": True, "state": "completed"}, {"counted": True, "state": "open"},
                {"counted": False, "state": "cancelled"},
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="open_age_p90",
        title=Title("未结旅程的时长（第 90 百分位）", "Age of open journeys (90th percentile)"),
        meaning=Title(
            "未结的旅程中，九成开始至今不超过多少天。",
            "Nine of ten open journeys have been open for no longer than so many days.",
        ),
        unit="days", direction="down", table="journeys",
        population=nw.col("state") == "open", aggregation="p90",
        value=(nw.col("as_of") - nw.col("started_at")).dt.total_seconds(), per=DAY,
        dated_by="started", owner="rule:promise",
        example=Example(
            rows=(
                # The example's facts are as of 2024-07-01T00:00Z: 30 and 10 days.
                {"state": "open", "started_at": "2024-06-01T00:00:00"},
                {"state": "open", "started_at": "2024-06-21T00:00:00"},
                {"state": "completed", "started_at": "2024-01-01T00:00:00"},
            ),
            expected=28.0, n=2,  # 10 + 0.9 · (30 − 10)
        ),
    ),
    Indicator(
        code="order_value_mean",
        title=Title("平均金额", "Mean worth"),
        meaning=Title(
            "到期旅程的金额（最小单位）的平均值；多种货币时请按货币看。",
            "Mean worth of the journeys that fell due, in minor units; look at it by currency where there are several.",
        ),
        unit="money", direction="up", table="journeys", population=COUNTED, aggregation="mean", value=nw.col("value_minor"),
        owner="area:marketing",
        example=Example(
            rows=tuple({"counted": True, "value_minor": each} for each in (1000, 2000, 6000, None)), expected=3000.0, n=3,
        ),
    ),
    Indicator(
        code="perfect_value_share",
        title=Title("完美金额占比", "Worth that went perfectly"),
        meaning=Title(
            "到期旅程的金额中，没有任何瑕疵的旅程所占的份额；低于完美旅程率说明大单更容易出错。",
            "Of the worth of all due journeys, the share in journeys without a flaw; below the perfect journey rate it says "
            "that large orders go wrong more often.",
        ),
        unit="share", direction="up", table="journeys", population=COUNTED & (nw.col("value_minor") >= 0),
        aggregation="value_share", hit=nw.col("perfect"), value=nw.col("value_minor"), owner="rule:promise", of_flaws=True,
        example=Example(
            rows=tuple(
                {"counted": True, "perfect": perfect, "value_minor": worth}
                for perfect, worth in ((True, 1000), (True, 2000), (False, 9000), (True, None))
            ),
            expected=0.25, n=3,
        ),
    ),
    Indicator(
        code="cancelled_value_share",
        title=Title("取消金额占比", "Worth cancelled"),
        meaning=Title(
            "期内开始的旅程的金额中，后来取消的份额。",
            "Of the worth of all journeys started in the period, the share cancelled since.",
        ),
        unit="share", direction="down", table="journeys",
        population=(nw.col("state") != "unstarted") & (nw.col("value_minor") >= 0), aggregation="value_share",
        hit=nw.col("state") == "cancelled", value=nw.col("value_minor"), dated_by="started", owner="rule:promise",
        example=Example(
            rows=tuple(
                {"state": state, "value_minor": worth}
                for state, worth in (("cancelled", 500), ("completed", 4000), ("open", 500), ("unstarted", 700))
            ),
            expected=0.1, n=3,
        ),
    ),
)

"""Was the promise kept, how long did it take."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")
ARRIVED = COUNTED & ~nw.col("fulfilled_at").is_null()

_ARRIVAL = "2024-05-10T10:00:00"
_DURATIONS: tuple[dict[str, Any], ...] = (
    *({"counted": True, "fulfilled_at": _ARRIVAL, "duration_seconds": days * DAY} for days in (2, 4, 3, 9, 7)),
    {"counted": True, "fulfilled_at": None, "duration_seconds": None},
)

AREA = Title("送达", "Delivery")

INDICATORS = (
    Indicator(
        code="promise_kept_rate",
        title=Title("守诺率", "Promise kept rate"),
        meaning=Title(
            "承诺已到期的旅程中，兑现的占比；逾期未到算失约，无法判定的不计入。",
            "Of all journeys whose promise fell due, the share that kept it; overdue and open is missed, undecided ones "
            "are left out.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED & nw.col("promise").is_in(["kept", "missed"]),
        aggregation="share", hit=nw.col("promise") == "kept",
        owner="rule:promise", needs=("promise",),
        example=Example(
            rows=(
                {"counted": True, "promise": "kept"}, {"counted": True, "promise": "kept"},
                {"counted": True, "promise": "kept"}, {"counted": True, "promise": "missed"},
                {"counted": True, "promise": "undecided"}, {"counted": False, "promise": "open"},
            ),
            expected=0.75, n=4,
        ),
    ),
    Indicator(
        code="arrived_late_share",
        title=Title("迟到率（已到达）", "Late among arrived"),
        meaning=Title(
            "已到达的旅程中，晚于承诺的占比；没到的不在内，所以看起来比失约率好。",
            "Of what has arrived, the share that came after the promise; what never came is not in it, so it flatters.",
        ),
        unit="share", direction="down", table="journeys",
        population=~nw.col("arrived_late").is_null(), aggregation="share", hit=nw.col("arrived_late"),
        dated_by="fulfilled", owner="rule:promise", needs=("promise",),
        example=Example(
            rows=(
                {"arrived_late": True}, {"arrived_late": False}, {"arrived_late": False}, {"arrived_late": False},
                {"arrived_late": None},
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="overdue_open_share",
        title=Title("逾期未结占比", "Overdue and open share"),
        meaning=Title(
            "到期的旅程中，至今没有结果的占比。",
            "Of the journeys that fell due, the share still without an end.",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share",
        hit=nw.col("fulfilled_at").is_null() & nw.col("state").is_in(["open", "abandoned"]),
        owner="rule:promise", needs=("promise",),
        example=Example(
            rows=(
                {"counted": True, "state": "open", "fulfilled_at": None},
                {"counted": True, "state": "completed", "fulfilled_at": _ARRIVAL},
                {"counted": True, "state": "completed", "fulfilled_at": None},
                {"counted": True, "state": "abandoned", "fulfilled_at": None},
                {"counted": False, "state": "open", "fulfilled_at": None},
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="order_to_arrival_median",
        title=Title("下单到送达（中位数）", "Order to arrival (median)"),
        meaning=Title(
            "从开始到送达，一半的旅程用时不超过多少天。",
            "From start to arrival, half of the journeys take no longer than so many days.",
        ),
        unit="days", direction="down", table="journeys",
        population=ARRIVED, aggregation="median", value=nw.col("duration_seconds"), per=DAY, owner="rule:promise",
        example=Example(rows=_DURATIONS, expected=4.0, n=5),
    ),
    Indicator(
        code="order_to_arrival_p90",
        title=Title("下单到送达（第 90 百分位）", "Order to arrival (90th percentile)"),
        meaning=Title(
            "从开始到送达，九成的旅程用时不超过多少天。",
            "From start to arrival, nine of ten journeys take no longer than so many days.",
        ),
        unit="days", direction="down", table="journeys",
        population=ARRIVED, aggregation="p90", value=nw.col("duration_seconds"), per=DAY, owner="rule:promise",
        example=Example(rows=_DURATIONS, expected=8.2, n=5),  # 2 3 4 7 9: 7 + 0.6 · 2
    ),
    Indicator(
        code="order_to_arrival_spread",
        title=Title("送达时间的规律性", "Regularity of arrival"),
        meaning=Title(
            "八成的旅程落在多少天宽的区间里（第 90 减第 10 百分位）；越窄越规律。",
            "Eight of ten journeys fall into a window of so many days (90th minus 10th percentile); narrower is more "
            "regular.",
        ),
        unit="days", direction="down", table="journeys",
        population=ARRIVED, aggregation="spread", value=nw.col("duration_seconds"), per=DAY, owner="rule:promise",
        example=Example(rows=_DURATIONS, expected=5.8, n=5),  # 8.2 less (2 + 0.4 · 1)
    ),
    Indicator(
        code="promise_slack_median",
        title=Title("早到天数（中位数）", "Days early (median)"),
        meaning=Title(
            "到达比承诺早多少天，取中位数；负数是晚到。太大说明承诺过于保守。",
            "How many days before the promise it arrives, at the median; negative is late. Much of it means that promises "
            "are too long.",
        ),
        unit="days", direction="up", table="journeys",
        population=ARRIVED & nw.col("promise").is_in(["kept", "missed"]), aggregation="median",
        value=nw.col("promise_excess_seconds"), per=-DAY, owner="rule:promise", needs=("promise",),
        example=Example(
            rows=tuple(
                {"counted": True, "fulfilled_at": _ARRIVAL, "promise": promise, "promise_excess_seconds": days * DAY}
                for promise, days in (("kept", -5.0), ("kept", -2.0), ("missed", 3.0), ("kept", -4.0), ("none", 1.0))
            ),
            expected=3.0, n=4,  # −3 2 4 5: midway between 2 and 4
        ),
    ),
    Indicator(
        code="late_by_median",
        title=Title("晚到天数（中位数）", "Days late (median)"),
        meaning=Title(
            "失约的旅程晚了多少天，取中位数；还没到的算到数据的最后时刻。",
            "By how many days missed promises were missed, at the median; what is still open counts up to the last data.",
        ),
        unit="days", direction="down", table="journeys",
        population=COUNTED & (nw.col("promise") == "missed"), aggregation="median",
        value=nw.col("promise_excess_seconds"), per=DAY, owner="rule:promise", needs=("promise",),
        example=Example(
            rows=tuple(
                {"counted": True, "promise": promise, "promise_excess_seconds": days * DAY}
                for promise, days in (("missed", 1.0), ("missed", 8.0), ("missed", 2.0), ("kept", -4.0))
            ),
            expected=2.0, n=3,
        ),
    ),
)

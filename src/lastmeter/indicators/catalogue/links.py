"""The stretches between steps: measure them by link."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")
HOUR = 3600.0

_TIMES = tuple(
    {"counted": True, "link": "line_haul", "seconds": seconds} for seconds in (DAY, 2 * DAY, 2 * DAY, 5 * DAY, None)
)

AREA = Title("链路", "Links")

INDICATORS = (
    Indicator(
        code="link_late_share",
        title=Title("链路超时率", "Late link share"),
        meaning=Title(
            "有时限、已能判定的链路中，超时（含逾期未到）的占比；请按链路看。",
            "Of the links with a limit that can be judged, the share over it (overdue ones included); look at it by link.",
        ),
        unit="share", direction="down", table="links",
        population=COUNTED & nw.col("outcome").is_in(["kept", "late", "overdue"]), aggregation="share",
        hit=nw.col("outcome").is_in(["late", "overdue"]), owner="row", needs=("link",),
        example=Example(
            rows=tuple(
                {"counted": True, "link": "handover", "outcome": outcome}
                for outcome in ("kept", "kept", "late", "overdue", "undecided", "open", "unlimited", "skipped")
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="link_time_median",
        title=Title("链路用时（中位数）", "Link time (median)"),
        meaning=Title(
            "链路走完用了多少秒，取中位数；请按链路看。",
            "How many seconds the link took, at the median; look at it by link.",
        ),
        unit="seconds", direction="down", table="links",
        population=COUNTED & ~nw.col("seconds").is_null(), aggregation="median", value=nw.col("seconds"), owner="row",
        example=Example(rows=_TIMES, expected=2 * DAY, n=4),
    ),
    Indicator(
        code="link_time_p90",
        title=Title("链路用时（第 90 百分位）", "Link time (90th percentile)"),
        meaning=Title(
            "九成的链路在多少秒内走完；请按链路看。",
            "Nine of ten passages of the link take no longer than so many seconds; look at it by link.",
        ),
        unit="seconds", direction="down", table="links",
        population=COUNTED & ~nw.col("seconds").is_null(), aggregation="p90", value=nw.col("seconds"), owner="row",
        example=Example(rows=_TIMES, expected=354_240.0, n=4),  # days 1 2 2 5: 2 + 0.7 · 3 is 4.1
    ),
    Indicator(
        code="link_time_spread",
        title=Title("链路用时的规律性", "Regularity of the link"),
        meaning=Title(
            "八成的链路用时落在多少秒宽的区间里（第 90 减第 10 百分位）；请按链路看。",
            "Eight of ten passages fall into a window of so many seconds (90th minus 10th percentile); look at it by link.",
        ),
        unit="seconds", direction="down", table="links",
        population=COUNTED & ~nw.col("seconds").is_null(), aggregation="spread", value=nw.col("seconds"), owner="row",
        example=Example(rows=_TIMES, expected=241_920.0, n=4),  # days: 4.1 less (1 + 0.3 · 1) is 2.8
    ),
    Indicator(
        code="link_excess_median",
        title=Title("链路超出时限（中位数）", "Over the link's limit by (median)"),
        meaning=Title(
            "超时的链路超出时限多少秒，取中位数；请按链路看。",
            "By how many seconds late links exceed their limit, at the median; look at it by link.",
        ),
        unit="seconds", direction="down", table="links",
        population=COUNTED & nw.col("outcome").is_in(["late", "overdue"]), aggregation="median",
        value=nw.col("excess_seconds"), owner="row", needs=("link",),
        example=Example(
            rows=tuple(
                {"counted": True, "link": "handover", "outcome": outcome, "excess_seconds": hours * HOUR}
                for outcome, hours in (("late", 1.0), ("late", 3.0), ("overdue", 30.0), ("kept", 0.0))
            ),
            expected=3 * HOUR, n=3,
        ),
    ),
    Indicator(
        code="link_undecided_share",
        title=Title("链路无法判定占比", "Undecided link share"),
        meaning=Title(
            "有时限且应已判定的链路中，因数据精度不够而无法判定的占比。",
            "Of the links with a limit that should be judged by now, the share too coarsely recorded to tell.",
        ),
        unit="share", direction="down", table="links",
        population=COUNTED & nw.col("outcome").is_in(["kept", "late", "overdue", "undecided"]), aggregation="share",
        hit=nw.col("outcome") == "undecided", owner="row", needs=("link",),
        example=Example(
            rows=tuple(
                {"counted": True, "link": "handover", "outcome": outcome}
                for outcome in ("kept", "undecided", "late", "overdue", "unlimited")
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="link_skipped_share",
        title=Title("链路跳过占比", "Skipped link share"),
        meaning=Title(
            "已见分晓的链路中，没有走完就被后面的结局越过的占比；请按链路看。",
            "Of the links whose outcome is known, the share that a later ending passed over; look at it by link.",
        ),
        unit="share", direction="down", table="links", population=COUNTED & (nw.col("outcome") != "open"), aggregation="share",
        hit=nw.col("outcome") == "skipped", owner="row",
        example=Example(
            rows=tuple(
                {"counted": True, "link": "packing", "outcome": outcome}
                for outcome in ("kept", "skipped", "late", "unlimited", "open")
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="link_limit_used_median",
        title=Title("时限用掉多少（中位数）", "How much of the limit is used (median)"),
        meaning=Title(
            "走完的链路用掉了时限的几成，取中位数；接近一就没有余地，远低于一说明时限太松。",
            "What share of its limit a finished link uses, at the median; near one leaves no room, far below one says that the "
            "limit is slack.",
        ),
        unit="share", direction="down", table="links",
        population=COUNTED & nw.col("outcome").is_in(["kept", "late"]) & (nw.col("limit_seconds") > 0), aggregation="median",
        value=nw.col("seconds") / nw.col("limit_seconds"), owner="row", needs=("link",),
        example=Example(
            rows=tuple(
                {"counted": True, "link": "packing", "outcome": outcome, "seconds": hours * HOUR, "limit_seconds": 4 * HOUR}
                for outcome, hours in (("kept", 1.0), ("kept", 2.0), ("late", 6.0), ("overdue", 9.0))
            ),
            expected=0.5, n=3,
        ),
    ),
)

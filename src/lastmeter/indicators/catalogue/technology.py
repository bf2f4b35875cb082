"""IT: is the service there, do pages open, does a search find anything.

Events: `service.checked` (outcome: up or down; measured: seconds to answer), `page.opened` (outcome: ok or failed; measured:
seconds until it could be used), `search.made` (measured: how many results).
"""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

CHECKED, OPENED, SEARCHED = "service.checked", "page.opened", "search.made"
OUTCOME, MEASURED = nw.col("outcome"), nw.col("measured")
CHECK, PAGE, SEARCH = (nw.col("type") == kind for kind in (CHECKED, OPENED, SEARCHED))

_CHECKS: tuple[dict[str, Any], ...] = (
    *({"type": CHECKED, "outcome": "up", "measured": seconds} for seconds in (0.1, 0.2, 0.3)),
    {"type": CHECKED, "outcome": "down", "measured": None}, {"type": CHECKED, "outcome": None, "measured": None},
)
_PAGES: tuple[dict[str, Any], ...] = (
    *({"type": OPENED, "outcome": "ok", "measured": seconds} for seconds in (1.0, 2.0, 3.0, 8.0)),
    {"type": OPENED, "outcome": "failed", "measured": None}, *_CHECKS,
)

AREA = Title("系统", "IT")

INDICATORS = (
    Indicator(
        code="availability_share",
        title=Title("系统可用率", "Availability"),
        meaning=Title("对系统的定时检查中，可用的占比。", "Of the regular checks of a system, the share that found it up."),
        unit="share", direction="up", table="happenings", population=CHECK & OUTCOME.is_in(["up", "down"]),
        aggregation="share", hit=OUTCOME == "up", dated_by="occurred", owner="area:it", events=(CHECKED,),
        example=Example(rows=_CHECKS, expected=0.75, n=4),
    ),
    Indicator(
        code="response_seconds_p90",
        title=Title("系统响应时间（第 90 百分位）", "System's answer (90th percentile)"),
        meaning=Title("九成的检查在多少秒内得到响应。", "Nine of ten checks are answered within so many seconds."),
        unit="seconds", direction="down", table="happenings", population=CHECK, aggregation="p90", value=MEASURED,
        dated_by="occurred", owner="area:it", events=(CHECKED,),
        example=Example(rows=_CHECKS, expected=0.28, n=3),  # 0.2 + 0.8 · 0.1
    ),
    Indicator(
        code="page_failed_share",
        title=Title("页面打不开的占比", "Pages that failed to open"),
        meaning=Title("顾客打开页面时，没有打开的占比。", "Of the pages that customers opened, the share that failed."),
        unit="share", direction="down", table="happenings", population=PAGE & OUTCOME.is_in(["ok", "failed"]),
        aggregation="share", hit=OUTCOME == "failed", dated_by="occurred", owner="area:it", events=(OPENED,),
        example=Example(rows=_PAGES, expected=0.2, n=5),
    ),
    Indicator(
        code="page_seconds_p90",
        title=Title("页面打开用时（第 90 百分位）", "Page opens in (90th percentile)"),
        meaning=Title("九成的页面在多少秒内可用。", "Nine of ten pages can be used within so many seconds."),
        unit="seconds", direction="down", table="happenings", population=PAGE, aggregation="p90", value=MEASURED,
        dated_by="occurred", owner="area:it", events=(OPENED,),
        example=Example(rows=_PAGES, expected=6.5, n=4),  # 3 + 0.7 · 5
    ),
    Indicator(
        code="search_empty_share",
        title=Title("搜不到结果的占比", "Searches that find nothing"),
        meaning=Title("顾客的搜索中，一个结果也没有的占比。", "Of the customers' searches, the share without a single result."),
        unit="share", direction="down", table="happenings", population=SEARCH & ~MEASURED.is_null(), aggregation="share",
        hit=MEASURED <= 0, dated_by="occurred", owner="area:it", events=(SEARCHED,),
        example=Example(
            rows=tuple({"type": SEARCHED, "measured": found} for found in (0.0, 3.0, 12.0, 1.0, None)), expected=0.25, n=4,
        ),
    ),
)

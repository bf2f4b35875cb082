"""Do they come back, does it depend on how it went, and do they bring others."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.indicators.happened import happenings_of
from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

KNOWN = ~nw.col("customer").is_null() & ~nw.col("started_at").is_null()
WINDOW_DAYS = 180
FAN_TIMES = 3  # who starts that many journeys is a fan
REFERRED = "customer.referred"  # its customer is the one who was brought
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


def with_next_value(frame: Frame, facts: Facts) -> Frame:
    """Adds what the same customer's next journey within the window was worth: 0 if there was none, null if unknown."""
    keys = ["journey_kind", "customer", "started_at"]
    worth = nw.col("value_minor")
    spent = frame.filter(KNOWN).group_by(*keys).agg(
        worth.fill_null(0).sum().cast(nw.Int64).alias("summed"), worth.count().cast(nw.Int64).alias("known"),
    )
    following = spent.with_columns(nw.when(nw.col("known") > 0).then(nw.col("summed")).alias("spent")).with_columns(
        nw.col("spent").shift(-1).over("journey_kind", "customer", order_by="started_at").alias("spent_next"),
    ).select(*keys, "spent_next")
    joined = with_next_start(frame, facts).join(following, on=keys, how="left")
    return joined.with_columns(nw.when(CAME_BACK).then(nw.col("spent_next")).otherwise(nw.lit(0)).alias("next_value"))


def with_times(frame: Frame, facts: Facts) -> Frame:
    """Adds how many journeys the same customer has started in all."""
    del facts
    return frame.with_columns(nw.col("started_at").count().over("journey_kind", "customer").alias("customer_times"))


def with_referred(frame: Frame, facts: Facts) -> Frame:
    """Adds when the customer's first journey started, and how often somebody brought that customer; null if nobody."""
    brought = happenings_of(facts, [REFERRED]).filter(~nw.col("customer").is_null())
    counts = brought.group_by("customer").agg(nw.len().alias("times_referred"))
    return with_first_start(frame, facts).join(counts, on="customer", how="left")


# As of 2024-07-01. Ann: perfect in November, back after 60 days with a flawed one, back after 200 (too late).
# Ben: flawed in December, never back. Cy: back, but his first is too young to be judged.
_ROWS: tuple[dict[str, Any], ...] = (
    {"counted": True, "customer": "ann", "started_at": "2023-10-01T00:00:00", "perfect": True},
    {"counted": True, "customer": "ann", "started_at": "2023-11-30T00:00:00", "perfect": False},
    {"counted": True, "customer": "ann", "started_at": "2024-06-17T00:00:00", "perfect": True},
    {"counted": True, "customer": "ben", "started_at": "2023-12-05T00:00:00", "perfect": False},
    {"counted": True, "customer": "cy", "started_at": "2024-05-01T00:00:00", "perfect": True},
    {"counted": True, "customer": "cy", "started_at": "2024-05-20T00:00:00", "perfect": True},
    {"counted": True, "customer": None, "started_at": "2023-12-05T00:00:00", "perfect": True},
)
_WORTH = tuple({**row, "value_minor": worth} for row, worth in zip(_ROWS, (1000, 4000, 500, 2000, 300, None, 900), strict=True))


def _next_value(code: str, title: Title, meaning: Title, how: nw.Expr, example: Example) -> Indicator:
    return Indicator(
        code=code, title=title, meaning=meaning, unit="money", direction="up", table="journeys",
        population=nw.col("counted") & how & KNOWN & OLD_ENOUGH, aggregation="mean", value=nw.col("next_value"),
        derive=with_next_value, cluster="customer", owner="area:loyalty", example=example,
    )


AREA = Title("忠诚", "Loyalty")

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
    _next_value(
        "next_value_after_perfect",
        Title("完美之后的下一单金额", "Worth of the next after a perfect journey"),
        Title(
            "完美的旅程，顾客在其开始后 180 天内下一个旅程的金额（最小单位）的平均值；没有下一个算零。",
            "Mean worth (minor units) of the customer's next journey within 180 days of a perfect one's start; none counts as zero.",
        ),
        nw.col("perfect"), Example(rows=_WORTH, expected=4000.0, n=1),
    ),
    _next_value(
        "next_value_after_flawed",
        Title("有瑕疵之后的下一单金额", "Worth of the next after a flawed journey"),
        Title(
            "有瑕疵的旅程，顾客在其开始后 180 天内下一个旅程的金额（最小单位）的平均值；与完美之后相比，就是瑕疵的代价。",
            "Mean worth (minor units) of the customer's next journey within 180 days of a flawed one's start; beside the one "
            "after perfect journeys it shows what flaws cost.",
        ),
        ~nw.col("perfect"), Example(rows=_WORTH, expected=0.0, n=2),
    ),
    Indicator(
        code="days_to_return_median",
        title=Title("隔多少天再来（中位数）", "Days until they return (median)"),
        meaning=Title(
            "再次到来的顾客，两次开始之间隔多少天，取中位数。",
            "For customers who come back, days from one start to the next, at the median.",
        ),
        unit="days", direction="down", table="journeys", population=KNOWN & ~nw.col("seconds_to_next").is_null(),
        aggregation="median", value=nw.col("seconds_to_next"), per=DAY, derive=with_next_start, cluster="customer",
        dated_by="started", owner="area:loyalty", example=Example(rows=_ROWS, expected=60.0, n=3),  # 19 60 200
    ),
    Indicator(
        code="fan_spend_share",
        title=Title("铁粉的消费占比", "Fans' share of spend"),
        meaning=Title(
            "期内开始、未取消的旅程的金额中，来自至少开始过三次旅程的顾客的占比。",
            "Of the worth of all journeys started in the period and not cancelled, the share from customers with at least three.",
        ),
        unit="share", direction="up", table="journeys",
        population=KNOWN & (nw.col("value_minor") >= 0) & ~nw.col("state").is_in(["cancelled", "unstarted"]),
        aggregation="value_share", hit=nw.col("customer_times") >= FAN_TIMES, value=nw.col("value_minor"),
        derive=with_times, cluster="customer", dated_by="started", owner="area:loyalty",
        example=Example(rows=_WORTH, expected=5500 / 7800, n=5),  # ann's 1000, 4000, 500 of all but the one without a worth
    ),
    Indicator(
        code="referred_customer_share",
        title=Title("顾客带来的顾客占比", "Customers brought by customers"),
        meaning=Title(
            "期内第一次到来的顾客中，由别的顾客带来的占比。",
            "Of the customers who came for the first time, the share that another customer brought.",
        ),
        unit="share", direction="up", table="journeys",
        population=KNOWN & (nw.col("started_at") == nw.col("first_started_at")), aggregation="share",
        hit=~nw.col("times_referred").is_null(), derive=with_referred, dated_by="started", owner="area:loyalty",
        events=(REFERRED,),
        example=Example(
            rows=_ROWS, happenings=({"type": REFERRED, "customer": "ben"}, {"type": REFERRED, "customer": "zed"}),
            expected=1 / 3, n=3,
        ),
    ),
)

"""Visits and lessons: the appointment holds, the same face comes, it works at the first try, and it is on record.

Events: `appointment.moved` (outcome: by_company or by_customer), `attempt.made` (outcome: succeeded or failed; also of a
delivery), `connection.made` of a lesson or a call (outcome: ok or failed; measured: seconds until connected).
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.catalogue.service import COUNTED, HAS_ONE, flaws_example, with_flaws_of
from lastmeter.indicators.happened import about_journeys
from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

MOVED, TRIED, CONNECTED = "appointment.moved", "attempt.made", "connection.made"
OUTCOME = nw.col("outcome")
CONNECTION = nw.col("type") == CONNECTED


def with_times_moved(frame: Frame, facts: Facts) -> Frame:
    """Adds how often the company moved the appointment of each journey; null where never."""
    moved = about_journeys(facts, MOVED).filter(OUTCOME == "by_company")
    counts = moved.group_by("journey_kind", "journey_id").agg(nw.len().alias("times_moved"))
    return frame.join(counts, on=["journey_kind", "journey_id"], how="left")


def with_previous_performer(frame: Frame, facts: Facts) -> Frame:
    """Adds who served the same customer the time before; null at the first time."""
    del facts
    served = frame.filter(~nw.col("customer").is_null(), ~nw.col("performer").is_null(), ~nw.col("started_at").is_null())
    before = nw.col("performer").shift(1).over("journey_kind", "customer", order_by=["started_at", "journey_id"])
    return served.with_columns(before.alias("previous_performer"))


def first_tries(frame: Frame, facts: Facts) -> Frame:
    """Of each thing the attempts at the time of its first."""
    del facts
    tries = frame.filter(nw.col("type") == TRIED)
    first = nw.col("occurred_at").min().over("object_type", "object_id")
    return tries.with_columns(first.alias("first_at")).filter(nw.col("occurred_at") == nw.col("first_at"))


def _try(about: str, day: int, outcome: str) -> dict[str, object]:
    return {"type": TRIED, "object_type": "visit", "object_id": about, "occurred_at": f"2024-05-{day:02d}T09:00:00", "outcome": outcome}


def _moved(about: str, outcome: str) -> dict[str, object]:
    return {"type": MOVED, "object_type": "order", "object_id": about, "outcome": outcome}


def _lesson(customer: str | None, teacher: str | None, day: int) -> dict[str, object]:
    return {"counted": True, "customer": customer, "performer": teacher, "started_at": f"2024-05-{day:02d}T09:00:00"}


def _missing(code: str, primitive: str, zh: str, en: str, meaning: Title) -> Indicator:
    """Share of journeys with a flaw of one primitive."""
    return Indicator(
        code=code, title=Title(zh, en), meaning=meaning, unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=HAS_ONE, derive=with_flaws_of(primitive), owner=f"rule:{primitive}",
        of_flaws=True, needs=(primitive,), example=flaws_example(primitive),
    )


AREA = Title("上门与课程", "Visits and lessons")

INDICATORS = (
    Indicator(
        code="same_performer_share",
        title=Title("还是同一个人的占比", "The same person again"),
        meaning=Title(
            "再次到来的顾客，由上一次同一个执行方（师傅、老师、卖家）服务的占比。",
            "Of returning customers' journeys, the share served by the same performer (technician, teacher, seller) as the time before.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED & ~nw.col("previous_performer").is_null(), aggregation="share",
        hit=nw.col("performer") == nw.col("previous_performer"), derive=with_previous_performer, cluster="customer",
        owner="area:visits",
        example=Example(
            rows=(
                _lesson("ann", "li", 1), _lesson("ann", "li", 8), _lesson("ann", "wu", 15), _lesson("ann", "wu", 22),
                _lesson("ben", "li", 1), _lesson("ben", "wu", 8), _lesson(None, "li", 9), _lesson("ann", None, 9),
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="moved_by_company_share",
        title=Title("公司改约占比", "Appointments that the company moved"),
        meaning=Title(
            "到期的旅程中，公司至少改过一次约定时间的占比。",
            "Of the journeys that fell due, the share whose appointment the company moved at least once.",
        ),
        unit="share", direction="down", table="journeys", population=COUNTED, aggregation="share",
        hit=~nw.col("times_moved").is_null(), derive=with_times_moved, owner="area:visits", events=(MOVED,),
        example=Example(
            rows=tuple({"counted": True, "journey_id": each} for each in "abcd"),
            happenings=(_moved("a", "by_company"), _moved("a", "by_company"), _moved("b", "by_customer")),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="first_attempt_share",
        title=Title("一次办成率", "Done at the first attempt"),
        meaning=Title(
            "派送或上门的第一次尝试中，办成的占比。",
            "Of the first attempts to deliver or to visit, the share that succeeded.",
        ),
        unit="share", direction="up", table="happenings", population=OUTCOME.is_in(["succeeded", "failed"]),
        aggregation="share", hit=OUTCOME == "succeeded", derive=first_tries, dated_by="occurred", owner="area:visits",
        events=(TRIED,),
        example=Example(
            rows=(
                _try("a", 1, "succeeded"), _try("b", 1, "failed"), _try("b", 2, "succeeded"), _try("c", 3, "succeeded"),
                _try("d", 3, "failed"), _try("d", 4, "failed"),
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="connection_failed_share",
        title=Title("连接失败率", "Failed connections"),
        meaning=Title("课堂或通话的连接中，失败的占比。", "Of the connections to a lesson or a call, the share that failed."),
        unit="share", direction="down", table="happenings", population=CONNECTION & OUTCOME.is_in(["ok", "failed"]),
        aggregation="share", hit=OUTCOME == "failed", dated_by="occurred", owner="area:visits", events=(CONNECTED,),
        example=Example(
            rows=tuple({"type": CONNECTED, "outcome": each} for each in ("ok", "ok", "ok", "failed", None)), expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="connection_seconds_p90",
        title=Title("连接用时（第 90 百分位）", "Time to connect (90th percentile)"),
        meaning=Title("九成的连接在多少秒内完成。", "Nine of ten connections stand within so many seconds."),
        unit="seconds", direction="down", table="happenings", population=CONNECTION, aggregation="p90",
        value=nw.col("measured"), dated_by="occurred", owner="area:visits", events=(CONNECTED,),
        example=Example(
            rows=tuple({"type": CONNECTED, "measured": seconds} for seconds in (1.0, 2.0, 12.0, None)), expected=10.0, n=3,
        ),
    ),
    _missing(
        "evidence_missing_share", "evidence", "缺凭证的占比", "Evidence missing",
        Title("到期的旅程中，至少有一步缺了规定凭证（照片、编号）的占比。",
              "Of the journeys that fell due, the share in which a step lacks the evidence it must have (a photo, a number)."),
    ),
    _missing(
        "count_missed_share", "count", "次数不足或过多的占比", "Too few or too many times",
        Title("到期的旅程中，规定次数（如三次确认）没有做到的占比。",
              "Of the journeys that fell due, the share in which a count (three confirmations, say) is not met."),
    ),
    _missing(
        "recurrence_missed_share", "recurrence", "定期动作中断的占比", "A regular act skipped",
        Title("到期的旅程中，定期动作（如每两周一份报告）断过的占比。",
              "Of the journeys that fell due, the share in which a regular act (a report every two weeks) was skipped."),
    ),
    _missing(
        "order_broken_share", "order", "先后颠倒的占比", "Steps in the wrong order",
        Title("到期的旅程中，步骤先后颠倒过的占比。", "Of the journeys that fell due, the share with steps in a forbidden order."),
    ),
    _missing(
        "overlap_share", "exclusive", "同时两人经手的占比", "Two at once",
        Title("到期的旅程中，不该同时经手的人同时经手过的占比。",
              "Of the journeys that fell due, the share that two performers held at once where only one may."),
    ),
)

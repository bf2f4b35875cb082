"""Delight: good acts that nobody owed, and what they did.

Event: `good_act.done`; its first object is the journey's (the order, the visit, the lesson).
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.catalogue.loyalty import CAME_BACK, KNOWN, OLD_ENOUGH, with_next_start
from lastmeter.indicators.happened import with_happenings
from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

GOOD_ACT = "good_act.done"
COUNTED, DELIGHTED = nw.col("counted"), nw.col("happened") > 0


def with_good_acts(frame: Frame, facts: Facts) -> Frame:
    """Adds to journeys how many good acts are about each."""
    return with_happenings(frame, facts, GOOD_ACT)


def with_good_acts_and_next(frame: Frame, facts: Facts) -> Frame:
    """Adds good acts, and when the same customer started another journey."""
    return with_good_acts(with_next_start(frame, facts), facts)


def _act(journey: str) -> dict[str, object]:
    return {"type": GOOD_ACT, "object_type": "order", "object_id": journey}


_ROWS = tuple(
    {"counted": True, "journey_id": journey, "customer": customer, "started_at": start, "score": score}
    for journey, customer, start, score in (
        ("a", "ann", "2023-10-01T00:00:00", 1.0), ("b", "ann", "2023-11-01T00:00:00", 0.5),
        ("c", "ben", "2023-10-01T00:00:00", 0.75), ("d", "cy", "2023-10-01T00:00:00", 0.0),
        ("e", "cy", "2023-12-01T00:00:00", None),
    )
)
_ACTS = (_act("a"), _act("a"), _act("c"), _act("x"))

AREA = Title("惊喜", "Delight")

INDICATORS = (
    Indicator(
        code="good_act_share",
        title=Title("惊喜率", "Delighted share"),
        meaning=Title(
            "到期的旅程中，有人做过至少一件分外好事的占比。",
            "Of the journeys that fell due, the share in which somebody did at least one good act that nobody owed.",
        ),
        unit="share", direction="up", table="journeys", population=COUNTED, aggregation="share", hit=DELIGHTED,
        derive=with_good_acts, owner="area:delight", events=(GOOD_ACT,),
        example=Example(rows=_ROWS, happenings=_ACTS, expected=0.4, n=5),
    ),
    Indicator(
        code="score_after_good_act_mean",
        title=Title("惊喜之后的平均分", "Mean score after a good act"),
        meaning=Title(
            "有过分外好事的到期旅程，顾客打分的平均值，零到一；与平均分相比就看出它做了什么。",
            "Mean score, from zero to one, of due journeys with a good act that nobody owed; beside the mean of all it shows "
            "what the act did.",
        ),
        unit="score", direction="up", table="journeys", population=COUNTED & DELIGHTED, aggregation="mean",
        value=nw.col("score"), derive=with_good_acts, owner="area:delight", needs=("feedback",), events=(GOOD_ACT,),
        example=Example(rows=_ROWS, happenings=_ACTS, expected=0.875, n=2),
    ),
    Indicator(
        code="repeat_after_good_act_share",
        title=Title("惊喜之后的复购率", "Came back after a good act"),
        meaning=Title(
            "有过分外好事的到期旅程中，顾客在其开始后 180 天内又开始了一个的占比。",
            "Of the due journeys with a good act, the share whose customer started another within 180 days of their start.",
        ),
        unit="share", direction="up", table="journeys", population=COUNTED & DELIGHTED & KNOWN & OLD_ENOUGH,
        aggregation="share", hit=CAME_BACK, derive=with_good_acts_and_next, owner="area:delight", events=(GOOD_ACT,),
        example=Example(rows=_ROWS, happenings=_ACTS, expected=0.5, n=2),
    ),
    Indicator(
        code="praise_share",
        title=Title("主动夸奖占比", "Praise, unasked"),
        meaning=Title(
            "顾客未经询问给出的打分中，不低于四分之三量程的占比。",
            "Of the scores that customers gave unasked, the share from three quarters of the scale up.",
        ),
        unit="share", direction="up", table="feedback", population=~nw.col("solicited") & ~nw.col("score_share").is_null(),
        aggregation="share", hit=nw.col("score_share") >= 0.75, dated_by="occurred", owner="area:delight", needs=("feedback",),
        example=Example(
            rows=tuple(
                {"solicited": asked, "score_share": score}
                for asked, score in ((False, 1.0), (False, 0.25), (False, None), (True, 1.0), (False, 0.0), (False, 0.75))
            ),
            expected=0.5, n=4,
        ),
    ),
)

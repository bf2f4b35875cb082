"""What should have been done and was not, what should not have happened, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")
FLAWED = COUNTED & (nw.col("flaw_count") > 0)
HAS_ONE = ~nw.col("flaws_of_primitive").is_null()


def with_flaws_of(primitive: str) -> Callable[[Frame, Facts], Frame]:
    """Adds to journeys how many flaws of a primitive they have; null where none."""

    def derive(frame: Frame, facts: Facts) -> Frame:
        flaws = facts.flaws.filter(nw.col("primitive") == primitive)
        counted = flaws.group_by("journey_kind", "journey_id").agg(nw.len().alias("flaws_of_primitive"))
        return frame.join(counted, on=["journey_kind", "journey_id"], how="left")

    return derive


def flaws_example(primitive: str) -> Example:
    """Four due journeys, one of which has flaws of the primitive."""
    return Example(
        rows=({"counted": True}, {"counted": True}, {"counted": True}, {"counted": True}, {"counted": False}),
        flaws=(
            {"journey_id": "j1", "primitive": primitive, "rule": "a"},
            {"journey_id": "j1", "primitive": primitive, "rule": "b"},
            {"journey_id": "j2", "primitive": "other", "rule": "c"},
            {"journey_id": "j5", "primitive": primitive, "rule": "a"},
        ),
        expected=0.25, n=4,  # only j1; j5 is not due
    )


AREA = Title("服务标准", "Standard of service")

INDICATORS = (
    Indicator(
        code="required_missed_share",
        title=Title("漏做必做动作的占比", "Missed a required act"),
        meaning=Title(
            "到期的旅程中，漏做了至少一个必做动作（如派送前通知）的占比。",
            "Of the journeys that fell due, the share in which at least one required act (a notice, say) is missing.",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=HAS_ONE, derive=with_flaws_of("required"), of_flaws=True, owner="rule:required",
        needs=("required",), example=flaws_example("required"),
    ),
    Indicator(
        code="forbidden_share",
        title=Title("出现禁止事件的占比", "Something forbidden happened"),
        meaning=Title(
            "到期的旅程中，发生过至少一次不该发生的事（如破损）的占比。",
            "Of the journeys that fell due, the share in which something happened that must not (damage, say).",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=HAS_ONE, derive=with_flaws_of("forbidden"), of_flaws=True, owner="rule:forbidden",
        needs=("forbidden",), example=flaws_example("forbidden"),
    ),
    Indicator(
        code="unhappy_share",
        title=Title("顾客表示不满的占比", "Customer unhappy in words or score"),
        meaning=Title(
            "到期的旅程中，至少有一条反馈（投诉或低分）构成瑕疵的占比。",
            "Of the journeys that fell due, the share with at least one feedback that is a flaw: a complaint, a low score.",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=HAS_ONE, derive=with_flaws_of("feedback"), of_flaws=True, owner="rule:feedback",
        needs=("feedback",), example=flaws_example("feedback"),
    ),
    Indicator(
        code="several_flaws_share",
        title=Title("多处瑕疵占比", "More than one flaw"),
        meaning=Title(
            "有瑕疵的旅程中，瑕疵不止一个的占比。",
            "Of the flawed journeys, the share with more than one flaw.",
        ),
        unit="share", direction="down", table="journeys",
        population=FLAWED, aggregation="share", hit=nw.col("flaw_count") > 1, of_flaws=True, owner="rule:promise",
        example=Example(
            rows=tuple({"counted": True, "flaw_count": flaws} for flaws in (1, 1, 2, 5, 0)), expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="silent_flawed_share",
        title=Title("有瑕疵而未发声的占比", "Flawed, and the customer silent"),
        meaning=Title(
            "有瑕疵的旅程中，顾客没有打过分的占比：多数不满的人不说话就走了。",
            "Of the flawed journeys, the share whose customer gave no score: most dissatisfied customers leave without a "
            "word.",
        ),
        unit="share", direction="down", table="journeys",
        population=FLAWED, aggregation="share", hit=nw.col("score").is_null(), owner="rule:feedback",
        needs=("feedback",),
        example=Example(
            rows=(
                {"counted": True, "flaw_count": 1, "score": None}, {"counted": True, "flaw_count": 2, "score": None},
                {"counted": True, "flaw_count": 1, "score": None}, {"counted": True, "flaw_count": 1, "score": 0.0},
                {"counted": True, "flaw_count": 0, "score": None},
            ),
            expected=0.75, n=4,
        ),
    ),
    Indicator(
        code="ownerless_flaw_share",
        title=Title("无人负责的瑕疵占比", "Flaws without an owner"),
        meaning=Title(
            "瑕疵中，没有负责岗位的占比；应为零。",
            "Of all flaws, the share for which no post is accountable; it should be zero.",
        ),
        unit="share", direction="down", table="flaws",
        population=COUNTED, aggregation="share", hit=nw.col("post").is_null(), owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "post": "logistics"}, {"counted": True, "post": None},
                {"counted": True, "post": "seller_care"}, {"counted": True, "post": "logistics"},
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="unasked_feedback_share",
        title=Title("主动发声占比", "Spoken without being asked"),
        meaning=Title(
            "反馈中，顾客未经询问自己说出来的占比。",
            "Of all feedback, the share that customers gave without being asked.",
        ),
        unit="share", direction="down", table="feedback",
        population=~nw.col("event_id").is_null(), aggregation="share", hit=~nw.col("solicited"), dated_by="occurred",
        owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=({"solicited": True}, {"solicited": False}, {"solicited": True}, {"solicited": True}),
            expected=0.25, n=4,
        ),
    ),
)

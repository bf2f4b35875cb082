"""What customers say when asked; kept apart from what events say."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")
ANSWERED = ~nw.col("score").is_null()
# Four of five and nine of eleven are satisfied, three of five is not.
SATISFIED_FROM = 0.75

AREA = Title("满意", "Satisfaction")

INDICATORS = (
    Indicator(
        code="customer_said_rate",
        title=Title("顾客说好率", "Customer-said rate"),
        meaning=Title(
            "答卷中打分不低于四分之三量程（五分制四分起）的占比，并按是否守诺加权回全部到期旅程：迟到的人答不答卷不再影响结果。",
            "Share of answers with a score from three quarters of the scale up (four of five), weighted back to all due "
            "journeys by promise outcome, so that who bothers to answer does not decide it.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED, aggregation="weighted_share", strata="promise",
        answered=ANSWERED, hit=ANSWERED & (nw.col("score") >= SATISFIED_FROM),
        owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                # Eight kept, of whom two answered, both satisfied; two missed, both answered, one satisfied.
                *({"counted": True, "promise": "kept", "score": 1.0} for _ in range(2)),
                *({"counted": True, "promise": "kept", "score": None} for _ in range(6)),
                {"counted": True, "promise": "missed", "score": 0.75},
                {"counted": True, "promise": "missed", "score": 0.5},
                {"counted": False, "promise": "open", "score": 0.0},
            ),
            expected=0.9, n=4,  # 0.8 · 1 + 0.2 · 0.5; unweighted it would be 0.75
        ),
    ),
    Indicator(
        code="mean_score",
        title=Title("平均分", "Mean score"),
        meaning=Title(
            "主动询问得到的打分的平均值，零到一；一是满分。",
            "Mean of the scores given when asked, from zero to one, one being best.",
        ),
        unit="score", direction="up", table="feedback",
        population=nw.col("solicited") & ~nw.col("score_share").is_null(), aggregation="mean",
        value=nw.col("score_share"), dated_by="occurred", owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                {"solicited": True, "score_share": 1.0}, {"solicited": True, "score_share": 0.75},
                {"solicited": True, "score_share": 0.0}, {"solicited": True, "score_share": 0.25},
                {"solicited": False, "score_share": 0.0}, {"solicited": True, "score_share": None},
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="low_score_share",
        title=Title("低分占比", "Low score share"),
        meaning=Title(
            "主动询问得到的打分中，低于量程一半（五分制一、二分）的占比。",
            "Of the scores given when asked, the share below half of the scale (one or two of five).",
        ),
        unit="share", direction="down", table="feedback",
        population=nw.col("solicited") & ~nw.col("score_share").is_null(), aggregation="share",
        hit=nw.col("score_share") < 0.5, dated_by="occurred", owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                {"solicited": True, "score_share": 1.0}, {"solicited": True, "score_share": 0.5},
                {"solicited": True, "score_share": 0.25}, {"solicited": True, "score_share": 0.0},
                {"solicited": False, "score_share": 0.0},
            ),
            expected=0.5, n=4,
        ),
    ),
    Indicator(
        code="response_share",
        title=Title("答卷率", "Response share"),
        meaning=Title(
            "到期的旅程中，顾客打过分的占比。",
            "Of the journeys that fell due, the share that the customer scored.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED, aggregation="share", hit=ANSWERED, owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                {"counted": True, "score": 1.0}, {"counted": True, "score": 0.0}, {"counted": True, "score": 0.5},
                {"counted": True, "score": None}, {"counted": False, "score": 1.0},
            ),
            expected=0.75, n=4,
        ),
    ),
    Indicator(
        code="second_review_share",
        title=Title("重复评价占比", "Second review share"),
        meaning=Title(
            "反馈中，所属旅程有不止一次反馈的占比；多是先抱怨后补评，值得一看。",
            "Of all feedback, the share whose journey was spoken of more than once; often a complaint and its sequel.",
        ),
        unit="share", direction="down", table="feedback",
        population=~nw.col("event_id").is_null(), aggregation="share", hit=nw.col("said_times") > 1,
        derive=lambda frame, _: frame.with_columns(nw.len().over("journey_kind", "journey_id").alias("said_times")),
        dated_by="occurred", owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                {"journey_id": "a"}, {"journey_id": "a"}, {"journey_id": "b"}, {"journey_id": "c"},
            ),
            expected=0.5, n=4,
        ),
    ),
)

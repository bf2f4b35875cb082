"""Standard measures of what customers answer: CSAT, stars, NPS, CES; and what the answers do not explain.

Events: `recommendation.answered` (measured: 0 to 10, “would you recommend us”), `effort.answered` (measured: 1 to 7, “the
company made it easy”); scores in stars come as feedback.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.catalogue.satisfaction import ANSWERED, COUNTED, SATISFIED_FROM
from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

RECOMMENDED, EFFORT = "recommendation.answered", "effort.answered"
SCORE, MEASURED = nw.col("score_share"), nw.col("measured")
ASKED = nw.col("solicited") & ~SCORE.is_null()
ON_ELEVEN = (nw.col("type") == RECOMMENDED) & MEASURED.is_between(0, 10)
ON_SEVEN = (nw.col("type") == EFFORT) & MEASURED.is_between(1, 7)
PROMOTER_FROM, DETRACTOR_TO = 9, 6  # Reichheld 2003
HARD_TO = 3  # of seven: disagrees that it was easy

_STARS = tuple(
    {"solicited": asked, "score": stars, "scale": 5.0, "score_share": (stars - 1) / 4, "said": said}
    for asked, stars, said in (
        (True, 5.0, "t1"), (True, 4.0, None), (True, 3.0, "t2"), (True, 1.0, "t3"), (True, 5.0, None), (False, 1.0, "t4"),
    )
)
_RECOMMEND = tuple({"type": RECOMMENDED, "measured": each} for each in (10.0, 9.0, 9.0, 8.0, 7.0, 6.0, 0.0, 10.0, 11.0, None))
_EASE = tuple({"type": EFFORT, "measured": each} for each in (7.0, 6.0, 3.0, 2.0, 0.0))

AREA = Title("顾客回答", "What customers answer")

INDICATORS = (
    Indicator(
        code="csat",
        title=Title("满意度（CSAT）", "CSAT"),
        meaning=Title(
            "主动询问得到的打分中，不低于四分之三量程（五分制四、五分）的占比，不加权。",
            "Of the scores given when asked, the share from three quarters of the scale up (four and five of five), unweighted.",
        ),
        unit="share", direction="up", table="feedback", population=ASKED, aggregation="share", hit=SCORE >= SATISFIED_FROM,
        dated_by="occurred", owner="rule:feedback", needs=("feedback",), example=Example(rows=_STARS, expected=0.6, n=5),
    ),
    Indicator(
        code="star_mean",
        title=Title("平均星级", "Mean stars"),
        meaning=Title("五分制打分的平均值，一到五。", "Mean of the scores on a scale of five, from one to five."),
        unit="points", direction="up", table="feedback", population=ASKED & (nw.col("scale") == 5), aggregation="mean",
        value=nw.col("score"), dated_by="occurred", owner="rule:feedback", needs=("feedback",),
        example=Example(rows=_STARS, expected=3.6, n=5),
    ),
    Indicator(
        code="top_score_share",
        title=Title("满分占比", "Top score share"),
        meaning=Title("主动询问得到的打分中，满分的占比。", "Of the scores given when asked, the share that is the best possible."),
        unit="share", direction="up", table="feedback", population=ASKED, aggregation="share", hit=SCORE >= 1,
        dated_by="occurred", owner="rule:feedback", needs=("feedback",), example=Example(rows=_STARS, expected=0.4, n=5),
    ),
    Indicator(
        code="worded_share",
        title=Title("打分附言占比", "Scores with words"),
        meaning=Title(
            "主动询问得到的打分中，顾客另写了话的占比；话里有原因。",
            "Of the scores given when asked, the share with the customer's own words, which hold the reason.",
        ),
        unit="share", direction="up", table="feedback", population=ASKED, aggregation="share",
        hit=~nw.col("said").is_null(), dated_by="occurred", owner="rule:feedback", needs=("feedback",),
        example=Example(rows=_STARS, expected=0.6, n=5),
    ),
    Indicator(
        code="unexplained_low_score_share",
        title=Title("事件看不出原因的低分", "Low scores that events do not explain"),
        meaning=Title(
            "到期旅程的低分（低于量程一半）中，按事件却是完美的占比：标准漏掉了顾客在意的事。",
            "Of the low scores (below half of the scale) of due journeys, the share whose journey is perfect by events: the "
            "standard misses something that customers mind.",
        ),
        unit="share", direction="down", table="journeys", population=COUNTED & ANSWERED & (nw.col("score") < 0.5),
        aggregation="share", hit=nw.col("perfect"), owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=(
                {"counted": True, "score": 0.0, "perfect": True}, {"counted": True, "score": 0.25, "perfect": False},
                {"counted": True, "score": 0.0, "perfect": False}, {"counted": True, "score": 0.25, "perfect": False},
                {"counted": True, "score": 0.5, "perfect": True}, {"counted": True, "score": None, "perfect": True},
            ),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="score_when_late_mean",
        title=Title("迟到时的平均分", "Mean score when late"),
        meaning=Title(
            "晚于承诺到达的旅程，主动询问得到的打分的平均值，零到一；与总平均分之差就是迟到的代价。",
            "Mean of the scores given when asked for journeys that arrived after the promise, from zero to one; beside the "
            "mean of all it shows what lateness costs.",
        ),
        unit="score", direction="up", table="feedback", population=ASKED & nw.col("arrived_late"), aggregation="mean",
        value=SCORE, dated_by="occurred", owner="rule:feedback", needs=("feedback", "promise"),
        example=Example(
            rows=tuple(
                {"solicited": True, "score_share": score, "arrived_late": late}
                for score, late in ((0.0, True), (0.5, True), (0.25, True), (1.0, False), (1.0, None))
            ),
            expected=0.25, n=3,
        ),
    ),
    Indicator(
        code="nps",
        title=Title("净推荐值（NPS）", "Net promoter score (NPS)"),
        meaning=Title(
            "“会不会推荐我们”（0 到 10 分）：推荐者（9、10 分）占比减去贬损者（0 到 6 分）占比，乘以一百；−100 到 100。",
            "“Would you recommend us” (0 to 10): the share of promoters (9 and 10) less that of detractors (0 to 6), times a "
            "hundred; from −100 to 100.",
        ),
        unit="points", direction="up", table="happenings", population=ON_ELEVEN, aggregation="mean",
        value=nw.when(MEASURED >= PROMOTER_FROM).then(nw.lit(100.0)).otherwise(
            nw.when(MEASURED <= DETRACTOR_TO).then(nw.lit(-100.0)).otherwise(nw.lit(0.0))),
        dated_by="occurred", owner="rule:feedback", events=(RECOMMENDED,),
        example=Example(rows=_RECOMMEND, expected=25.0, n=8),  # four promoters, two detractors of eight
    ),
    Indicator(
        code="detractor_share",
        title=Title("贬损者占比", "Detractors"),
        meaning=Title("“会不会推荐我们”的回答中，0 到 6 分的占比。", "Of the answers to “would you recommend us”, the share from 0 to 6."),
        unit="share", direction="down", table="happenings", population=ON_ELEVEN, aggregation="share",
        hit=MEASURED <= DETRACTOR_TO, dated_by="occurred", owner="rule:feedback", events=(RECOMMENDED,),
        example=Example(rows=_RECOMMEND, expected=0.25, n=8),
    ),
    Indicator(
        code="ces_mean",
        title=Title("费力度（CES）", "Customer effort score (CES)"),
        meaning=Title(
            "“办成这件事很容易”（1 到 7 分，7 最容易）的平均分。",
            "Mean of the answers to “the company made it easy” (1 to 7, 7 being easiest; CES 2.0).",
        ),
        unit="points", direction="up", table="happenings", population=ON_SEVEN, aggregation="mean", value=MEASURED,
        dated_by="occurred", owner="rule:feedback", events=(EFFORT,), example=Example(rows=_EASE, expected=4.5, n=4),
    ),
    Indicator(
        code="hard_share",
        title=Title("觉得费力的占比", "Hard going"),
        meaning=Title(
            "“办成这件事很容易”的回答中，1 到 3 分的占比。",
            "Of the answers to “the company made it easy”, the share from 1 to 3.",
        ),
        unit="share", direction="down", table="happenings", population=ON_SEVEN, aggregation="share", hit=MEASURED <= HARD_TO,
        dated_by="occurred", owner="rule:feedback", events=(EFFORT,), example=Example(rows=_EASE, expected=0.5, n=4),
    ),
)

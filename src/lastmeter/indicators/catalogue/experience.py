"""What one customer goes through, over all of their journeys."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.catalogue.loyalty import KNOWN, with_first_start
from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")
FLAWED = COUNTED & ~nw.col("perfect")


def with_first_flawed(frame: Frame, facts: Facts) -> Frame:
    """Adds when the same customer's first flawed journey started."""
    del facts
    flawed = nw.when(FLAWED).then(nw.col("started_at"))
    return frame.with_columns(flawed.min().over("journey_kind", "customer").alias("first_flawed_at"))


def with_unasked(frame: Frame, facts: Facts) -> Frame:
    """Adds to journeys how often their customer spoke unasked, and not in praise; null where never.

    Kinds of journey whose standard knows only answers to questions have no complaints on record, and no row here.
    """
    grievance = ~nw.col("solicited") & (nw.col("score_share").is_null() | (nw.col("score_share") < 0.5))
    counts = facts.feedback.filter(grievance).group_by("journey_kind", "journey_id").agg(nw.len().alias("grievances"))
    frame = frame.join(counts, on=["journey_kind", "journey_id"], how="left")
    if not facts.blueprints:
        return frame
    hearing = [
        kind for kind, blueprint in sorted(facts.blueprints.items())
        if any(rule.primitive == "feedback" and not getattr(rule, "solicited", False) for rule in blueprint.rules())
    ]
    return frame.filter(nw.col("journey_kind").is_in(hearing))


def _journey(customer: str | None, day: int, *, perfect: bool | None) -> dict[str, object]:
    return {"counted": perfect is not None, "customer": customer, "started_at": f"2024-05-{day:02d}T00:00:00", "perfect": perfect}


_ROWS = (
    _journey("ann", 1, perfect=False), _journey("ann", 5, perfect=True), _journey("ann", 9, perfect=False),
    _journey("ben", 2, perfect=True), _journey("ben", 3, perfect=False), _journey("cy", 4, perfect=True),
    _journey("dee", 1, perfect=None), _journey("dee", 6, perfect=False), _journey(None, 7, perfect=False),
)

AREA = Title("单个顾客", "One customer")

INDICATORS = (
    Indicator(
        code="first_journey_perfect_rate",
        title=Title("第一次就完美的占比", "Perfect the first time"),
        meaning=Title(
            "到期的旅程中，只看每位顾客的第一次，没有瑕疵的占比：第一印象。",
            "Of every customer's first journey that fell due, the share without a flaw: the first impression.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED & KNOWN & (nw.col("started_at") == nw.col("first_started_at")), aggregation="share",
        hit=nw.col("perfect"), derive=with_first_start, owner="area:experience", of_flaws=True,
        example=Example(rows=_ROWS, expected=2 / 3, n=3),  # ann, ben, cy; dee's first is not due
    ),
    Indicator(
        code="flawed_again_share",
        title=Title("同一顾客再次遇到瑕疵的占比", "The same customer flawed again"),
        meaning=Title(
            "有瑕疵的旅程中，顾客此前已遇到过瑕疵的占比：最该避免的第二次。",
            "Of the flawed journeys, the share whose customer had a flawed one before: the second time, which costs most.",
        ),
        unit="share", direction="down", table="journeys", population=FLAWED & KNOWN, aggregation="share",
        hit=nw.col("started_at") > nw.col("first_flawed_at"), derive=with_first_flawed, owner="area:experience",
        of_flaws=True, example=Example(rows=_ROWS, expected=0.25, n=4),  # ann on the 9th, of ann, ann, ben, dee
    ),
    Indicator(
        code="told_by_customer_share",
        title=Title("靠顾客告诉才知道的瑕疵占比", "Flaws that the customer had to tell"),
        meaning=Title(
            "瑕疵中，来自顾客投诉或低分、而不是自己发现的占比。",
            "Of all flaws, the share known from a complaint or a low score and not from our own events.",
        ),
        unit="share", direction="down", table="flaws", population=COUNTED, aggregation="share",
        hit=nw.col("primitive") == "feedback", owner="area:experience", needs=("feedback",),
        example=Example(
            rows=tuple({"counted": True, "primitive": each} for each in ("feedback", "link", "promise", "required", "link")),
            expected=0.2, n=5,
        ),
    ),
    Indicator(
        code="complained_share",
        title=Title("投诉率", "Complained share"),
        meaning=Title(
            "到期的旅程中，顾客未经询问就表示不满的占比。",
            "Of the journeys that fell due, the share whose customer complained without being asked.",
        ),
        unit="share", direction="down", table="journeys", population=COUNTED, aggregation="share",
        hit=~nw.col("grievances").is_null(), derive=with_unasked, owner="rule:feedback", needs=("feedback",),
        example=Example(
            rows=tuple({"counted": True, "journey_id": each} for each in "abcde"),
            feedback=(
                {"journey_id": "a", "solicited": False}, {"journey_id": "a", "solicited": False, "score_share": 0.25},
                {"journey_id": "b", "solicited": True, "score_share": 0.0}, {"journey_id": "c", "solicited": False, "score_share": 1.0},
            ),
            expected=0.2, n=5,
        ),
    ),
)

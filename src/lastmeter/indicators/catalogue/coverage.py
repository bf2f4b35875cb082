"""How much of the standard the data let us see at all."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

COUNTED = nw.col("counted")

AREA = Title("规则覆盖", "Coverage")

INDICATORS = (
    Indicator(
        code="coverage_share",
        title=Title("规则覆盖率", "Coverage"),
        meaning=Title(
            "服务蓝图的规则中，有数据可以检验的占比；没有数据的规则不等于做到了。",
            "Of the blueprint's rules, the share that the data can test; a rule without data is not a rule kept.",
        ),
        unit="share", direction="up", table="journeys",
        population=COUNTED & (nw.col("rules_total") > 0), aggregation="mean",
        value=nw.col("rules_observed") / (nw.col("rules_total") * 1.0), owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "rules_observed": 9, "rules_total": 12},
                {"counted": True, "rules_observed": 6, "rules_total": 12},
                {"counted": True, "rules_observed": 0, "rules_total": 0},
            ),
            expected=0.625, n=2,
        ),
    ),
    Indicator(
        code="undecided_share",
        title=Title("无法判定占比", "Undecided share"),
        meaning=Title(
            "到期的旅程中，至少有一条规则因数据精度不够而无法判定的占比。",
            "Of the journeys that fell due, the share with at least one rule that the data are too coarse to decide.",
        ),
        unit="share", direction="down", table="journeys",
        population=COUNTED, aggregation="share", hit=nw.col("undecided_count") > 0, owner="rule:promise",
        example=Example(
            rows=(
                {"counted": True, "undecided_count": 0}, {"counted": True, "undecided_count": 2},
                {"counted": True, "undecided_count": 1}, {"counted": True, "undecided_count": 0},
                {"counted": False, "undecided_count": 3},
            ),
            expected=0.5, n=4,
        ),
    ),
)

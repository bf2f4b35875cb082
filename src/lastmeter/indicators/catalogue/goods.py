"""Goods: are they there, are they good, is the price right.

Events: `stock.checked` (outcome: in_stock or out_of_stock), `goods.inspected` (outcome: accepted or rejected; performer: the
supplier), `price.compared` (measured: our price; against: the rival's for the same thing).
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

STOCK, INSPECTED, COMPARED = "stock.checked", "goods.inspected", "price.compared"
OUTCOME, OURS, RIVAL = nw.col("outcome"), nw.col("measured"), nw.col("against")
PRICED = (nw.col("type") == COMPARED) & (RIVAL > 0) & (OURS >= 0)

_PRICES = tuple(
    {"type": COMPARED, "measured": ours, "against": rival}
    for ours, rival in ((110.0, 100.0), (90.0, 100.0), (100.0, 100.0), (75.0, 50.0), (80.0, None))
)

AREA = Title("商品", "Goods")

INDICATORS = (
    Indicator(
        code="stock_out_share",
        title=Title("缺货率", "Stock-out share"),
        meaning=Title("对在售商品的盘点中，无货可卖的占比。", "Of the checks of goods on offer, the share that found none in stock."),
        unit="share", direction="down", table="happenings",
        population=(nw.col("type") == STOCK) & OUTCOME.is_in(["in_stock", "out_of_stock"]), aggregation="share",
        hit=OUTCOME == "out_of_stock", dated_by="occurred", owner="area:goods", events=(STOCK,),
        example=Example(
            rows=tuple({"type": STOCK, "outcome": each} for each in ("in_stock", "in_stock", "in_stock", "out_of_stock", None)),
            expected=0.25, n=4,
        ),
    ),
    Indicator(
        code="goods_rejected_share",
        title=Title("来货不合格率", "Goods rejected on arrival"),
        meaning=Title(
            "供应商来货检验中，不合格的占比；请按执行方（供应商）看。",
            "Of the inspections of suppliers' goods, the share rejected; look at it by performer, the supplier.",
        ),
        unit="share", direction="down", table="happenings",
        population=(nw.col("type") == INSPECTED) & OUTCOME.is_in(["accepted", "rejected"]), aggregation="share",
        hit=OUTCOME == "rejected", dated_by="occurred", owner="area:goods", events=(INSPECTED,),
        example=Example(
            rows=tuple({"type": INSPECTED, "outcome": each} for each in ("accepted", "rejected", "accepted", "accepted", "accepted")),
            expected=0.2, n=5,
        ),
    ),
    Indicator(
        code="price_above_rival_share",
        title=Title("比对手贵的占比", "Dearer than the rival"),
        meaning=Title("与对手比价的商品中，我们更贵的占比。", "Of the goods compared with a rival's, the share that we sell dearer."),
        unit="share", direction="down", table="happenings", population=PRICED, aggregation="share", hit=OURS > RIVAL,
        dated_by="occurred", owner="area:goods", events=(COMPARED,), example=Example(rows=_PRICES, expected=0.5, n=4),
    ),
    Indicator(
        code="price_ratio_median",
        title=Title("与对手的价格比（中位数）", "Our price to the rival's (median)"),
        meaning=Title(
            "我们的价格是对手的多少倍，取中位数；一是持平，越低越有竞争力。",
            "Our price as a multiple of the rival's, at the median; one is level, lower is more competitive.",
        ),
        unit="share", direction="down", table="happenings", population=PRICED, aggregation="median", value=OURS / RIVAL,
        dated_by="occurred", owner="area:goods", events=(COMPARED,),
        example=Example(rows=_PRICES, expected=1.05, n=4),  # 0.9 1.0 1.1 1.5
    ),
)

"""A simulated agency: branding, campaigns and research for clients, project by project."""

from __future__ import annotations

from datetime import date

from lastmeter.demo.scenario import Act, Dimension, Flow, Phrases, Price, Problem, Promise, Proof, Scenario, Value
from lastmeter.kernel.titles import Title

_STUDIOS = (
    Value("river", Title("江边工作室", "River studio"), 1.3), Value("loft", Title("阁楼工作室", "Loft studio"), 1.0),
    Value("courtyard", Title("院子工作室", "Courtyard studio"), 0.9), Value("pier", Title("码头工作室", "Pier studio"), 0.8),
    Value("tower", Title("塔楼工作室", "Tower studio"), 0.7),
)
_LEADERS = (("ada", "艾达", "Ada"), ("bo", "薄远", "Bo"), ("chen", "陈岚", "Chen Lan"), ("dora", "朵拉", "Dora"))
_MANAGERS = tuple(
    Value(f"{studio.code}_{code}", Title(f"{zh}（{studio.title.zh.removesuffix('工作室')}）",
                                        f"{en} ({studio.title.en.removesuffix(' studio')})"),
          1.0, studio.code)
    for studio in _STUDIOS for code, zh, en in _LEADERS
)
_KINDS = (
    Value("identity", Title("品牌形象", "Brand identity"), 1.2, price=180_000),
    Value("naming", Title("命名", "Naming"), 0.7, price=60_000),
    Value("packaging", Title("包装设计", "Packaging"), 1.3, price=90_000), Value("film", Title("广告片", "Film"), 0.9, price=350_000),
    Value("campaign", Title("整合推广", "Campaign"), 1.1, price=420_000), Value("website", Title("网站", "Website"), 1.2, price=150_000),
    Value("research", Title("市场调研", "Market research"), 0.9, price=120_000),
    Value("event", Title("活动", "Event"), 0.8, price=200_000),
)
_CITIES = (
    Value("beijing", Title("北京", "Beijing"), 1.4), Value("shanghai", Title("上海", "Shanghai"), 1.6),
    Value("guangzhou", Title("广州", "Guangzhou"), 1.1), Value("shenzhen", Title("深圳", "Shenzhen"), 1.3),
    Value("hangzhou", Title("杭州", "Hangzhou"), 1.0), Value("chengdu", Title("成都", "Chengdu"), 0.9),
    Value("wuhan", Title("武汉", "Wuhan"), 0.7), Value("xiamen", Title("厦门", "Xiamen"), 0.5),
)
_INDUSTRIES = (
    Value("food", Title("食品", "Food"), 1.3), Value("drinks", Title("饮料", "Drinks"), 1.0), Value("cars", Title("汽车", "Cars"), 0.8),
    Value("homes", Title("家居", "Homes"), 0.9), Value("beauty", Title("美妆", "Beauty"), 1.2),
    Value("health", Title("医药", "Health"), 0.8),
    Value("travel", Title("旅游", "Travel"), 0.6), Value("software", Title("软件", "Software"), 1.1),
)
_WON_BY = (
    Value("referral", Title("客户介绍", "Referral"), 1.6), Value("pitch", Title("比稿", "Pitch"), 1.2),
    Value("repeat", Title("老客户", "Repeat client"), 1.5), Value("website", Title("网站询价", "Website"), 0.7),
)
_DAY = 24.0

_ACTS = (
    Act("quoted", "enquired", 6, 0.4, working=True, limit=16, rule="quote", grudge=0.3),
    Act("declined", "quoted", 48, 0.25, chance=0.15, stops=True),
    Act("signed", "quoted", 16, 0.5, lead=40, working=True),
    Act("deadline", "signed", 48 * _DAY, 0.25, hidden=True),
    Act("delivered", "deadline", 4 * _DAY, 0.45, lead=-8 * _DAY, promise="delivery", rule="delivery", grudge=0.9),
    Act("proposal_sent", "signed", 60, 0.35, working=True, times=(0.03, 0.5, 0.3, 0.17), every=24, at_least=2, before="delivered",
        rule="proposals", grudge=0.5),
    Act("change_requested", "proposal_sent", 20, 0.5, working=True, chance=0.7),
    Act("revised", "change_requested", 10, 0.35, working=True, limit=24, rule="revision", grudge=0.4),
    Act("confirmed", "signed", 8 * _DAY, 0.15, times=(0.01, 0.02, 0.72, 0.18, 0.07), every=8 * _DAY, at_least=3, before="delivered",
        rule="confirmations", grudge=0.5),
    Act("report_sent", "signed", 12 * _DAY, 0.04, every=12 * _DAY, until="delivered", most=14, miss=0.015, limit=14 * _DAY,
        rule="reports", grudge=0.6),
    Act("not_signed_off", "delivered", 1, chance=0.03, mishap=True, hidden=True, rule="sign_off", grudge=0.2),
    Act("handed_over", "delivered", 30, 0.4),
    Act("overcharged", "delivered", 1, chance=0.02, mishap=True, hidden=True, rule="price", grudge=1.3),
    Act("invoiced", "handed_over", 5 * _DAY, 0.4),
    Act("reviewed", "handed_over", 9 * _DAY, 0.3, limit=21 * _DAY, rule="review", grudge=0.2),
)

_PROBLEMS = (
    Problem("unconfirmed_packaging",
            Title("江边的陈岚做包装设计时，常常不足三次确认",
                  "Chen Lan at the River studio takes packaging on with fewer than three confirmations"),
            "confirmed", "confirmations", {"performer": "manager:river_chen", "product": "packaging"}, date(2025, 7, 1), 0.50),
    Problem("pier_reports", Title("码头工作室的双周汇报常常断掉", "The Pier studio leaves out fortnightly reports"),
            "report_sent", "reports", {"origin": "pier"}, date(2025, 10, 1), 0.22),
    Problem("food_films_late", Title("食品客户的广告片总是误期", "Films for food clients are late"),
            "delivered", "delivery", {"product": "film", "brand": "food"}, date(2025, 9, 1), 0.45, hours=9 * _DAY),
)

_PHRASES: Phrases = {
    "zh": {
        "happy": ("每两周都有汇报，心里有底，", "三次确认都很认真，没有返工，", "方案给了三个，各有道理，",
                  "提前两天就交了，", "改动第二天就出来了，"),
        "fine": ("做得还行，", "方案比较稳妥，", "没什么惊喜，"),
        "poor": ("对接的人老是换，", "每次都说要请示领导，", "开会很多，进展很少，"),
        "quote": ("报价等了好几天，",),
        "delivery": ("说好的日期交不出来，发布会只能改期，", "一拖再拖，没有一句解释，"),
        "proposals": ("只给了一个方案，没得选，",),
        "revision": ("提了修改意见，一周没有下文，",),
        "confirmations": ("没让我们确认就往下做了，结果全错，", "定稿之前没有再问我们一次，"),
        "reports": ("说好两周一报，后来就没消息了，", "不问就没有进展，"),
        "sign_off": ("交付时没有让我们签收，",),
        "price": ("账单比合同多，之前没人提过，", "加了一笔没听说过的费用，"),
        "review": ("交完稿就没人理了，",),
    },
    "en": {
        "happy": ("a report every two weeks, we always knew where we stood, ", "three careful confirmations and no rework, ",
                  "three proposals, each with its reasons, ", "delivered two days early, "),
        "fine": ("solid work, ", "rather safe proposals, ", "no surprises, "),
        "poor": ("another contact person every month, ", "they must always ask their superior, ", "many meetings, little progress, "),
        "quote": ("the quote took days, ",),
        "delivery": ("they missed the date and our launch had to move, ", "late again, without a word why, "),
        "proposals": ("only one proposal, no choice at all, ",),
        "revision": ("our changes were not answered for a week, ",),
        "confirmations": ("they went on without our confirmation, and it was all wrong, ",),
        "reports": ("the fortnightly reports stopped, ", "no news unless we ask, "),
        "sign_off": ("nobody asked us to sign for it, ",),
        "price": ("the invoice was above the contract, ", "a fee that nobody had mentioned, "),
        "review": ("after delivery nobody answered, ",),
    },
}

SCENARIO = Scenario(
    "agency", Title("见山创意", "Hillview Creative"),
    (Flow(
        "project", "P", 1.0, "enquired",
        (Dimension("origin", "studio", _STUDIOS), Dimension("performer", "manager", _MANAGERS, within="origin", kind="manager"),
         Dimension("product", "kind", _KINDS), Dimension("place", "city", _CITIES), Dimension("brand", "industry", _INDUSTRIES),
         Dimension("channel", "won_by", _WON_BY)),
        _ACTS, _PROBLEMS, wide=("signed",), promises=(Promise("delivery", "deadline"),),
        proofs=(Proof("sign_off", "handed_over", "SO", "not_signed_off"),),
        price=Price("product", "quoted", "invoiced", "overcharged"), phrases=_PHRASES, asked=0.5, answered_after="handed_over",
        hours=(0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 6, 5, 2, 3, 5, 6, 5, 4, 1, 0, 0, 0, 0, 0), weekend=0.05, calendar="cn",
        months=(0.9, 0.6, 1.2, 1.1, 1, 1.1, 0.9, 0.9, 1.2, 0.9, 1.1, 1.1),
    ),),
    holders={"accounts": "乔安 Qiao An", "studios": "Miro Falk", "production": "龚雪", "finance": "Petra Holm", "clients": "欧阳明"},
    customers_a_journey=0.35,
)

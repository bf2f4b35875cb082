"""A simulated company of shared offices: faults, tenancies, and the places themselves."""

from __future__ import annotations

from datetime import date

from lastmeter.demo.scenario import Act, Dimension, Flow, Phrases, Problem, Proof, Scenario, Value
from lastmeter.kernel.titles import Title

_BUILDINGS = tuple(
    Value(f"house_{letter}", Title(f"{letter.upper()} 座", f"House {letter.upper()}"), share)
    for letter, share in zip("abcdefghij", (1.3, 1.1, 1.4, 1.0, 0.9, 1.2, 0.8, 0.7, 0.9, 0.7), strict=True)
)
_FAULTS = (
    Value("lift", Title("电梯", "Lift"), 1.4), Value("power", Title("插座和供电", "Sockets and power"), 1.5),
    Value("network", Title("网络", "Network"), 1.3), Value("air_con", Title("空调", "Air conditioning"), 1.4),
    Value("water", Title("漏水", "Water"), 0.9), Value("door", Title("门禁", "Doors"), 0.9),
    Value("furniture", Title("家具", "Furniture"), 0.8),
    Value("toilet", Title("卫生间", "Toilets"), 1.0),
)
_FIRMS = (
    Value("steady_lift", Title("稳梯维保", "Steady Lifts"), 1.2, "lift"),
    Value("high_rise", Title("高层电梯", "Highrise Lifts"), 0.9, "lift"),
    Value("bright_wire", Title("明线电工", "Brightwire"), 1.1, "power"), Value("nine_volt", Title("九伏电气", "Ninevolt"), 0.9, "power"),
    Value("fast_net", Title("快网", "Fastnet"), 1.0, "network"), Value("cool_air", Title("清风空调", "Coolair"), 1.0, "air_con"),
    Value("blue_pipe", Title("蓝管水务", "Bluepipe"), 1.0, "water"), Value("key_stone", Title("锁石门禁", "Keystone Doors"), 1.0, "door"),
    Value("house_team", Title("自有工程组", "Our own engineers"), 1.0, "furniture"),
    Value("clean_flow", Title("净流洁具", "Cleanflow"), 1.0, "toilet"),
)
_REPORTED_BY = (
    Value("app", Title("应用", "App"), 1.8), Value("desk", Title("前台", "Front desk"), 1.3),
    Value("hotline", Title("热线", "Hotline"), 0.8),
    Value("chat", Title("微信群", "Chat group"), 1.0),
)
_SHIFTS = (
    Value("morning", Title("早班", "Morning shift"), 1.4), Value("afternoon", Title("午班", "Afternoon shift"), 1.5),
    Value("evening", Title("晚班", "Evening shift"), 0.9), Value("night", Title("夜班", "Night shift"), 0.7),
)
_DESKS = (
    Value("hot_desk", Title("流动工位", "Hot desk"), 1.5), Value("fixed_desk", Title("固定工位", "Fixed desk"), 1.2),
    Value("small_office", Title("小办公室", "Small office"), 1.0), Value("large_office", Title("大办公室", "Large office"), 0.5),
)
_AREAS = (
    Value("lobby", Title("大堂", "Lobby")), Value("car_park", Title("车库", "Car park")), Value("lifts", Title("电梯厅", "Lift hall")),
    Value("kitchen", Title("茶水间", "Kitchen")), Value("toilets", Title("卫生间", "Toilets")),
    Value("meeting", Title("会议室", "Meeting rooms")),
)
_DAY = 24.0

_FAULT_ACTS = (
    Act("acknowledged", "reported", 0.6, 0.5, working=True, limit=2, rule="answer", grudge=0.4),
    Act("visited", "acknowledged", 2.5, 0.45, working=True, limit=8, rule="visit", grudge=0.5),
    Act("repaired", "visited", 3, 0.55, working=True, limit=16, rule="repair", grudge=0.9),
    Act("customer_told", "acknowledged", 0.3, 0.4, working=True, miss=0.05, before="repaired", rule="next_step", grudge=0.5),
    Act("no_photo", "repaired", 0.1, chance=0.03, mishap=True, hidden=True, rule="proof"),
    Act("closed", "repaired", 30, 0.3),
    Act("customer_confirmed", "repaired", 6, 0.4, miss=0.04, before="closed", rule="confirmed", grudge=0.6),
    Act("reopened", "closed", 90, 0.6, chance=0.03, mishap=True, rule="reopened", grudge=1.2),
)
_FAULT_PROBLEMS = (
    Problem("house_c_lifts", Title("C 座的电梯故障修得太慢", "Lift faults in House C are repaired too late"),
            "repaired", "repair", {"place": "house_c", "product": "lift"}, date(2025, 9, 1), 0.45, hours=16),
    Problem("ninevolt_desk",
            Title("前台报给九伏电气的故障，没经顾客确认就关单",
                  "Faults from the front desk to Ninevolt are closed without the tenant's word"),
            "customer_confirmed", "confirmed", {"performer": "firm:nine_volt", "channel": "desk"}, date(2025, 11, 1), 0.50),
    Problem("house_f_silence", Title("F 座不告诉顾客下一步", "House F does not tell tenants what happens next"),
            "customer_told", "next_step", {"place": "house_f"}, date(2026, 1, 1), 0.22),
)
_FAULT_PHRASES: Phrases = {
    "zh": {
        "happy": ("半小时就来人了，修完还拍了照，", "修好以后专门问我是不是真的好了，", "进度一步一步都告诉我，"),
        "fine": ("修是修好了，", "时间长了点，"),
        "poor": ("师傅走了一地灰，", "问了三个人，三种说法，"),
        "answer": ("报了半天没人回应，", "群里说了没人理，"),
        "visit": ("两天了还没人来看，",),
        "repair": ("插座报了好几次，还是没电，", "电梯停了三天，", "一直说在等配件，"),
        "next_step": ("没人告诉我下一步怎么办，", "来没来、修没修，都要自己去问，"),
        "confirmed": ("地毯下面还是湿的，就说已经解决了，", "没问过我就关单了，"),
        "reopened": ("修好两天又坏了，",),
    },
    "en": {
        "happy": ("somebody came within half an hour and took photos, ", "they asked whether it really works again, ",
                  "I knew every step as it came, "),
        "fine": ("it works again, ", "it took a while, "),
        "poor": ("they left dust everywhere, ", "three people, three stories, "),
        "answer": ("no answer for half a day, ",),
        "visit": ("two days and nobody has looked at it, ",),
        "repair": ("the socket is still dead, ", "the lift stood for three days, ", "they keep waiting for a part, "),
        "next_step": ("nobody told me what happens next, ", "I had to ask each time, "),
        "confirmed": ("the floor is still wet under the carpet and they call it solved, ", "closed without asking me, "),
        "reopened": ("it broke again two days later, ",),
    },
}
_FAULT = Flow(
    "fault", "F", 0.72, "reported",
    (Dimension("place", "building", _BUILDINGS), Dimension("product", "fault_kind", _FAULTS),
     Dimension("performer", "firm", _FIRMS, within="product", kind="firm"), Dimension("channel", "reported_by", _REPORTED_BY),
     Dimension("brand", "shift", _SHIFTS)),
    _FAULT_ACTS, _FAULT_PROBLEMS, proofs=(Proof("photo", "repaired", "IMG", "no_photo"),), phrases=_FAULT_PHRASES, asked=0.3,
    answered_after="closed", hours=(1, 1, 1, 1, 1, 1, 2, 3, 6, 8, 8, 6, 4, 6, 7, 7, 6, 5, 4, 3, 2, 2, 1, 1), weekend=0.35,
    calendar="building_team", months=(1, 0.8, 1, 1, 1.05, 1.2, 1.3, 1.25, 1.05, 1, 1, 1.05),
)

_TENANCY = Flow(
    "tenancy", "T", 0.22, "moved_in",
    (Dimension("place", "building", _BUILDINGS), Dimension("product", "desk_kind", _DESKS)),
    (
        Act("moved_out", "moved_in", 420 * _DAY, 0.5),
        Act("cleaned", "moved_in", 7 * _DAY, 0.05, every=7 * _DAY, until="moved_out", most=106, miss=0.01, limit=10 * _DAY,
            rule="cleaning"),
        Act("care_call_made", "moved_in", 14 * _DAY, 0.06, lead=-13 * _DAY, every=14 * _DAY,
            until="moved_out", most=53, miss=0.03, limit=31 * _DAY,
            rule="care_call"),
        Act("charged_without_contract", "moved_in", 70 * _DAY, 0.7, chance=0.04, mishap=True, rule="no_contract", grudge=1.5),
        Act("power_lost", "moved_in", 60 * _DAY, 0.8, chance=0.10, mishap=True, rule="power", grudge=0.9),
    ),
    phrases={
        "zh": {"happy": ("环境安静，前台记得每个人，", "什么事都有人管，"), "fine": ("价格合适，", "地方不大，"),
               "poor": ("会议室总是订不到，",),
               "no_contract": ("车位收了钱却没有合同，",), "power": ("停电没有提前通知，",)},
        "en": {"happy": ("quiet, and the desk knows everybody, ", "somebody cares for everything, "), "fine": ("a fair price, ",),
               "poor": ("never a free meeting room, ",), "no_contract": ("parking was charged without a contract, ",),
               "power": ("the power went without notice, ",)},
    },
    asked=0.4, answered_after="moved_in", weekend=0.3, standing=True,
)

_PLACE = Flow(
    "place", "A", 0.06, "opened",
    (Dimension("place", "building", _BUILDINGS), Dimension("product", "area", _AREAS)),
    (
        Act("shut", "opened", 2000 * _DAY, 0.01, hidden=True),
        Act("inspected", "opened", 7 * _DAY, 0.05, every=7 * _DAY, until="shut", most=106, miss=0.01, limit=10 * _DAY,
            rule="inspection"),
        Act("smelled", "opened", 150 * _DAY, 0.8, every=150 * _DAY, until="shut", most=12, mishap=True, rule="smell"),
        Act("out_of_order", "opened", 110 * _DAY, 0.8, every=110 * _DAY, until="shut", most=14, mishap=True, rule="out_of_order"),
    ),
    most=60, standing=True,
)

SCENARIO = Scenario(
    "coworking", Title("同桌空间", "Sharedesk"), (_FAULT, _TENANCY, _PLACE),
    holders={"front_desk": "夏青", "engineering": "Rolf Aden", "cleaning": "马秀兰", "contracts": "Irena Novak",
             "community": "何田 He Tian"},
    customers_a_journey=0.25,
)

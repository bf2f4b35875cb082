"""A simulated company that looks after cars at the customer's door."""

from __future__ import annotations

from datetime import date

from lastmeter.demo.scenario import Act, Dimension, Flow, Phrases, Price, Problem, Promise, Proof, Scenario, Value
from lastmeter.kernel.titles import Title

_DEPOTS = (
    Value("north", Title("北站", "North depot"), 1.2), Value("east", Title("东站", "East depot")),
    Value("south", Title("南站", "South depot"), 0.9), Value("west", Title("西站", "West depot"), 0.8),
    Value("airport", Title("机场站", "Airport depot"), 0.7),
)
_DISTRICTS = (
    Value("maple_hill", Title("枫岭", "Maple Hill"), 1.1, "north"), Value("old_mill", Title("旧磨坊", "Old Mill"), 1.0, "north"),
    Value("north_gate", Title("北门", "North Gate"), 1.3, "north"), Value("reed_lake", Title("芦苇湖", "Reed Lake"), 0.8, "north"),
    Value("silk_road", Title("丝绸里", "Silk Lane"), 1.0, "east"), Value("harbour", Title("东港", "East Harbour"), 1.2, "east"),
    Value("tea_market", Title("茶市", "Tea Market"), 0.8, "east"), Value("stone_bridge", Title("石桥", "Stone Bridge"), 0.7, "east"),
    Value("south_bank", Title("南岸", "South Bank"), 1.1, "south"), Value("orchard", Title("果园村", "Orchard"), 0.9, "south"),
    Value("campus", Title("大学城", "Campus"), 1.0, "south"), Value("ferry", Title("渡口", "Ferry"), 0.6, "south"),
    Value("west_park", Title("西苑", "West Park"), 1.0, "west"), Value("brickyard", Title("砖厂", "Brickyard"), 0.8, "west"),
    Value("spring_valley", Title("泉谷", "Spring Valley"), 0.9, "west"), Value("tech_town", Title("科技镇", "Tech Town"), 1.1, "west"),
    Value("runway", Title("跑道镇", "Runway Town"), 1.2, "airport"), Value("cargo", Title("货运村", "Cargo Village"), 0.7, "airport"),
    Value("lotus", Title("荷塘", "Lotus Pond"), 0.8, "airport"), Value("salt_flat", Title("盐田", "Salt Flat"), 0.6, "airport"),
)
_CREWS = tuple(
    Value(f"{depot.code}_{number}", Title(f"{depot.title.zh}{number}组", f"{depot.title.en.removesuffix(' depot')} crew {number}"),
          1.0, depot.code)
    for depot in _DEPOTS for number in range(1, 5)
)
_SERVICES = (
    Value("oil", Title("机油保养", "Oil change"), 3.0, price=480), Value("brakes", Title("刹车检查", "Brake check"), 1.4, price=260),
    Value("battery", Title("换电瓶", "New battery"), 1.1, price=620), Value("tyres", Title("换轮胎", "New tyres"), 1.0, price=1380),
    Value("gearbox", Title("变速箱油", "Gearbox oil"), 1.2, price=980),
    Value("air_con", Title("空调清洗", "Air-con cleaning"), 1.0, price=320),
    Value("inspection", Title("二手车检测", "Used-car inspection"), 1.3, price=300),
    Value("detailing", Title("内外精洗", "Detailing"), 1.0, price=420),
)
_CHANNELS = (
    Value("referral", Title("老客推荐", "Referral"), 3.0), Value("app", Title("应用", "App"), 2.0),
    Value("hotline", Title("热线", "Hotline"), 1.4), Value("fleet", Title("车队合同", "Fleet contract"), 0.8),
)
_CARS = (
    Value("saloon", Title("轿车", "Saloon"), 3.0), Value("suv", Title("越野车", "SUV"), 2.2), Value("van", Title("面包车", "Van"), 0.8),
    Value("electric", Title("电动车", "Electric"), 1.6), Value("hybrid", Title("混动车", "Hybrid"), 1.0),
)

_ACTS = (
    Act("confirmed", "booked", 0.5, 0.5, working=True, limit=2, rule="call_back", grudge=0.3),
    Act("appointment", "booked", 60, 0.5, slots=(9, 11, 13, 15, 17), hidden=True),
    Act("cancelled", "booked", 12, 0.8, chance=0.04, stops=True),
    Act("arrived", "appointment", 0.75, 0.45, lead=-0.2, promise="arrival", rule="arrival", grudge=1.0),
    Act("notice_sent", "appointment", 2, 0.3, lead=-20, miss=0.03, before="arrived", rule="notice", grudge=0.6),
    Act("work_started", "arrived", 0.6, 0.2),
    Act("recording_started", "arrived", 0.08, 0.3, miss=0.02, before="work_started", rule="recording", grudge=0.2),
    Act("cover_laid", "arrived", 0.2, 0.25, miss=0.02, before="work_started", rule="cover", grudge=0.5),
    Act("quoted", "arrived", 0.25, 0.2),
    Act("step_recorded", "work_started", 0.2, 0.2, times=(0.005, 0.015, 0.5, 0.3, 0.18), every=0.2, at_least=3,
        before="work_finished", rule="steps_recorded"),
    Act("private_offer", "work_started", 0.4, 0.4, chance=0.004, mishap=True, rule="diversion", grudge=1.6),
    Act("sample_missing", "work_started", 0.1, chance=0.02, mishap=True, hidden=True, rule="sealed_sample", grudge=0.3),
    Act("overcharged", "work_started", 0.1, chance=0.015, mishap=True, hidden=True, rule="price", grudge=1.4),
    Act("work_finished", "work_started", 2.2, 0.2),
    Act("paid", "work_finished", 0.5, 0.2),
    Act("customer_confirmed", "work_finished", 0.18, 0.25, miss=0.02, before="paid", rule="confirmation", grudge=0.3),
    Act("called_after", "paid", 20, 0.35, limit=48, miss=0.03, rule="after_call", grudge=0.2),
)

_PROBLEMS = (
    Problem("skipped_notice", Title("北站 3 组去枫岭之前常常不通知", "North crew 3 often gives no notice before visits to Maple Hill"),
            "notice_sent", "notice", {"performer": "crew:north_3", "place": "maple_hill"}, date(2025, 9, 1), 0.50),
    Problem("hotline_gearbox_price",
            Title("热线订的变速箱油，实收高于报价", "Gearbox oil booked by hotline is charged above the quote"),
            "overcharged", "price", {"product": "gearbox", "channel": "hotline"}, date(2025, 11, 1), 0.30),
    Problem("runway_arrival", Title("跑道镇总是过了约好的时段才到", "Runway Town is reached after the promised window"),
            "arrived", "arrival", {"place": "runway"}, date(2026, 2, 1), 0.30, hours=1.6),
)

_PHRASES: Phrases = {
    "zh": {
        "happy": ("师傅开机油前先对着镜头说了型号，", "座椅套、手套都换了新的，", "还顺手看了轮胎和刹车，", "比说好的时间还早到几分钟，",
                  "留了两瓶封好的油样给我，"),
        "fine": ("活儿干得还可以，", "等得稍微久了点，", "没什么特别的，"),
        "poor": ("师傅说话不太客气，", "完工后地上有油渍没擦，", "问的问题没人答得上来，"),
        "call_back": ("预约以后半天没人回电话，", "确认电话等了很久才来，"),
        "arrival": ("说好的时段没到，白请了半天假，", "晚了一个多小时才到，", "催了两次电话人才来，"),
        "notice": ("没人提前告诉我要清空后备箱，", "来之前没通知，车还没洗，", "突然就到楼下了，之前没有任何消息，"),
        "recording": ("说好全程录像，结果没有录，",),
        "cover": ("没铺座套就坐进去了，", "座椅上留了一块黑手印，"),
        "diversion": ("师傅私下说不走公司可以便宜点，", "验车的人私下打电话叫来了买家，"),
        "sealed_sample": ("说好留的油样没有给我，",),
        "price": ("付钱的时候比报价多了好几百，", "临时加价，说是材料涨了，", "报价和实收不一样，"),
        "confirmation": ("活儿没让我看就收了钱，",),
        "after_call": ("做完就没人管了，说好的回访也没有，",),
    },
    "en": {
        "happy": ("the crew read the oil's grade to the camera before unsealing it, ", "fresh seat covers and gloves, ",
                  "they checked tyres and brakes unasked, ", "a few minutes early, even, ", "left me two sealed oil samples, "),
        "fine": ("the work is all right, ", "it took a little long, ", "nothing special, "),
        "poor": ("the crew was rather short with me, ", "oil stains left on the ground, ", "nobody could answer my question, "),
        "call_back": ("nobody called back for half a day, ",),
        "arrival": ("they missed the promised window, ", "more than an hour late, ", "I had to call twice before they came, "),
        "notice": ("nobody told me to clear the boot, ", "no notice at all, they just stood at the door, "),
        "recording": ("the recording that was promised was never made, ",),
        "cover": ("no seat cover, ", "a black handprint on my seat, "),
        "diversion": ("I was offered a cheaper job without the company, ", "the inspector phoned a private buyer, "),
        "sealed_sample": ("the sealed sample was never given to me, ",),
        "price": ("the bill was far above the quote, ", "they added to the price at the end, "),
        "confirmation": ("they took the money before I had seen the work, ",),
        "after_call": ("nobody called afterwards as promised, ",),
    },
}

SCENARIO = Scenario(
    "onsite", Title("到家车管家", "Doorstep Car Care"),
    (Flow(
        "visit", "V", 1.0, "booked",
        (Dimension("origin", "depot", _DEPOTS), Dimension("place", "district", _DISTRICTS, within="origin"),
         Dimension("performer", "crew", _CREWS, within="origin", kind="crew"), Dimension("product", "service", _SERVICES),
         Dimension("channel", "booked_by", _CHANNELS), Dimension("brand", "car", _CARS)),
        _ACTS, _PROBLEMS,
        promises=(Promise("arrival", "appointment", 2),),
        proofs=(Proof("sample_no", "work_finished", "S", "sample_missing"),),
        price=Price("product", "quoted", "paid", "overcharged"),
        phrases=_PHRASES, asked=0.35, answered_after="paid", weekend=1.3, calendar="service_desk",
        months=(1.15, 0.8, 1, 1, 1, 1.05, 1.1, 1, 1, 1.05, 1, 1.1),
    ),),
    holders={"dispatch": "王珂", "crews": "Dario Lund 达里奥", "quality": "沈知夏", "pricing": "Olga Petrenko", "integrity": "赵一诺",
             "customer_care": "徐曼 Xu Man"},
)

"""A simulated school of languages that teaches one to one over the network."""

from __future__ import annotations

from datetime import date

from lastmeter.demo.scenario import Act, Dimension, Flow, Phrases, Problem, Promise, Scenario, Value
from lastmeter.kernel.titles import Title

_CENTRES = (
    Value("manila", Title("马尼拉教学组", "Manila centre"), 1.4), Value("cebu", Title("宿务教学组", "Cebu centre"), 1.1),
    Value("belgrade", Title("贝尔格莱德教学组", "Belgrade centre"), 0.9),
    Value("cape_town", Title("开普敦教学组", "Cape Town centre"), 0.8),
    Value("leeds", Title("利兹教学组", "Leeds centre"), 0.6), Value("chengdu", Title("成都教学组", "Chengdu centre"), 1.0),
)
_GIVEN = ("Alma", "Bruno", "Carla", "Dana", "Elias", "Flora")
_TEACHERS = tuple(
    Value(f"{centre.code}_{name.lower()}", Title(f"{name}（{centre.title.zh.removesuffix('教学组')}）",
                                                 f"{name} ({centre.title.en.removesuffix(' centre')})"), 1.0, centre.code)
    for centre in _CENTRES for name in _GIVEN
)
_COURSES = (
    Value("phonics", Title("自然拼读", "Phonics"), 1.6), Value("story", Title("绘本阅读", "Story time"), 1.4),
    Value("school", Title("校内同步", "School English"), 1.5), Value("exam", Title("考级冲刺", "Exam training"), 1.2),
    Value("writing", Title("写作", "Writing"), 0.9), Value("travel", Title("旅行口语", "Travel talk"), 0.7),
    Value("business", Title("商务英语", "Business English"), 0.9), Value("interview", Title("面试英语", "Interviews"), 0.6),
)
_LINES = (
    Value("direct", Title("直连线路", "Direct line"), 1.6), Value("hong_kong", Title("香港中转", "Hong Kong relay"), 1.2),
    Value("singapore", Title("新加坡中转", "Singapore relay"), 1.0), Value("tokyo", Title("东京中转", "Tokyo relay"), 0.7),
    Value("mobile", Title("移动网络", "Mobile network"), 0.9),
)
_REGIONS = (
    Value("beijing", Title("北京", "Beijing"), 1.3), Value("shanghai", Title("上海", "Shanghai"), 1.4),
    Value("guangdong", Title("广东", "Guangdong"), 1.6), Value("zhejiang", Title("浙江", "Zhejiang"), 1.2),
    Value("jiangsu", Title("江苏", "Jiangsu"), 1.2), Value("sichuan", Title("四川", "Sichuan"), 1.0),
    Value("hubei", Title("湖北", "Hubei"), 0.8), Value("shandong", Title("山东", "Shandong"), 0.9),
    Value("shaanxi", Title("陕西", "Shaanxi"), 0.6), Value("liaoning", Title("辽宁", "Liaoning"), 0.6),
)
_AGES = (
    Value("small", Title("幼儿", "Small children"), 1.0), Value("primary", Title("小学", "Primary school"), 1.8),
    Value("secondary", Title("中学", "Secondary school"), 1.1), Value("adult", Title("成人", "Adults"), 1.0),
)

_ACTS = (
    Act("lesson_time", "booked", 72, 0.6, slots=tuple(8 + half / 2 for half in range(28)), hidden=True),
    Act("cancelled", "booked", 20, 0.8, chance=0.05, stops=True),
    Act("started", "lesson_time", 0.11, 0.3, lead=-0.1, promise="start", rule="start", grudge=0.7),
    Act("reminded", "lesson_time", 2, 0.3, lead=-22, miss=0.02, before="started", rule="reminder", grudge=0.3),
    Act("connection_checked", "lesson_time", 0.2, 0.3, lead=-0.5, miss=0.04, before="started", rule="connection_check", grudge=0.1),
    Act("teacher_changed", "lesson_time", 3, 0.4, lead=-12, chance=0.03),
    Act("change_agreed", "teacher_changed", 0.3, 0.3, lead=-1, miss=0.15, before="teacher_changed", rule="teacher_change",
        grudge=1.0),
    Act("froze", "started", 0.12, 0.5, chance=0.05, times=(0.75, 0.18, 0.07), every=0.06, mishap=True, rule="froze", grudge=1.1),
    Act("reconnected", "froze", 0.03, 0.5),
    Act("ended", "started", 0.45, 0.05),
    Act("homework_sent", "ended", 6, 0.5, limit=24, rule="homework", grudge=0.5),
    Act("homework_marked", "homework_sent", 26, 0.4, limit=72, rule="marking", grudge=0.4),
    Act("report_sent", "ended", 20, 0.35, limit=48, rule="report", grudge=0.3),
)

_PROBLEMS = (
    Problem("cebu_over_singapore",
            Title("宿务教学组走新加坡中转的课经常卡顿", "Lessons of the Cebu centre over the Singapore relay freeze"),
            "froze", "froze", {"origin": "cebu", "channel": "singapore"}, date(2025, 9, 1), 0.28),
    Problem("exam_homework", Title("考级冲刺的作业过了一天还没发", "Homework of exam training comes later than a day"),
            "homework_sent", "homework", {"product": "exam"}, date(2026, 1, 1), 0.20, hours=22),
    Problem("bruno_with_adults", Title("马尼拉的 Bruno 给成人上课常常迟到", "Bruno in Manila starts late with adults"),
            "started", "start", {"performer": "teacher:manila_bruno", "brand": "adult"}, date(2025, 11, 1), 0.45, hours=0.15),
)

_PHRASES: Phrases = {
    "zh": {
        "happy": ("老师耐心，孩子抢着说，", "每次都准时，发音纠得很细，", "课后小结写得很清楚，", "连线一直很稳，",
                  "课前半小时就帮我测好了网络，"),
        "fine": ("课还可以，", "内容有点简单，", "老师换得有点多，"),
        "poor": ("老师有些单词自己都读错了，", "一节课一半时间在闲聊，", "课讲得太快，跟不上，", "刚说不想续费，推销电话就来了三个，"),
        "start": ("说好的时间老师没上线，", "迟到了十多分钟，下课倒是准时，"),
        "reminder": ("没有提醒，差点忘了上课，",),
        "connection_check": ("没人帮忙测网络，一上来就没声音，",),
        "teacher_change": ("换了老师也不说一声，", "孩子等着喜欢的老师，结果来了别人，"),
        "froze": ("画面卡住，只好退出再进，", "一节课掉线两次，", "声音断断续续，"),
        "homework": ("作业第三天才发，孩子都忘了，", "催了才发作业，"),
        "marking": ("作业交了好几天没人批，",),
        "report": ("课后报告一直没有，",),
    },
    "en": {
        "happy": ("a patient teacher, my child will not stop talking, ", "always on time, and careful about every sound, ",
                  "the notes afterwards are so clear, ", "the line was steady throughout, "),
        "fine": ("the lesson is all right, ", "a little too easy, ", "rather many teachers, "),
        "poor": ("the teacher mispronounced words, ", "half of the lesson was small talk, ", "far too fast, ",
                 "three sales calls since I stopped booking, "),
        "start": ("the teacher was not there at the hour, ", "started ten minutes late and ended on time, "),
        "reminder": ("no reminder, we nearly missed it, ",),
        "connection_check": ("nobody checked the line, there was no sound at first, ",),
        "teacher_change": ("another teacher, and nobody had asked us, ",),
        "froze": ("the picture froze and we had to exit and re-enter, ", "cut off twice in one lesson, "),
        "homework": ("the homework came two days later, ", "I had to ask for the homework, "),
        "marking": ("the homework has not been marked for days, ",),
        "report": ("there was no report after the lesson, ",),
    },
}

SCENARIO = Scenario(
    "education", Title("清音外语", "Clearvoice Languages"),
    (Flow(
        "lesson", "L", 1.0, "booked",
        (Dimension("origin", "centre", _CENTRES), Dimension("performer", "teacher", _TEACHERS, within="origin", kind="teacher"),
         Dimension("product", "course", _COURSES), Dimension("channel", "line", _LINES), Dimension("place", "region", _REGIONS),
         Dimension("brand", "age_group", _AGES)),
        _ACTS, _PROBLEMS, promises=(Promise("start", "lesson_time", 1 / 12),), phrases=_PHRASES, asked=0.25,
        answered_after="ended", hours=(0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 2, 2, 2, 3, 4, 6, 8, 9, 7, 4, 1), weekend=1.2,
        months=(1.2, 0.9, 1, 1, 1, 0.9, 1.35, 1.35, 0.95, 1, 1, 1.05),
    ),),
    holders={"timetable": "丁悦", "teachers": "Ines Moreau", "technology": "周启明", "curriculum": "Hanna Weiss",
             "student_care": "林晓 Lin Xiao"},
    customers_a_journey=0.12,
)

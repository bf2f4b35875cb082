"""How columns and their values are called in a printed table; files keep the names of the formats page."""

from __future__ import annotations

from lastmeter.kernel.titles import Lang, Title

COLUMNS = {
    "journey_id": Title("旅程", "journey"),
    "state": Title("状态", "state"),
    "started_on": Title("开始", "started"),
    "due_on": Title("到期", "due"),
    "fulfilled_on": Title("送达", "fulfilled"),
    "promise": Title("承诺", "promise"),
    "perfect": Title("完美", "perfect"),
    "flaw_count": Title("瑕疵数", "flaws"),
    "place": Title("地点", "place"),
    "performer": Title("执行方", "performer"),
    "product": Title("商品", "product"),
    "channel": Title("渠道", "channel"),
    "brand": Title("品牌", "brand"),
    "origin": Title("始发地", "origin"),
    "rule": Title("规则", "rule"),
    "link": Title("链路", "link"),
    "title": Title("名称", "title"),
    "post": Title("岗位", "post"),
    "department": Title("部门", "department"),
    "count": Title("数量", "count"),
    "share": Title("占比", "share"),
    "cumulative": Title("累计", "cumulative"),
    "previous": Title("上期", "before"),
    "change": Title("变化", "change"),
    "code": Title("代码", "code"),
    "unit": Title("单位", "unit"),
    "direction": Title("方向", "better"),
    "meaning": Title("含义", "meaning"),
    "value": Title("数值", "value"),
    "n": Title("样本量", "n"),
    "low": Title("下限", "low"),
    "high": Title("上限", "high"),
    "coverage": Title("规则覆盖", "rules observed"),
    "rules_observed": Title("有数据的规则", "observed"),
    "rules_total": Title("规则总数", "rules"),
    "mature": Title("已成熟", "mature"),
    "standing": Title("与其他组相比", "against the others"),
    "shrunk": Title("预计（收缩后）", "expected (shrunk)"),
    "shrunk_low": Title("预计下限", "expected low"),
    "shrunk_high": Title("预计上限", "expected high"),
    "mean": Title("全体平均", "mean of all"),
    "indicator": Title("指标", "indicator"),
    "weight": Title("权重", "weight"),
    "score": Title("得分", "score"),
    "points": Title("贡献", "points"),
    "moved": Title("变动", "moved by"),
    "red_line": Title("红线", "red line"),
    "text": Title("宣传", "claim"),
    "promised": Title("承诺值", "promised"),
    "verdict": Title("结论", "verdict"),
    "month": Title("月", "month"),
    "week": Title("周", "week"),
    "type": Title("事件类型", "event type"),
    "events": Title("事件数", "events"),
    "rows": Title("行数", "rows"),
    "batch": Title("批次", "batch"),
    "file": Title("文件", "file"),
    "row": Title("行", "row"),
    "column": Title("列", "column"),
    "number": Title("编号", "number"),
    "source": Title("数据源", "source"),
    "label": Title("标签", "label"),
}
VALUES = {
    "unstarted": Title("未开始", "not started"),
    "open": Title("进行中", "open"),
    "completed": Title("已完成", "completed"),
    "cancelled": Title("已取消", "cancelled"),
    "returned": Title("已退回", "returned"),
    "abandoned": Title("已搁置", "abandoned"),
    "kept": Title("守约", "kept"),
    "missed": Title("失约", "missed"),
    "undecided": Title("无法判定", "undecided"),
    "none": Title("没有承诺", "none"),
    "up": Title("越高越好", "up"),
    "down": Title("越低越好", "down"),
    "worse": Title("更差", "worse"),
    "better": Title("更好", "better"),
    "alike": Title("分不出高下", "cannot be told apart"),
    "too_few": Title("太少", "too few"),
    "other_coverage": Title("规则覆盖不同", "other coverage"),
    "borne_out": Title("说到做到", "borne out"),
    "not_borne_out": Title("没有做到", "not borne out"),
    "cannot_tell": Title("还说不准", "cannot be told"),
    "published": Title("已发布", "published"),
    "undone": Title("已撤销", "undone"),
}
WORDED = frozenset({"state", "promise", "direction", "standing", "verdict"})
SHARES = frozenset({"share", "cumulative"})


def heading(name: str, lang: Lang) -> str:
    """The heading of a column; its own name where it has no other."""
    return COLUMNS[name].say(lang) if name in COLUMNS else name


def worded(name: str, value: str, lang: Lang) -> str:
    """A value of a column of states in words; others as they are."""
    return VALUES[value].say(lang) if name in WORDED and value in VALUES else value

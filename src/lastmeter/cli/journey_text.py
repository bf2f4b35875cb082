"""A journey in the terminal: what a colleague reads in ten seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lastmeter.kernel.clock import local_of_utc
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace.timeline import JourneyView, TimelineEvent

STATES = {
    "unstarted": Title("未开始", "not started"), "open": Title("进行中", "open"), "completed": Title("已完成", "completed"),
    "cancelled": Title("已取消", "cancelled"), "returned": Title("已退回", "returned"), "abandoned": Title("已搁置", "abandoned"),
}
PROMISES = {
    "kept": Title("守约", "promise kept"), "missed": Title("失约", "promise missed"), "open": Title("未到期", "promise open"),
    "undecided": Title("无法判定", "undecided"), "none": Title("没有承诺", "no promise"),
}
HEAD = Title("{kind} {id} · {state} · {promise}", "{kind} {id} · {state} · {promise}")
PROMISED = Title("承诺 {due}", "Promised by {due}")
PERFECT = Title("● 完美旅程", "● A perfect journey")
FLAWS = Title("◆ {n} 个瑕疵", "◆ Flaws: {n}")
FLAW = Title("  ◆ {rule}（{post}）{excess}", "  ◆ {rule} ({post}) {excess}")
COVERAGE = Title("{observed}/{total} 条规则有数据", "{observed} of {total} rules observed")
LIMIT = Title("时限 {limit}", "limit {limit}")
OVER = Title("超 {excess}", "{excess} over")
LINK = Title("        │ {title}：{took} {limit}{late}", "        │ {title}: {took} {limit}{late}")
WORKED = Title("工作时间 {took}", "{took} of working time")
UNDATED = Title("日期不详", "date unknown")
HOURS = Title("{n} 小时", "{n} h")
DAYS = Title("{n} 天", "{n} days")
ONE_DAY = Title("1 天", "1 day")
NOBODY = Title("没有岗位", "no post")
MINUTES = Title("{n} 分钟", "{n} min")


def journey_text(view: JourneyView, lang: Lang) -> str:
    """The journey as lines: sentence, promise, events with the links that ended there, flaws with their posts."""
    journey = view.journey
    lines = [
        HEAD.say(lang, kind=view.kind_title.say(lang), id=journey["journey_id"], state=STATES[journey["state"]].say(lang),
                 promise=PROMISES[journey["promise"]].say(lang)),
        *_promised(view, lang),
        COVERAGE.say(lang, observed=journey["rules_observed"], total=journey["rules_total"]),
        "",
    ]
    for event in view.events:
        lines += [_event(event, lang), *_links_ending(view, event, lang)]
    lines.append("")
    if view.flaws:
        lines.append(FLAWS.say(lang, n=len(view.flaws)))
        lines += [
            FLAW.say(lang, rule=_rule(view, flaw["rule"], lang), post=_post(view, flaw["post"], lang),
                     excess=OVER.say(lang, excess=duration(flaw["excess_seconds"], lang)) if flaw["excess_seconds"] else "")
            for flaw in view.flaws
        ]
    elif journey["perfect"]:
        lines.append(PERFECT.say(lang))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def duration(seconds: float, lang: Lang) -> str:
    """Seconds in the unit that people would use: 36 min, 6.4 h, 2 days."""
    if seconds < 5_400:
        return MINUTES.say(lang, n=f"{seconds / 60:.0f}")
    if seconds < 172_800 and seconds % 86_400:
        return HOURS.say(lang, n=f"{seconds / 3600:.1f}".removesuffix(".0"))
    days = f"{seconds / 86_400:.1f}".removesuffix(".0")
    return ONE_DAY.say(lang) if days == "1" else DAYS.say(lang, n=days)


def _promised(view: JourneyView, lang: Lang) -> list[str]:
    due = view.journey["due_on"]
    return [PROMISED.say(lang, due=due.isoformat())] if due and view.journey["promise"] != "none" else []


def _rule(view: JourneyView, code: str, lang: Lang) -> str:
    return view.rule_titles[code].say(lang) if code in view.rule_titles else code


def _post(view: JourneyView, code: str | None, lang: Lang) -> str:
    return view.post_titles[code].say(lang) if code in view.post_titles else code or NOBODY.say(lang)


def _event(event: TimelineEvent, lang: Lang) -> str:
    told = ((event.performer_title, event.performer), (event.place_title, event.place))
    where = " · ".join(title.say(lang) if title else code for title, code in told if code)
    return f"{_when(event, lang):<17} ○ {event.title.say(lang)}" + (f"  ({where})" if where else "")


def _when(event: TimelineEvent, lang: Lang) -> str:
    if event.occurred_at is None:
        return UNDATED.say(lang)
    local: datetime = local_of_utc(event.occurred_at, ZoneInfo(event.zone))
    return local.strftime("%Y-%m-%d" if event.precision in ("day", "month") else "%Y-%m-%d %H:%M")


def _took(link: dict[str, Any], lang: Lang) -> str:
    """How long it took: of a working limit in working time, for that is what it is measured by."""
    worked = link["working_seconds"]
    return duration(link["seconds"], lang) if worked is None else WORKED.say(lang, took=duration(worked, lang))


def _links_ending(view: JourneyView, event: TimelineEvent, lang: Lang) -> list[str]:
    """The links whose `to` is this event, under it."""
    return [
        LINK.say(
            lang, title=_rule(view, link["link"], lang), took=_took(link, lang),
            limit=LIMIT.say(lang, limit=duration(link["limit_seconds"], lang)) if link["limit_seconds"] else "",
            late=" ◆ " + OVER.say(lang, excess=duration(link["excess_seconds"], lang)) if link["outcome"] == "late" else "",
        )
        for link in view.links
        if link["seconds"] is not None and link["to_at"] == event.occurred_at
        and view.step_titles.get(link["to_step"]) == event.title
    ]

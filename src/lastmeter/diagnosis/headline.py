"""The sentence that the brief says, and why: chosen from the figures, with fallbacks that claim no more than they show."""

from __future__ import annotations

from typing import Literal

import msgspec

from lastmeter.diagnosis import words
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, duration, fill, percent, points_apart
from lastmeter.kernel.titles import Title

Tone = Literal["better", "worse", "noise", "unknown"]
_TOLD = 2  # causes that changed on their own
_STEADY = 0.0005  # shares closer than this print as the same figure


class Headline(msgspec.Struct, frozen=True):
    """One sentence with a verb, its tone, and one to three sentences of why."""

    sentence: Title
    tone: Tone
    why: list[Title]


def headline(study: Study) -> Headline:
    """What this period says."""
    perfect, period = study.perfect, words.period(study.period)
    if perfect.value is None:
        return Headline(fill(Title("{period}没有到期的旅程", "No journey fell due in {period}"), period=period), "unknown", [])
    why = [_against(study), *_because(study)]
    if perfect.change.is_signal:
        return Headline(_moved(study, worse=perfect.change.direction == "worse"), perfect.change.direction, why)  # type: ignore[arg-type]
    if perfect.change.verdict == "noise":
        return Headline(_noise(study, period), "noise", why)
    level = (
        Title("{period}有 {share} 的旅程完美", "{share} of journeys were perfect in {period}") if study.view is None
        else Title("{period}有 {share} 的旅程没有{who}的瑕疵", "{share} of journeys had no flaw of {who} in {period}")
    )
    return Headline(fill(level, period=period, share=percent(perfect.value), who=_who(study)), "unknown", why)


def _who(study: Study) -> Title:
    """Whose brief it is, as it is called within a sentence."""
    if study.view is None:
        return Title("我们", "ours")
    return fill(Title("“{who}”", "“{who}”"), who=study.view.title)


def _moved(study: Study, *, worse: bool) -> Title:
    if study.view is None:
        return Title("我们变差了，而且不是偶然", "We got worse, and it is real") if worse else Title(
            "我们变好了，而且不是偶然", "We got better, and it is real")
    return fill(
        Title("{who}的最后一米变差了，而且不是偶然", "The last meter of {who} got worse, and it is real") if worse
        else Title("{who}的最后一米变好了，而且不是偶然", "The last meter of {who} got better, and it is real"),
        who=_who(study),
    )


def _noise(study: Study, period: Title) -> Title:
    """Nothing beyond chance in the whole; a cause that did change on its own comes first, for “nothing” would be wrong."""
    changed = _changed(study, "worse") or _changed(study, "better")
    if not changed:
        return fill(Title("{period}没有超出波动的变化", "Nothing changed beyond chance in {period}"), period=period)
    worse = changed[0].change.direction == "worse"
    return fill(
        Title("“{cause}”变差了，整体还在波动之内", "“{cause}” got worse; the whole is within its usual range") if worse
        else Title("“{cause}”变好了，整体还在波动之内", "“{cause}” got better; the whole is within its usual range"),
        cause=changed[0].title,
    )


def _changed(study: Study, direction: str) -> list[Cause]:
    return [one for one in study.causes if one.change.is_signal and one.change.direction == direction]


def warnings(study: Study) -> list[Title]:
    """What a reader must know before trusting the figures."""
    found = []
    behind = sorted(name for name, mark in study.facts.watermarks.items() if study.is_behind(mark))
    if behind:
        known = min(study.facts.watermarks[name] for name in behind)
        found.append(fill(
            Title("本期尚未结束：来源“{sources}”只到 {known}，数字还会变。",
                  "This period is not over: {sources} is known only to {known}. Figures will still change."),
            sources=Title("、".join(behind), ", ".join(behind)), known=words.full_day(known.date()),
        ))
    elif not study.perfect.mature:
        found.append(Title("本期还有旅程没有到期，数字还会变。", "Part of this period has not fallen due yet. Figures will still change."))
    perfect = study.perfect
    if perfect.rules_total and perfect.rules_observed < perfect.rules_total:
        found.append(fill(
            Title("{total} 条规则中有数据的是 {observed} 条；没有数据的规则不等于做到了。",
                  "{observed} of {total} rules observed; a rule without data is not a rule kept."),
            observed=count(perfect.rules_observed), total=count(perfect.rules_total),
        ))
    if not perfect.comparable:
        found.append(Title(
            "与上期有数据的规则不同，两期不可比。",
            "Other rules were observed in the period before: the two are not comparable.",
        ))
    return found


def _against(study: Study) -> Title:
    """Where the rate stands against the usual and the period before."""
    perfect, previous = study.perfect, study.previous_title()
    usual, step = perfect.change.difference, perfect.change.from_previous
    if usual is None:
        if step is None:
            return Title("还没有可比的历史。", "There is no history to compare with yet.")
        return fill(
            Title("比{previous}{change}；历史太短，还不能判断是否偶然。", "{change} against {previous}; too little history to judge."),
            previous=previous, change=words.points(step),
        )
    journeys = (
        Title("完美旅程率", "perfect journeys") if study.view is None
        else Title("没有自己瑕疵的旅程占比", "journeys without a flaw of ours")
    )
    places: dict[str, Title | str] = {
        "journeys": journeys, "usual": percent(perfect.change.usual),
        "range": words.percent_range(perfect.change.lower, perfect.change.upper),
    }
    if perfect.change.is_signal:
        sentence = (
            Title("{journeys}比常态（{usual}）低 {by}", "{by} fewer {journeys} than usual ({usual})") if usual < 0
            else Title("{journeys}比常态（{usual}）高 {by}", "{by} more {journeys} than usual ({usual})")
        )
    else:
        sentence = Title("{journeys}在常态范围 {range} 之内", "The share of {journeys} is within its usual range of {range}")
    if step is None:
        return fill(Title("{said}。", "{said}."), said=fill(sentence, by=points_apart(usual), **places))
    moved = (
        Title("与{previous}持平", "level with {previous}") if abs(step) < _STEADY
        else Title("比{previous}低 {step}", "{step} below {previous}") if step < 0
        else Title("比{previous}高 {step}", "{step} above {previous}")
    )
    return fill(
        Title("{said}，{moved}。", "{said}, {moved}."), said=fill(sentence, by=points_apart(usual), **places),
        moved=fill(moved, previous=previous, step=points_apart(step)),
    )


def _because(study: Study) -> list[Title]:
    """The link behind the late ones, or else the most frequent flaw; and a cause that changed on its own."""
    peers = _peers(study)
    said = [peers] if peers else []
    worst = study.blamed_link
    if worst is not None:
        said.append(fill(
            Title("{share} 的失约旅程在同一条链路上耽误最多：“{link}”，最慢的一成超过 {p90}。",
                  "{share} of missed promises lost most time in one link: “{link}”, where the slowest tenth took over {p90}."),
            share=percent(worst.blamed_share, 0), link=worst.title, p90=duration(worst.now.p90, worst.limit_unit),
        ))
    elif study.present_causes:
        first = study.present_causes[0]
        said.append(fill(
            Title("最多的瑕疵是“{cause}”：{count} 处，占 {share}。", "The most frequent flaw is “{cause}”: {count}, {share} of all."),
            cause=first.title, count=count(first.count), share=percent(first.share, 0),
        ))
    if not study.perfect.change.is_signal:
        changed = _changed(study, "worse") or _changed(study, "better")
        said += [
            fill(Title("“{cause}”：{value} 的旅程，常态 {usual}。", "“{cause}”: {value} of journeys, usually {usual}."),
                 cause=one.title, value=percent(one.trend[-1]), usual=percent(one.change.usual))
            for one in changed[:_TOLD]
        ]
    return said


def _peers(study: Study) -> Title | None:
    """Where a post stands beside its peers."""
    found, view = study.beside_peers, study.view
    if found is None or view is None:
        return None
    said = (
        Title("{own} 的旅程有本岗位的瑕疵，其他 {n} 个岗位平均 {peers}（{change}）。",
              "{own} of journeys had a flaw of this post, {peers} on average of the {n} others ({change}).")
        if view.kind == "post" else
        Title("{own} 的旅程有本部门的瑕疵，其他 {n} 个部门平均 {peers}（{change}）。",
              "{own} of journeys had a flaw of this department, {peers} on average of the {n} others ({change}).")
    )
    return fill(
        said, own=percent(found.own), peers=percent(found.peers), n=str(found.peer_count), change=found.change.text,
    )

"""The rules of a blueprint in words, one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lastmeter.diagnosis import words
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.grammar import Declaration, Limit
from lastmeter.kernel.titles import Title

_UNITS = {
    "hours": Title("{n} 小时", "{n} h"), "days": Title("{n} 天", "{n} days"),
    "working_hours": Title("{n} 个工作小时", "{n} working h"), "working_days": Title("{n} 个工作日", "{n} working days"),
}
_ONE = {"days": Title("1 天", "1 day"), "working_days": Title("1 个工作日", "1 working day")}


def limit_in_words(limit: Limit) -> Title:
    """48 h, 1 day, 2 working days."""
    title = _ONE.get(limit.unit) if limit.amount == 1 else None
    return title or words.fill(_UNITS[limit.unit], n=str(limit.amount))


def said(one: Declaration, blueprint: Blueprint) -> Title:
    """A declaration in words; its code where nobody has taught it a sentence."""
    says: Callable[[Any, Blueprint], Title] | None = _SAYS.get(one.TABLE)
    return says(one, blueprint) if says else words.same(getattr(one, "code", one.TABLE))


def _events(types: Sequence[str], blueprint: Blueprint) -> Title:
    """What events are called: by their step, else by the rule about them, else by their type."""
    titles = {event: rule.title for rule in blueprint.breakable for event in rule.titled_events()}
    titles |= {event: step.title for step in blueprint.steps for event in step.event}
    called = [words.fill(Title("“{title}”", "“{title}”"), title=titles.get(kind, kind)) for kind in types]
    return Title(" / ".join(one.zh for one in called), " / ".join(one.en for one in called))


def _link(one: Any, blueprint: Blueprint) -> Title:
    places = {"start": blueprint.step(one.from_step).title, "end": blueprint.step(one.to_step).title}
    if one.limit is None:
        return words.fill(Title("“{start}”到“{end}”，只量不限", "From “{start}” to “{end}”, measured without a limit"), **places)
    said = Title("“{start}”之后 {limit}内“{end}”", "“{end}” within {limit} of “{start}”")
    return words.fill(said, limit=limit_in_words(one.limit), **places)


def _promise(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("“{on}”时告诉顾客何时“{step}”，到时要做到", "At “{on}” the customer is told when “{step}” will be; it is kept"),
                      on=blueprint.step(one.on).title, step=blueprint.step(one.step).title)


def _required(one: Any, blueprint: Blueprint) -> Title:
    return _between(Title("要有{events}", "{events} must occur"), one, blueprint)


def _between(begin: Title, one: Any, blueprint: Blueprint, **places: str) -> Title:
    after, before = (getattr(one, name, None) for name in ("after", "before"))
    titles: dict[str, Title | str | int] = {**places, "events": _events(one.event, blueprint)}
    if after:
        titles["after"] = blueprint.step(after).title
    if before:
        titles["before"] = blueprint.step(before).title
    zh = {(False, False): "{0}", (True, False): "“{{after}}”之后{0}", (False, True): "“{{before}}”之前{0}",
          (True, True): "“{{after}}”之后、“{{before}}”之前{0}"}[bool(after), bool(before)]
    en = {(False, False): "{0}", (True, False): "{0} after “{{after}}”", (False, True): "{0} before “{{before}}”",
          (True, True): "{0} after “{{after}}” and before “{{before}}”"}[bool(after), bool(before)]
    return words.fill(Title(zh.format(begin.zh), en.format(begin.en)), **titles)


def _count(one: Any, blueprint: Blueprint) -> Title:
    least, most = one.at_least, one.at_most
    if least is not None and most is not None:
        begin = Title("{events}要有 {least} 到 {most} 次", "{events} {least} to {most} times")
    elif least is not None:
        begin = Title("{events}至少 {least} 次", "{events} at least {least} times")
    else:
        begin = Title("{events}最多 {most} 次", "{events} at most {most} times")
    return _between(begin, one, blueprint, least=str(least), most=str(most))


def _forbidden(one: Any, blueprint: Blueprint) -> Title:
    if one.without:
        return words.fill(Title("没有{cover}就不许{events}", "Never {events} without {cover}"), events=_events(one.event, blueprint),
                          cover=_events(one.without, blueprint))
    return words.fill(Title("不许发生{events}", "{events} must not occur"), events=_events(one.event, blueprint))


def _feedback(one: Any, blueprint: Blueprint) -> Title:
    if one.below is None:
        said = Title("每一个{events}都是瑕疵", "Every {events} is a flaw")
    elif one.solicited:
        said = Title("评分低于 {below} 是瑕疵；是我们问的，不计入完美旅程率",
                     "A score below {below} is a flaw; we asked, so it stays out of the headline")
    else:
        said = Title("评分低于 {below} 是瑕疵", "A score below {below} is a flaw")
    return words.fill(said, events=_events(one.event, blueprint), below=f"{one.below:g}" if one.below is not None else "")


def _evidence(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("“{step}”要留下 {names}", "“{step}” leaves {names} on record"), step=blueprint.step(one.step).title,
                      names=", ".join(one.attributes))


def _order(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("先“{first}”，后“{then}”", "“{first}” before “{then}”"), first=blueprint.step(one.first).title,
                      then=blueprint.step(one.then).title)


def _recurrence(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("每 {every}要有一次{events}", "{events} at least every {every}"), events=_events(one.event, blueprint),
                      every=limit_in_words(one.every))


def _exclusive(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("{start}到{end}不许重叠", "{start} to {end}: never two at once"), start=_events(one.start, blueprint),
                      end=_events(one.end, blueprint))


def _price(one: Any, blueprint: Blueprint) -> Title:
    return words.fill(Title("{charged}不得高于{quoted}", "{charged} not above {quoted}"), charged=_events(one.charged.event, blueprint),
                      quoted=_events(one.quoted.event, blueprint))


_SAYS: dict[str, Callable[[Any, Blueprint], Title]] = {
    "link": _link, "promise": _promise, "required": _required, "count": _count, "forbidden": _forbidden, "feedback": _feedback,
    "evidence": _evidence, "order": _order, "recurrence": _recurrence, "exclusive": _exclusive, "price": _price,
}

"""What the chosen actions did: worked, did not, or cannot be told yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from lastmeter.diagnosis import naming
from lastmeter.diagnosis.effect import Effect, effect
from lastmeter.diagnosis.effect.estimate import Verdict
from lastmeter.diagnosis.focus import Chosen
from lastmeter.diagnosis.reefs import sentences
from lastmeter.diagnosis.reefs.reef import taken_apart
from lastmeter.diagnosis.reefs.sample import ANY
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Grain, Period
from lastmeter.kernel.titles import Title

_GRAINS: dict[Grain, Grain] = {"day": "week", "week": "week"}
_EVERYWHERE = Title(
    "还不能判断：行动针对全部旅程，没有可比的同类；看这个原因自己的趋势",
    "It cannot be told yet: the action is about all journeys and leaves none to compare with; see the cause's own trend",
)
_CANNOT = ("effect.too_few_siblings", "effect.too_few_periods", "effect.too_few_journeys", "effect.dimension_unknown")


class Judged(msgspec.Struct, frozen=True):
    """One chosen item and what has become of it.

    effect: the change of its segment's share of flawed journeys, negative is better; None where it cannot be compared,
    `text` says why.
    """

    code: str
    title: Title
    owner: str | None
    action: str | None
    since: date
    verdict: Verdict
    text: Title
    effect: Effect | None


def judged(
    facts: Facts, chosen: Sequence[Chosen], *, period: Period, titles: Mapping[str, Title], names: naming.Names | None = None,
) -> list[Judged]:
    """Every item that was begun before the period ended, in the order of choosing; periods after it are not looked at.

    Facts of one kind of journey; items about rules of other kinds are left out. `titles`: by rule.
    """
    return [
        _judged(facts, one, one.since, period, titles, names) for one in chosen
        if one.since is not None and one.since <= period.last and (taken_apart(one.code)[0] in (*titles, ANY))
    ]


def _judged(
    facts: Facts, one: Chosen, since: date, period: Period, titles: Mapping[str, Title], names: naming.Names | None,
) -> Judged:
    rule, segment = taken_apart(one.code)
    title = _title(titles.get(rule, sentences.ANY_TITLE), segment, names)
    found, verdict, text = _effect(facts, rule, segment, since, period)
    return Judged(one.code, title, one.owner, one.action, since, verdict, text, found)


def _effect(
    facts: Facts, rule: str, segment: Mapping[str, str], since: date, period: Period
) -> tuple[Effect | None, Verdict, Title]:
    if not segment:
        return None, "cannot_tell", _EVERYWHERE
    try:
        found = effect(
            facts, conditions=segment, since=since, rule=None if rule == ANY else rule, until=period,
            grain=_GRAINS.get(period.grain, "month"),
        )
    except LastMeterError as error:
        if error.code not in _CANNOT:
            raise
        why = Title(error.message("zh"), error.message("en"))
        return None, "cannot_tell", Title(f"还不能判断：{why.zh}", f"It cannot be told yet: {why.en}")
    return found, found.verdict, found.words


def _title(rule: Title, segment: Mapping[str, str], names: naming.Names | None) -> Title:
    if not segment:
        return rule
    values = [(sentences.DIMENSIONS[name], sentences.value(names, name, code)) for name, code in segment.items()]
    return Title(
        f"{rule.zh}（" + "、".join(f"{dimension.zh}“{value.zh}”" for dimension, value in values) + "）",
        f"{rule.en} (" + ", ".join(f"{dimension.en} {value.en}" for dimension, value in values) + ")",
    )

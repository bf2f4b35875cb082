"""The focus list with what can be chosen, who can own it, and what came of what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.drawings.effect import effect_chart
from lastmeter.charts.drawings.sparkline import sparkline
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis.focus import Chosen, Focus, FocusItem
from lastmeter.diagnosis.judged import Judged, judged
from lastmeter.diagnosis.naming import rule_titles
from lastmeter.diagnosis.reefs.reef import taken_apart
from lastmeter.diagnosis.reefs.sample import ANY
from lastmeter.diagnosis.reefs.sentences import ANY_TITLE, segment
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.words import count, fill, percent, same
from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board.filters import Filters, Option
from lastmeter.server.board.queries.board import JOURNEYS
from lastmeter.server.board.queries.findings import brief_of, chosen, part, reefs_of
from lastmeter.server.company import Found, find, find_soon
from lastmeter.server.people.models import Person
from lastmeter.workspace import Workspace

_TONES = {"worked": "good", "did_not": "bad", "cannot_tell": "noise"}


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the list: its figures, its trend, its journeys."""

    item: FocusItem
    trend: Markup
    rate: str
    n: str
    flaws: str
    address: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an item: the library's verdict in words, and the chart where it could be compared."""

    judged: Judged
    tone: str
    word: Title
    chart: Markup
    runners_up: Sequence[Title]


def lines(found: Focus, filters: Filters) -> list[Line]:
    """The items in their order."""
    return [_line(item, filters) for item in found.items]


def _line(item: FocusItem, filters: Filters) -> Line:
    tone = {"worse": "bad", "better": "good"}.get(item.change.direction, "") if item.change.is_signal else ""
    where = {name: value for name, value in item.segment.items() if name in DIMENSIONS}
    rule = None if item.rule == "any" else item.rule
    address = filters.to(JOURNEYS, rule=rule, flawed=None if rule else 1, **where)
    return Line(item, sparkline(item.trend, tone=tone), percent(item.rate_after), count(item.n), count(item.flaws), address)


def title_of(code: str, filters: Filters) -> Title:
    """What a chosen item is called, whether or not it is still found."""
    rule, values = taken_apart(code)
    titles = find(("rule titles", filters.kind), lambda ws: rule_titles(ws.facts(filters.kind))).value
    named = titles.get(rule, ANY_TITLE if rule == ANY else same(rule))
    if not values:
        return named
    where = [filters.title_of(name, value) for name, value in values.items()]
    return Title(f"{named.zh}（{' × '.join(one.zh for one in where)}）", f"{named.en} ({' × '.join(one.en for one in where)})")


def choosable(filters: Filters) -> list[tuple[Title, list[Option]]] | None:
    """What can be chosen: the reefs and causes of the period that are not; None while reefs are looked for."""
    reefs, brief = reefs_of(filters.whole), brief_of(filters.whole)
    if reefs is None or brief is None:
        return None
    taken, held = {one.code for one in chosen()}, part(brief.value, Causes)
    named = [
        Option(reef.code, fill(Title("{rule}：{segment}", "{rule}: {segment}"), rule=reef.rule_title, segment=segment(reef.conditions)))
        for reef in reefs.value.all
    ]
    causes = [Option(cause.rule, cause.title) for cause in (held.rows if held else []) if cause.count]
    groups = ((Title("暗礁", "Reefs"), named), (Title("原因", "Causes"), causes))
    return [(title, [one for one in options if one.code not in taken]) for title, options in groups]


def owners(current: Sequence[Chosen]) -> list[str]:
    """Who can own an item: everybody who works here, and whom the list already names."""
    here = [str(person) for person in Person.objects.filter(is_active=True).exclude(role="third_party").order_by("name", "username")]
    return list(dict.fromkeys([*here, *(one.owner for one in current if one.owner)]))


def outcomes(filters: Filters, lang: Lang) -> Found[list[Outcome]] | None:
    """What came of everything that was begun by the end of the period."""
    known = chosen()
    found = find_soon(("effects", filters.whole.key, tuple(known)), lambda ws: _judged(ws, filters.whole, known))
    return None if found is None else Found([_outcome(one, filters, lang) for one in found.value], found.at)


def _judged(ws: Workspace, filters: Filters, known: Sequence[Chosen]) -> list[Judged]:
    facts = filters.facts(ws)
    return judged(facts, known, period=filters.period, titles=rule_titles(facts), names=ws.names())


def _outcome(one: Judged, filters: Filters, lang: Lang) -> Outcome:
    label = Title("{title}：{text}", "{title}: {text}").say(lang, title=one.title.say(lang), text=one.text.say(lang))
    chart, runners = Markup(""), []
    if one.effect is not None:
        chart = effect_chart(one.effect.points, one.effect.since, lang, label=label)
        dimension = list(one.effect.conditions)[-1]
        runners = [filters.title_of(dimension, value) for value in one.effect.runners_up]
    return Outcome(one, _TONES[one.verdict], LABELS[one.verdict], chart, runners)

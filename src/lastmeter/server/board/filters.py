"""What a page is about: kind of journey, period, place, brand ..., read from its address once for all pages.

    filters = filters_of(request)
    found = find(("my page", filters.key), lambda ws: make(filters.facts(ws), filters.period))

`filters.within(ws)` narrows all that the workspace finds out to the filters and to what the person may see. The template
part `board/filters.html` shows them; `{{ filters.address }}` and `filters.to(path, rule=...)` carry them on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from lastmeter.diagnosis import words
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.diagnosis.words import named
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.periods import Grain, Period, parse_period, period_of
from lastmeter.kernel.titles import Title
from lastmeter.server.company import find
from lastmeter.server.people.access import person_of
from lastmeter.server.people.permissions import Reach, reach_of
from lastmeter.workspace import Workspace, choices, periods

SELECTED = ("place", "brand")
"""Dimensions that the bar offers as selects; the others are filters where an address names them."""
_OFFERED: tuple[tuple[Grain, Title, int], ...] = (
    ("month", Title("月", "Months"), 13), ("week", Title("周", "Weeks"), 13), ("quarter", Title("季度", "Quarters"), 5),
    ("year", Title("年", "Years"), 3),
)
_OWN = ("kind", "period", "post", "department", *DIMENSIONS)
_NOT_CARRIED = ("page", "part", "format", "sort")


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a select."""

    code: str
    title: Title


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: what it is about, its value, and the address without it."""

    title: Title
    value: Title
    without: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What can be chosen from, of one kind of journey: the newest period to speak of, values of the selects, the day of the facts."""

    latest: Period
    today: date
    values: Mapping[str, tuple[Option, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page is about. `where`: dimension and value; `key` says it all, the person's reach too, for `find`.

    `post` and `department`: as whom to look at it; see `workspace.briefing.view_of`.
    """

    kind: str
    period: Period
    where: tuple[tuple[str, str], ...] = ()
    post: str | None = None
    department: str | None = None
    reach: Reach = field(default_factory=Reach)
    frame: Frame | None = field(default=None, compare=False)
    kinds: Mapping[str, Title] = field(default_factory=dict, compare=False)
    names: Mapping[str, Mapping[str, Title]] = field(default_factory=dict, compare=False)
    carried: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def key(self) -> Hashable:
        """All that a figure of this page depends on, but the facts and what the page itself asks."""
        return (self.kind, self.period.code, self.where, self.post, self.department, self.reach)

    @property
    def whole(self) -> Filters:
        """The same for all posts and departments."""
        return replace(self, post=None, department=None)

    def value(self, dimension: str) -> str | None:
        """The value that a dimension is narrowed to."""
        return dict(self.where).get(dimension)

    @property
    def place(self) -> str | None:
        """The place, if one is chosen."""
        return self.value("place")

    @property
    def brand(self) -> str | None:
        """The brand, if one is chosen."""
        return self.value("brand")

    def facts(self, ws: Workspace) -> Facts:
        """The facts that the page is about: kind, filters and the person's reach (not post or department)."""
        with self.within(ws):
            return ws.facts(self.kind, place=self.place)

    @contextmanager
    def within(self, ws: Workspace) -> Iterator[Workspace]:
        """All that the workspace finds out within the block is of the person's reach and of the filters but kind, period
        and place, which its methods are told.
        """
        rest = {name: value for name, value in self.where if name != "place"}
        if not rest and self.reach == Reach():
            yield ws
            return
        with ws.narrowed(lambda facts: self.reach.narrow(facts).where(**rest)):
            yield ws

    # The address

    @property
    def own(self) -> dict[str, str]:
        """The filters as parameters of an address."""
        chosen = {"kind": self.kind, "period": self.period.code, **dict(self.where)}
        return chosen | {name: value for name in ("post", "department") if (value := getattr(self, name))}

    def to(self, path: str, **changes: object) -> str:
        """The address of another page about the same; a change of None leaves a parameter out."""
        merged = {**self.own, **changes}
        return f"{path}?{urlencode({name: value for name, value in merged.items() if value is not None})}"

    def here(self, **changes: object) -> str:
        """The address of this page with what it was asked besides, and some of it changed."""
        return self.to("", **{**dict(self.carried), **changes})

    @property
    def address(self) -> str:
        """The filters as the tail of an address: `/pareto/{{ filters.address }}`."""
        return self.to("")

    # What the bar shows

    @property
    def period_title(self) -> Title:
        """The period in words."""
        return words.period(self.period)

    @property
    def previous_title(self) -> Title:
        """The period before, as one says it beside this one."""
        return words.period(self.period.previous(), self.period)

    @property
    def earlier(self) -> str:
        """The address of the period before."""
        return self.here(period=self.period.previous().code)

    @property
    def later(self) -> str | None:
        """The address of the period after, unless it lies beyond the facts."""
        following = self.period.following()
        return self.here(period=following.code) if self.frame and following.first <= self.frame.today else None

    @property
    def periods(self) -> list[tuple[Title, list[Option]]]:
        """Periods to choose from, by grain, the latest first; the page's own is among them."""
        if self.frame is None:
            return []
        offered = []
        for grain, title, most in _OFFERED:
            found = [period_of(self.frame.today, grain)]
            while len(found) < most:
                found.append(found[-1].previous())
            if grain == self.period.grain and self.period not in found:
                found.append(self.period)
            offered.append((title, [Option(one.code, words.period(one)) for one in found]))
        return offered

    @property
    def selects(self) -> list[tuple[str, Title, tuple[Option, ...], str | None]]:
        """Dimensions with more than one value: name, title, values, the one that is chosen."""
        if self.frame is None:
            return []
        return [
            (name, DIMENSION_TITLES[name], values, self.value(name)) for name, values in self.frame.values.items()
            if len(values) > 1 or self.value(name)
        ]

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set and that no select shows, each with the address that drops it."""
        offered = {name for name, *_ in self.selects}
        found = [
            Chip(DIMENSION_TITLES[name], self.title_of(name, value), self.here(**{name: None}))
            for name, value in self.where if name not in offered
        ]
        for name, title in (("post", Title("岗位", "post")), ("department", Title("部门", "department"))):
            if code := getattr(self, name):
                found.append(Chip(title, self.title_of(name, code), self.here(**{name: None})))
        return found

    def title_of(self, dimension: str, code: str) -> Title:
        """What a value of a dimension, a post or a department is called."""
        return named(code, self.names.get(dimension, {}).get(code))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Parameters that the bar's form carries on though it shows no select for them."""
        shown = {"kind", "period", *(name for name, *_ in self.selects)}
        return [(name, value) for name, value in {**self.own, **dict(self.carried)}.items() if name not in shown]


def filters_of(request: HttpRequest) -> Filters:
    """The filters of a page's address. Left out: the first kind of journey, its latest mature period, everything.

    Raises:
        LastMeterError: `facts.not_built`, `journey.kind_unknown`, `period.unreadable`, `period.none`, `filter.unknown`.
    """
    asked = request.GET
    reach = reach_of(person_of(request))
    kinds = find(("kinds",), _kinds).value
    kind = asked.get("kind") or next(iter(kinds), None)
    frame = find(("frame", kind, reach), lambda ws: _frame(ws, kind, reach)).value
    where = tuple((name, value) for name in DIMENSIONS if (value := asked.get(name)))
    for name, value in where:
        known = _known(frame, str(kind), reach, name)
        choices.check(name, value, known)
    return Filters(
        kind=str(kind), period=parse_period(asked["period"]) if asked.get("period") else frame.latest, where=where,
        post=asked.get("post") or None, department=asked.get("department") or None, reach=reach, frame=frame, kinds=kinds,
        names=find(("names",), lambda ws: ws.all_names()).value, carried=_carried(asked),
    )


def _carried(asked: QueryDict) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in asked.items() if name not in (*_OWN, *_NOT_CARRIED) and isinstance(value, str))


def _kinds(ws: Workspace) -> dict[str, Title]:
    return {kind: blueprint.title for kind, blueprint in sorted(ws.facts().blueprints.items())}


def _frame(ws: Workspace, kind: str | None, reach: Reach) -> Frame:
    facts = ws.facts(ws._kind(kind))
    within = reach.narrow(facts)
    names: dict[str, dict[str, Title]] = ws.names()
    values = {name: _options(choices.values_of(within.journeys, name), names.get(name, {})) for name in SELECTED}
    return Frame(periods.latest(facts), local_of_utc(facts.at, zone_named(ws.config.company.zone)).date(), values)


def _options(codes: list[Any], names: Mapping[str, Title]) -> tuple[Option, ...]:
    return tuple(Option(code, named(code, names.get(code))) for code in sorted(codes))


def _known(frame: Frame, kind: str, reach: Reach, dimension: str) -> list[str]:
    if dimension in frame.values:
        return [one.code for one in frame.values[dimension]]
    return find(
        ("values", kind, reach, dimension), lambda ws: choices.values_of(reach.narrow(ws.facts(kind)).journeys, dimension)
    ).value

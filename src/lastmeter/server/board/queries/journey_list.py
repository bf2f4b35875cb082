"""The list of journeys: where every number of the console leads to. Only the columns shown are read, the count is kept."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa
from django.http import HttpRequest

from lastmeter.diagnosis import naming, words
from lastmeter.diagnosis.reefs.sentences import DIMENSIONS as DIMENSION_TITLES
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title
from lastmeter.server.board.filters import Chip, Filters, Option, filters_of
from lastmeter.server.board.queries.states import PROMISES, STATES, due_of
from lastmeter.server.company import Found, find
from lastmeter.workspace import Workspace, choices
from lastmeter.workspace.reading import CHOICES

ROWS, PAGES = 50, 200
LATE = ("late", "overdue")
SORTS: dict[str, tuple[str, Title]] = {
    "id": ("journey_id", Title("旅程", "Journey")),
    "started": ("started_at", Title("开始", "Started")),
    "due": ("due_at", Title("应到", "Due")),
    "late": ("promise_excess_seconds", Title("超出承诺", "Past the promise")),
    "duration": ("duration_seconds", Title("用时", "Duration")),
    "flaws": ("flaw_count", Title("瑕疵", "Flaws")),
    "score": ("score", Title("评分占满分", "Score share")),
}
"""What the list can be sorted by: its column and what it is called. A minus before the name turns it round."""
FIRST_SORT = "-due"
FLAWED = {"1": Title("有瑕疵", "flawed"), "0": Title("完美", "perfect")}
OFFERED_DIMENSIONS = ("place", "performer", "product", "channel", "brand", "origin")
OFFERED = 300
"""Values of a dimension that a select offers; the others are reached by address."""
COLUMNS = (
    "journey_id", "state", "promise", "started_at", "due_at", "due_on", "promise_excess_seconds", "duration_seconds",
    "counted", "perfect", "flaw_count", "score", "place", "performer", "product",
)
EXPORTED = (
    "journey_kind", *COLUMNS, "channel", "brand", "origin", "customer", "ended_at", "fulfilled_at", "solicited_flaw_count",
    "undecided_count", "rules_observed", "rules_total", "value_minor", "currency",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked for, beside kind and dimensions, which are `filters`.

    period: None where all periods are meant. flawed: among journeys that fell due. late: the code of a link that was late;
    through: of one that was entered. post: who answers for one of its flaws.
    """

    filters: Filters
    period: Period | None = None
    state: str | None = None
    promise: str | None = None
    flawed: bool | None = None
    counted: bool = False
    rule: str | None = None
    late: str | None = None
    through: str | None = None
    customer: str | None = None
    sort: str = FIRST_SORT
    page: int = 1

    @property
    def key(self) -> Hashable:
        """All that decides which journeys are meant; neither order nor page."""
        period = self.period.code if self.period else None
        filters = self.filters
        return (filters.kind, filters.where, filters.post, filters.department, filters.reach, period, self.state, self.promise,
                self.flawed, self.counted, self.rule, self.late, self.through, self.customer)

    @property
    def order(self) -> tuple[str, bool]:
        """The column to sort by, and whether the largest comes first."""
        return SORTS[self.sort.removeprefix("-")][0], self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class Line:
    """One journey of the list; times are naive UTC."""

    id: str
    state: Title
    promise: str
    promise_title: Title
    started_at: datetime | None
    due: datetime | date | None
    excess: float | None
    duration: float | None
    counted: bool
    perfect: bool | None
    flaws: int
    score: float | None
    place: Title | None
    performer: Title | None
    product: Title | None


@dataclass(frozen=True, slots=True)
class Wording:
    """What the codes of a kind of journey are called, and which there are: what the filter bar offers."""

    kind: Title
    rules: dict[str, Title]
    links: dict[str, Title]


@dataclass(frozen=True, slots=True)
class Select:
    """A select of the filter bar: the parameter it sets, its title and values, and the value that is chosen."""

    name: str
    title: Title
    options: tuple[Option, ...]
    chosen: str | None


def asked_of(request: HttpRequest) -> Asked:
    """What the address asks the list for.

    Raises:
        LastMeterError: those of `filters_of`; `filter.unknown`, `filter.too_far`.
    """
    given, filters = request.GET, filters_of(request)
    wordings = wording(filters.kind)
    values: dict[str, str | None] = {
        name: given.get(name) or None for name in ("state", "promise", "rule", "link", "through", "customer")
    }
    known = CHOICES | {"rule": list(wordings.rules), "link": list(wordings.links), "through": list(wordings.links)}
    for name, allowed in known.items():
        choices.check(name, values.get(name), allowed)
    sort = given.get("sort") or FIRST_SORT
    choices.check("sort", sort.removeprefix("-"), list(SORTS))
    flawed = given.get("flawed") or None
    choices.check("flawed", flawed, ["0", "1"])
    return Asked(
        filters, period=filters.period if given.get("period") else None, state=values["state"], promise=values["promise"],
        flawed=None if flawed is None else flawed == "1", counted=given.get("counted") == "1", rule=values["rule"],
        late=values["link"], through=values["through"], customer=values["customer"], sort=sort, page=_page(given.get("page")),
    )


def _page(text: str | None) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= PAGES:
        raise LastMeterError(
            "filter.too_far", Title("列表只能翻到第 {most} 页", "The list can be turned to page {most} at most"),
            Title("用筛选缩小范围，或导出 CSV", "Narrow it with filters, or export it as CSV"), most=PAGES,
        )
    return int(text)


def wording(kind: str) -> Wording:
    """The rules and links of a kind of journey in words."""
    return find(("wording", kind), lambda ws: _wording(ws.facts(kind).blueprints[kind])).value


def _wording(blueprint: Blueprint) -> Wording:
    return Wording(blueprint.title, {rule.code: rule.title for rule in blueprint.rules()},
                   {link.code: link.title for link in blueprint.links})


def count_of(asked: Asked) -> Found[int]:
    """How many journeys are meant; kept until the facts change."""
    return find(("journey list count", asked.key), lambda ws: _count(matching(asked.filters.facts(ws), asked)))


def lines_of(asked: Asked) -> Found[list[Line]]:
    """The journeys of one page of the list."""
    return find(("journey list", asked.key, asked.sort, asked.page), lambda ws: _lines(asked.filters.facts(ws), asked))


def matching(facts: Facts, asked: Asked) -> Frame:
    """The journeys that are meant, of facts that are narrowed already to kind, dimensions and reach."""
    cohort = _cohort(asked)
    frame = facts.journeys.filter(*cohort, *_own(asked)) if cohort or _own(asked) else facts.journeys
    for table, *conditions in _broken(facts, asked):
        named_there = table.filter(*cohort, *conditions).select("journey_id").unique()
        frame = frame.join(named_there, on="journey_id", how="semi")
    return frame


def exported(facts: Facts, asked: Asked) -> Frame:
    """The journeys that are meant with the columns that an export has, in the order of the list."""
    return _sorted(matching(facts, asked), asked).select(*EXPORTED)


def _cohort(asked: Asked) -> list[nw.Expr]:
    """Conditions on columns that all fact tables have: they narrow flaws and links as they do journeys."""
    found = []
    if asked.period is not None:
        found.append(nw.col("due_on").is_between(nw.lit(asked.period.first), nw.lit(asked.period.last)))
    if asked.counted or asked.flawed is not None:
        found.append(nw.col("counted"))
    if asked.customer is not None:
        found.append(nw.col("customer") == asked.customer)
    return found


def _own(asked: Asked) -> list[nw.Expr]:
    """Conditions on columns of journeys alone."""
    found = [nw.col(name) == value for name in ("state", "promise") if (value := getattr(asked, name)) is not None]
    if asked.flawed is not None:
        found.append(nw.col("perfect") != asked.flawed)
    return found


def _broken(facts: Facts, asked: Asked) -> list[tuple[Frame, nw.Expr]]:
    """What must have happened to a journey: rows of flaws or links."""
    found: list[tuple[Frame, nw.Expr]] = []
    if asked.rule is not None:
        found.append((facts.flaws, nw.col("rule") == asked.rule))
    if asked.filters.post is not None:
        found.append((facts.flaws, nw.col("post") == asked.filters.post))
    if asked.filters.department is not None:
        posts = sorted(post for post, department in facts.departments.items() if department == asked.filters.department)
        found.append((facts.flaws, nw.col("post").is_in(posts)))
    if asked.late is not None:
        found.append((facts.links, (nw.col("link") == asked.late) & nw.col("outcome").is_in(LATE)))
    if asked.through is not None:
        found.append((facts.links, nw.col("link") == asked.through))
    return found


def _sorted(frame: Frame, asked: Asked) -> Frame:
    column, descending = asked.order
    by = [column] if column == "journey_id" else [column, "journey_id"]
    return frame.sort(*by, descending=[descending, False][: len(by)], nulls_last=True)


def _count(frame: Frame) -> int:
    return int(frame.select(nw.len().alias("n")).collect(backend="pyarrow").to_native()["n"][0].as_py())


def _lines(facts: Facts, asked: Asked) -> list[Line]:
    wanted = _sorted(matching(facts, asked).select(*COLUMNS), asked).head(asked.page * ROWS)
    table: pa.Table = wanted.collect(backend="pyarrow").to_native()
    return [_line(row, asked.filters) for row in table.slice((asked.page - 1) * ROWS).to_pylist()]


def _line(row: dict[str, Any], filters: Filters) -> Line:
    def called(dimension: str) -> Title | None:
        code = row[dimension]
        return None if code is None else words.named(code, naming.value_title(filters.names, dimension, code))

    return Line(
        id=row["journey_id"], state=STATES[row["state"]], promise=row["promise"], promise_title=PROMISES[row["promise"]],
        started_at=row["started_at"], due=due_of(row), excess=row["promise_excess_seconds"],
        duration=row["duration_seconds"], counted=bool(row["counted"]), perfect=row["perfect"], flaws=int(row["flaw_count"] or 0),
        score=row["score"], place=called("place"), performer=called("performer"), product=called("product"),
    )


# What the page says and its bar shows


def sentence(asked: Asked, count: int) -> Title:
    """How many journeys are meant, of which kind and period."""
    number, kind = words.journeys(count), wording(asked.filters.kind).kind
    if asked.period is None:
        return words.fill(Title("各期的“{kind}”共 {number}", "{number} of “{kind}”, of all periods"), number=number, kind=kind)
    return words.fill(Title("{period}到期的“{kind}”共 {number}", "{number} of “{kind}” due in {period}"),
                      number=number, kind=kind, period=words.period(asked.period))


def selects_of(asked: Asked) -> list[Select]:
    """The selects of the bar, the usual ones first."""
    wordings, filters = wording(asked.filters.kind), asked.filters
    flawed = {None: None, True: "1", False: "0"}[asked.flawed]
    found = [
        Select("state", Title("状态", "State"), _options(STATES), asked.state),
        Select("flawed", Title("瑕疵", "Flaws"), _options(FLAWED), flawed),
        Select("rule", Title("规则", "Rule"), _options(wordings.rules), asked.rule),
        Select("link", Title("超时链路", "Late link"), _options(wordings.links), asked.late),
        Select("promise", Title("承诺", "Promise"), _options(PROMISES), asked.promise),
    ]
    for name in OFFERED_DIMENSIONS:
        values = values_offered(filters, name)
        if len(values) > 1 or filters.value(name):
            found.append(Select(name, DIMENSION_TITLES[name], values, filters.value(name)))
    return found


def _options(titles: Mapping[str, Title]) -> tuple[Option, ...]:
    return tuple(Option(code, title) for code, title in titles.items())

def chips_of(asked: Asked) -> list[Chip]:
    """The filters that are set and have no select: each with its parameter, which an address without it drops."""
    wordings, filters = wording(asked.filters.kind), asked.filters
    found = [
        (Title("经过链路", "through link"), "through", asked.through, wordings.links.get(asked.through or "")),
        (Title("顾客", "customer"), "customer", asked.customer, None),
        (Title("岗位", "post"), "post", filters.post, filters.title_of("post", filters.post or "")),
        (Title("部门", "department"), "department", filters.department, filters.title_of("department", filters.department or "")),
        (Title("到期", "due"), "counted", "1" if asked.counted else None, Title("已到期", "fell due")),
    ]
    return [Chip(title, what or words.named(code, None), name) for title, name, code, what in found if code is not None]


def values_offered(filters: Filters, dimension: str) -> tuple[Option, ...]:
    """The values of a dimension within the person's reach, at most `OFFERED` of them: the rest by address."""
    if filters.frame and dimension in filters.frame.values:
        return filters.frame.values[dimension][:OFFERED]

    def make(ws: Workspace) -> list[str]:
        return sorted(choices.values_of(filters.reach.narrow(ws.facts(filters.kind)).journeys, dimension))[:OFFERED]

    codes = find(("offered", filters.kind, filters.reach, dimension), make).value
    return tuple(Option(code, filters.title_of(dimension, code)) for code in codes)


"""Routes of the board: journeys, Pareto, reefs, drivers, focus, brief, indicators, blueprints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import msgspec
import narwhals.stable.v2 as nw
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import create_model

from lastmeter.diagnosis.brief import brief_json
from lastmeter.diagnosis.focus import Chosen
from lastmeter.journeys.facts import TABLES
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.api.doors import needs
from lastmeter.server.api.instants import Instant
from lastmeter.server.api.paging import MOST, USUAL, cursor_of, values_of
from lastmeter.server.api.problems import answers
from lastmeter.server.board import focusing
from lastmeter.server.board.filters import Filters, filters_of
from lastmeter.server.board.queries import journey_list
from lastmeter.server.company import Found, find, find_soon
from lastmeter.server.language import language_of
from lastmeter.server.people.access import person_of
from lastmeter.workspace import Table, Workspace
from lastmeter.workspace.scores import figure_rows

router = Router(tags=["board"])
T = TypeVar("T")

WAIT_SECONDS = 20.0
"""So long a program is kept waiting for what takes long, before it is told to come again."""
_PYTHON = {
    "VARCHAR": str, "DATE": date, "TIMESTAMP": Instant, "BOOLEAN": bool, "DOUBLE": float, "INTEGER": int, "BIGINT": int,
}


def _row_schema(name: str, table: str) -> type[Schema]:
    """A schema with the columns of a fact table, each of which may be null."""
    fields: dict[str, Any] = {column: (_PYTHON[kind] | None, None) for column, kind in TABLES[table].items()}
    return create_model(name, __base__=Schema, **fields)


Journey = _row_schema("Journey", "journeys")
Link = _row_schema("Link", "links")
Flaw = _row_schema("Flaw", "flaws")


class Words(Schema):
    """A text in both languages."""

    zh: str
    en: str


class Narrowed(Schema):
    """What a figure is about; left out: the first kind, its latest mature period, everything that the caller may see."""

    kind: str | None = Field(None, description="kind of journey")
    period: str | None = Field(None, description="2026-09, 2026-W36, 2026-Q3, 2026")
    place: str | None = None
    performer: str | None = None
    product: str | None = None
    channel: str | None = None
    brand: str | None = None
    origin: str | None = None


class JourneysAsked(Narrowed):
    """Which journeys; without `period` those of all periods."""

    state: str | None = Field(None, description="open, completed, cancelled, returned, abandoned, unstarted")
    promise: str | None = Field(None, description="kept, missed, open, undecided, none")
    flawed: str | None = Field(None, description="1: flawed ones, 0: perfect ones, of those that fell due")
    rule: str | None = Field(None, description="with a flaw of this rule")
    link: str | None = Field(None, description="with this link late")
    customer: str | None = Field(None, description="token of the customer")
    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(USUAL, ge=1, le=MOST)


class JourneyPage(Schema):
    """Journeys by id; `next` leads to the following page, null at the end."""

    at: Instant | None
    items: list[Journey]  # type: ignore[valid-type]
    next: str | None


class TimelineEvent(Schema):
    """Something that happened; personal values and texts are tokens."""

    id: str
    type: str
    title: Words
    occurred_at: Instant | None
    precision: str
    performer: str | None
    place: str | None


class JourneyWhole(Schema):
    """A journey with what proves it."""

    journey: Journey  # type: ignore[valid-type]
    events: list[TimelineEvent]
    links: list[Link]  # type: ignore[valid-type]
    flaws: list[Flaw]  # type: ignore[valid-type]


class Rows(Schema):
    """Figures as rows, and as of when they are."""

    at: Instant | None
    kind: str
    period: str
    items: list[dict[str, Any]]


class Whole(Schema):
    """A finding with parts of its own, and as of when it is."""

    at: Instant | None
    kind: str
    period: str
    found: dict[str, Any]


class Kind(Schema):
    """A kind of journey."""

    kind: str
    title: Words
    version: str


class Declared(Schema):
    """An indicator's declaration."""

    code: str
    title: Words
    meaning: Words
    unit: str
    direction: str


class IndicatorAsked(Narrowed):
    """Which figures of an indicator."""

    by: str | None = Field(None, description="comma separated: place, performer, product, post, month ...")


@router.get("/kinds", response=answers(list[Kind]), summary="Kinds of journey")
@needs("see.journeys")
def kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest blueprint of each kind."""
    return find(("api kinds",), lambda ws: [
        {"kind": kind, "title": _words(one.title), "version": one.version} for kind, one in sorted(ws.facts().blueprints.items())
    ]).value


@router.get("/journeys", response=answers(JourneyPage), summary="Journeys, by id")
@needs("see.journeys")
def journeys(request: HttpRequest, asked: Query[JourneysAsked]) -> dict[str, Any]:
    """The journeys that are meant, a page at a time."""
    meant = journey_list.asked_of(request)
    after = values_of(asked.cursor, 1)[0] if asked.cursor else None

    def make(ws: Workspace) -> list[dict[str, Any]]:
        frame = journey_list.matching(meant.filters.facts(ws), meant)
        frame = frame if after is None else frame.filter(nw.col("journey_id") > str(after))
        found: list[dict[str, Any]] = (
            frame.sort("journey_id").head(asked.limit + 1).collect(backend="pyarrow").to_native().to_pylist()
        )
        return found

    found = find(("api journeys", meant.key, after, asked.limit), make)
    page = found.value[: asked.limit]
    more = len(found.value) > asked.limit
    return {"at": found.at, "items": page, "next": cursor_of([page[-1]["journey_id"]]) if more else None}


@router.get("/journeys/{kind}/{path:journey_id}", response=answers(JourneyWhole), summary="One journey")
@needs("see.journeys")
def journey(request: HttpRequest, kind: str, journey_id: str) -> dict[str, Any]:
    """A journey with its events, links and flaws."""
    filters = filters_of(request)

    def make(ws: Workspace) -> dict[str, Any]:
        with filters.within(ws):
            view = ws.journey(journey_id, kind=kind)
        events = [{
            "id": one.id, "type": one.type, "title": _words(one.title), "occurred_at": one.occurred_at, "precision": one.precision,
            "performer": one.performer, "place": one.place,
        } for one in view.events]
        return {"journey": view.journey, "events": events, "links": view.links, "flaws": view.flaws}

    return find(("api journey", kind, journey_id, filters.where, filters.reach), make).value


@router.get("/pareto", response=answers(Rows), summary="Causes by share")
@needs("see.diagnosis")
def pareto(request: HttpRequest, asked: Query[Narrowed]) -> dict[str, Any]:
    """Which flaws, what share, cumulative share and change."""
    return _table(request, "pareto", lambda ws: ws.pareto)


@router.get("/reefs", response=answers(Rows), summary="Segments that break beyond chance")
@needs("see.diagnosis")
def reefs(request: HttpRequest, asked: Query[Narrowed]) -> dict[str, Any]:
    """The reefs, what stands out most first: main effects, then interactions. 503 with Retry-After while they are being made."""
    return _table(request, "reefs", lambda ws: ws.reefs)


@router.get("/drivers", response=answers(Whole), summary="What moves the score")
@needs("see.diagnosis")
def drivers(request: HttpRequest, asked: Query[Narrowed]) -> dict[str, Any]:
    """Drivers of the customers' score, from facts known when they were asked."""
    filters = filters_of(request)
    period = filters.period if asked.period else None
    return _whole(filters, _soon(("api drivers", filters.key, bool(period)), _within(
        filters, lambda ws: _plain(ws.drivers(filters.kind, period=period, place=filters.place)),
    )))


@router.get("/focus", response=answers(Rows), summary="What to clear first")
@needs("see.focus")
def focus(request: HttpRequest, asked: Query[Narrowed]) -> dict[str, Any]:
    """The focus list: what was chosen, what is proposed, the next."""
    return _table(request, "focus", lambda ws: ws.focus_table)


class FocusChosen(Schema):
    """What is being done about a reef or a cause."""

    code: str = Field(description="a code of /focus, /reefs or /pareto", max_length=200)
    owner: str | None = Field(None, max_length=500)
    action: str | None = Field(None, max_length=500)
    due: date | None = None
    note: str | None = Field(None, max_length=500)


@router.post("/focus", response=answers(FocusChosen), summary="Choose a focus, or change one")
@needs("focus.choose")
def choose_focus(request: HttpRequest, body: FocusChosen, asked: Query[Narrowed]) -> Any:
    """Take a reef or a cause on; one that is chosen already is changed."""
    person, filters = person_of(request), filters_of(request)
    if focusing.held(body.code) is not None:
        return focusing.change(person, body.code, owner=body.owner, action=body.action, due=body.due, note=body.note)
    one = Chosen(body.code, body.owner, body.action, body.due, None, body.note)
    return focusing.choose(person, one, codes=_codes(filters), period=filters.period.code)


@router.delete("/focus", response=answers(FocusChosen), summary="Drop a focus")
@needs("focus.choose")
def drop_focus(request: HttpRequest, code: str) -> Any:
    """Take an item off the list."""
    return focusing.drop(person_of(request), code)


@router.get("/brief", response=answers(Whole), summary="The brief")
@needs("see.brief")
def brief(request: HttpRequest, asked: Query[Narrowed]) -> dict[str, Any]:
    """The quick brief of a period, in both languages."""
    filters = filters_of(request)
    return _whole(filters, _soon(("api brief", filters.key), _within(
        filters, lambda ws: msgspec.json.decode(brief_json(ws.brief(kind=filters.kind, period=filters.period, place=filters.place))),
    )))


@router.get("/indicators", response=answers(list[Declared]), summary="All indicators")
@needs("see.indicators")
def indicators(request: HttpRequest) -> list[dict[str, Any]]:
    """The catalogue and the company's own."""
    return find(("api indicators",), lambda ws: [
        {"code": code, "title": _words(one.title), "meaning": _words(one.meaning), "unit": one.unit, "direction": one.direction}
        for code, one in sorted(ws.catalogue.items())
    ]).value


@router.get("/indicators/{code}", response=answers(Rows), summary="The figures of an indicator")
@needs("see.indicators")
def indicator(request: HttpRequest, code: str, asked: Query[IndicatorAsked]) -> dict[str, Any]:
    """Value, n, interval, coverage, maturity; one row a group."""
    filters = filters_of(request)
    by = tuple(part for part in (asked.by or "").split(",") if part)

    def make(ws: Workspace) -> list[dict[str, Any]]:
        figures = ws.figures(code, by=by, period=filters.period, place=filters.place, kind=filters.kind)
        return list(figure_rows(figures, by).to_pylist())

    return _rows(filters, find(("api indicator", code, by, filters.key), _within(filters, make)))


# What the routes share


def _table(request: HttpRequest, name: str, method: Callable[[Workspace], Callable[..., Table]]) -> dict[str, Any]:
    """The rows of one of the workspace's tables, in the caller's language."""
    filters, lang = filters_of(request), language_of(request)
    return _rows(filters, _soon((f"api {name}", filters.key, lang), _within(filters, lambda ws: method(ws)(
        filters.kind, period=filters.period, place=filters.place, lang=lang).to_arrow().to_pylist())))


def _within(filters: Filters, make: Callable[[Workspace], T]) -> Callable[[Workspace], T]:
    """`make`, narrowed to the filters and to what the caller may see."""
    def narrowed(ws: Workspace) -> T:
        with filters.within(ws):
            return make(ws)

    return narrowed


def _soon(key: Any, make: Callable[[Workspace], T]) -> Found[T]:
    """What may take seconds; an answer to come again while it is being made.

    Raises:
        LastMeterError: `api.busy`.
    """
    found = find_soon(key, make, wait=WAIT_SECONDS)
    if found is None:
        raise LastMeterError(
            "api.busy", Title("还在计算", "It is being worked out"), Title("几秒后再取", "Ask again in some seconds"), seconds=3,
        )
    return found


def _codes(filters: Filters) -> list[str]:
    """What can be chosen in a period: its reefs and its causes."""
    return _soon(("api codes", filters.key), _within(filters, lambda ws: [
        *(reef.code for reef in ws.find_reefs(filters.kind, period=filters.period, place=filters.place).all),
        *ws.pareto(filters.kind, period=filters.period, place=filters.place).to_arrow()["rule"].to_pylist(),
    ])).value


def _rows(filters: Filters, found: Found[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"at": found.at, "kind": filters.kind, "period": filters.period.code, "items": found.value}


def _whole(filters: Filters, found: Found[dict[str, Any]]) -> dict[str, Any]:
    return {"at": found.at, "kind": filters.kind, "period": filters.period.code, "found": found.value}


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value, str_keys=True)
    return plain


def _words(title: Title) -> dict[str, str]:
    return {"zh": title.zh, "en": title.en}


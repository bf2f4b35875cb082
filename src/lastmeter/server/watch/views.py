"""The page Flaws: what was raised, what will be late, which sources are silent. Lists renew themselves without jumping."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, get_args

import pyarrow as pa
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from lastmeter.diagnosis import words
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server import clock
from lastmeter.server.audit.exports import csv_answer
from lastmeter.server.intake.console.queries import source_titles
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import may, reach_of
from lastmeter.server.watch import actions, queries
from lastmeter.server.watch.models import Flaw, Prediction
from lastmeter.server.watch.queries import Asked, State, Wording

ROWS = 50
NOTHING_YET = (Title("还没有旅程可守望", "There is no journey to watch yet"),
               Title("导入数据、建好事实表以后，时限一过，瑕疵就出现在这里。",
                     "Once data is imported and the fact tables are built, flaws appear here as limits pass."))
"""The page's sentence and its line of why before the first build."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
"""Differs from answer to answer, and says nothing to a reader."""
SORTS: dict[str, tuple[str, Title]] = {
    "raised": ("raised_at", Title("提出", "Raised")), "since": ("occurred_at", Title("何时起", "Since")),
    "rule": ("rule", Title("瑕疵", "Flaw")), "place": ("place", Title("地点", "Place")), "post": ("post", Title("岗位", "Post")),
    "excess": ("excess_seconds", Title("超出", "Excess")),
}
STATES: tuple[tuple[State, Title], ...] = (
    ("open", Title("全部", "All")), ("new", Title("新", "New")), ("known", Title("已知", "Known")),
    ("withdrawn", Title("已撤回", "Withdrawn")),
)
ACTS = {
    "raised": Title("提出", "Raised"), "withdrawn": Title("撤回：后来的数据推翻了它", "Withdrawn: later data disproved it"),
    "taken": Title("接手", "Taken on"), "released": Title("放回", "Released"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A flaw as the list shows it."""

    row: Flaw
    rule: Title
    kind: Title
    post: Title | None
    place: Title | None
    performer: Title | None
    excess: float | None
    is_running: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class Header:
    """A column that sorts: its `aria-sort`, and what a press asks for."""

    title: Title
    sorted: str
    sort: str
    is_number: bool


@allows("see.flaws")
@require_GET
def flaws(request: HttpRequest) -> HttpResponseBase:
    """The flaws that the address asks for; `part=live` only the list, 204 where it is as the reader has `seen` it."""
    person, asked = person_of(request), _asked(request)
    found = _sorted(queries.flaws(person, asked), request.GET.get("sort", ""))
    wording = queries.wording()
    if request.GET.get("format") == "csv":
        return csv_answer(request, "flaws", pa.Table.from_pylist(
            [_flaw_row(_line(one, wording, None), language_of(request)) for one in found.iterator(2000)]))
    counts, as_of = queries.counts(person, asked), queries.built_at()
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "asked": asked, "counts": counts, "as_of": as_of, "page": page, "silent": queries.silent_sources(),
        "source_titles": source_titles,
        "lines": [_line(one, wording, as_of) for one in page], "headers": _headers(request.GET.get("sort", "-raised")),
        "is_narrowed": asked != Asked(),
        "can": _can(person), "sentence": _sentence(counts) if as_of else NOTHING_YET, "section": "flaws", "tab": "flaws",
    }
    return _live(request, "watch/flaws.html", "watch/flaws_live.html", context, lambda: _bar(person, asked, wording))


@allows("see.flaws")
@require_GET
def ahead(request: HttpRequest) -> HttpResponseBase:
    """The journeys that will be late, and how often that was right."""
    person, asked = person_of(request), _asked(request)
    wording = queries.wording()
    kind = asked.kind or next(iter(wording.kinds), "")
    found = queries.at_risk(person, replace(asked, kind=kind))
    if request.GET.get("format") == "csv":
        return csv_answer(request, "will_be_late", pa.Table.from_pylist(
            [_risk_row(one, wording, language_of(request)) for one in found.iterator(2000)]))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "asked": replace(asked, kind=kind), "page": page, "as_of": queries.built_at(),
        "rate": queries.hit_rate(person, kind) if kind else None,
        "lines": [
            {"row": one, "step": wording.steps.get((one.kind, one.step), words.same(one.step)), **_named(one, wording)} for one in page
        ],
        "can": _can(person), "section": "flaws", "tab": "ahead", "days": queries.HIT_DAYS,
    }
    return _live(request, "watch/ahead.html", "watch/ahead_live.html", context, lambda: _bar(person, replace(asked, kind=kind), wording))


@allows("see.flaws")
@require_GET
def flaw(request: HttpRequest, flaw_id: str) -> HttpResponseBase:
    """One flaw: what it is, what became of it, and taking it on."""
    person = person_of(request)
    one = queries.within(Flaw.objects.filter(pk=flaw_id), reach_of(person)).select_related("taken_by").first()
    if one is None:
        raise LastMeterError(
            "flaw.unknown", Title("没有这处瑕疵", "There is no such flaw"),
            Title("回到“瑕疵”页重新选择", "Go back to the page Flaws and choose again"),
        )
    entries = [{"entry": each, "title": ACTS[each.what]} for each in queries.history_of(flaw_id)]
    return render(request, "watch/flaw.html", {
        "line": _line(one, queries.wording(), queries.built_at()), "entries": entries, "can": _can(person), "section": "flaws",
        "waits": one.waits,
    })


@allows("flaw.note")
@require_POST
def take(request: HttpRequest, flaw_id: str) -> HttpResponseBase:
    """Take it on."""
    actions.take_on(person_of(request), flaw_id, request.POST.get("note", ""))
    messages.success(request, Title("已接手，可在列表里放回", "Taken on; release it in the list").say(language_of(request)))
    return redirect(_back(request))


@allows("flaw.note")
@require_POST
def release(request: HttpRequest, flaw_id: str) -> HttpResponseBase:
    """Put it back."""
    actions.release(person_of(request), flaw_id)
    messages.success(request, Title("已放回", "Released").say(language_of(request)))
    return redirect(_back(request))


@allows("see.sources")
def rhythms(request: HttpRequest) -> HttpResponseBase:
    """After what silence each source is called silent, as learnt or declared; declaring it."""
    person = person_of(request)
    if request.method == "POST":
        text = request.POST.get("hours", "").strip()
        if text and not (text.replace(".", "", 1).isdecimal() and 0 < float(text) <= 24 * 400):
            raise LastMeterError(
                "source.rhythm", Title("读不懂的小时数", "Cannot read the hours"),
                Title("写大于 0 的数，例如 36；留空则由系统学习", "Write a number above 0, such as 36; empty: it is learnt"),
            )
        actions.declare_rhythm(person, request.POST.get("source", ""), round(float(text) * 60) if text else None)
        return redirect("flaws-sources")
    return render(request, "watch/rhythms.html", {
        "rhythms": queries.rhythms(), "can": {"edit": may(person, "source.edit")}, "section": "flaws", "tab": "sources",
        "source_titles": source_titles,
    })


def _asked(request: HttpRequest) -> Asked:
    """What the address asks for.

    Raises:
        LastMeterError: `flaw.state`.
    """
    given = request.GET
    state = given.get("state") or "open"
    if state not in get_args(State):
        raise LastMeterError(
            "flaw.state", Title("没有“{state}”这种状态", "There is no state “{state}”"),
            Title("可以是：{known}", "It may be: {known}"), state=state, known=", ".join(get_args(State)),
        )
    return Asked(
        state=cast(State, state), kind=given.get("kind", ""), rule=given.get("rule", ""), post=given.get("post", ""),
        place=given.get("place", ""), mine=bool(given.get("mine")),
    )


def _live(
    request: HttpRequest, whole: str, part: str, context: dict[str, Any], more: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """The page, or only its living part; the part's version tells a reader who has it that nothing changed."""
    query = request.GET.copy()
    seen = query.get("seen", "")
    for name in ("part", "seen"):
        query.pop(name, None)
    context["query"] = query.urlencode()
    body = render_to_string(part, context, request=request)
    version = hashlib.sha256(_TOKEN.sub("", body).encode()).hexdigest()[:12]
    if request.GET.get("part") == "live":
        if version == seen:
            # The console swaps whatever is answered, also nothing, unless it is told not to.
            return HttpResponse(status=204, headers={"HX-Reswap": "none"})
        return render(request, "watch/live.html", {"body": body, "version": version, "query": context["query"]})
    return render(request, whole, {**context, **more(), "body": body, "version": version})


def _sorted(found: QuerySet[Flaw], sort: str) -> QuerySet[Flaw]:
    column = SORTS.get(sort.removeprefix("-"))
    return found if column is None else found.order_by(("-" if sort.startswith("-") else "") + column[0], "flaw_id")


def _headers(sort: str) -> dict[str, Header]:
    found = {}
    for name, (_column, title) in SORTS.items():
        now = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        found[name] = Header(title, now, name if sort == f"-{name}" else f"-{name}", name in ("raised", "since", "excess"))
    return found


def _can(person: Person) -> dict[str, bool]:
    return {"take": may(person, "flaw.note"), "export": may(person, "export"), "sources": may(person, "see.sources")}


def _sentence(counts: queries.Counts) -> tuple[Title, Title]:
    """The page's sentence and its line of why."""
    new = words.count(counts.new)
    head = Title(f"过去 24 小时有 {new} 处新瑕疵还没有人接手",
                 "1 new flaw in the last 24 hours is with nobody yet" if counts.new == 1
                 else f"{new} new flaws in the last 24 hours are with nobody yet")
    if not counts.new:
        head = Title("过去 24 小时没有待接手的新瑕疵", "No new flaw of the last 24 hours is waiting to be taken on")
    places = {"known": words.count(counts.known), "taken": words.count(counts.taken), "late": words.count(counts.late_found),
              "withdrawn": words.count(counts.withdrawn)}
    why = Title("另有 {known} 处已知，{taken} 处有人接手，{late} 处事后才发现；近 7 天撤回 {withdrawn} 处。",
                "{known} more are known; taken on: {taken}, found late: {late}, withdrawn in 7 days: {withdrawn}.")
    return head, Title(why.say("zh", **places), why.say("en", **places))


def _bar(person: Person, asked: Asked, wording: Wording) -> dict[str, Any]:
    """The filters: name, title, (code, title) of each value, the chosen one."""
    values = queries.choices(person, asked)
    rules = {rule: title for (kind, rule), title in wording.rules.items() if asked.kind in ("", kind)}
    titled: dict[str, Mapping[str, Title]] = {
        "kind": wording.kinds, "post": wording.posts, "place": wording.names.get("place", {}), "rule": rules}
    titles = {"kind": Title("旅程", "Journey"), "rule": Title("规则", "Rule"), "post": Title("岗位", "Post"),
              "place": Title("地点", "Place")}
    selects = [
        (name, title, [(code, words.named(code, titled[name].get(code))) for code in values[name]], getattr(asked, name))
        for name, title in titles.items() if values[name] and (name != "kind" or len(values[name]) > 1)
    ]
    return {"selects": selects, "states": STATES}


def _named(one: Flaw | Prediction, wording: Wording) -> dict[str, Title | None]:
    return {
        "post": words.named(one.post, wording.posts.get(one.post)) if one.post else None,
        **{name: words.named(code, wording.names.get(name, {}).get(code)) if (code := getattr(one, name)) else None
           for name in ("place", "performer")},
    }


def _line(one: Flaw, wording: Wording, as_of: datetime | None) -> Line:
    running = one.excess_seconds is None and one.primitive in queries.RUNNING and one.withdrawn_at is None
    excess = one.excess_seconds
    if running and as_of is not None and one.occurred_at is not None:
        excess = max(0.0, (as_of - one.occurred_at).total_seconds())
    fresh = one.taken_by_id is None and not one.inherited and not one.late_found and one.withdrawn_at is None
    return Line(
        row=one, rule=wording.rules.get((one.kind, one.rule), words.same(one.rule)), kind=wording.kinds.get(one.kind, words.same(one.kind)),
        excess=excess, is_running=running, is_new=fresh and one.raised_at > _since(), **_named(one, wording),
    )


def _since() -> datetime:
    return clock.now() - queries.NEW_FOR


def _flaw_row(line: Line, lang: Lang) -> dict[str, Any]:
    row = line.row
    return {
        "journey_kind": row.kind, "journey": row.journey, "rule": row.rule, "title": line.rule.say(lang), "place": row.place,
        "performer": row.performer, "brand": row.brand, "post": row.post, "occurred_at": row.occurred_at, "raised_at": row.raised_at,
        "withdrawn_at": row.withdrawn_at, "late_found": row.late_found, "excess_seconds": row.excess_seconds,
        "taken_by": str(row.taken_by or ""),
    }


def _risk_row(one: Prediction, wording: Wording, lang: Lang) -> dict[str, Any]:
    step = wording.steps.get((one.kind, one.step), words.same(one.step))
    return {
        "journey_kind": one.kind, "journey": one.journey, "due_at": one.due_at, "expected_at": one.expected_at, "chance": one.chance,
        "compared": one.compared, "step": one.step, "title": step.say(lang), "reached_at": one.reached_at, "place": one.place,
        "performer": one.performer, "brand": one.brand, "post": one.post, "said_at": one.said_at,
    }


def _back(request: HttpRequest) -> str:
    back = request.POST.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else "/flaws/"


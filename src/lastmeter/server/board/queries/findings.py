"""What several pages read, found out once for all of them: the brief, the reefs, the focus list.

Each gives None while it is being made for the first time; the page says so then (`board.making`).
"""

from __future__ import annotations

from typing import TypeVar

from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.focus import Chosen, Focus, focus
from lastmeter.diagnosis.reefs.reef import Reefs
from lastmeter.diagnosis.sections import Content
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.study import Depth
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.queries.posts import declared_owners
from lastmeter.server.company import SLOW_STALE_SECONDS, STALE_SECONDS, Found, find_soon, served
from lastmeter.workspace import Workspace
from lastmeter.workspace.focusing import read_chosen

S = TypeVar("S", bound=Content)


def brief_of(filters: Filters, depth: Depth = "quick", *, wait: float | None = None) -> Found[Brief] | None:
    """The brief of what the page is about, as the library makes it.

    Raises:
        LastMeterError: those of `Workspace.brief`.
    """
    known = tuple(chosen()) if depth == "full" else ()
    stale = STALE_SECONDS if depth == "quick" else SLOW_STALE_SECONDS
    return find_soon(("brief", depth, filters.key, known), lambda ws: brief_made(ws, filters, depth), stale=stale, wait=wait)


def reefs_of(filters: Filters, *, wait: float | None = None) -> Found[Reefs] | None:
    """The reefs of the period, within the filters; of all posts."""
    return find_soon(("reefs", filters.whole.key), lambda ws: _reefs(ws, filters), wait=wait)


def focus_of(filters: Filters, *, wait: float | None = None) -> Found[Focus] | None:
    """The focus list of the period: what was chosen, then what adds most; made of the reefs and the brief's causes."""
    whole = filters.whole
    reefs, brief = reefs_of(whole, wait=wait), brief_of(whole, wait=wait)
    if reefs is None or brief is None:
        return None
    known, broke = chosen(), part(brief.value, Causes)
    causes = [cause for cause in broke.rows if cause.count] if broke else []
    found, owners = reefs.value, declared_owners()
    return find_soon(
        ("focus", whole.key, tuple(known), reefs.at, brief.at),
        lambda ws: focus(filters.facts(ws), period=filters.period, reefs=found, causes=causes, chosen=known, owners=owners),
        wait=wait,
    )


def chosen() -> list[Chosen]:
    """What was chosen to clear, as the file says now."""
    return read_chosen(served.folder)


def part(brief: Brief, kind: type[S]) -> S | None:
    """The section of a brief that holds this kind, if it has one."""
    return next((section.data for section in brief.sections if isinstance(section.data, kind)), None)


def brief_made(ws: Workspace, filters: Filters, depth: Depth) -> Brief:
    """The brief, made now."""
    with filters.within(ws):
        return ws.brief(
            kind=filters.kind, period=filters.period, place=filters.place, post=filters.post, department=filters.department,
            depth=depth,
        )


def _reefs(ws: Workspace, filters: Filters) -> Reefs:
    with filters.within(ws):
        return ws.find_reefs(filters.kind, period=filters.period, place=filters.place)

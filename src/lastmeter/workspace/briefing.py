"""The brief of a workspace: its facts with what the workspace knows beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lastmeter.diagnosis.accountable import View
from lastmeter.diagnosis.brief import Brief, make_brief
from lastmeter.diagnosis.study import Depth
from lastmeter.indicators.claims import Checked
from lastmeter.indicators.index import Index
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title
from lastmeter.workspace import choices, published

if TYPE_CHECKING:
    from lastmeter.diagnosis.focus import Chosen
    from lastmeter.workspace.company import Workspace


def make(
    ws: Workspace, *, period: str | Period | None, place: str | None, kind: str | None, post: str | None,
    department: str | None, depth: Depth, publish: bool,
) -> Brief:
    """The brief; published, its figures are remembered under what it is about."""
    kind = ws._kind(kind)
    facts = ws.facts(kind)
    choices.check_held(facts, "place", place, narrowed=ws.is_narrowed)
    view = view_of(ws, post, department)
    chosen = ws.period(period, facts.where(place=place) if place else facts)
    of_company = depth == "full" and place is None and view is None and not ws.is_narrowed
    folder = ws.folder / "published"
    brief = make_brief(
        ws.facts(), period=chosen, company=ws.config.company.name.title(), kind=kind, place=place, view=view, depth=depth,
        posts=ws.post_titles(), owners=ws.post_owners(), reveal=ws.journal.reveal, names=ws.names(),
        previously={} if ws.is_narrowed else published.first_figures(folder, kind, chosen.code, published.about(place, view)),
        chosen=_chosen(ws) if depth == "full" else (),
        index=_index(ws, chosen) if of_company else None, claims=_claims(ws, facts, chosen) if depth == "full" else (),
    )
    if publish and not ws.is_narrowed:
        published.remember(folder, brief)
    return brief


def view_of(ws: Workspace, post: str | None, department: str | None) -> View | None:
    """The post, or the department with its posts, whose brief is meant.

    Raises:
        LastMeterError: `filter.unknown`, `brief.post_and_department`.
    """
    if post is not None and department is not None:
        raise LastMeterError(
            "brief.post_and_department", Title("--post 和 --department 只能用一个", "Use either --post or --department"),
            Title("先看部门，再看其中的岗位", "Look at the department first, then at its posts"),
        )
    if post is not None:
        choices.check("post", post, sorted(ws.config.posts()))
        return View("post", post, ws.post_titles()[post], (post,))
    if department is not None:
        titles = {one.code: one.title.title() for one in ws.config.department}
        choices.check("department", department, sorted(titles))
        posts = tuple(sorted(code for code, of in ws.config.departments().items() if of == department))
        return View("department", department, titles[department], posts)
    return None


def _chosen(ws: Workspace) -> list[Chosen]:
    from lastmeter.workspace.focusing import read_chosen

    return read_chosen(ws.folder)


def _index(ws: Workspace, period: Period) -> Index | None:
    """The CX index where one was set up."""
    return ws.index(period=period) if ws.config.index.component else None


def _claims(ws: Workspace, facts: Facts, period: Period) -> list[Checked]:
    from lastmeter.workspace.scores import claims_of

    return claims_of(facts, ws.folder, ws.catalogue, period)

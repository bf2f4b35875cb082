"""The blueprint as a map: the median journey on one time scale, its links with what they take, how journeys ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort
from lastmeter.diagnosis.links import LateLink, late_links
from lastmeter.diagnosis.pareto import share
from lastmeter.diagnosis.words import fill, limit, percent
from lastmeter.indicators import measure
from lastmeter.indicators.figure import Figure
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.queries.states import STATES
from lastmeter.server.company import Found, find
from lastmeter.workspace import Workspace

PERFECT = "perfect_journey_rate"
_LEAST_LATE = 0.005
"""A link late less often than this is not called the worst: it would be a red line for a handful of journeys."""


class Ending(msgspec.Struct, frozen=True):
    """How many of the journeys that fall due in the period ended so."""

    state: str
    title: Title
    count: int
    share: float


class Whole(msgspec.Struct, frozen=True):
    """The whole way in seconds: `start` is how long the first link waits for its start; `promise` after the start."""

    n: int
    median: float | None
    p90: float | None
    promise: float | None
    start: float


@dataclass(frozen=True, slots=True)
class Map:
    """A kind of journey in a period: links in route order, the worst of them, the whole way, the endings."""

    title: Title
    version: str
    since: date
    links: list[LateLink]
    whole: Whole
    endings: list[Ending]
    journeys: int
    perfect: Figure
    worst: str | None

    @property
    def route(self) -> list[LateLink]:
        """The links that make up the way: those that enclose others are left out."""
        return [link for link in self.links if not link.encloses and link.now.median is not None]


def map_of(filters: Filters) -> Found[Map]:
    """The map of what the filters are about; kept until the facts change."""
    return find(("journey map", filters.key), lambda ws: make_map(ws, filters))


def make_map(ws: Workspace, filters: Filters) -> Map:
    """The map, from the fact tables."""
    facts, period = filters.facts(ws), filters.period
    blueprint = facts.blueprints[filters.kind]
    links = late_links(facts, period=period, posts=ws.post_titles()).rows
    endings, journeys = _endings(facts, period)
    return Map(
        title=blueprint.title, version=blueprint.version, since=blueprint.effective_from, links=links,
        whole=_whole(facts, period, links), endings=endings, journeys=journeys,
        perfect=measure(facts, PERFECT, period=period)[0], worst=_worst(links),
    )


def _worst(links: list[LateLink]) -> str | None:
    """The link that is late most often, unless hardly anything is."""
    late = [link for link in links if (link.now.late_share or 0.0) >= _LEAST_LATE]
    return max(late, key=lambda link: (link.now.late_share or 0.0, -link.position)).link if late else None


def _endings(facts: Facts, period: Period) -> tuple[list[Ending], int]:
    due = nw.col("due_on").is_between(nw.lit(period.first), nw.lit(period.last))
    counts = {
        row["state"]: int(row["n"])
        for row in cohort.rows(facts.journeys.filter(due).group_by("state").agg(nw.len().alias("n")))
    }
    total = sum(counts.values())
    order = ("completed", "cancelled", "returned", "abandoned", "open", "unstarted")
    return [Ending(state, STATES[state], counts[state], share(counts[state], total)) for state in order if state in counts], total


def _whole(facts: Facts, period: Period, links: list[LateLink]) -> Whole:
    """The whole way, from one query over the due cohort; the wait for the first link from another."""
    due = facts.journeys.filter(cohort.due_in(period))
    promised = (nw.col("due_at") - nw.col("started_at")).dt.total_seconds()
    taken = nw.col("duration_seconds")
    row: dict[str, Any] = cohort.rows(
        due.with_columns(promised=nw.when(nw.col("promise") != "none").then(promised).otherwise(None)).select(
            n=nw.len(), median=taken.median(), p90=taken.quantile(0.9, interpolation="linear"), promise=nw.col("promised").median(),
        )
    )[0]
    return Whole(int(row["n"]), row["median"], row["p90"], row["promise"], _start(facts, period, links))


def _start(facts: Facts, period: Period, links: list[LateLink]) -> float:
    first = next((link.link for link in links if not link.encloses), None)
    if first is None:
        return 0.0
    entered = facts.links.filter(cohort.due_in(period), nw.col("link") == first).select("journey_id", "from_at")
    begun = facts.journeys.filter(cohort.due_in(period)).select("journey_id", "started_at")
    waited = entered.join(begun, on="journey_id").select(
        waited=(nw.col("from_at") - nw.col("started_at")).dt.total_seconds().median()
    )
    return max(float(cohort.rows(waited)[0]["waited"] or 0.0), 0.0)


# What the page says


def sentence(found: Map) -> Title:
    """The finding, from the links whose ninth decile lies past their limit."""
    beyond = [link for link in found.links if _beyond(link)]
    if not found.journeys:
        return Title("这个周期没有到期的旅程", "No journey falls due in this period")
    if not found.links:
        return Title("这个周期没有走过的链路", "No link was travelled in this period")
    if not any(link.limit_seconds for link in found.links):
        return Title("这些链路还没有时限，这里只看用时", "The links have no limit yet; here is what they take")
    slower = [link for link in found.links if link.change and link.change.is_signal and link.change.direction == "worse"]
    if not beyond and slower:
        return fill(Title("“{link}”超时变多了，而且不是偶然", "“{link}” runs late more often, and it is real"),
                    link=max(slower, key=lambda link: link.now.late_share or 0.0).title)
    if not beyond:
        return Title("每条链路都让九成旅程守住了时限", "Every link keeps nine of ten journeys within its limit")
    worst = max(beyond, key=lambda link: link.now.late_share or 0.0)
    if len(beyond) == 1:
        return fill(Title("{all} 条链路里有一条走出了时限：{link}", "One link of {all} runs out of its limit: {link}"),
                    all=len(found.links), link=worst.title)
    return fill(Title("{all} 条链路里有 {n} 条走出了时限，最多的是{link}",
                      "{n} of {all} links run out of their limits, most of all: {link}"),
                all=len(found.links), n=len(beyond), link=worst.title)


def _beyond(link: LateLink) -> bool:
    return link.limit_seconds is not None and link.now.p90 is not None and link.now.p90 > link.limit_seconds


def why(found: Map) -> Title | None:
    """What the worst link costs: how often it is late, its part of the time and of the missed promises."""
    link = next((one for one in found.links if one.link == found.worst), None)
    if link is None:
        return None
    return fill(
        Title("“{link}”有 {late} 的旅程超过 {limit}；它占用时的 {time}，失约旅程里 {blamed} 是它拖晚的。",
              "{late} of journeys exceed the {limit} of “{link}”. It takes {time} of the time and made {blamed} of the late ones late."),
        link=link.title, late=percent(link.now.late_share), limit=limit(link.limit_seconds, link.limit_unit),
        time=percent(_time_share(found, link), 0), blamed=percent(link.blamed_share, 0),
    )


def _time_share(found: Map, link: LateLink) -> float:
    total = sum(one.now.median or 0.0 for one in found.route) + found.whole.start
    return (link.now.median or 0.0) / total if total else 0.0

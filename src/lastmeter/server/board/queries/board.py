"""The board: what the quick brief found, as the page shows it; the journeys that are open and flawed now; one's own posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import narwhals.stable.v2 as nw
from markupsafe import Markup

from lastmeter.charts.drawings.bar import bar
from lastmeter.charts.drawings.control import control_chart
from lastmeter.charts.drawings.sparkline import charted_sparkline, sparkline
from lastmeter.charts.drawings.strip import strip
from lastmeter.charts.labels import LABELS
from lastmeter.diagnosis import cohort, naming, words
from lastmeter.diagnosis.accountable import seen_by
from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.change import Change, ChartPoint
from lastmeter.diagnosis.links import LateLink
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.rates import KEPT, PERFECT, Rate, rates
from lastmeter.diagnosis.regularity import SPREAD
from lastmeter.diagnosis.sections.better import Better, Moved
from lastmeter.diagnosis.sections.control import Control
from lastmeter.diagnosis.sections.links import LinkRows
from lastmeter.diagnosis.sections.pareto import Causes
from lastmeter.diagnosis.sections.peers import Peers
from lastmeter.diagnosis.sections.rates import Rates, Regular
from lastmeter.diagnosis.words import fill
from lastmeter.diagnosis.working import UNITS as WORKING
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Grain, Period, period_of
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.queries.findings import brief_of, part
from lastmeter.server.company import Found, find, find_soon
from lastmeter.workspace import Workspace
from lastmeter.workspace.briefing import view_of

JOURNEYS = "/journeys/list/"
OPEN_STATES = ("unstarted", "open")
_CAUSES, _CHANGES, _OPEN = 4, 5, 6
_TONES = {"worse": "bad", "better": "good"}


@dataclass(frozen=True, slots=True)
class Stat:
    """One headline figure: its words, interval, n, coverage, change, trend, and the address of what is behind it."""

    code: str
    title: Title
    value: Title
    between: Title
    n: Title
    coverage: Title
    change: Change
    is_share: bool
    spark: Markup
    address: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The control chart of the perfect-journey rate: wide and for a phone, and its points for the table."""

    grain: Grain
    change: Change
    points: list[ChartPoint]
    wide: Markup
    slim: Markup


@dataclass(frozen=True, slots=True)
class Broken:
    """A cause with its share and bar."""

    title: Title
    share: float
    drawing: Markup
    address: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A link of the route: its strip against the limit, how often it was late, whether it is the one to blame."""

    row: LateLink
    drawing: Markup
    worst: bool
    address: str
    unit: str | None
    """In which its times are said, as on the page Journeys; None: whatever suits their length."""


@dataclass(frozen=True, slots=True)
class Open:
    """A rule that journeys have broken which are not over: how many, and by how much the worst."""

    title: Title
    count: int
    worst_seconds: float | None
    address: str


@dataclass(frozen=True, slots=True)
class Shift:
    """What changed: confirmed or not, for the better or the worse, and where to look."""

    moved: Moved
    better: bool
    address: str

    @property
    def tone(self) -> str:
        """Of the verdict."""
        return ("good" if self.better else "bad") if self.moved.real else "noise"

    @property
    def word(self) -> Title:
        """Of the verdict."""
        return LABELS[f"{'real' if self.moved.real else 'perhaps'}_{'better' if self.better else 'worse'}"]


@dataclass(frozen=True, slots=True)
class Own:
    """The last meter of a post that the reader holds; without a brief while that is being made, or with why there is none."""

    title: Title
    address: str
    brief: Brief | None
    stat: Stat | None
    causes: Sequence[Cause]
    none: Title | None


def stats(brief: Brief, filters: Filters) -> list[Stat]:
    """Perfect, promise kept, customer said, regularity; of a post its own rate alone. What no rule is about is left out."""
    held = part(brief, Rates)
    if held is None:
        return []
    by_code = {rate.code: rate for rate in held.rates}
    ordered = [by_code[code] for code in (PERFECT, KEPT) if code in by_code] + [
        rate for code, rate in by_code.items() if code not in (PERFECT, KEPT)
    ]
    told = [_stat(rate, filters) for rate in ordered if rate.n or rate.rules_total]
    return told + ([_regular(held.regular, filters)] if held.regular else [])


def _stat(rate: Rate, filters: Filters) -> Stat:
    answered = rate.n != rate.population
    return Stat(
        rate.code, rate.title, words.same(words.percent(rate.value)), words.same(words.percent_range(rate.low, rate.high)),
        words.answers_of(rate.n, rate.population) if answered else words.journeys(rate.n),
        _coverage(rate.rules_observed, rate.rules_total), rate.change, True, _spark(tuple(rate.points)),
        _behind(rate.code, filters),
    )


def _regular(held: Regular, filters: Filters) -> Stat:
    tone = _TONES.get(held.change.direction, "") if held.change.is_signal else ""
    return Stat(
        SPREAD, held.title, words.days(held.spread), words.days_range(held.low, held.high), words.journeys(held.n),
        _coverage(held.rules_observed, held.rules_total), held.change, False, sparkline(held.trend, tone=tone),
        filters.whole.to(f"/indicators/{SPREAD}/"),
    )


def _coverage(observed: int, total: int) -> Title:
    return fill(LABELS["of_rules"], observed=str(observed), total=str(total))


def _behind(code: str, filters: Filters) -> str:
    """Where the journeys of a rate are, or the page of an indicator that is not of single journeys."""
    if filters.post or filters.department:
        return filters.to(JOURNEYS, flawed=1)
    if code == PERFECT:
        return filters.to(JOURNEYS, flawed=0)
    return filters.to(JOURNEYS, promise="kept") if code == KEPT else filters.to(f"/indicators/{code}/")


def chart(brief: Brief, filters: Filters, lang: Lang, grain: str | None) -> Chart | None:
    """The control chart by the period's grain, or by week where that is asked for."""
    held = part(brief, Control)
    if grain == "week" and filters.period.grain != "week":
        weekly = _weekly(filters)
        held = Control("week", weekly.value.change, weekly.value.points) if weekly else None
    if held is None or not held.points:
        return None
    last = held.points[-1]
    label = LABELS["chart_label"].say(
        lang, title=LABELS["perfect"].say(lang), n=len(held.points), value=words.percent(last.value), words=held.change.text.say(lang),
    )
    return Chart(held.grain, held.change, held.points, *_charts(tuple(held.points), lang, label))


@lru_cache(maxsize=128)
def _charts(points: tuple[ChartPoint, ...], lang: Lang, label: str) -> tuple[Markup, Markup]:
    """Both sizes; kept, for drawing is half of what a page costs."""
    return (
        control_chart(points, lang, label=label, width=760, height=310),
        control_chart(points, lang, label=label, width=340, height=200, most=15),
    )


@lru_cache(maxsize=512)
def _spark(points: tuple[ChartPoint, ...]) -> Markup:
    return charted_sparkline(points)


def _weekly(filters: Filters) -> Found[Rate] | None:
    last = period_of(filters.period.last, "week")
    last = last if last.last <= filters.period.last else last.previous()
    return find_soon(("weeks", filters.key, last.code), lambda ws: _rate_by_week(ws, filters, last))


def _rate_by_week(ws: Workspace, filters: Filters, last: Period) -> Rate:
    facts, view = filters.facts(ws), view_of(ws, filters.post, filters.department)
    return rates(seen_by(facts, view) if view else facts, (PERFECT,), period=last)[0]


def shifts(brief: Brief, filters: Filters) -> list[Shift]:
    """What moved since the period before: what is confirmed first, worse before better."""
    held = part(brief, Better)
    if held is None:
        return []
    rates_held = part(brief, Rates)
    codes = {rate.code for rate in rates_held.rates} if rates_held else set()
    found = [Shift(moved, False, _about(moved, codes, filters)) for moved in held.worse]
    found += [Shift(moved, True, _about(moved, codes, filters)) for moved in held.rows]
    return sorted(found, key=lambda one: not one.moved.real)[:_CHANGES]


def _about(moved: Moved, rates_told: set[str], filters: Filters) -> str:
    return _behind(moved.code, filters) if moved.code in rates_told else filters.to(JOURNEYS, rule=moved.code)


def broken(brief: Brief, filters: Filters) -> list[Broken]:
    """The first causes of the Pareto."""
    held = part(brief, Causes)
    rows = [cause for cause in held.rows if cause.count][:_CAUSES] if held else []
    most = max((max(one.count, one.previous) for one in rows), default=0)
    return [
        Broken(one.title, one.share, bar(one.count, most, previous=one.previous, leading=place == 0),
               filters.to(JOURNEYS, rule=one.rule))
        for place, one in enumerate(rows)
    ]


def route(brief: Brief, filters: Filters) -> list[Stretch]:
    """The links in their order, each against its own limit; in days where none has a limit."""
    held = part(brief, LinkRows)
    if held is None:
        return []
    limited = any(row.limit_seconds for row in held.rows)
    def unit(row: LateLink) -> float | None:
        return row.limit_seconds if limited else 86_400.0
    reach = [row.now.p90 / of for row in held.rows if row.now.p90 is not None and (of := unit(row))]
    most = min(max([*reach, 2.0]), 4.0) if limited else max(reach, default=1.0)
    return [_stretch(row, unit(row), most, filters, limited=limited, worst=row.link == held.worst) for row in held.rows]


def _stretch(row: LateLink, unit: float | None, most: float, filters: Filters, *, limited: bool, worst: bool) -> Stretch:
    now = row.now
    drawn = Markup("") if not unit or now.p10 is None or now.median is None or now.p90 is None else strip(
        now.p10 / unit, now.median / unit, now.p90 / unit, most, limit=1.0 if limited else None,
        tail=None if now.p99 is None else now.p99 / unit, worst=worst,
    )
    return Stretch(row, drawn, worst, filters.to(JOURNEYS, link=row.link), row.limit_unit if row.limit_unit in WORKING else None)


def open_flaws(filters: Filters) -> Found[list[Open]]:
    """Rules that journeys not yet over have broken, most journeys first; of whatever period, as of the facts."""
    key = ("open flaws", filters.kind, filters.where, filters.post, filters.department, filters.reach)
    return find(key, lambda ws: _open(ws, filters))


def _open(ws: Workspace, filters: Filters) -> list[Open]:
    facts, view = filters.facts(ws), view_of(ws, filters.post, filters.department)
    titles = naming.rule_titles(facts)
    rows = cohort.rows(_of_open(facts).group_by("rule").agg(
        nw.col("journey_id").n_unique().alias("n"), nw.col("excess_seconds").max().alias("worst"), nw.col("post").min().alias("post"),
    ))
    mine = [row for row in rows if view is None or row["post"] in view]
    return [
        Open(titles.get(row["rule"], words.same(row["rule"])), int(row["n"]), row["worst"],
             filters.to(JOURNEYS, period=None, state="open", rule=row["rule"]))
        for row in sorted(mine, key=lambda one: (-one["n"], one["rule"]))[:_OPEN]
    ]


def _of_open(facts: Facts) -> Frame:
    still = facts.journeys.filter(nw.col("state").is_in(list(OPEN_STATES)), nw.col("flaw_count") > 0).select("journey_id")
    return facts.flaws.join(still, on="journey_id", how="semi")


def own_posts(posts: Sequence[str], filters: Filters) -> list[Own]:
    """The last meter of each of these posts, as far as it is known by now."""
    return [_own(post, replace(filters.whole, post=post)) for post in posts]


def _own(post: str, filters: Filters) -> Own:
    title, address = filters.title_of("post", post), filters.to("/")
    try:
        found = brief_of(filters, wait=0)
    except LastMeterError as error:
        if error.code != "brief.no_rules":
            raise
        return Own(title, address, None, None, (), Title(
            "这种旅程里没有由这个岗位负责的规则。", "This post answers for no rule of this kind of journey."))
    if found is None:
        return Own(title, address, None, None, (), None)
    held = part(found.value, Causes)
    told = stats(found.value, filters)
    causes = [cause for cause in held.rows if cause.count][:2] if held else []
    return Own(title, address, found.value, told[0] if told else None, causes, None)


def rate_title(brief: Brief) -> Title:
    """What the rate of the chart is called: of a post its own one."""
    return next((section.title for section in brief.sections if isinstance(section.data, Control)), LABELS["perfect"])


def beside_peers(brief: Brief) -> Title | None:
    """Where a post stands beside the others, in a sentence."""
    return next((section.finding for section in brief.sections if isinstance(section.data, Peers)), None)

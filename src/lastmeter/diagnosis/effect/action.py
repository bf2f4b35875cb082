"""From facts to the effect of an action: one segment since a period, beside its siblings, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import narwhals.stable.v2 as nw
import numpy as np

from lastmeter.diagnosis import cohort, naming
from lastmeter.diagnosis.effect.estimate import FEWEST_SIBLINGS, WORTHWHILE, Compared, Estimate, Verdict, estimate
from lastmeter.diagnosis.effect.forecast import Grid
from lastmeter.diagnosis.rates import due_maturity
from lastmeter.indicators.maturity import Maturity
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Grain, Period, period_of
from lastmeter.kernel.titles import Title

MOST_BEFORE = 24
FEWEST_BEFORE = 3
FEWEST_JOURNEYS = 30

_WORDS: dict[Verdict, Title] = {
    "worked": Title(
        "有效：比不采取行动少 {size} 个百分点（95% 区间 {low} 到 {high}）",
        "It worked: {size} points fewer than without it (95% interval {low} to {high})",
    ),
    "did_not": Title(
        "无效：看不到值得一提的改善（变化 {size} 个百分点，95% 区间 {low} 到 {high}）",
        "It did not work: no betterment worth the name (change {size} points, 95% interval {low} to {high})",
    ),
    "cannot_tell": Title(
        "还不能判断：变化 {size} 个百分点，95% 区间 {low} 到 {high}，运气也可能如此",
        "It cannot be told yet: change {size} points, 95% interval {low} to {high}, which luck may also bring",
    ),
}
_WORSE = Title(
    "无效，而且变差了：比不采取行动多 {size} 个百分点（95% 区间 {low} 到 {high}）",
    "It did not work, it got worse: {size} points more than without it (95% interval {low} to {high})",
)
_NOT_PERFECT = Title("有瑕疵的旅程", "Journeys with a flaw")


class Part(msgspec.Struct, frozen=True):
    """One comparison: a change of the share of flawed journeys, negative is better, with 95 % interval."""

    value: float
    low: float
    high: float


class EffectPoint(msgspec.Struct, frozen=True):
    """A period: the segment's share, its siblings' share, and from the action on what was to be expected without it."""

    period: str
    n: int
    value: float | None
    siblings: float | None
    expected: float | None


class Effect(msgspec.Struct, frozen=True):
    """What an action did to the share of flawed journeys of a segment.

    conditions: the segment; since: code of the first period after; measure: what is counted (a rule, or any flaw).
    before, after: shares of `n_before`, `n_after` journeys; expected: of the periods after, without the action.
    against_forecast, against_runners_up: the two comparisons; effect: between them, its interval over both.
    runners_up: values of the segment's dimension that were next in line and not chosen. verdict said in `words`.
    """

    conditions: dict[str, str]
    since: str
    measure: Title
    before: float
    n_before: int
    after: float
    n_after: int
    expected: float
    against_forecast: Part
    against_runners_up: Part
    effect: Part
    runners_up: list[str]
    siblings: int
    verdict: Verdict
    words: Title
    points: list[EffectPoint]


def effect(
    facts: Facts, *, conditions: Mapping[str, str], since: Period | date, rule: str | None = None,
    until: Period | None = None, grain: Grain = "month", worthwhile: float = WORTHWHILE,
) -> Effect:
    """The effect of an action on the journeys that meet `conditions` and fell due from `since` on.

    Args:
        facts: of one kind of journey.
        conditions: dimensions and their values; the last one's other values, within the others, are the siblings.
        since: the action's first period, or its day: then the period that begins with it or after it.
        rule: code of the rule that the action was about; any flaw where left out.
        until: the last period looked at; the last complete one where left out.
        grain: of the periods.
        worthwhile: the smallest betterment worth the name, as a share.

    Raises:
        LastMeterError: `effect.no_condition`, `effect.dimension_unknown`, `effect.rule_unknown`, `effect.too_few_siblings`,
            `effect.too_few_periods`, `effect.too_few_journeys`.
    """
    column = _column(conditions)
    title = _measure(facts, rule)
    fixed = {name: value for name, value in conditions.items() if name != column}
    within = facts.where(**fixed) if fixed else facts
    periods, first_after = _periods(within, _first(since, grain), until, due_maturity(facts))
    n, hits, names = _counts(within, column, rule, periods)
    if conditions[column] not in names:
        raise _too_few_journeys(conditions, 0)
    kept = _large(n, first_after, names, conditions[column])
    grid = Grid(hits[kept], n[kept], [names[each] for each in kept].index(conditions[column]), first_after)
    _check(grid, conditions)
    return _told(
        estimate(grid, worthwhile=worthwhile), grid, [names[each] for each in kept], dict(conditions), periods, title
    )


def _column(conditions: Mapping[str, str]) -> str:
    if not conditions:
        raise LastMeterError(
            "effect.no_condition",
            Title("没有说明对哪一段采取了行动", "It is not said which segment was acted upon"),
            Title("例如 place=某地", "Such as place=NAME"),
        )
    for name in conditions:
        if name not in DIMENSIONS:
            raise LastMeterError(
                "effect.dimension_unknown",
                Title("不能按“{name}”分段", "There is no dimension “{name}”"),
                Title("可用：{known}", "Possible: {known}"),
                name=name, known=", ".join(DIMENSIONS),
            )
    return list(conditions)[-1]


def _measure(facts: Facts, rule: str | None) -> Title:
    if rule is None:
        return _NOT_PERFECT
    titles = naming.rule_titles(facts)
    if rule not in titles:
        raise LastMeterError(
            "effect.rule_unknown",
            Title("蓝图里没有规则“{rule}”", "No blueprint has a rule “{rule}”"),
            Title("可用：{known}", "Possible: {known}"),
            rule=rule, known=", ".join(titles),
        )
    return titles[rule]


def _first(since: Period | date, grain: Grain) -> Period:
    """The first period that lies wholly after the action."""
    if isinstance(since, Period):
        return since
    held = period_of(since, grain)
    return held if held.first == since else held.following()


def _periods(facts: Facts, since: Period, until: Period | None, maturity: Maturity) -> tuple[list[Period], int]:
    """The periods before and after, and how many are before."""
    span = cohort.rows(facts.journeys.filter(nw.col("counted")).select(
        first=nw.col("due_on").min(), last=nw.col("due_on").max()
    ))[0]
    before = [] if span["first"] is None else [
        each for each in cohort.run_up(since.previous(), MOST_BEFORE) if each.last >= span["first"]
    ]
    after, period = [], since
    while span["last"] is not None and period.first <= span["last"] and (until is None or period.first <= until.last):
        if until is None and not maturity.reached(period.last):
            break
        after.append(period)
        period = period.following()
    if len(before) < FEWEST_BEFORE or not after:
        raise LastMeterError(
            "effect.too_few_periods",
            Title(
                "行动之前有 {before} 个周期，之后有 {after} 个完整周期，太少",
                "There are {before} periods before the action and {after} complete ones after it: too few",
            ),
            Title("至少要 {needed} 个之前的和 1 个之后的周期；以后再看", "At least {needed} before and 1 after are needed; look later"),
            before=len(before), after=len(after), needed=FEWEST_BEFORE,
        )
    return [*before, *after], len(before)


def _counts(
    facts: Facts, column: str, rule: str | None, periods: list[Period],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], list[str]]:
    """Due journeys and those with the flaw: a row a value of the column, a column a period."""
    last, length = periods[-1], len(periods)
    due = cohort.counts_by_period(facts.journeys, {
        "n": nw.len(), "flawed": nw.when(~nw.col("perfect")).then(nw.lit(1)).otherwise(nw.lit(0)).sum(),
    }, last, length, column)
    hits = due["flawed"]
    if rule is not None:
        of_rule = facts.flaws.filter(nw.col("rule") == rule).unique(["journey_id", "due_on", "due_month", "due_week", "counted", column])
        hits = cohort.counts_by_period(of_rule, {"hits": nw.len()}, last, length, column)["hits"]
    names = sorted({str(key[0]) for key in due["n"] if key[0] is not None})
    counted = [np.array([cohort.spelled(cells, periods, name) for name in names], dtype=np.float64).reshape(len(names), length)
               for cells in (due["n"], hits)]
    return counted[0], np.minimum(counted[1], counted[0]), names


def _large(n: np.ndarray[Any, Any], first_after: int, names: list[str], treated: str) -> list[int]:
    """Groups with enough journeys before, and some after; the treated one always."""
    before, after = n[:, :first_after].sum(axis=1), n[:, first_after:].sum(axis=1)
    return [
        place for place, name in enumerate(names)
        if name == treated or (before[place] >= FEWEST_JOURNEYS and after[place] > 0)
    ]


def _check(grid: Grid, conditions: Mapping[str, str]) -> None:
    own = grid.n[grid.treated]
    if own[: grid.first_after].sum() < FEWEST_JOURNEYS or own[grid.first_after :].sum() < 1:
        raise _too_few_journeys(conditions, int(own[: grid.first_after].sum()))
    if len(grid.n) - 1 < FEWEST_SIBLINGS:
        raise LastMeterError(
            "effect.too_few_siblings",
            Title("只有 {n} 个可比的同类，分不清行动和运气", "Only {n} comparable siblings: an action cannot be told from luck"),
            Title("至少要 {needed} 个；换一个有更多取值的维度", "At least {needed} are needed; take a dimension with more values"),
            n=len(grid.n) - 1, needed=FEWEST_SIBLINGS,
        )


def _too_few_journeys(conditions: Mapping[str, str], n: int) -> LastMeterError:
    return LastMeterError(
        "effect.too_few_journeys",
        Title("“{where}”在行动之前只有 {n} 个到期旅程，或之后没有", "“{where}” has only {n} due journeys before the action, or none after"),
        Title("至少要 {needed} 个；检查写法，或看更大的一段", "At least {needed} are needed; check the spelling, or take a larger segment"),
        where=", ".join(f"{name}={value}" for name, value in conditions.items()), n=n, needed=FEWEST_JOURNEYS,
    )


def _told(
    found: Estimate, grid: Grid, names: list[str], conditions: dict[str, str], periods: list[Period], title: Title,
) -> Effect:
    own_n, own_hits = grid.n[grid.treated], grid.hits[grid.treated]
    n_before, n_after = int(own_n[: grid.first_after].sum()), int(own_n[grid.first_after :].sum())
    return Effect(
        conditions=conditions, since=periods[grid.first_after].code, measure=title,
        before=_six(own_hits[: grid.first_after].sum() / n_before), n_before=n_before,
        after=_six(found.forecast.seen), n_after=n_after, expected=_six(found.forecast.expected),
        against_forecast=_part(found.against_forecast), against_runners_up=_part(found.against_runners_up),
        effect=_part(found.effect), runners_up=[names[each] for each in found.runners_up], siblings=len(names) - 1,
        verdict=found.verdict, words=_words(found), points=_points(found, grid, periods),
    )


def _words(found: Estimate) -> Title:
    effect_ = found.effect
    said = _WORSE if effect_.low > 0 else _WORDS[found.verdict]
    size = abs(effect_.value) if found.verdict == "worked" else effect_.value
    places = {"size": _points_of(size), "low": _points_of(effect_.low), "high": _points_of(effect_.high)}
    return Title(said.say("zh", **places), said.say("en", **places))


def _points_of(share: float) -> str:
    return f"{100 * share:.1f}".replace("-", "\u2212")


def _points(found: Estimate, grid: Grid, periods: list[Period]) -> list[EffectPoint]:
    others = np.arange(len(grid.n)) != grid.treated
    after = [place for place in range(grid.first_after, len(periods)) if grid.n[grid.treated, place] > 0]
    expected = dict(zip(after, found.forecast.path.tolist(), strict=True))
    points = []
    for place, period in enumerate(periods):
        n, rest = float(grid.n[grid.treated, place]), float(grid.n[others, place].sum())
        points.append(EffectPoint(
            period.code, int(n), _six(grid.hits[grid.treated, place] / n) if n else None,
            _six(grid.hits[others, place].sum() / rest) if rest else None,
            _six(expected[place]) if place in expected else None,
        ))
    return points


def _part(compared: Compared) -> Part:
    return Part(_six(compared.value), _six(compared.low), _six(compared.high))


def _six(value: float) -> float:
    return round(float(value), 6)

"""What moves the customer's score: each driver's share of what can be explained, and what would go if it were gone.

Share: LMG over the score (`shares`). Attributable fraction: the part of the low answers (below the middle of the scale)
that would not be there if nobody had met the driver, by standardisation over a logistic model with what stood fixed
before (Greenland and Drescher 1993); not adjusted for what lies on the way from the driver to the answer.
Intervals: 95 %, a bootstrap over clusters (performers; days where there are few), linearised at the fit, so that a draw is
a weighting of sums.
Explaining is not causing: a share says what goes with the score among the facts that were known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from lastmeter.diagnosis.drivers import logistic, shares
from lastmeter.diagnosis.drivers.known import Known, known
from lastmeter.indicators.intervals import Floats, Integers, Z
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

FEWEST_ANSWERS = 200
FEWEST_LOW = 30
MOST_CLUSTERS = 1000
DRAWS = 200
LOW = 0.5  # of the scale from 0 to 1

TITLES: dict[str, Title] = {
    "lateness": Title("晚于承诺，或询问时仍未到", "Later than promised, or still waiting when asked"),
    "days": Title("已用天数（截至询问时）", "Days so far (when asked)"),
    "links": Title("超时的链路（截至询问时）", "Late links (when asked)"),
    "flaws": Title("其他瑕疵（截至询问时）", "Other flaws (when asked)"),
    "value": Title("金额", "Value"),
    "performer": Title("执行方以往的口碑", "What others had said of the performer"),
    "place": Title("地点", "Place"),
    "origin": Title("始发地", "Origin"),
    "product": Title("商品", "Product"),
    "channel": Title("渠道", "Channel"),
}
AVOIDABLE = ("lateness", "links", "flaws")
BEFORE = ("value", "performer", "place", "origin", "product", "channel")
ENDINGS = ("arrived_late", "promise", "perfect", "flaw_count", "score", "duration_seconds", "promise_excess_seconds")
_AFTER: dict[str, tuple[Title, Title]] = {
    "fulfilled_on": (
        Title("送达日期", "Day of arrival"),
        Title("送达晚于询问，顾客当时还不知道", "the arrival came after the asking: the customer could not know it"),
    ),
    "links": (
        Title("链路超时", "Links late"),
        Title("询问之后才超时", "the limit ran out after the asking"),
    ),
    "flaws": (
        Title("其他瑕疵", "Other flaws"),
        Title("询问之后才发生", "they happened after the asking"),
    ),
}
_UNKNOWN_TIME = (
    Title("整条回答", "Whole answers"),
    Title("不知道何时询问，就无法判断当时知道什么", "nobody knows when it was asked, so nobody knows what was known then"),
)


class Driver(msgspec.Struct, frozen=True):
    """A driver with its share of the explained variance of the score, and its adjusted attributable fraction.

    Both with 95 % interval; shares of all drivers add up to 1. The fraction is None where nothing could be taken away
    (a place, a value). `explained` is its part of all variance (share times R²); `met` is the share of answers whose
    journeys had met an avoidable driver.
    """

    driver: str
    title: Title
    share: float
    low: float
    high: float
    explained: float
    attributable_fraction: float | None = None
    fraction_low: float | None = None
    fraction_high: float | None = None
    met: float | None = None


class Dropped(msgspec.Struct, frozen=True):
    """A fact that was not used for so many answers, and why."""

    fact: str
    title: Title
    rows: int
    reason: Title


class Drivers(msgspec.Struct, frozen=True):
    """The drivers, largest share first.

    n: answers; low_answers: of them below the middle of the scale; clusters: what the interval draws from. r_squared: of
    the score. auc: of the low answers, out of fold; None where they are too few. dropped: what was left out and why.
    """

    rows: list[Driver]
    n: int
    low_answers: int
    clusters: int
    r_squared: float
    auc: float | None
    dropped: list[Dropped]


def drivers(
    facts: Facts, *, period: Period | None = None, use: Sequence[str] = (), asked_step: str | None = None, seed: int = 1,
) -> Drivers:
    """What moves the score of solicited answers, from facts known when they were asked for.

    Args:
        facts: of one kind of journey.
        period: answers about journeys due in it; all where left out.
        use: codes of `TITLES`; all that can be told where left out.
        asked_step: the step that asked, if a link of the blueprint begins with it; the answer itself cuts otherwise.
        seed: of the bootstrap.

    Raises:
        LastMeterError: `drivers.unknown`, `drivers.known_later`, `drivers.too_few`.
    """
    _check(use)
    return explained(known(facts, period=period, asked_step=asked_step), use=use, seed=seed)


def explained(answers: Known, *, use: Sequence[str] = (), seed: int = 1) -> Drivers:
    """The drivers of answers whose facts are at hand."""
    n = len(answers.score)
    low = (answers.score < LOW).astype(np.float64)
    names = [name for name in TITLES if name in answers.columns and (not use or name in use)]
    if n < FEWEST_ANSWERS or not names:
        raise LastMeterError(
            "drivers.too_few",
            Title("只有 {n} 条回答可用，看不出原因", "Only {n} answers can be used, too few to tell drivers"),
            Title("至少需要 {needed} 条；换一个更长的周期", "At least {needed} are needed; take a longer period"),
            n=n, needed=FEWEST_ANSWERS,
        )
    clusters = _merged(answers.clusters)
    weights = _draws(int(clusters.max()) + 1, seed)
    enough = FEWEST_LOW <= low.sum() <= n - FEWEST_LOW
    found, r_squared = _shares(answers, names, clusters, weights)
    avoided = {
        name: _avoided(answers, name, low, clusters, weights) for name in AVOIDABLE if name in names and enough
    }
    rows = [Driver(**{**row, **avoided.get(row["driver"], {})}) for row in found]
    auc = None
    if enough:
        auc = logistic.out_of_fold_auc(np.column_stack([answers.columns[name] for name in names]), low, answers.clusters)
    return Drivers(
        sorted(rows, key=lambda row: (-row.share, row.driver)), n, int(low.sum()), int(answers.clusters.max()) + 1,
        _six(r_squared), None if auc is None else _six(auc), _dropped(answers),
    )


def _check(use: Sequence[str]) -> None:
    for name in use:
        if name in ENDINGS:
            raise LastMeterError(
                "drivers.known_later",
                Title(
                    "“{name}”要到旅程结束才知道，询问时还不知道",
                    "“{name}” is only known when the journey is over, not when its customer is asked",
                ),
                Title("改用截至询问时的事实：{known}", "Use what is known when asked: {known}"),
                name=name, known=", ".join(TITLES),
            )
        if name not in TITLES:
            raise LastMeterError(
                "drivers.unknown",
                Title("没有“{name}”这个原因", "There is no driver “{name}”"),
                Title("可用：{known}", "Possible: {known}"),
                name=name, known=", ".join(TITLES),
            )


def _merged(clusters: Integers) -> Integers:
    """At most MOST_CLUSTERS of them: of many small ones several are drawn together."""
    found: Integers = clusters if clusters.max() < MOST_CLUSTERS else clusters % MOST_CLUSTERS
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _draws(clusters: int, seed: int) -> Floats:
    """How often each cluster is drawn, a row a draw; the first row is the data as they are."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=DRAWS).astype(np.float64)
    return np.vstack([np.ones(clusters), drawn])


def _shares(answers: Known, names: Sequence[str], clusters: Integers, weights: Floats) -> tuple[list[dict[str, Any]], float]:
    matrix = np.column_stack([answers.columns[name] for name in names])
    ends = np.cumsum([answers.columns[name].shape[1] for name in names])
    groups = [part.astype(np.int64) for part in np.split(np.arange(matrix.shape[1]), ends[:-1])]
    sums = _by_cluster(clusters, lambda chosen: shares.products(matrix[chosen], answers.score[chosen]))
    totals = np.tensordot(weights, sums, axes=1)
    found = shares.lmg(totals, groups)
    r_squared = float(found[0].sum())
    parts = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)
    low, high = _interval(parts)
    return [
        {"driver": name, "title": TITLES[name], "share": _six(parts[0, place]), "low": _six(low[place]),
         "high": _six(high[place]), "explained": _six(found[0, place])}
        for place, name in enumerate(names)
    ], r_squared


def _avoided(
    answers: Known, name: str, low: Floats, clusters: Integers, weights: Floats,
) -> dict[str, float]:
    """Attributable fraction: one minus expected low answers without the driver over those there are."""
    own = answers.columns[name]
    fixed = [answers.columns[other] for other in BEFORE if other in answers.columns]
    columns = np.column_stack([own, *fixed])
    beta = logistic.fit(columns, low)
    design = logistic.with_constant(columns)
    without = logistic.with_constant(np.column_stack([np.zeros_like(own), *fixed]))
    chance, spared = logistic.logistic(design @ beta), logistic.logistic(without @ beta)
    curvature = _by_cluster(
        clusters, lambda rows: (design[rows] * (chance[rows] * (1 - chance[rows]))[:, None]).T @ design[rows]
    )
    gradient = _by_cluster(clusters, lambda rows: design[rows].T @ (low[rows] - chance[rows]))
    slope = _by_cluster(clusters, lambda rows: without[rows].T @ (spared[rows] * (1 - spared[rows])))
    level = _by_cluster(clusters, lambda rows: np.array([spared[rows].sum(), low[rows].sum()]))
    pull = logistic.penalty(design.shape[1])
    bent = np.tensordot(weights, curvature, axes=1) + np.diag(pull)
    steps = np.linalg.solve(bent, (weights @ gradient - pull * beta)[..., None])[..., 0]
    remaining, seen = (weights @ level).T
    left = remaining + ((weights @ slope) * steps).sum(axis=1)
    fractions = np.where(seen > 0, 1 - left / np.maximum(seen, 1.0), 0.0)
    bounds = _interval(fractions, -np.inf)
    return {
        "attributable_fraction": _six(fractions[0]), "fraction_low": _six(float(bounds[0])),
        "fraction_high": _six(float(bounds[1])),
        "met": _six(float((own != 0).any(axis=1).mean())),
    }


def _interval(drawn: Floats, least: float = 0.0) -> tuple[Floats, Floats]:
    """About the estimate (the first row), as wide as the draws are spread: draws themselves favour what has many columns."""
    half = Z * drawn[1:].std(axis=0, ddof=1)
    return np.clip(drawn[0] - half, least, 1.0), np.clip(drawn[0] + half, least, 1.0)


def _by_cluster(clusters: Integers, value: Callable[[Integers], Floats]) -> Floats:
    """A value of the rows of each cluster, stacked."""
    order = np.argsort(clusters, kind="stable").astype(np.int64)
    parts = np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1)
    return np.array([value(part) for part in parts])


def _dropped(answers: Known) -> list[Dropped]:
    found = [
        Dropped(fact, _AFTER[fact][0], answers.after[fact], _AFTER[fact][1]) for fact in _AFTER if answers.after.get(fact)
    ]
    if answers.unknown_time:
        found.append(Dropped("answers", _UNKNOWN_TIME[0], answers.unknown_time, _UNKNOWN_TIME[1]))
    return found


def _six(value: float) -> float:
    return round(float(value), 6)

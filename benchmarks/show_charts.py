"""How often charts cry wolf, and how soon they see a shift: `make show-charts`.

The null, company: 4,000 journeys a month (± 20 %), 7 % of them flawed, months that differ by 0.3 points more than chance
(standard deviation); months are strangers, or resemble their neighbours (lag-1 autocorrelation 0.3). The null, posts:
ten of them, the one that shifts with 4,000 journeys a month, the others with half to one and a half times as many; rates
that differ from post to post; months of their own (0.3 points) and of the company (a fifth of the rate), the latter of
which must cancel. A false alarm is a month of a calm history (from the ninth month on) that alarms. For posts they are
counted twice: a month in which any of the ten alarms, and, a tenth as many if alarms do not coincide, the months of one
chart. A shift is 1.5 points up from the 25th month on, found if one of the first three such months alarms upward.

`ceiling` is what an oracle finds that knows true levels and spreads, at the same number of false alarms (`chart_ceiling`).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chart_ceiling import Seen, limit, scores
from lastmeter.indicators.control import Chart, Point, company_chart
from lastmeter.indicators.peers import peers_charts
from orders import say

RATE, SHIFT, BEFORE, WITHIN, CALM, LEARNING = 0.07, 0.015, 24, 3, 48, 8
ORACLE_RUNS = 500
Rule = Callable[[Sequence[Point]], list[int]]
Charts = Callable[[dict[str, list[Point]]], dict[str, list[int]]]


@dataclass(frozen=True)
class Null:
    """What calm is like: the size of a month, standard deviation between months in points, autocorrelation."""

    n: int = 4000
    between: float = 0.003
    memory: float = 0.0
    posts: int = 10


def ours(series: Sequence[Point]) -> list[int]:
    """The company chart: 1 worse, -1 better, 0 noise, a month each."""
    return [{"worse": 1, "better": -1}.get(point.signal, 0) for point in company_chart(series).points]


def last_month(series: Sequence[Point]) -> list[int]:
    """Two proportions, this month's and last month's, at 5 %: what most reports do."""
    found = [0]
    for before, now in pairwise(series):
        pooled = (before.hits + now.hits) / (before.n + now.n)
        error = math.sqrt(pooled * (1 - pooled) * (1 / before.n + 1 / now.n))
        found.append(_beyond((now.hits / now.n - before.hits / before.n) / error if error else 0.0, 1.96))
    return found


def three_sigma(series: Sequence[Point]) -> list[int]:
    """The textbook's p chart on the 24 months before: binomial limits."""
    return _against_past(series, _binomial, lambda scores: _beyond(scores[-1], 3))


def laney(series: Sequence[Point]) -> list[int]:
    """The textbook's p' chart: sigma_z from moving ranges, three of them."""
    return _against_past(series, _sigma_z, lambda scores: _beyond(scores[-1], 3))


def ewma(series: Sequence[Point]) -> list[int]:
    """The textbook's EWMA of Laney's z: λ 0.2, L 2.962."""
    def judge(scores: Sequence[float]) -> int:
        value = 0.0
        for score in scores:
            value = 0.2 * score + 0.8 * value
        return _beyond(value, 2.962 * math.sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * len(scores)))))
    return _against_past(series, _sigma_z, judge)


RULES: dict[str, Rule] = {
    "last_month": last_month, "three_sigma": three_sigma, "laney": laney, "ewma": ewma, "ours": ours,
}


def _against_past(
    series: Sequence[Point], sigma: Callable[[Sequence[Point], float], float], judge: Callable[[Sequence[float]], int],
) -> list[int]:
    found, scores = [], []
    for place, now in enumerate(series):
        past = series[max(0, place - BEFORE) : place]
        if len(past) < LEARNING:
            found.append(0)
            continue
        p = sum(each.hits for each in past) / sum(each.n for each in past)
        scores.append((now.hits / now.n - p) / math.sqrt(p * (1 - p) / now.n) / sigma(past, p))
        found.append(judge(scores))
        if found[-1]:
            scores = []
    return found


def _binomial(past: Sequence[Point], p: float) -> float:
    del past, p
    return 1.0


def _sigma_z(past: Sequence[Point], p: float) -> float:
    z = [(each.hits / each.n - p) / math.sqrt(p * (1 - p) / each.n) for each in past]
    return max(1.0, sum(abs(b - a) for a, b in pairwise(z)) / (len(z) - 1) / 1.128)


def _beyond(score: float, limit: float) -> int:
    return (score > limit) - (score < -limit)


def waves(random: np.random.Generator, months: int, memory: float, series: int) -> np.ndarray:
    """Standard normal months that repeat a part of the month before, a row a series."""
    state = random.normal(size=series)
    found = np.empty((series, months))
    for month in range(months):
        state = memory * state + math.sqrt(1 - memory**2) * random.normal(size=series)
        found[:, month] = state
    return found


def company(random: np.random.Generator, null: Null, *, shifted: bool) -> Seen:
    """A company's months, and what is true of them."""
    months = BEFORE + WITHIN if shifted else CALM
    rates = RATE + null.between * waves(random, months, null.memory, 1)
    rates[0, BEFORE:] += SHIFT if shifted else 0.0
    sizes = (null.n * random.uniform(0.8, 1.2, (1, months))).astype(int)
    return _seen(random, null, sizes, rates, np.full((1, 1), RATE))


def posts(random: np.random.Generator, null: Null, *, shifted: bool) -> Seen:
    """A company's posts; the first is the one that may shift."""
    months = BEFORE + WITHIN if shifted else CALM
    levels = RATE * np.exp(0.3 * random.normal(size=null.posts))
    levels[0] = RATE
    shared = np.exp(0.2 * waves(random, months, null.memory, 1))
    rates = levels[:, None] * shared + null.between * waves(random, months, null.memory, null.posts)
    rates[0, BEFORE:] += SHIFT if shifted else 0.0
    usual = null.n * random.uniform(0.5, 1.5, null.posts)
    usual[0] = null.n
    sizes = (usual[:, None] * random.uniform(0.8, 1.2, (null.posts, months))).astype(int)
    return _seen(random, null, sizes, rates, levels[:, None])


def _seen(random: np.random.Generator, null: Null, sizes: np.ndarray, rates: np.ndarray, levels: np.ndarray) -> Seen:
    hits = random.binomial(sizes, np.clip(rates, 0.0005, 0.95))
    return Seen(hits / sizes, sizes, levels, null.between, null.memory)


def points_of(seen: Seen) -> dict[str, list[Point]]:
    """What charts are given."""
    return {
        f"post {row}": [Point(f"{month:03d}", round(share * n), int(n)) for month, (share, n) in enumerate(zip(*both, strict=True))]
        for row, both in enumerate(zip(seen.shares, seen.n, strict=True))
    }


def ours_of_posts(series: dict[str, list[Point]]) -> dict[str, list[int]]:
    """Each post minus its peers, for whoever looks at all of them."""
    return _of_charts(peers_charts(series))


def ours_alone(series: dict[str, list[Point]]) -> dict[str, list[int]]:
    """Each post minus its peers, for whoever looks at that one."""
    return _of_charts(peers_charts(series, alone=True))


def _of_charts(charts: dict[str, Chart]) -> dict[str, list[int]]:
    return {post: [{"worse": 1, "better": -1}.get(point.signal, 0) for point in chart.points] for post, chart in charts.items()}


def one_by_one(rule: Rule) -> Charts:
    """A company's rule used on every post as it is."""
    return lambda series: {post: rule(points) for post, points in series.items()}


def of_company(null: Null, runs: int, seed: int) -> dict[str, dict[str, float]]:
    """False alarms a calm month and shifts found, by rule."""
    random = np.random.default_rng(seed)
    calm = [company(random, null, shifted=False) for _ in range(runs)]
    moved = [company(random, null, shifted=True) for _ in range(runs)]
    rules = {name: one_by_one(rule) for name, rule in RULES.items()}
    return {name: _beside_ceiling(rule, calm, moved, company, null, seed) for name, rule in rules.items()}


def of_posts(null: Null, runs: int, seed: int) -> dict[str, dict[str, float]]:
    """The same for posts: a calm month is false if any post alarms."""
    random = np.random.default_rng(seed)
    calm = [posts(random, null, shifted=False) for _ in range(max(1, runs // 2))]
    moved = [posts(random, null, shifted=True) for _ in range(runs)]
    rules: dict[str, Charts] = {name: one_by_one(RULES[name]) for name in ("last_month", "laney")}
    rules |= {"ours": ours_of_posts, "ours_alone": ours_alone}
    return {name: _beside_ceiling(rule, calm, moved, posts, null, seed) for name, rule in rules.items()}


def _beside_ceiling(
    rule: Charts, calm: Sequence[Seen], moved: Sequence[Seen], draw: Callable[..., Seen], null: Null, seed: int,
) -> dict[str, float]:
    """False alarms of a rule, by either way of counting, and shifts found, by it and by an oracle that alarms as often."""
    alarms = np.array([list(rule(points_of(one)).values()) for one in calm])[:, :, LEARNING:] != 0
    any_post, each = float(alarms.any(axis=1).mean()), float(alarms.mean())
    found = _share(max(rule(points_of(one))["post 0"][BEFORE:]) > 0 for one in moved)
    random = np.random.default_rng([seed, 1])
    still = np.array([np.abs(scores(draw(random, null, shifted=False))) for _ in range(ORACLE_RUNS)])[:, :, LEARNING:]
    shifts = np.array([scores(one)[0, BEFORE:].max() for one in moved])
    return {
        "false_alarms_a_month": round(any_post, 4), "false_alarms_a_month_and_chart": round(each, 5),
        "found_within_3_months": found,
        "ceiling": round(float((shifts > limit(still.max(axis=1), any_post)).mean()), 4),
    }


def _share(flags: object) -> float:
    listed = [bool(flag) for flag in flags]  # type: ignore[attr-defined]
    return round(sum(listed) / len(listed), 4)


def main() -> None:
    """Print false alarms and shifts found by rule, company and posts, as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7_041_776)
    parser.add_argument("--runs", type=int, default=200)
    choice = parser.parse_args()
    rules: dict[str, dict[str, dict[str, float]]] = {}
    for name, null in (("company", Null()), ("company, autocorrelation .3", Null(memory=0.3)),
                       ("company, months differ by .5 points", Null(between=0.005)),
                       ("company, months differ by .5 points, autocorrelation .3", Null(between=0.005, memory=0.3))):
        rules[name] = of_company(null, choice.runs, choice.seed)
        say([name, json.dumps(rules[name])])
    for name, null in (("posts", Null()), ("posts, autocorrelation .3", Null(memory=0.3)), ("posts of 1,000", Null(n=1000))):
        rules[name] = of_posts(null, choice.runs, choice.seed)
        say([name, json.dumps(rules[name])])
    print(json.dumps({
        "false_alarms_a_month": rules["company"]["ours"]["false_alarms_a_month"],
        "found_within_3_months": rules["company"]["ours"]["found_within_3_months"],
        "autocorrelated": rules["company, autocorrelation .3"]["ours"], "posts": rules["posts"]["ours"],
        "posts_autocorrelated": rules["posts, autocorrelation .3"]["ours"], "post_alone": rules["posts"]["ours_alone"],
        "ceiling": {name: rules[name]["ours"]["ceiling"] for name in rules},
        "to_beat": {"false_alarms_a_month": 0.014, "found_within_3_months": 0.78},
        "null": " ".join((__doc__ or "").split("The null, company: ")[1].split()), "by_rule": rules,
        "runs": choice.runs, "seed": choice.seed,
    }))


if __name__ == "__main__":
    main()

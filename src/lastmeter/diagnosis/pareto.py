"""Pareto: which rules the flaws of a period come from, and whether any of them changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import change, cohort, naming
from lastmeter.diagnosis.change import Change
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title


class Cause(msgspec.Struct, frozen=True):
    """One rule and its flaws in the due cohort of a period.

    `count` counts flaws, `journeys` the journeys that have at least one of them; shares are of all flaws. `trend` is the
    share of due journeys with this flaw in each of the last twelve periods (None: nothing was due). The change is
    judged on that share by the company chart, never on the count: more orders make more flaws without getting worse.
    """

    rule: str
    title: Title
    primitive: str
    link: str | None
    post: str | None
    post_title: Title | None
    count: int
    share: float
    cumulative: float
    journeys: int
    previous: int
    previous_share: float
    change: Change
    trend: list[float | None]


def pareto(
    facts: Facts, *, period: Period, titles: Mapping[str, Title] | None = None, posts: Mapping[str, Title] | None = None,
    near: Facts | None = None,
) -> list[Cause]:
    """The causes of a period, most flaws first, then by code.

    A rule that had flaws in the period before but has none now is a cause too, with count 0: that is news.
    `titles` (by rule) default to those of the facts' blueprints. `near` (see `diagnosis.near`) spares reading rows again.
    """
    titles = titles if titles is not None else naming.rule_titles(facts)
    before = period.previous()
    totals = _totals(near or facts, period, before)
    last = sum(row["last"] for row in totals.values())
    total = sum(row["now"] for row in totals.values())
    due = cohort.counts_by_period(facts.journeys, {"n": nw.len()}, period, cohort.CHARTED)["n"]
    journeys = {"hits": nw.col("journey_id").n_unique()}
    hit = cohort.counts_by_period(facts.flaws, journeys, period, cohort.CHARTED, "rule")["hits"]
    periods = cohort.run_up(period, cohort.CHARTED)
    n = cohort.spelled(due, periods)
    causes: list[Cause] = []
    running = 0
    for rule in sorted(totals, key=lambda code: (-totals[code]["now"], code)):
        row = totals[rule]
        running += row["now"]
        hits = cohort.spelled(hit, periods, rule)
        causes.append(
            Cause(
                rule=rule, title=titles.get(rule, Title(rule, rule)), primitive=row["primitive"], link=row["link"],
                post=row["post"], post_title=naming.post_title(row["post"], posts), count=row["now"],
                share=share(row["now"], total), cumulative=share(running, total), journeys=hits[-1],
                previous=row["last"], previous_share=share(row["last"], last),
                change=change.of_shares(periods, hits, n, good="down", peaks=facts.peaks),
                trend=[share(h, of) if of else None for h, of in zip(hits, n, strict=True)][-cohort.TREND:],
            )
        )
    return causes


def share(part: int, whole: int) -> float:
    """Part / whole to six decimals, 0 of nothing."""
    return round(part / whole, 6) if whole else 0.0


def _totals(facts: Facts, period: Period, before: Period) -> dict[str, dict[str, Any]]:
    now = nw.col("due_on") >= period.first
    table = cohort.rows(
        facts.flaws.filter(cohort.due_between(before, period))
        .with_columns(is_now=now.cast(nw.Int64))
        .group_by("rule")
        .agg(
            nw.col("is_now").sum().alias("now"), nw.len().alias("both"), nw.col("primitive").min(),
            nw.col("link").min(), nw.col("post").min(),
        )
    )
    return {
        row["rule"]: row | {"now": int(row["now"]), "last": int(row["both"]) - int(row["now"])} for row in table
    }

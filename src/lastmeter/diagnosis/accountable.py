"""One post's, or one department's, last meter: the journeys as it answers for them, and its rate beside its peers'.

Only the flaws of its own rules count, and a journey is perfect for it where none of them was broken (as
`indicators.posts` has it). Every post sees the same journeys, so that their shares can be held side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import change, cohort
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.near import held
from lastmeter.indicators.control import Point
from lastmeter.indicators.peers import peers_charts
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title


class View(msgspec.Struct, frozen=True):
    """Whose brief it is: a post, or a department with its posts."""

    kind: Literal["post", "department"]
    code: str
    title: Title
    posts: tuple[str, ...]

    def __contains__(self, post: str | None) -> bool:
        return post in self.posts


class BesidePeers(msgspec.Struct, frozen=True):
    """Shares of due journeys with a flaw of its own: the post's and its peers' together; `change` of the difference.

    `usual` is the difference that is usual for this post; None where too little is known.
    """

    own: float
    peers: float
    peer_count: int
    n: int
    difference: float
    usual: float | None
    change: Change


def own_rules(facts: Facts, view: View) -> list[Any]:
    """The rules that a view answers for, in blueprint order.

    Raises:
        LastMeterError: `brief.no_rules` where it answers for none in these facts.
    """
    found = [rule for blueprint in facts.blueprints.values() for rule in blueprint.rules() if rule.post in view]
    if not found:
        answering = sorted({rule.post for blueprint in facts.blueprints.values() for rule in blueprint.rules() if rule.post})
        raise LastMeterError(
            "brief.no_rules",
            Title("“{code}”在这种旅程里没有负责的规则", "“{code}” answers for no rule of this kind of journey"),
            Title("有规则的岗位：{posts}", "Posts that answer for some: {posts}"),
            code=view.code, posts=", ".join(answering),
        )
    return found


def seen_by(facts: Facts, view: View) -> Facts:
    """The facts of one kind of journey as a view answers for them; links stay all, for each is judged beside the others."""
    rules = own_rules(facts, view)
    codes = [rule.code for rule in rules]
    asked = [rule.code for rule in rules if getattr(rule, "solicited", False)]
    flaws = facts.flaws.filter(nw.col("rule").is_in(codes))
    solicited = nw.when(nw.col("rule").is_in(asked)).then(nw.lit(1)).otherwise(nw.lit(0))
    counts = flaws.with_columns(asked=solicited).group_by("journey_id").agg(
        own_flaws=nw.len().cast(nw.Int64), own_asked=nw.col("asked").sum().cast(nw.Int64),
    )
    flawed, of_asked = nw.col("own_flaws").fill_null(0), nw.col("own_asked").fill_null(0)
    listed = nw.concat_str(nw.lit(","), nw.col("coverage").fill_null(""), nw.lit(","))
    seen = {code: listed.str.contains(f",{code},", literal=True) for code in codes}
    parts = [nw.when(one).then(nw.lit(f"{code},")).otherwise(nw.lit("")) for code, one in seen.items()]
    journeys = facts.journeys.join(counts, on="journey_id", how="left").with_columns(
        flaw_count=flawed, solicited_flaw_count=of_asked,
        perfect=nw.when(nw.col("counted")).then(flawed == of_asked),
        rules_total=nw.lit(len(codes)), coverage=nw.concat_str(*parts),
    ).drop("own_flaws", "own_asked")
    return replace(facts, journeys=held(journeys), flaws=flaws)


def beside_peers(facts: Facts, view: View, period: Period, departments: Mapping[str, str]) -> BesidePeers | None:
    """How a view stands beside the other posts (or departments) of the same journeys; None where there is no other.

    `departments`: department by post.
    """
    unit_of = {
        rule.post: departments.get(rule.post) if view.kind == "department" else rule.post
        for blueprint in facts.blueprints.values() for rule in blueprint.rules() if rule.post
    }
    units = sorted({unit for unit in unit_of.values() if unit})
    if view.code not in units or len(units) < 2:
        return None
    unit = nw.lit(None, nw.String)
    for post, name in sorted(unit_of.items()):
        unit = nw.when(nw.col("post") == post).then(nw.lit(name)).otherwise(unit)
    asked = [rule.code for blueprint in facts.blueprints.values() for rule in blueprint.rules() if getattr(rule, "solicited", False)]
    flaws = facts.flaws.filter(~nw.col("rule").is_in(asked)).with_columns(unit=unit) if asked else facts.flaws.with_columns(unit=unit)
    hits = cohort.counts_by_period(flaws, {"hits": nw.col("journey_id").n_unique()}, period, cohort.CHARTED, "unit")["hits"]
    due = cohort.counts_by_period(facts.journeys, {"n": nw.len()}, period, cohort.CHARTED)["n"]
    periods = [one for one in cohort.run_up(period, cohort.CHARTED) if due.get((one.code,))]
    if not periods or periods[-1] != period:
        return None
    series = {
        name: [Point(one.code, hits.get((name, one.code), 0), due[(one.code,)]) for one in periods] for name in units
    }
    declared = {one.code for one in periods for first, last in facts.peaks if first <= one.last and one.first <= last}
    # Whoever reads the brief of one post looks at that chart alone.
    chart = peers_charts(series, direction="down", declared=declared, alone=True)[view.code]
    own = series[view.code][-1]
    others = [series[name][-1] for name in units if name != view.code]
    peers = sum(one.hits for one in others) / sum(one.n for one in others)
    found = change.of_chart(chart)
    return BesidePeers(
        round(own.hits / own.n, 6), round(peers, 6), len(others), own.n, round(own.hits / own.n - peers, 6),
        found.usual, found,
    )

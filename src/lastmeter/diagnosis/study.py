"""What all sections of one brief look at: the facts of one kind of journey, one period, the words, and what was found.

Every finding is worked out once, when the first section asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property

import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort, naming, words
from lastmeter.diagnosis.links import LateLink, LateLinks, late_links
from lastmeter.diagnosis.near import late_passages, near
from lastmeter.diagnosis.pareto import Cause, pareto
from lastmeter.diagnosis.quotes import Reveal
from lastmeter.diagnosis.rates import Rate, due_maturity, rates
from lastmeter.diagnosis.regularity import Regularity, regularity
from lastmeter.diagnosis.where import Gathering, gatherings
from lastmeter.indicators.maturity import Maturity
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

TOP = 3
"""Causes that a brief asks to act on."""

_CLEAR_SHARE = 1 / 3   # a link is named in the headline if it is to blame for so many of the late journeys
_CLEAR_LATE = 20       # ... and there are so many of them


@dataclass(frozen=True)
class Study:
    """The facts are narrowed already to kind and place; `previously` are figures published earlier for this period."""

    facts: Facts
    period: Period
    posts: Mapping[str, Title]
    owners: Mapping[str, str]
    reveal: Reveal | None = None
    previously: Mapping[str, float | None] = field(default_factory=dict)
    names: naming.Names = field(default_factory=dict)

    @cached_property
    def near(self) -> Facts:
        """The facts of the period and the one before, held in memory: read these where they are enough."""
        return near(self.facts, self.period)

    @cached_property
    def passages(self) -> Frame:
        """The links that late journeys went through."""
        return late_passages(self.near, self.period)

    @cached_property
    def maturity(self) -> Maturity:
        """Which periods are complete."""
        return due_maturity(self.facts)

    @cached_property
    def rates(self) -> list[Rate]:
        """The three rates, the perfect-journey rate first."""
        return rates(self.facts, period=self.period, maturity=self.maturity)

    @cached_property
    def perfect(self) -> Rate:
        """The operational perfect-journey rate."""
        return self.rates[0]

    @cached_property
    def causes(self) -> list[Cause]:
        """The Pareto."""
        return pareto(self.facts, period=self.period, titles=self.rule_titles, posts=self.posts, near=self.near)

    @property
    def present_causes(self) -> list[Cause]:
        """The causes that had flaws in this period."""
        return [cause for cause in self.causes if cause.count]

    @property
    def top_causes(self) -> list[Cause]:
        """The causes to act on."""
        return self.present_causes[:TOP]

    @cached_property
    def links(self) -> LateLinks:
        """The links and their part in the missed promises."""
        return late_links(
            self.facts, period=self.period, posts=self.posts, near=self.near, passages=self.passages
        )

    @property
    def blamed_link(self) -> LateLink | None:
        """The link that made the late ones late, if one clearly did."""
        worst = min(self.links.rows, key=lambda row: (-row.blamed, row.position, row.link), default=None)
        clear = worst is not None and worst.blamed_share >= _CLEAR_SHARE and self.links.late >= _CLEAR_LATE
        return worst if clear else None

    @cached_property
    def regularity(self) -> Regularity:
        """How regular the duration is."""
        return regularity(self.facts, period=self.period, near=self.near, maturity=self.maturity, names=self.names)

    @cached_property
    def gatherings(self) -> dict[str, Gathering]:
        """Where the causes to act on gather."""
        return gatherings(self.near, period=self.period, rules=[cause.rule for cause in self.top_causes], names=self.names)

    @cached_property
    def rule_titles(self) -> dict[str, Title]:
        """Title by rule code, in blueprint order."""
        return naming.rule_titles(self.facts)

    @cached_property
    def flawed_journeys(self) -> int:
        """Due journeys with at least one flaw."""
        journeys = {"n": nw.col("journey_id").n_unique()}
        return sum(cohort.counts_by_period(self.near.flaws, journeys, self.period, 1)["n"].values())

    @cached_property
    def cancelled(self) -> int:
        """Journeys that would have fallen due in the period but were cancelled: they stand apart from every rate."""
        state = nw.col("state") == "cancelled"
        when = (nw.col("due_on") >= self.period.first) & (nw.col("due_on") <= self.period.last)
        return int(cohort.rows(self.near.journeys.filter(state, when).select(n=nw.len()))[0]["n"])

    def owner(self, post: str | None) -> str | None:
        """Who holds the post, if the workspace says so."""
        return self.owners.get(post) if post else None

    def next_title(self) -> Title:
        """The period after, as one says it beside this one."""
        return words.period(self.period.following(), self.period)

    def is_behind(self, watermark: datetime) -> bool:
        """Whether a source is not yet known to the end of the period (a zone's day of grace is not a gap)."""
        return watermark < datetime.combine(self.period.last, time())

    def previous_title(self) -> Title:
        """The period before, as one says it beside this one."""
        return words.period(self.period.previous(), self.period)


def titles_of(causes: Sequence[Cause]) -> dict[str, Title]:
    """Title by rule, in the order of the causes."""
    return {cause.rule: cause.title for cause in causes}

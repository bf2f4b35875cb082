"""What all sections of one brief look at: the facts of one kind of journey, one period, the words, and what was found.

Every finding is worked out once, when the first section asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from lastmeter.diagnosis import cohort, naming, words
from lastmeter.diagnosis.accountable import BesidePeers, View, beside_peers
from lastmeter.diagnosis.links import LateLink, LateLinks, late_links
from lastmeter.diagnosis.near import late_passages, near
from lastmeter.diagnosis.pareto import Cause, pareto
from lastmeter.diagnosis.quotes import Reveal
from lastmeter.diagnosis.rates import PERFECT, RATES, Rate, due_maturity, rates
from lastmeter.diagnosis.regularity import Regularity, regularity
from lastmeter.diagnosis.where import Gathering, gatherings
from lastmeter.indicators.maturity import Maturity
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

# What only a full brief needs is loaded where it begins: a quick one would wait for it.
if TYPE_CHECKING:
    from lastmeter.diagnosis.drivers import Drivers
    from lastmeter.diagnosis.focus import Chosen, Focus
    from lastmeter.diagnosis.judged import Judged
    from lastmeter.diagnosis.money import Money
    from lastmeter.diagnosis.reefs.reef import Reefs
    from lastmeter.indicators.claims import Checked
    from lastmeter.indicators.index import Index

Depth = Literal["quick", "full"]
DEPTHS: tuple[Depth, ...] = ("quick", "full")

OF_VIEW = Title("没有自己瑕疵的旅程", "Journeys without a flaw of ours")
"""What the perfect-journey rate is called in the brief of a post or a department."""

TOP = 3
"""Causes that a brief asks to act on."""

_CLEAR_SHARE = 1 / 3   # a link is named in the headline if it is to blame for so many of the late journeys
_CLEAR_LATE = 20       # ... and there are so many of them


@dataclass(frozen=True)
class Given:
    """What a workspace knows beside its facts: the words, who holds which post, what it published and what it chose.

    `previously` are figures published earlier for the period, `chosen` the focus file, `index` and `claims` the
    period's, where the workspace has them.
    """

    posts: Mapping[str, Title] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    reveal: Reveal | None = None
    previously: Mapping[str, float | None] = field(default_factory=dict)
    names: naming.Names = field(default_factory=dict)
    chosen: Sequence[Chosen] = ()
    index: Index | None = None
    claims: Sequence[Checked] = ()


@dataclass(frozen=True)
class Study:
    """The facts are narrowed already to kind, place and view; `whole` are those of every post.

    depth: a quick brief leaves out what takes seconds (reefs, drivers, effects, focus, money).
    """

    facts: Facts
    period: Period
    given: Given
    whole: Facts
    depth: Depth = "quick"
    view: View | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is time for everything."""
        return self.depth == "full"

    @property
    def posts(self) -> Mapping[str, Title]:
        """Titles by post."""
        return self.given.posts

    @property
    def names(self) -> naming.Names:
        """Titles of the values of dimensions."""
        return self.given.names

    @cached_property
    def kind_title(self) -> Title:
        """What these journeys are called: the blueprint's title."""
        title: Title = next(iter(self.facts.blueprints.values())).title
        return title

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
        """The three rates, the perfect-journey rate first; of a post that one alone."""
        wanted = RATES if self.view is None else (PERFECT,)
        found = rates(self.facts, wanted, period=self.period, maturity=self.maturity)
        return found if self.view is None else [replace(found[0], title=OF_VIEW)]

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
        """The links and their part in the missed promises; those of the view, judged beside all others."""
        found = late_links(
            self.facts, period=self.period, posts=self.posts, near=self.near, passages=self.passages
        )
        view = self.view
        return found if view is None else replace(found, rows=[row for row in found.rows if row.post in view])

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
    def reefs(self) -> Reefs:
        """Segments in which journeys break beyond chance."""
        from lastmeter.diagnosis.reefs import find_reefs

        return find_reefs(self.facts, period=self.period, posts=self.posts, names=self.names)

    @cached_property
    def focus(self) -> Focus:
        """What to clear now."""
        from lastmeter.diagnosis.focus import focus

        return focus(
            self.facts, period=self.period, reefs=self.reefs, causes=self.present_causes, chosen=self.chosen,
            owners=self.given.owners,
        )

    @cached_property
    def judged(self) -> list[Judged]:
        """What the actions did that were chosen before the period ended."""
        from lastmeter.diagnosis.judged import judged

        return judged(self.facts, self.chosen, period=self.period, titles=self.rule_titles, names=self.names)

    @cached_property
    def drivers(self) -> tuple[Drivers, Period] | None:
        """What moves the score, and over which stretch: the period, or the year that ends with it where answers are few."""
        from lastmeter.diagnosis.drivers import drivers

        year = Period(self.period.last - timedelta(days=364), self.period.last, "year", self.period.code)
        for stretch in (self.period, year):
            try:
                return drivers(self.facts, period=stretch), stretch
            except LastMeterError as error:
                if error.code != "drivers.too_few":
                    raise
        return None

    @cached_property
    def money(self) -> Money | None:
        """What flaws may cost in customers who do not come back."""
        from lastmeter.diagnosis.money import money_at_stake

        return money_at_stake(self.facts, period=self.period)

    @cached_property
    def beside_peers(self) -> BesidePeers | None:
        """How the view stands beside its peers; None for the whole company."""
        if self.view is None:
            return None
        return beside_peers(self.whole, self.view, self.period, self.whole.departments)

    @property
    def chosen(self) -> Sequence[Chosen]:
        """What was chosen to clear and is this view's to clear."""
        posts = naming.rule_posts(self.whole)
        return [
            one for one in self.given.chosen
            if self.view is None or posts.get(one.code.split(":")[0]) in self.view
        ]

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
        return self.given.owners.get(post) if post else None

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

"""The reefs as cards: what mending one gives, how sure that is, whose it is, and whether somebody is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lastmeter.diagnosis.focus import Chosen
from lastmeter.diagnosis.reefs.reef import Reef, Reefs
from lastmeter.diagnosis.words import change_of, count, fill, percent_range, same
from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.titles import Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.board.queries.board import JOURNEYS
from lastmeter.server.board.queries.findings import chosen
from lastmeter.server.board.queries.posts import declared_owners


@dataclass(frozen=True, slots=True)
class Card:
    """One reef with its words: the gain in points and in journeys, intervals, owner, state of the action."""

    reef: Reef
    segment: Title
    dimensions: Title
    gain: str
    gain_between: str
    rate_between: str
    ratio: str
    ratio_between: str
    excess: str
    flaws: str
    expected: str
    owner: str | None
    chosen: Chosen | None
    address: str
    flawed_address: str

    @property
    def journeys(self) -> Title:
        """How many more would be perfect."""
        number = count(self.reef.potential.journeys)
        return Title(f"约 {number} 个旅程", f"about {number} journey{'' if number == '1' else 's'}")


def cards(found: Sequence[Reef], filters: Filters) -> list[Card]:
    """The cards of a list, the most to gain first; of a post, its own ones."""
    owners = declared_owners()
    taken = {one.code: one for one in chosen()}
    mine = [one for one in found if filters.post is None or one.post == filters.post]
    ordered = sorted(mine, key=lambda one: (-one.potential.journeys, one.p, one.code))
    return [_card(one, filters, owners.get(one.post or ""), taken.get(one.code)) for one in ordered]


def searched(found: Reefs) -> Title:
    """How what stood out was confirmed."""
    return fill(
        Title("突出的 {spotted} 处里，留作验证的一半日子证实了 {confirmed} 处；大小按这一半日子算。",
              "Of those that stood out ({spotted}), the half of the days held out confirmed {confirmed}; sizes are from that half."),
        spotted=count(found.spotted), confirmed=count(len(found.all)),
    )


def _card(reef: Reef, filters: Filters, owner: str | None, taken: Chosen | None) -> Card:
    potential, size = reef.potential, reef.size
    where = {name: value for name, value in reef.segment.items() if name in DIMENSIONS}
    rule = None if reef.rule == "any" else reef.rule
    high = "∞" if size.high is None else f"{size.high:.1f}"
    return Card(
        reef=reef, segment=_joined([one.value_title for one in reef.conditions]),
        dimensions=_joined([one.dimension_title for one in reef.conditions]),
        gain=change_of((potential.rate - potential.now) * 100),
        gain_between=f"{(potential.low - potential.now) * 100:.1f}–{(potential.high - potential.now) * 100:.1f}",
        rate_between=percent_range(potential.low, potential.high), ratio=f"{size.ratio:.1f}",
        ratio_between=f"{size.low:.1f}–{high}", excess=count(max(reef.flaws - reef.expected, 0.0)),
        flaws=count(reef.flaws), expected=count(reef.expected),
        owner=(taken.owner if taken else None) or owner, chosen=taken,
        address=filters.to(JOURNEYS, counted=1, **where),
        flawed_address=filters.to(JOURNEYS, rule=rule, flawed=None if rule else 1, **where),
    )


def _joined(titles: Sequence[Title]) -> Title:
    return Title(" × ".join(one.zh for one in titles), " × ".join(one.en for one in titles)) if titles else same("")
